import type { JournalEntry } from './journal.ts';

/**
 * Entries of one record that share a commit share a row: what was answered, what that made of the step, and what is intended
 * next. A row costs as much as what stands in it, for its place in the index, its stamp and its own head.
 */
export interface EntryRows {
  /** @param text the entry as JSON */
  add(record: number, text: string): void;
  /** The row of a record as JSON, once; undefined where it has been taken. */
  take(record: number): string | undefined;
}

export function makeEntryRows(): EntryRows {
  const rows = new Map<number, string>();
  return {
    add: (record, text) => {
      const before = rows.get(record);
      rows.set(record, before === undefined ? text : `${before},${text}`);
    },
    take: (record) => {
      const row = rows.get(record);
      rows.delete(record);
      return row && `[${row}]`;
    },
  };
}

/** The entries of a row. Files that were written before version 3 have one in each, and no list. */
export function entriesOf(row: unknown): readonly JournalEntry[] {
  return (Array.isArray(row) ? row : [row]) as readonly JournalEntry[];
}
