import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import type { Clock } from '../world/world.ts';
import { CommitQueue } from './commit-queue.ts';
import { makeEntryRows } from './entry-rows.ts';
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
  wholeRun,
} from './journal.ts';
import type { Lease } from './keep-lease.ts';
import { holdLease, isDead, type LeaseOptions, ownerName, takeLease } from './lease.ts';
import { damaged, guard, openDatabase, stateError } from './open-database.ts';
import { readEntries, readRecords, verifyOpenRecords } from './read-records.ts';
import { recordRow } from './record-row.ts';
import { beginRevision } from './revision.ts';
import { seal, sealedJson, unseal } from './seal.ts';
import { stamp, unstamp } from './stamp.ts';
import { inTransaction } from './transaction.ts';
import { followWrites, identityOf, isVouchedFor, vouchFor } from './vouched.ts';

export interface SqliteOptions {
  readonly clock: Clock;
  /** 32 bytes for the secrets; without it a run with secrets cannot be begun, and they cannot be read. */
  readonly key?: Uint8Array | undefined;
  /** Milliseconds that a lease lasts without a heartbeat. */
  readonly leaseMs?: number;
  /** Name of this process in the lease; `host:pid` unless given. */
  readonly owner?: string;
}

const defaultLeaseMs = 20_000;

/**
 * The journal in one SQLite file: WAL, synchronous=FULL, one commit for all that is appended in one turn of the
 * event loop. Measured choices stand in docs/performance.md.
 * @throws DiagnosticsError STATE, STATE_DAMAGED, STATE_VERSION where the file cannot be used
 */
export function openSqliteJournal(file: string, options: SqliteOptions): Journal {
  const vouched = guard(file, () => isVouchedFor(file)); // asked before SQLite touches anything
  const database = openDatabase(file, vouched);
  const identity = identityOf(file);
  followWrites(database, file);
  const leasing: LeaseOptions = {
    clock: options.clock,
    owner: options.owner ?? ownerName(),
    leaseMs: options.leaseMs ?? defaultLeaseMs,
  };
  const tables: Tables = { database, file, options, leasing, leases: new Set() };
  return {
    createRun: async (header) => {
      const sealed = stamp(JSON.stringify(seal(header, options.key)), header.id);
      return guard(file, () => {
        const token = randomUUID();
        const n = insertRun(tables, header, sealed, token);
        return openRunJournal(tables, n, header, holdLease(database, { n, id: header.id }, token, leasing));
      });
    },
    openRun: async (id) => {
      const found = guard(file, () =>
        database.prepare('SELECT n, header FROM runs WHERE id = ? AND begun = 1').get(id),
      ) as { n: number; header: string } | undefined;
      if (found === undefined) throw unknownRun(file, id);
      const header = headerOf(tables, id, found.header);
      // What is vouched for is verified record by record as it is read, before anything of it is sent.
      if (!vouched) verifyOpenRecords(tables, found.n);
      return guard(file, () => {
        const lease = takeLease(database, { n: found.n, id }, leasing);
        return openRunJournal(tables, found.n, header, lease);
      });
    },
    runs: async () =>
      guard(file, () => {
        const rows = database.prepare('SELECT * FROM runs WHERE begun = 1 ORDER BY n').all();
        return (rows as unknown as RunRow[]).map((row) => statusOf(tables, row));
      }),
    run: async (id) =>
      guard(file, () => {
        const row = database.prepare('SELECT * FROM runs WHERE begun = 1 AND id = ?').get(id);
        return row && statusOf(tables, row as unknown as RunRow);
      }),
    position: async (id) =>
      (guard(file, () =>
        database.prepare('SELECT max(seq) AS last FROM entries WHERE run = ?').get(numberOf(tables, id)),
      )?.last as number | null) ?? 0,
    read: (id, { only, index } = {}) =>
      readRecords(
        tables,
        numberOf(tables, id),
        only,
        index === undefined ? undefined : { from: index, to: index },
      ),
    reader: (id) => readerOf(tables, numberOf(tables, id)),
    close: async () => {
      for (const lease of tables.leases) lease.stop();
      database.close();
      await vouchFor(file, identity);
    },
  };
}

/**
 * Makes the run's row with its lease, unless somebody owns a run of the same plan: two may come at once.
 * @returns the run's number
 * @throws LeaseHeld
 */
function insertRun(
  { database, leasing: { clock, owner, leaseMs } }: Tables,
  header: RunHeader,
  sealed: string,
  token: string,
): number {
  const now = clock.now();
  return inTransaction(database, () => {
    const owned = database
      .prepare('SELECT id, header, owner, expires_at FROM runs WHERE token IS NOT NULL AND expires_at > ?')
      .all(now) as unknown as readonly RunRow[];
    for (const { id, header: other, owner: holder, expires_at } of owned) {
      const text = header.seal === undefined ? undefined : unstamp(other, id);
      if (text === undefined || (JSON.parse(text) as RunHeader).seal !== header.seal) continue;
      if (!isDead(holder ?? '')) throw new LeaseHeld(id, holder ?? '', expires_at ?? 0);
    }
    const insert = database.prepare(
      "INSERT INTO runs (id, header, state, owner, token, expires_at) VALUES (?, ?, 'running', ?, ?, ?)",
    );
    return Number(insert.run(header.id, sealed, owner, token, now + leaseMs).lastInsertRowid);
  });
}

