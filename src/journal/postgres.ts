import { randomUUID } from 'node:crypto';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import type { Clock } from '../world/world.ts';
import {
  everyIndex,
  type IndexRange,
  type Journal,
  LeaseHeld,
  noRecords,
  type RecordCounts,
  type RunHeader,
  type RunJournal,
  type RunReader,
  type RunState,
  type RunStatus,
  type StepOutcomeName,
} from './journal.ts';
import { keepLease, type Lease } from './keep-lease.ts';
import { ownerName } from './lease.ts';
import { parsePostgres } from './postgres-address.ts';
import { openPostgres, type PostgresDatabase } from './postgres-database.ts';
import { PostgresQueue } from './postgres-queue.ts';
import {
  damagedDatabase,
  type RecordSource,
  readRecords,
  recordText,
  wordsOfRun,
} from './postgres-records.ts';
import { beginRevision } from './postgres-revision.ts';
import { seal, unseal } from './seal.ts';
import { stamp, unstamp } from './stamp.ts';

export interface PostgresOptions {
  readonly clock: Clock;
  /** 32 bytes for the secrets; without it a run with secrets cannot be begun, and they cannot be read. */
  readonly key?: Uint8Array | undefined;
  /** Milliseconds that a lease lasts without a heartbeat, by the database's clock. */
  readonly leaseMs?: number;
  /** Name of this process in the lease; `host:pid` unless given. */
  readonly owner?: string;
  /** A token in place of a password, fetched for each connection. */
  readonly password?: () => Promise<string>;
}

const defaultLeaseMs = 20_000;
/** A process that owns a run alone; workers have names. */
const alone = '';

interface Store extends RecordSource {
  readonly options: PostgresOptions;
  /** Leases whose heartbeat ends with the journal. */
  readonly leases: Set<Lease>;
}

/**
 * The journal in a PostgreSQL database: the same guarantees as the file's, reachable from every machine. One statement
 * is one commit; what comes while it is on its way goes with the next.
 * @param url see postgres-address.ts
 * @throws DiagnosticsError STATE, STATE_VERSION where the database cannot be used
 */
export async function openPostgresJournal(url: string, options: PostgresOptions): Promise<Journal> {
  const address = parsePostgres(url);
  const database = await openPostgres(address, options.clock, options.password);
  const store: Store = { database, options, key: options.key, leases: new Set() };
  return {
    createRun: (header) => createRun(store, header),
    openRun: async (id) => {
      const row = await rowOf(store, id);
      if (row === undefined) throw unknownRun(database.name, id);
      const token = randomUUID();
      await claim(store, row, token);
      return openRunJournal(store, Number(row.n), headerOf(store, row), token);
    },
    runs: async () => {
      const { rows } = await database.query<RunRow>(`${selectRuns} ORDER BY n`);
      return Promise.all(rows.map((row) => statusOf(store, row)));
    },
    run: async (id) => {
      const row = await rowOf(store, id);
      return row && statusOf(store, row);
    },
    position: async (id) => {
      const { rows } = await database.query<{ last: string | null }>(
        'SELECT max(seq) AS last FROM {s}.entries WHERE run = (SELECT n FROM {s}.runs WHERE id = $1)',
        [id],
      );
      return Number(rows[0]?.last ?? 0);
    },
    read: (id, { only, index } = {}) =>
      readRecords(
        store,
        id,
        only === undefined ? undefined : { outcomes: only, open: false },
        index === undefined ? everyIndex : { from: index, to: index },
      ),
    reader: (id) => readerOf(store, async () => Number((await rowOf(store, id))?.n ?? -1)),
    close: async () => {
      for (const lease of store.leases) lease.stop();
      await database.close();
    },
  };
}

interface RunRow {
  readonly n: string;
  readonly id: string;
  readonly header: string;
  readonly state: RunState;
  readonly finished_at: string | null;
  readonly owner: string | null;
  readonly expires_at: string | null;
}

