import type { DatabaseSync } from 'node:sqlite';
import { entriesOf } from './entry-rows.ts';
import {
  everyIndex,
  type IndexRange,
  type JournalEntry,
  type RecordWithEntries,
  type RunRecord,
  type StepOutcomeName,
} from './journal.ts';
import { damaged, guard } from './open-database.ts';
import { unseal } from './seal.ts';
import { unstamp } from './stamp.ts';

/** Records read at once: memory is bounded by it, not by the run. */
const pageSize = 256;

/** The file to read, and the key to its secrets where there is one. */
export interface RecordSource {
  readonly database: DatabaseSync;
  readonly file: string;
  readonly options: { readonly key?: Uint8Array | undefined };
}

interface RecordRow {
  readonly idx: number;
  readonly key: string;
  readonly planned: string;
  readonly record_values: string;
  readonly raw: string;
}

/**
 * Pages of records with their entries, in order; no read transaction is held while the caller works.
 * @param only those that ended so, or are open; all of them without it
 * @param at index of the one record that is wanted
 */
export async function* readRecords(
  { database, file, options }: RecordSource,
  n: number,
  only?: readonly (StepOutcomeName | 'open')[],
  { from, to }: IndexRange = everyIndex,
): AsyncGenerator<RecordWithEntries> {
  const prepare = (sql: string) => guard(file, () => database.prepare(sql));
  const page = prepare(
    `SELECT idx, key, planned, record_values, raw FROM records WHERE run = :run AND idx <= ${to} AND idx ${only === undefined ? '> :last' : `IN (${indexesOf(only)})`} ORDER BY idx LIMIT ${pageSize}`,
  );
  const entries = prepare('SELECT entry FROM entries WHERE run = ? AND record = ? ORDER BY seq');
  for (let last = from - 1; ; ) {
    const rows = guard(file, () => page.all({ run: n, last }) as unknown as RecordRow[]);
    for (const row of rows) {
      const text = (stamped: string, ...more: readonly string[]): unknown => {
        const written = unstamp(stamped, n, row.idx, ...more);
        if (written === undefined) throw damaged(file, `record ${row.idx + 1} is not what was written`);
        return unseal(JSON.parse(written), options.key);
      };
      const record: RunRecord = {
        index: row.idx,
        key: row.key,
        values: text(row.record_values, row.key, row.planned, row.raw),
        planned: JSON.parse(row.planned),
        raw: row.raw,
      };
      const found = guard(file, () => entries.all(n, row.idx) as { entry: string }[]);
      yield { record, entries: found.flatMap(({ entry }) => entriesOf(text(entry))) };
    }
    const end = rows.at(-1);
    if (end === undefined || rows.length < pageSize) return;
    last = end.idx;
  }
}

/** The next records that ended so, from the index: what else the run holds is not even read. */
function indexesOf(only: readonly (StepOutcomeName | 'open')[]): string {
  return only
    .map((outcome) => {
      const ended = outcome === 'open' ? 'IS NULL' : `= '${outcome}'`;
      return `SELECT * FROM (SELECT idx FROM records WHERE run = :run AND outcome ${ended} AND idx > :last ORDER BY idx LIMIT ${pageSize})`;
    })
    .join(' UNION ALL ');
}

/** The entries of one record, or (`wholeRun`) of the run itself, in order. */
export function readEntries(
  { database, file, options }: RecordSource,
  n: number,
  index: number,
): readonly JournalEntry[] {
  const found = guard(
    file,
    () =>
      database
        .prepare('SELECT entry FROM entries WHERE run = ? AND record = ? ORDER BY seq')
        .all(n, index) as {
        entry: string;
      }[],
  );
  return found.flatMap(({ entry }) => {
    const written = unstamp(entry, n, index);
    if (written === undefined) throw damaged(file, 'an entry about the whole run is not what was written');
    return entriesOf(unseal(JSON.parse(written), options.key));
  });
}

/**
 * Reads all that is left to do of a run once, before any of it is used: a damaged record must not be met in the middle.
 * @throws DiagnosticsError STATE_DAMAGED
 */
export function verifyOpenRecords({ database, file }: RecordSource, n: number): void {
  guard(file, () => {
    const records = database.prepare(
      `SELECT idx, key, planned, record_values, raw FROM records
       WHERE run = ? AND (outcome IS NULL OR outcome NOT IN ('succeeded', 'unchanged', 'skipped'))`,
    );
    const entries = database.prepare('SELECT entry FROM entries WHERE run = ? AND record = ?');
    for (const row of records.iterate(n) as Iterable<unknown> as Iterable<RecordRow>) {
      const whole =
        unstamp(row.record_values, n, row.idx, row.key, row.planned, row.raw) !== undefined &&
        (entries.all(n, row.idx) as { entry: string }[]).every(
          ({ entry }) => unstamp(entry, n, row.idx) !== undefined,
        );
      if (!whole) throw damaged(file, `record ${row.idx + 1} is not what was written`);
    }
  });
}
