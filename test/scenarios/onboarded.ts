import type { EmulatorState } from './rig.ts';
import type { Sample } from './sample.ts';

/** What differs between the service and the input, in words: what is there too often, and what is missing. */
export interface Comparison {
  readonly duplicates: readonly string[];
  readonly gaps: readonly string[];
}

type Thing = Readonly<Record<string, unknown>>;

/** Compares the emulator's state with the input, record by record. */
export function compareOnboarded(state: EmulatorState, sample: Sample): Comparison {
  const duplicates: string[] = [];
  const gaps: string[] = [];
  const compare = (of: string, there: readonly string[], wanted: readonly string[]): void => {
    const count = (list: readonly string[], what: string) => list.filter((other) => other === what).length;
    for (const what of new Set([...there, ...wanted])) {
      const difference = count(there, what) - count(wanted, what);
      if (difference > 0) duplicates.push(`${of}: ${difference} too many of ${what}`);
      if (difference < 0) gaps.push(`${of}: ${-difference} missing of ${what}`);
    }
  };
  compare(
    'customers',
    state.customers.map(domainOf),
    sample.rows.map(({ domain }) => domain!),
  );
  for (const customer of state.customers) {
    const domain = domainOf(customer);
    const row = sample.rows.find((other) => other.domain === domain);
    if (row === undefined) continue; // told above
    const mine = (kind: string) => (state[kind] ?? []).filter(({ customerId }) => customerId === customer.id);
    const users = sample.userRows.filter((user) => user.domain === domain);
    const names = new Map(mine('users').map(({ id, userPrincipalName }) => [id, lower(userPrincipalName)]));
    const wantedNames = users.map(({ userPrincipalName }) => lower(userPrincipalName));
    const admin = `admin@${domain}`;
    compare(`users of ${domain}`, [...names.values()], [admin, ...wantedNames]);
    compare(
      `licences of ${domain}`,
      mine('licences').map(({ userId }) => names.get(userId) ?? String(userId)),
      Number(row.seats) > 0
        ? users.filter(({ licence }) => licence !== 'no').map((user) => lower(user.userPrincipalName))
        : [],
    );
    compare(
      `agreements of ${domain}`,
      mine('agreements').map(({ type }) => String(type)),
      ['MicrosoftCustomerAgreement'],
    );
    const lines = mine('orders').flatMap(({ lineItems }) => lineItems as readonly Thing[]);
    const bought = (kind: readonly Thing[]) =>
      kind.map(({ offerId, quantity }) => `${quantity} of ${String(offerId).split(':')[0]}`);
    compare(`ordered by ${domain}`, bought(lines), wantedOf(row));
    compare(`subscriptions of ${domain}`, bought(mine('subscriptions')), wantedOf(row));
  }
  return { duplicates, gaps };
}

/** What the playbook orders for a row: seats of its licence, and an Azure plan. */
function wantedOf({ seats, azure }: Readonly<Record<string, string>>): readonly string[] {
  return [
    ...(Number(seats) > 0 ? [`${Number(seats)} of CFQ7TTC0LCHC`] : []),
    ...(azure === 'yes' ? ['1 of DZH318Z0BPS6'] : []),
  ];
}

function domainOf({ companyProfile }: Thing): string {
  return String((companyProfile as Thing).domain);
}

function lower(text: unknown): string {
  return String(text).toLowerCase();
}
