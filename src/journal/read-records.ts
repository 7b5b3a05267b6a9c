import type { DatabaseSync } from 'node:sqlite';
import type { JournalEntry, RecordWithEntries, RunRecord } from './journal.ts';
import { guard } from './open-database.ts';
import { unseal } from './seal.ts';

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

/** Pages of records with their entries; no read transaction is held while the caller works. */
export async function* readRecords(
  { database, file, options }: RecordSource,
  n: number,
  where: string,
): AsyncGenerator<RecordWithEntries> {
  const page = database.prepare(
    `SELECT idx, key, planned, record_values, raw FROM records WHERE run = ? AND idx > ? ${where} ORDER BY idx LIMIT ${pageSize}`,
  );
  const entries = database.prepare('SELECT entry FROM entries WHERE run = ? AND record = ? ORDER BY seq');
  for (let last = -1; ; ) {
    const rows = guard(file, () => page.all(n, last) as unknown as RecordRow[]);
    for (const row of rows) {
      const record: RunRecord = {
        index: row.idx,
        key: row.key,
        planned: JSON.parse(row.planned),
        values: unseal(JSON.parse(row.record_values), options.key),
        raw: row.raw,
      };
      const found = guard(file, () => entries.all(n, row.idx) as { entry: string }[]);
      yield {
        record,
        entries: found.map(({ entry }) => unseal(JSON.parse(entry), options.key) as JournalEntry),
      };
    }
    const end = rows.at(-1);
    if (end === undefined || rows.length < pageSize) return;
    last = end.idx;
  }
}