function unknownRun(file: string, id: string): DiagnosticsError {
  const help = 'tenantry runs lists them; --state FILE names another state file';
  return new DiagnosticsError([
    { code: 'RUN_UNKNOWN', severity: 'error', message: `${file} holds no run '${id}'`, help },
  ]);
}

interface Tables {
  readonly database: DatabaseSync;
  readonly file: string;
  readonly options: SqliteOptions;
  readonly leasing: LeaseOptions;
  /** Leases whose heartbeat ends with the journal. */
  readonly leases: Set<Lease>;
}

interface RunRow {
  readonly n: number;
  readonly id: string;
  readonly header: string;
  readonly state: RunState;
  readonly finished_at: number | null;
  readonly owner: string | null;
  readonly expires_at: number | null;
}

function numberOf({ database }: Tables, id: string): number {
  return (database.prepare('SELECT n FROM runs WHERE id = ?').get(id) as { n: number } | undefined)?.n ?? -1;
}

function headerOf({ file, options }: Tables, id: string, stamped: string): RunHeader {
  const text = unstamp(stamped, id);
  if (text === undefined) throw damaged(file, `the head of run ${id} is not what was written`);
  return unseal(JSON.parse(text), options.key) as RunHeader;
}

function countRecords(
  { database, file }: Tables,
  n: number,
  { from, to }: IndexRange = everyIndex,
): RecordCounts {
  const counts = noRecords();
  const rows = database
    .prepare(
      'SELECT outcome, count(*) AS records FROM records WHERE run = ? AND idx BETWEEN ? AND ? GROUP BY outcome',
    )
    .all(n, from, to) as { outcome: StepOutcomeName | null; records: number }[];
  for (const { outcome, records } of rows) {
    if (outcome !== null && !Object.hasOwn(counts, outcome))
      throw damaged(file, `a record of run ${n} ended as '${outcome}', which is no outcome`);
    counts[outcome ?? 'open'] = records;
  }
  return counts;
}

function readerOf(tables: Tables, n: number): RunReader {
  return {
    countsIn: async (range) => countRecords(tables, n, range),
    words: async () => readEntries(tables, n, wholeRun).filter((entry) => entry.type === 'approval'),
  };
}

function statusOf(tables: Tables, row: RunRow): RunStatus {
  const counts = countRecords(tables, row.n);
  const header = headerOf(tables, row.id, row.header);
  const found = Object.values(counts).reduce((sum, records) => sum + records, 0);
  // Records are found by this index: one that is not in it would be left out without a word.
  if (found !== header.records)
    throw damaged(tables.file, `it holds ${found} of ${header.records} records of run ${row.id}`);
  return {
    ...header,
    state: row.state,
    counts,
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
    ...(row.owner === null ? {} : { owner: { name: row.owner, expiresAt: row.expires_at ?? 0 } }),
  };
}

function openRunJournal(tables: Tables, n: number, header: RunHeader, lease: Lease): RunJournal {
  const { database, file, options } = tables;
  const { clock, key } = options;
  tables.leases.add(lease);
  const queue = new CommitQueue(database, {
    fence: fenceOf(database, n, lease),
    explain: (error) => stateError(file, error),
  });
  const insertRecord = database.prepare(
    'INSERT INTO records (run, idx, key, planned, record_values, raw) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const rows = makeEntryRows();
  const insertEntries = database.prepare('INSERT INTO entries (run, record, entry) VALUES (?, ?, ?)');
  const setOutcome = database.prepare('UPDATE records SET outcome = ? WHERE run = ? AND idx = ?');
  let current = header;
  return {
    get header() {
      return current;
    },
    addRecords: async (records) => {
      const rows = records.map(({ index, key: name, planned, values, raw }) =>
        recordRow(n, { index, key: name, planned, values: seal(values, key), raw }),
      );
      await queue.add(() => {
        for (const row of rows) insertRecord.run(...row);
      });
    },
    begin: () => queue.add(() => void database.prepare('UPDATE runs SET begun = 1 WHERE n = ?').run(n)),
    revise: () =>
      beginRevision({ database, n, key, queue }, (revised) => {
        current = revised;
      }),
    append: async (entry) => {
      const { record } = entry;
      // Sealed and queued now, in the caller's turn: the order of calls is the order of entries (J2, J3).
      rows.add(record, sealedJson(entry, key));
      await queue.add(() => {
        const row = rows.take(record);
        if (row !== undefined) insertEntries.run(n, record, stamp(row, n, record));
        if (entry.type === 'settled' && entry.path === '') setOutcome.run(entry.outcome, n, record);
      });
    },
    ...readerOf(tables, n),
    open: ({ retryFailed = false, range } = {}) =>
      readRecords(
        tables,
        n,
        retryFailed ? ['open', 'inDoubt', 'waiting', 'failed', 'blocked'] : ['open', 'inDoubt', 'waiting'],
        range,
      ),
    owned: () => guard(file, () => lease.owned()),
    setState: (state) =>
      queue.add(
        () =>
          void database
            .prepare('UPDATE runs SET state = ?, finished_at = ? WHERE n = ?')
            .run(state, state === 'running' ? null : clock.now(), n),
      ),
    lost: lease.lost,
    release: async () => {
      await queue.settled();
      tables.leases.delete(lease);
      await guard(file, () => lease.release());
    },
  };
}

/** J4: every commit looks at the lease inside its own transaction. */
function fenceOf(database: DatabaseSync, n: number, lease: Lease): () => void {
  const look = database.prepare('SELECT token FROM runs WHERE n = ?');
  return () => {
    if ((look.get(n) as { token: string | null }).token !== lease.token) throw lease.lose();
  };
}
