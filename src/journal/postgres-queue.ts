import type { RunState, StepOutcomeName } from './journal.ts';
import type { Lease } from './keep-lease.ts';
import type { PostgresDatabase } from './postgres-database.ts';

/** Something to write. */
export type Write =
  | { readonly type: 'record'; readonly index: number; readonly text: string }
  | {
      readonly type: 'entry';
      readonly record: number;
      readonly text: string;
      /** The entry settles the record itself. */
      readonly outcome?: StepOutcomeName;
    }
  | { readonly type: 'run'; readonly begun?: true; readonly state?: RunState; readonly finishedAt?: number };

/** Something else to write, in a transaction of its own; may be tried several times. */
export type Work = (query: PostgresDatabase['query']) => Promise<void>;

interface Waiting {
  /** Writes that can go with others in one statement, or work that cannot. */
  readonly what: readonly Write[] | Work;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit over the network: while one batch is on its way, what comes meanwhile waits and goes as one statement. A write
 * resolves when its statement is committed (J1). Each batch has a number, and only the batch after the last one is written: one
 * whose answer was lost can be sent again. Once a batch has failed nothing more is written (J3).
 */
export class PostgresQueue {
  readonly #database: PostgresDatabase;
  readonly #run: number;
  readonly #holder: string;
  readonly #lease: Lease;
  #waiting: Waiting[] = [];
  #batch = 0;
  #failure: unknown;
  #working: Promise<void> | undefined;

  constructor(
    database: PostgresDatabase,
    { run, holder, lease }: { readonly run: number; readonly holder: string; readonly lease: Lease },
  ) {
    this.#database = database;
    this.#run = run;
    this.#holder = holder;
    this.#lease = lease;
  }

  /** Queues writes that become durable together; rejects with LeaseLost or with what the database said. */
  add(what: readonly Write[] | Work): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise<void>((resolve, reject) => {
      this.#waiting.push({ what, resolve, reject });
      this.#working ??= this.#work();
    });
  }

  /** Resolves when everything queued so far is durable or has failed. */
  async settled(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  async #work(): Promise<void> {
    await new Promise(setImmediate); // all of this turn goes together
    while (this.#waiting.length > 0) {
      const group = this.#nextGroup();
      try {
        if (this.#failure !== undefined) throw this.#failure;
        const [{ what }] = group as [Waiting];
        if (typeof what === 'function') await this.#do(what);
        else await this.#write(group.flatMap((waiting) => waiting.what as readonly Write[]));
        this.#batch += 1;
        for (const { resolve } of group) resolve();
      } catch (error) {
        this.#failure ??= error;
        for (const { reject } of group) reject(this.#failure);
      }
    }
    this.#working = undefined;
  }

  /** What waits, up to the first that must go alone. */
  #nextGroup(): readonly Waiting[] {
    const first = this.#waiting.findIndex(({ what }) => typeof what === 'function');
    return this.#waiting.splice(0, first === -1 ? this.#waiting.length : Math.max(first, 1));
  }

  async #write(writes: readonly Write[]): Promise<void> {
    const { rows } = await this.#database.query<{ written: boolean }>(statement, [
      ...this.#place(),
      this.#batch + 1,
      ...columnsOf(writes),
    ]);
    if (rows[0]?.written !== true) await this.#loseUnlessWritten(this.#database.query);
  }

  async #do(work: Work): Promise<void> {
    await this.#database.transaction(async (query) => {
      const { count } = await query(`${fence} RETURNING batch`, [...this.#place(), this.#batch + 1]);
      if (count === 0) await this.#loseUnlessWritten(query);
      else await work(query);
    });
  }

  #place(): readonly unknown[] {
    return [this.#run, this.#holder, this.#lease.token];
  }

  /** Nothing was written: an earlier try has written it and its answer was lost, or the lease is another's. */
  async #loseUnlessWritten(query: PostgresDatabase['query']): Promise<void> {
    const { rows } = await query<{ batch: string }>(
      'SELECT batch FROM {s}.leases WHERE run = $1 AND holder = $2 AND token = $3',
      this.#place(),
    );
    if (Number(rows[0]?.batch) !== this.#batch + 1) throw this.#lease.lose();
  }
}

/** Only the owner writes, and each batch once. */
const fence =
  'UPDATE {s}.leases SET batch = $4 WHERE run = $1 AND holder = $2 AND token = $3 AND batch = $4 - 1';

/**
 * One statement is one transaction. The row of the lease is locked first and in it alone stands whose turn it is, so a process
 * that takes the run over waits for a batch on its way, or the batch finds its token gone (J4). Records that are made and settled by
 * one batch are inserted with their outcome: a statement does not see what it has inserted itself.
 */
const statement = `
WITH fence AS (
  ${fence} RETURNING batch
), made AS (
  INSERT INTO {s}.records (run, idx, record, outcome)
  SELECT $1, r.idx, r.record, r.outcome FROM unnest($5::int[], $6::text[], $7::text[]) AS r (idx, record, outcome)
  WHERE EXISTS (SELECT FROM fence)
), noted AS (
  INSERT INTO {s}.entries (run, record, entry)
  SELECT $1, e.record, e.entry FROM unnest($8::int[], $9::text[]) WITH ORDINALITY AS e (record, entry, place)
  WHERE EXISTS (SELECT FROM fence) ORDER BY e.place
), ended AS (
  UPDATE {s}.records SET outcome = o.outcome FROM unnest($10::int[], $11::text[]) AS o (idx, outcome)
  WHERE run = $1 AND records.idx = o.idx AND EXISTS (SELECT FROM fence)
), headed AS (
  UPDATE {s}.runs SET begun = begun OR $12::boolean, state = coalesce($13::text, state),
    finished_at = CASE WHEN $13::text IS NULL THEN finished_at ELSE $14::bigint END
  WHERE n = $1 AND ($12::boolean OR $13::text IS NOT NULL) AND EXISTS (SELECT FROM fence)
)
SELECT EXISTS (SELECT FROM fence) AS written`;

/** The writes as the statement wants them, from $5 on: a list a column. */
function columnsOf(writes: readonly Write[]): readonly unknown[] {
  const records = writes.filter((write) => write.type === 'record');
  const entries = writes.filter((write) => write.type === 'entry');
  // The last word on a record counts.
  const outcomes = new Map(
    entries.flatMap(({ record, outcome }) => (outcome === undefined ? [] : [[record, outcome] as const])),
  );
  const made = new Set(records.map(({ index }) => index));
  const ended = [...outcomes].filter(([index]) => !made.has(index));
  const heads = writes.filter((write) => write.type === 'run');
  const state = heads.findLast((head) => head.state !== undefined);
  return [
    records.map(({ index }) => index),
    records.map(({ text }) => text),
    records.map(({ index }) => outcomes.get(index) ?? null),
    entries.map(({ record }) => record),
    entries.map(({ text }) => text),
    ended.map(([index]) => index),
    ended.map(([, outcome]) => outcome),
    heads.some(({ begun }) => begun === true),
    state?.state ?? null,
    state?.finishedAt ?? null,
  ];
}
