import pg from 'pg';
import { type Diagnostic, DiagnosticsError } from '../diagnostics/diagnostic.ts';
import type { Clock } from '../world/world.ts';
import { LeaseHeld, LeaseLost } from './journal.ts';
import type { PostgresAddress } from './postgres-address.ts';
import { migrations } from './postgres-tables.ts';

/** Connections to one database, which come back after it was away. */
export interface PostgresDatabase {
  readonly name: string;
  /** Asks something that may be asked again; `{s}` in the text stands for the schema. */
  query<Row>(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ readonly rows: readonly Row[]; readonly count: number }>;
  /** Does something whole or not at all; it may be tried several times. */
  transaction<T>(work: (query: PostgresDatabase['query']) => Promise<T>): Promise<T>;
  /** A connection of its own, for LISTEN. */
  client(): pg.Client;
  close(): Promise<void>;
}

/** How long a database may be away before a command gives up, in milliseconds: a restart or a failover takes less. */
const patienceMs = 60_000;
const pauseMs = 250;

/** Commands are short, and one process needs few connections at once: a writer, a reader, a heartbeat. */
const mostConnections = 4;

/**
 * Connects, and brings the tables to this version.
 * @param password fetched for each connection, where it is a token
 * @throws DiagnosticsError STATE, STATE_VERSION with what to do
 */
export async function openPostgres(
  address: PostgresAddress,
  clock: Clock,
  password?: () => Promise<string>,
): Promise<PostgresDatabase> {
  const config: pg.ClientConfig = {
    ...address.config,
    // What is acknowledged is on the disk, whatever the server's default is (J1).
    options: '-c synchronous_commit=on',
    ...(password === undefined ? {} : { password }),
  };
  const pool = new pg.Pool({
    ...config,
    max: mostConnections,
    idleTimeoutMillis: 30_000,
    allowExitOnIdle: true,
  });
  pool.on('error', () => {}); // an idle connection has ended: the next query makes a new one
  const named = (text: string) => text.replaceAll('{s}', `"${address.schema}"`);
  const database: PostgresDatabase = {
    name: address.name,
    query: (text, values) =>
      persist(address.name, clock, async () => {
        const { rows, rowCount } = await pool.query(named(text), values as unknown[]);
        return { rows, count: rowCount ?? 0 };
      }),
    transaction: (work) => persist(address.name, clock, () => inTransaction(pool, named, work)),
    client: () => new pg.Client(config),
    close: () => pool.end(),
  };
  try {
    await first(address.name, pool);
    await prepareTables(database, address.schema);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return database;
}

/** The first connection is not tried for a minute: who mistypes an address wants to know. */
async function first(name: string, pool: pg.Pool): Promise<void> {
  try {
    const { rows } = await pool.query<{ encoding: string }>(
      "SELECT current_setting('server_encoding') AS encoding",
    );
    if (rows[0]?.encoding === 'UTF8') return;
    throw refusal(
      'STATE',
      `${name} keeps texts as ${rows[0]?.encoding}`,
      'make a database with ENCODING UTF8',
    );
  } catch (error) {
    throw databaseError(name, error);
  }
}

async function inTransaction<T>(
  pool: pg.Pool,
  named: (text: string) => string,
  work: (query: PostgresDatabase['query']) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const query: PostgresDatabase['query'] = async (text, values) => {
    const { rows, rowCount } = await client.query(named(text), values as unknown[]);
    return { rows, count: rowCount ?? 0 };
  };
  try {
    await client.query('BEGIN');
    const done = await work(query);
    await client.query('COMMIT');
    return done;
  } catch (error) {
    await client.query('ROLLBACK').catch((lost: Error) => {
      broken = lost;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Two commands may find old tables at once: the second waits for the first, and finds them new. */
async function prepareTables(database: PostgresDatabase, schema: string): Promise<void> {
  const read = async (query: PostgresDatabase['query']): Promise<number> => {
    // Not to_regclass(): what it has once not found it may not see after waiting for the lock.
    const { count } = await query(
      "SELECT FROM pg_catalog.pg_tables WHERE schemaname = $1 AND tablename = 'version'",
      [schema],
    );
    if (count === 0) return 0;
    return (await query<{ version: number }>('SELECT version FROM {s}.version')).rows[0]?.version ?? 0;
  };
  const newest = migrations.length;
  if ((await read(database.query)) === newest) return;
  await database.transaction(async (query) => {
    await query('SELECT pg_advisory_xact_lock(hashtext($1))', [`tenantry ${schema}`]);
    const version = await read(query);
    if (version > newest) {
      throw refusal(
        'STATE_VERSION',
        `${database.name} was written by a newer version of Tenantry`,
        'use that version, or a newer one, for the runs in this database',
      );
    }
    if (version === 0) {
      await query('CREATE SCHEMA IF NOT EXISTS {s}');
      await query('CREATE TABLE {s}.version (version integer NOT NULL)');
      await query('INSERT INTO {s}.version VALUES (0)');
    }
    for (const migration of migrations.slice(version)) await query(migration);
    await query('UPDATE {s}.version SET version = $1', [newest]);
  });
}

/**
 * Tries again what failed because the database went away or wants it repeated, until patience ends.
 * @throws DiagnosticsError STATE; LeaseHeld and LeaseLost as they came
 */
async function persist<T>(name: string, clock: Clock, work: () => Promise<T>): Promise<T> {
  const until = clock.monotonic() + patienceMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error) || clock.monotonic() >= until) throw databaseError(name, error);
      await clock.sleep(pauseMs);
    }
  }
}

/** SQLSTATE classes and codes after which the same may succeed: connections, shutdowns, deadlocks, too many clients. */
const passing = /^(?:08...|57P0[123]|40001|40P01|53300)$/u;
const cut = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
]);

function isPassing(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof DiagnosticsError) return false;
  const { code } = error as { code?: string };
  if (code !== undefined) return passing.test(code) || cut.has(code);
  return /connection terminated|connection timeout|connection ended|not queryable/iu.test(error.message);
}

/** The database's errors in words; codes are SQLSTATE's. */
export function databaseError(name: string, error: unknown): Error {
  if (error instanceof DiagnosticsError || error instanceof LeaseHeld || error instanceof LeaseLost)
    return error;
  const { code, message } = error as { code?: string; message: string };
  const say = (what: string, help: string) => refusal('STATE', `${name} ${what}`, help);
  switch (code) {
    case '28000':
    case '28P01':
      return say(
        `refuses the sign-in: ${message}`,
        'check the user in the address, and PGPASSWORD or auth=entra',
      );
    case '3D000':
      return say('does not exist', 'make it with createdb, or name another in the address');
    case '42501':
      return say(
        `refuses this user: ${message}`,
        'the user must own the schema, or may create one: GRANT CREATE ON DATABASE',
      );
    case '53100':
      return say('has no room left on its disk', 'make room, then go on with: tenantry resume');
    case '25006':
      return say('can only be read', 'name the primary server, not a replica');
    default:
      return say(
        isPassing(error) ? `cannot be reached: ${message || code}` : `cannot be used: ${message}`,
        'check the address, the network and the server; what is written there stays, and a run goes on with tenantry resume',
      );
  }
}

function refusal(code: Diagnostic['code'], message: string, help: string): DiagnosticsError {
  return new DiagnosticsError([{ code, severity: 'error', message, help }]);
}
