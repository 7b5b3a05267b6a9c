/** Ends of terms and of cancellation windows, in UTC. */

const dayMs = 24 * 3_600_000;

/** The moment a term from `start` ends; for good where it has no duration (page subscription-resources: "far away"). */
export function endOfTerm(start: number, duration: unknown): number {
  const found = /^P(\d+)([MY])$/iu.exec(String(duration ?? ''));
  if (found === null) return Date.UTC(9999, 11, 10);
  const end = new Date(start);
  const count = Number(found[1]);
  const months = found[2]!.toUpperCase() === 'Y' ? 12 * count : count;
  end.setUTCMonth(end.getUTCMonth() + months);
  return end.getTime();
}

/** Days in which a purchase can be taken back (pages cancel-an-azure-marketplace-subscription, cancel-software-purchases). */
export const cancellationDays = {
  licence: 7,
  marketplace: 7,
  software: 30,
  softwareSubscription: 30,
} as const;

export function cancellableUntil(start: number, days: number): string {
  return isoOf(start + days * dayMs);
}

export function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
