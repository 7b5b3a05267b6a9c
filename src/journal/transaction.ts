import type { DatabaseSync } from 'node:sqlite';
import { following } from './vouched.ts';

/** Does something to a state file whole or not at all, with nobody else writing meanwhile. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  return following(database, () => {
    database.exec('BEGIN IMMEDIATE');
    try {
      const done = work();
      database.exec('COMMIT');
      return done;
    } catch (error) {
      // A full disk may have rolled back already; a second ROLLBACK then has nothing to do.
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  });
}