const selectRuns = `SELECT n, id, header, state, finished_at, owner, expires_at FROM {s}.runs
  LEFT JOIN {s}.leases ON run = n AND holder = '' WHERE begun`;

async function rowOf({ database }: Store, id: string): Promise<RunRow | undefined> {
  return (await database.query<RunRow>(`${selectRuns} AND id = $1`, [id])).rows[0];
}

async function createRun(store: Store, header: RunHeader): Promise<RunJournal> {
  const { database, options } = store;
  const token = randomUUID();
  const sealed = stamp(JSON.stringify(seal(header, options.key)), header.id);
  const plan = header.seal ?? null;
  const n = await database.transaction(async (query) => {
    // The answer to an earlier try may have been lost.
    const made = await query<{ n: string }>('SELECT run AS n FROM {s}.leases WHERE token = $1', [token]);
    if (made.rows[0] !== undefined) return made.rows[0].n;
    if (plan !== null) {
      await query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [lockSpace, plan]);
      const { rows } = await query<Holder>(
        `SELECT id, owner, token, expires_at - {s}.now_ms() AS left FROM {s}.runs JOIN {s}.leases ON run = n
         WHERE plan = $1 AND expires_at > {s}.now_ms() LIMIT 1`,
        [plan],
      );
      if (rows[0] !== undefined) throw heldBy(store, rows[0]);
    }
    const { rows } = await query<{ n: string }>(
      "INSERT INTO {s}.runs (id, header, plan, state) VALUES ($1, $2, $3, 'running') RETURNING n",
      [header.id, sealed, plan],
    );
    await insertLease(query, store, rows[0]!.n, token);
    return rows[0]!.n;
  });
  return openRunJournal(store, Number(n), header, token);
}

interface Holder {
  readonly id: string;
  readonly owner: string;
  readonly token: string;
  /** Milliseconds until its lease ends. */
  readonly left: string;
}

function heldBy({ options }: Store, { id, owner, left }: Holder): LeaseHeld {
  return new LeaseHeld(id, owner, options.clock.now() + Number(left));
}

async function insertLease(
  query: PostgresDatabase['query'],
  { options }: Store,
  n: string,
  token: string,
): Promise<void> {
  await query(
    `INSERT INTO {s}.leases (run, holder, owner, token, expires_at) VALUES ($1, '${alone}', $2, $3, {s}.now_ms() + $4)`,
    [n, options.owner ?? ownerName(), token, leaseMsOf(options)],
  );
}

/**
 * Takes the lease of a run, once nobody's runs. Those who would take one at once go one after another by a lock of the run's own; whoever
 * writes locks the lease only, so the two never wait for each other.
 * @throws LeaseHeld
 */
async function claim(store: Store, { n, id }: RunRow, token: string): Promise<void> {
  await store.database.transaction(async (query) => {
    await query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [lockSpace, id]);
    const { rows } = await query<Holder>(
      `SELECT '' AS id, owner, token, expires_at - {s}.now_ms() AS left FROM {s}.leases
       WHERE run = $1 AND expires_at > {s}.now_ms() ORDER BY expires_at DESC LIMIT 1`,
      [n],
    );
    if (rows[0]?.token === token) return; // the answer to an earlier try was lost
    if (rows[0] !== undefined) throw heldBy(store, { ...rows[0], id });
    await query('DELETE FROM {s}.leases WHERE run = $1', [n]);
    await insertLease(query, store, n, token);
  });
}

const lockSpace = 0x544e5452; // "TNTR"

function leaseMsOf({ leaseMs }: PostgresOptions): number {
  return leaseMs ?? defaultLeaseMs;
}

/** How records have ended that a pass looks at again. */
const undecided: readonly StepOutcomeName[] = ['inDoubt', 'waiting'];
const retried: readonly StepOutcomeName[] = [...undecided, 'failed', 'blocked'];

