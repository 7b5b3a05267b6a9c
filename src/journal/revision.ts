import type { DatabaseSync } from 'node:sqlite';
import type { CommitQueue } from './commit-queue.ts';
import type { RevisedRecord, Revising, RunHeader } from './journal.ts';
import { recordRow } from './record-row.ts';
import { seal } from './seal.ts';
import { stamp } from './stamp.ts';

interface RevisedRun {
  readonly database: DatabaseSync;
  readonly n: number;
  readonly key: Uint8Array | undefined;
  readonly queue: CommitQueue;
}

/**
 * Sets a revision aside, batch by batch, in a table of its own; its commit moves all of it at once, however large it is.
 * @param counts told once it counts
 */
export async function beginRevision(
  { database, n, key, queue }: RevisedRun,
  counts: (header: RunHeader) => void,
): Promise<Revising> {
  await queue.add(() => void database.prepare('DELETE FROM revisions WHERE run = ?').run(n));
  const insert = database.prepare(
    'INSERT INTO revisions (run, idx, key, planned, record_values, raw, outcome, entry) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const rowOf = ({ record, entry }: RevisedRecord) => [
    ...recordRow(n, { ...record, values: seal(record.values, key) }),
    entry.type === 'settled' ? entry.outcome : null,
    stamp(JSON.stringify(seal(entry, key)), n, record.index),
  ];
  return {
    add: async (records) => {
      const rows = records.map(rowOf);
      await queue.add(() => {
        for (const row of rows) insert.run(...row);
      });
    },
    commit: async (header, position) => {
      const sealed = stamp(JSON.stringify(seal(header, key)), header.id);
      let unmoved = false;
      await queue.add(() => {
        const { last } = database.prepare('SELECT max(seq) AS last FROM entries WHERE run = ?').get(n) as {
          last: number | null;
        };
        unmoved = (last ?? 0) === position;
        if (unmoved) move(database, n, sealed);
      });
      if (unmoved) counts(header);
      return unmoved;
    },
  };
}

/** Entries get their numbers now: those of a run lie in the order in which they came to count. */
function move(database: DatabaseSync, n: number, header: string): void {
  const statements = [
    `INSERT OR REPLACE INTO records (run, idx, key, planned, record_values, raw, outcome)
     SELECT run, idx, key, planned, record_values, raw, outcome FROM revisions WHERE run = ?`,
    'INSERT INTO entries (run, record, entry) SELECT run, idx, entry FROM revisions WHERE run = ? ORDER BY idx',
    'DELETE FROM revisions WHERE run = ?',
  ];
  for (const statement of statements) database.prepare(statement).run(n);
  database.prepare("UPDATE runs SET header = ?, state = 'interrupted' WHERE n = ?").run(header, n);
}
