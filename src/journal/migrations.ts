import type { DatabaseSync } from 'node:sqlite';
import { revisionsSql } from './schema-sql.ts';
import { stamp, unstamp } from './stamp.ts';
import { inTransaction } from './transaction.ts';

/** What brings the tables of one version to the next, by the version that they have. */
const migrations: Readonly<Record<number, (database: DatabaseSync) => void>> = {
  /** Version 2 stamps what it writes: a damaged text is seen. */
  1: (database) => {
    const heads = database.prepare('SELECT id, header FROM runs').all() as { id: string; header: string }[];
    if (heads.some(({ id, header }) => unstamp(header, id) !== undefined))
      throw new Error('its version is not the one that it was written by');
    database.function('stamp', { varargs: true, deterministic: true }, (text, ...place) =>
      stamp(String(text), ...(place as (string | number)[])),
    );
    database.exec('UPDATE runs SET header = stamp(header, id)');
    database.exec('UPDATE records SET record_values = stamp(record_values, run, idx, key, planned, raw)');
    database.exec('UPDATE entries SET entry = stamp(entry, run, record)');
  },
  /** Version 3 has runs that are revised. */
  2: (database) => database.exec(revisionsSql),
  // Version 4 lets a row of entries hold several; those that hold one are read as ever (entry-rows.ts).
};

/** Brings a file of an older version to the newest one, or leaves it as it was. */
export function migrate(database: DatabaseSync, from: number, to: number): void {
  inTransaction(database, () => {
    for (let version = from; version < to; version += 1) migrations[version]?.(database);
    database.exec(`PRAGMA user_version = ${to}`);
  });
}
