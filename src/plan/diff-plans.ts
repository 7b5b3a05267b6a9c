import { compareRecords, onlyIn, type RecordDifference } from './compare-plans.ts';
import type { PlannedRecord } from './plan.ts';
import { openWaitingRecords } from './waiting-records.ts';

/** How the records of two plans fared, counted while they are compared. */
export interface DiffTotals {
  added: number;
  removed: number;
  changed: number;
  /** Rows that differ in what plans do not show. */
  row: number;
  same: number;
}

/**
 * What differs between two plans, record by record, matched by key. Both are read once, side by side: records whose
 * order is the same meet at once, and one that has no match yet waits for it. Those that wait are kept on disk when
 * they are many, so memory does not grow with the plans, whatever their order. What only one of them has comes last.
 * @param totals counted up while the differences are read
 */
export async function* diffPlans(
  before: AsyncIterable<PlannedRecord>,
  after: AsyncIterable<PlannedRecord>,
  totals: DiffTotals,
): AsyncGenerator<RecordDifference> {
  const earlier = openWaitingRecords();
  const later = openWaitingRecords();
  const tell = function* (difference: RecordDifference | undefined): Generator<RecordDifference> {
    totals[difference?.kind ?? 'same'] += 1;
    if (difference !== undefined) yield difference;
  };
  try {
    for await (const [old, now] of sideBySide(before, after)) {
      if (old !== undefined && now !== undefined && nameOf(old) === nameOf(now)) {
        yield* tell(compareRecords(old, now));
        continue;
      }
      if (old !== undefined) {
        const match = later.take(nameOf(old));
        if (match === undefined) earlier.put(nameOf(old), old);
        else yield* tell(compareRecords(old, match));
      }
      if (now !== undefined) {
        const match = earlier.take(nameOf(now));
        if (match === undefined) later.put(nameOf(now), now);
        else yield* tell(compareRecords(match, now));
      }
    }
    for (const record of earlier.rest()) yield* tell(onlyIn('before', record));
    for (const record of later.rest()) yield* tell(onlyIn('after', record));
  } finally {
    earlier.close();
    later.close();
  }
}

/** A row that could not be read has its number for a key, which may be some other record's own key. */
function nameOf({ key, invalid }: PlannedRecord): string {
  return invalid === undefined ? key : `\u0000${key}`;
}

async function* sideBySide<T>(
  one: AsyncIterable<T>,
  other: AsyncIterable<T>,
): AsyncGenerator<readonly [T | undefined, T | undefined]> {
  const first = one[Symbol.asyncIterator]();
  const second = other[Symbol.asyncIterator]();
  try {
    for (;;) {
      const [a, b] = await Promise.all([first.next(), second.next()]);
      if (a.done === true && b.done === true) return;
      yield [a.done === true ? undefined : a.value, b.done === true ? undefined : b.value];
    }
  } finally {
    await Promise.all([first.return?.(), second.return?.()]);
  }
}