function openRunJournal(store: Store, n: number, header: RunHeader, token: string): RunJournal {
  const { database, options } = store;
  const lease = keepLease(
    header.id,
    token,
    { clock: options.clock, leaseMs: leaseMsOf(options) },
    {
      renew: async () =>
        (
          await database.query(
            'UPDATE {s}.leases SET expires_at = {s}.now_ms() + $3 WHERE run = $1 AND token = $2',
            [n, token, leaseMsOf(options)],
          )
        ).count > 0,
      release: async () => {
        await database.query('DELETE FROM {s}.leases WHERE run = $1 AND token = $2', [n, token]);
      },
    },
  );
  store.leases.add(lease);
  const queue = new PostgresQueue(database, { run: n, holder: alone, lease });
  let current = header;
  return {
    get header() {
      return current;
    },
    addRecords: async (records) =>
      queue.add(
        records.map((record) => ({
          type: 'record',
          index: record.index,
          text: recordText(record, n, options.key),
        })),
      ),
    begin: () => queue.add([{ type: 'run', begun: true }]),
    revise: () =>
      beginRevision({ n, key: options.key, queue }, (revised) => {
        current = revised;
      }),
    append: async (entry) =>
      // Sealed and queued now, in the caller's turn: the order of calls is the order of entries (J2, J3).
      queue.add([
        {
          type: 'entry',
          record: entry.record,
          text: stamp(JSON.stringify(seal(entry, options.key)), n, entry.record),
          ...(entry.type === 'settled' && entry.path === '' ? { outcome: entry.outcome } : {}),
        },
      ]),
    ...readerOf(store, async () => n),
    open: ({ retryFailed = false, range = everyIndex } = {}) =>
      readRecords(store, header.id, { outcomes: retryFailed ? retried : undecided, open: true }, range),
    owned: () => lease.owned(),
    setState: (state) =>
      queue.add([
        { type: 'run', state, ...(state === 'running' ? {} : { finishedAt: options.clock.now() }) },
      ]),
    lost: lease.lost,
    release: async () => {
      await queue.settled();
      store.leases.delete(lease);
      await lease.release();
    },
  };
}

function headerOf({ database, options }: Store, { id, header }: RunRow): RunHeader {
  const text = unstamp(header, id);
  if (text === undefined) throw damagedDatabase(database, `the head of run ${id} is not what was written`);
  return unseal(JSON.parse(text), options.key) as RunHeader;
}

async function countRecords({ database }: Store, n: number, { from, to }: IndexRange): Promise<RecordCounts> {
  const counts = noRecords();
  const { rows } = await database.query<{ outcome: StepOutcomeName | null; records: string }>(
    'SELECT outcome, count(*) AS records FROM {s}.records WHERE run = $1 AND idx BETWEEN $2 AND $3 GROUP BY outcome',
    [n, from, to],
  );
  for (const { outcome, records } of rows) counts[outcome ?? 'open'] = Number(records);
  return counts;
}

function readerOf(store: Store, number: () => Promise<number>): RunReader {
  return {
    countsIn: async (range) => countRecords(store, await number(), range),
    words: async () => wordsOfRun(store, await number()),
  };
}

async function statusOf(store: Store, row: RunRow): Promise<RunStatus> {
  const counts = await countRecords(store, Number(row.n), everyIndex);
  return {
    ...headerOf(store, row),
    state: row.state,
    counts,
    ...(row.finished_at === null ? {} : { finishedAt: Number(row.finished_at) }),
    ...(row.owner === null ? {} : { owner: { name: row.owner, expiresAt: Number(row.expires_at) } }),
  };
}

function unknownRun(name: string, id: string): DiagnosticsError {
  const help = 'tenantry runs lists them; --state names another state';
  return new DiagnosticsError([
    { code: 'RUN_UNKNOWN', severity: 'error', message: `${name} holds no run '${id}'`, help },
  ]);
}
