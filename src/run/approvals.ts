import type { Approval, RecordWithEntries } from '../journal/journal.ts';
import { replay } from '../journal/replay.ts';

/** A step of a record that waits for a person. */
export interface Awaited {
  readonly record: RecordWithEntries['record'];
  readonly path: string;
  /** What is to be approved. */
  readonly what: string;
  /** Since when, in epoch milliseconds. */
  readonly since: number;
}

/** The steps of a record that wait for a person's word. */
export function awaitedOf({ record, entries }: RecordWithEntries): readonly Awaited[] {
  return [...replay(entries).steps].flatMap(([path, state]) =>
    state.type === 'waiting'
      ? [{ record, path, what: state.settled.error?.message ?? '', since: state.settled.at }]
      : [],
  );
}

/** What people have said to the steps of a record, oldest first. */
export function wordsOn({ entries }: RecordWithEntries): readonly Approval[] {
  return entries.filter((entry): entry is Approval => entry.type === 'approval');
}
