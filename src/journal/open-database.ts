import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { type Diagnostic, DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { LeaseHeld } from './journal.ts';
import { migrate } from './migrations.ts';
import { applicationId, schemaSql, schemaVersion } from './schema-sql.ts';
import { inTransaction } from './transaction.ts';
import { doubt, isVouchedFor } from './vouched.ts';

/** WAL of older SQLite can corrupt a file after a reset; Node 24 ships a newer one. */
const oldestSqlite = [3, 51, 3] as const;

/**
 * Opens (or makes) a state file: durable, checked, ours.
 * @param vouched whether it need not be checked whole; asked before SQLite touches anything
 * @throws DiagnosticsError STATE, STATE_DAMAGED or STATE_VERSION with what to do
 */
export function openDatabase(file: string, vouched = isVouchedFor(file)): DatabaseSync {
  if (existsSync(file)) refuseForeign(file);
  let database: DatabaseSync | undefined;
  try {
    // Made by us rather than by SQLite: nobody else may read it, nor the -wal file that takes its mode from it.
    closeSync(openSync(file, 'a', 0o600));
    database = new DatabaseSync(file, { timeout: 10_000 });
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    refuseOldSqlite(database, file);
    if (isEmpty(database)) makeTables(database);
    else refuseUnfit(database, file, vouched);
    return database;
  } catch (error) {
    database?.close();
    throw error instanceof DiagnosticsError ? error : stateError(file, error);
  }
}

/** An SQLite file begins with its name; anything else must not be touched, not even by SQLite itself. */
function refuseForeign(file: string): void {
  const start = Buffer.alloc(16);
  let length: number;
  try {
    const handle = openSync(file, 'r');
    length = readSync(handle, start, 0, 16, 0);
    closeSync(handle);
  } catch (error) {
    throw stateError(file, error);
  }
  if (length > 0 && start.toString('latin1') !== 'SQLite format 3\0')
    throw damaged(file, 'it is not a state file');
}

function refuseOldSqlite(database: DatabaseSync, file: string): void {
  const { version } = database.prepare('SELECT sqlite_version() AS version').get() as { version: string };
  const parts = version.split('.').map(Number);
  const first = oldestSqlite.findIndex((part, index) => parts[index] !== part);
  if (first !== -1 && (parts[first] ?? 0) < oldestSqlite[first]!) {
    throw refusal('STATE', `${file} cannot be used safely with SQLite ${version}`, 'use a newer Node.js 24');
  }
}

function isEmpty(database: DatabaseSync): boolean {
  return (
    (database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() as { tables: number }).tables ===
    0
  );
}

/** Two processes may open one new file at once: who comes second finds the tables made. */
function makeTables(database: DatabaseSync): void {
  inTransaction(database, () => {
    if (!isEmpty(database)) return;
    database.exec(
      `${schemaSql} PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion};`,
    );
  });
}

function refuseUnfit(database: DatabaseSync, file: string, vouched: boolean): void {
  const pragma = (name: string): unknown => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  if (pragma('application_id') !== applicationId) throw damaged(file, 'it belongs to another program');
  const version = Number(pragma('user_version'));
  if (version > schemaVersion) {
    throw refusal(
      'STATE_VERSION',
      `${file} was written by a newer version of Tenantry`,
      'use that version, or a newer one, for the runs in this file',
    );
  }
  // The whole check: the quick one does not see that an index has lost what its table holds.
  const found = vouched ? 'ok' : pragma('integrity_check(1)');
  if (found !== 'ok') throw damaged(file, String(found));
  if (version < schemaVersion) migrate(database, version, schemaVersion);
  if (vouched) refuseLost(database, file);
}

/** Entries are numbered without gaps, and a record's are found by the index: one that is not in it would hide an intent. */
function refuseLost(database: DatabaseSync, file: string): void {
  const { found, last } = database
    .prepare(
      `SELECT (SELECT count(*) FROM entries INDEXED BY entries_by_record) AS found,
        (SELECT max(seq) FROM entries) AS last`,
    )
    .get() as { found: number; last: number | null };
  if (found !== (last ?? 0)) throw damaged(file, `its index names ${found} of ${last ?? 0} entries`);
}

/** SQLite's own errors in words; codes are SQLite's primary result codes. */
export function stateError(file: string, error: unknown): DiagnosticsError {
  const { errcode, message, code } = error as { errcode?: number; message: string; code?: string };
  switch ((errcode ?? 0) & 0xff) {
    case 11: // SQLITE_CORRUPT
    case 26: // SQLITE_NOTADB
      return damaged(file, message);
    case 13: // SQLITE_FULL
      return refusal(
        'STATE',
        `${file} cannot be written: the disk is full`,
        'make room, then go on with: tenantry resume',
      );
    case 10: // SQLITE_IOERR: what SQLite makes of EFBIG, EDQUOT and of a disk that fails
      return refusal(
        'STATE',
        `${file} cannot be read or written: ${message} (SQLite ${errcode})`,
        'look at the limit for sizes of files (ulimit -f), at your quota on that disk and at its health, then go on with: tenantry resume',
      );
    case 5: // SQLITE_BUSY
      return refusal('STATE', `${file} is locked by another program`, 'try again once it has finished');
    default:
      return refusal(
        'STATE',
        `${file} cannot be used: ${message}${code === 'EACCES' ? ' (permission)' : ''}`,
        'check that the file and its folder can be written, or name another with --state FILE',
      );
  }
}

/** Work on a state file, with the database's own errors turned into words. */
export function guard<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof LeaseHeld || error instanceof DiagnosticsError ? error : stateError(file, error);
  }
}

export function damaged(file: string, what: string): DiagnosticsError {
  doubt(file);
  return refusal(
    'STATE_DAMAGED',
    `${file} is damaged: ${what}`,
    'nothing was used from it; put back a copy of the file (with its -wal file, if there is one), or name another with --state FILE',
  );
}

function refusal(code: Diagnostic['code'], message: string, help: string): DiagnosticsError {
  return new DiagnosticsError([{ code, severity: 'error', message, help }]);
}
