import type { RevisedRecord, Revising, RunHeader } from './journal.ts';
import type { PostgresQueue } from './postgres-queue.ts';
import { recordText } from './postgres-records.ts';
import { seal } from './seal.ts';
import { stamp } from './stamp.ts';

interface RevisedRun {
  readonly n: number;
  readonly key: Uint8Array | undefined;
  readonly queue: PostgresQueue;
}

/**
 * Sets a revision aside, batch by batch, in a table of its own; its commit moves all of it at once, however large it is.
 * @param counts told once it counts
 */
export async function beginRevision(
  { n, key, queue }: RevisedRun,
  counts: (header: RunHeader) => void,
): Promise<Revising> {
  await queue.add(async (query) => void (await query('DELETE FROM {s}.revisions WHERE run = $1', [n])));
  return {
    add: async (records) => {
      const columns = columnsOf(records, n, key);
      await queue.add(async (query) => {
        await query(
          `INSERT INTO {s}.revisions (run, idx, record, outcome, entry)
           SELECT $1, * FROM unnest($2::int[], $3::text[], $4::text[], $5::text[])`,
          [n, ...columns],
        );
      });
    },
    commit: async (header, position) => {
      const sealed = stamp(JSON.stringify(seal(header, key)), header.id);
      let unmoved = false;
      await queue.add(async (query) => {
        const { rows } = await query<{ last: string | null }>(
          'SELECT max(seq) AS last FROM {s}.entries WHERE run = $1',
          [n],
        );
        unmoved = Number(rows[0]?.last ?? 0) === position;
        if (!unmoved) return;
        await query(
          `INSERT INTO {s}.records (run, idx, record, outcome) SELECT run, idx, record, outcome FROM {s}.revisions WHERE run = $1
           ON CONFLICT (run, idx) DO UPDATE SET record = excluded.record, outcome = excluded.outcome`,
          [n],
        );
        // Entries get their numbers now: those of a run lie in the order in which they came to count.
        await query(
          'INSERT INTO {s}.entries (run, record, entry) SELECT run, idx, entry FROM {s}.revisions WHERE run = $1 ORDER BY idx',
          [n],
        );
        await query('DELETE FROM {s}.revisions WHERE run = $1', [n]);
        await query("UPDATE {s}.runs SET header = $2, plan = $3, state = 'interrupted' WHERE n = $1", [
          n,
          sealed,
          header.seal ?? null,
        ]);
      });
      if (unmoved) counts(header);
      return unmoved;
    },
  };
}

function columnsOf(
  records: readonly RevisedRecord[],
  n: number,
  key: Uint8Array | undefined,
): readonly (readonly unknown[])[] {
  return [
    records.map(({ record }) => record.index),
    records.map(({ record }) => recordText(record, n, key)),
    records.map(({ entry }) => (entry.type === 'settled' ? entry.outcome : null)),
    records.map(({ record, entry }) => stamp(JSON.stringify(seal(entry, key)), n, record.index)),
  ];
}
