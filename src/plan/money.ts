/** An amount in units of 10⁻¹²: sums of prices must not drift by a cent. */
export type Amount = bigint;

const decimals = 12;

/** The amount that a decimal number says, as price sheets write it; undefined for anything else. */
export function amountOf(text: string): Amount | undefined {
  const match = /^(\d+)(?:\.(\d{1,12})0*)?$/u.exec(text.trim());
  if (match === null) return undefined;
  return BigInt(match[1]! + (match[2] ?? '').padEnd(decimals, '0'));
}

/** `1,234.50`: two decimals at least, and as many more as the amount has. */
export function moneyText(amount: Amount): string {
  const digits = amount.toString().padStart(decimals + 1, '0');
  const fraction = digits.slice(-decimals).replace(/0+$/u, '').padEnd(2, '0');
  return `${digits.slice(0, -decimals).replaceAll(/\B(?=(?:\d{3})+$)/gu, ',')}.${fraction}`;
}
