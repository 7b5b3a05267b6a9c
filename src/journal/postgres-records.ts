import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import {
  type Approval,
  everyIndex,
  type IndexRange,
  type JournalEntry,
  type RecordWithEntries,
  type RunRecord,
  type StepOutcomeName,
  wholeRun,
} from './journal.ts';
import type { PostgresDatabase } from './postgres-database.ts';
import { seal, unseal } from './seal.ts';
import { stamp, unstamp } from './stamp.ts';

/** Records read at once: memory is bounded by it, not by the run. */
const pageSize = 256;

/** The database to read, and the key to its secrets where there is one. */
export interface RecordSource {
  readonly database: PostgresDatabase;
  readonly key: Uint8Array | undefined;
}

/** A record as its row holds it: JSON, since a text of PostgreSQL holds no NUL and no half of a character. */
export function recordText(record: RunRecord, n: number, key: Uint8Array | undefined): string {
  return stamp(JSON.stringify({ ...record, values: seal(record.values, key) }), n, record.index);
}

/**
 * Pages of records with their entries, two statements a page.
 * @param which those with one of the outcomes, and (`open`) those with none; all unless given
 */
export async function* readRecords(
  source: RecordSource,
  id: string,
  which?: {
    readonly outcomes: readonly StepOutcomeName[];
    readonly open: boolean;
  },
  { from, to }: IndexRange = everyIndex,
): AsyncGenerator<RecordWithEntries> {
  const { database } = source;
  const { rows: found } = await database.query<{ n: string }>('SELECT n FROM {s}.runs WHERE id = $1', [id]);
  if (found[0] === undefined) return;
  const n = Number(found[0].n);
  const where = which === undefined ? '' : 'AND (outcome = ANY ($4) OR ($5 AND outcome IS NULL))';
  for (let last = from - 1; ; ) {
    const { rows } = await database.query<{ idx: number; record: string }>(
      `SELECT idx, record FROM {s}.records WHERE run = $1 AND idx > $2 AND idx <= $3 ${where} ORDER BY idx LIMIT ${pageSize}`,
      [n, last, to, ...(which === undefined ? [] : [which.outcomes, which.open])],
    );
    const entries = await entriesOf(
      source,
      n,
      rows.map(({ idx }) => idx),
    );
    for (const { idx, record } of rows)
      yield { record: textOf(source, record, n, idx) as RunRecord, entries: entries.get(idx) ?? [] };
    const end = rows.at(-1);
    if (end === undefined || rows.length < pageSize) return;
    last = end.idx;
  }
}

/** What people said of the run as a whole. */
export async function wordsOfRun(source: RecordSource, n: number): Promise<readonly Approval[]> {
  const entries = (await entriesOf(source, n, [wholeRun])).get(wholeRun) ?? [];
  return entries.filter((entry) => entry.type === 'approval');
}

async function entriesOf(
  source: RecordSource,
  n: number,
  records: readonly number[],
): Promise<ReadonlyMap<number, readonly JournalEntry[]>> {
  const { rows } = await source.database.query<{ record: number; entry: string }>(
    'SELECT record, entry FROM {s}.entries WHERE run = $1 AND record = ANY ($2) ORDER BY seq',
    [n, records],
  );
  const entries = new Map<number, JournalEntry[]>();
  for (const { record, entry } of rows) {
    const those = entries.get(record) ?? [];
    entries.set(record, those);
    those.push(textOf(source, entry, n, record) as JournalEntry);
  }
  return entries;
}

function textOf({ database, key }: RecordSource, stamped: string, n: number, index: number): unknown {
  const text = unstamp(stamped, n, index);
  if (text === undefined) throw damagedDatabase(database, `record ${index + 1} is not what was written`);
  return unseal(JSON.parse(text), key);
}

/** Something was written over by hand, or the disk below the database has failed. */
export function damagedDatabase({ name }: PostgresDatabase, what: string): DiagnosticsError {
  const help =
    'put the database back to an earlier moment (point-in-time restore), or name another with --state';
  const message = `${name} is damaged: ${what}`;
  return new DiagnosticsError([{ code: 'STATE_DAMAGED', severity: 'error', message, help }]);
}
