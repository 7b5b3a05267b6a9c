import type { DatabaseSync } from 'node:sqlite';
import { stamp } from './stamp.ts';

/** What brings the tables of one version to the next, by the version that they have. */
const migrations: Readonly<Record<number, (database: DatabaseSync) => void>> = {
  /** Version 2 stamps what it writes: a damaged text is seen. */
  1: (database) => {
    database.function('stamp', { varargs: true, deterministic: true }, (text, ...place) =>
      stamp(String(text), ...(place as (string | number)[])),
    );
    database.exec('UPDATE runs SET header = stamp(header, id)');
    database.exec('UPDATE records SET record_values = stamp(record_values, run, idx, key, planned, raw)');
    database.exec('UPDATE entries SET entry = stamp(entry, run, record)');
  },
};

/** Brings a file of an older version to the newest one, or leaves it as it was. */
export function migrate(database: DatabaseSync, from: number, to: number): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    for (let version = from; version < to; version += 1) migrations[version]?.(database);
    database.exec(`PRAGMA user_version = ${to}`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
