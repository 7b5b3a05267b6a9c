import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Journal, type JournalEntry, LeaseHeld } from '../../src/journal/journal.ts';
import { openPostgresJournal } from '../../src/journal/postgres.ts';
import { parsePostgres } from '../../src/journal/postgres-address.ts';
import { realClock } from '../../src/world/real.ts';
import type { Clock } from '../../src/world/world.ts';
import { all, header, journalConformance, key, record } from '../conformance/journal.ts';
import { handClock } from './hand-clock.ts';
import { type PostgresServer, startPostgres } from './postgres-server.ts';

let server: PostgresServer;
let schemas = 0;
beforeAll(async () => {
  server = await startPostgres();
}, 120_000);
afterAll(() => server.stop());

/** A connection that looks from outside. */
async function connect(address: string): Promise<pg.Client> {
  const client = new pg.Client(parsePostgres(address).config);
  await client.connect();
  return client;
}

/** A schema of a test's own. */
function freshAddress(): { readonly address: string; readonly schema: string } {
  schemas += 1;
  const schema = `test_${schemas}`;
  return { schema, address: server.address(schema) };
}

journalConformance('the PostgreSQL journal', async () => {
  const { address, schema } = freshAddress();
  const clock = handClock();
  const opened: Journal[] = [];
  const open = async (options: {
    readonly owner: string;
    readonly leaseMs: number;
    readonly key?: Uint8Array;
    readonly hung?: boolean;
  }) => {
    const { hung = false, ...rest } = options;
    const own: Clock = hung ? { ...clock, sleep: () => new Promise(() => {}) } : clock;
    const journal = await openPostgresJournal(address, { clock: own, ...rest });
    opened.push(journal);
    return journal;
  };
  const outside = await connect(address);
  const sql = async (text: string) => (await outside.query(text)).rows as unknown[];
  // The database's clock is moved by hand, too.
  await open({ owner: 'first', leaseMs: 1, key });
  const setClock = (ms: number) =>
    sql(
      `CREATE OR REPLACE FUNCTION ${schema}.now_ms() RETURNS bigint LANGUAGE sql AS 'SELECT ${ms}::bigint'`,
    );
  await setClock(clock.now());
  return {
    open,
    advance: async (ms) => {
      await setClock(clock.now() + ms);
      await clock.advance(ms);
      // Heartbeats are on their way through the network, and other connections than this one carry them.
      for (let turn = 0; turn < 20; turn += 1) await sql('SELECT 1');
    },
    contents: async () =>
      JSON.stringify([
        await sql(`SELECT * FROM ${schema}.runs`),
        await sql(`SELECT * FROM ${schema}.records`),
        await sql(`SELECT * FROM ${schema}.entries`),
        await sql(`SELECT * FROM ${schema}.revisions`),
      ]),
    close: async () => {
      for (const journal of opened) await journal.close();
      await outside.end();
    },
  };
});

describe('a database', () => {
  it('is made ready by two that come at once', async () => {
    const { address } = freshAddress();
    const options = { clock: realClock, key };
    const both = await Promise.all([
      openPostgresJournal(address, options),
      openPostgresJournal(address, options),
    ]);
    for (const journal of both) {
      expect(await journal.runs()).toEqual([]);
      await journal.close();
    }
  });

  it('of a newer version is refused', async () => {
    const { address, schema } = freshAddress();
    await (await openPostgresJournal(address, { clock: realClock })).close();
    const outside = await connect(address);
    await outside.query(`UPDATE ${schema}.version SET version = 99`);
    await outside.end();
    await expect(openPostgresJournal(address, { clock: realClock })).rejects.toMatchObject({
      diagnostics: [{ code: 'STATE_VERSION' }],
    });
  });

  it('says at once, and without the password, why it cannot be had', async () => {
    const { address } = freshAddress();
    const wrong = address.replace(':local@', ':guessed-7381@');
    const refused = await openPostgresJournal(wrong, { clock: realClock }).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      diagnostics: [{ code: 'STATE', help: expect.stringContaining('PGPASSWORD') }],
    });
    expect(JSON.stringify(refused)).not.toContain('guessed-7381');
    await expect(
      openPostgresJournal('postgres://someone@127.0.0.1:1/none', { clock: realClock }),
    ).rejects.toMatchObject({ diagnostics: [{ message: expect.stringContaining('cannot be reached') }] });
    await expect(
      openPostgresJournal(address.replace('/postgres?', '/nowhere?'), { clock: realClock }),
    ).rejects.toMatchObject({ diagnostics: [{ message: expect.stringContaining('does not exist') }] });
  });

  it('asks for a new password for each connection, where it is a token', async () => {
    const { address } = freshAddress();
    let asked = 0;
    const journal = await openPostgresJournal(address.replace(':local@', '@'), {
      clock: realClock,
      password: async () => {
        asked += 1;
        return 'local';
      },
    });
    await Promise.all(Array.from({ length: 8 }, () => journal.runs()));
    await journal.close();
    expect(asked).toBeGreaterThan(1);
  });

  it('gives a run to one of many that want it at once', async () => {
    const { address } = freshAddress();
    const journals = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        openPostgresJournal(address, { clock: realClock, key, owner: `owner ${index}` }),
      ),
    );
    const run = await journals[0]!.createRun(header('run', 0));
    await run.begin();
    await run.release();
    const ends = await Promise.allSettled(journals.map((journal) => journal.openRun('run')));
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const end of ends) if (end.status === 'rejected') expect(end.reason).toBeInstanceOf(LeaseHeld);
    for (const journal of journals) await journal.close();
  });

  it('may go away and come back under a run: nothing is lost, nothing written twice', async () => {
    const { address } = freshAddress();
    const journal = await openPostgresJournal(address, { clock: realClock, key });
    const run = await journal.createRun(header('run', 1));
    await run.addRecords([record(0)]);
    await run.begin();
    const written: Promise<void>[] = [];
    const more = (count: number) => {
      for (let left = count; left > 0; left -= 1) written.push(run.append(entry(written.length + 1)));
    };
    more(50);
    const restarted = server.restart();
    more(50);
    await restarted;
    more(50);
    await Promise.all(written);
    const [only] = await all(journal.read('run'));
    expect(only?.entries).toEqual(Array.from({ length: 150 }, (_, index) => entry(index + 1)));
    await journal.close();
  }, 60_000);

  it('writes once what it was told twice, because its answer was lost', async () => {
    const { address, schema } = freshAddress();
    const wire = await startWire(address);
    const journal = await openPostgresJournal(wire.address, { clock: realClock, key });
    const run = await journal.createRun(header('run', 1));
    await run.addRecords([record(0)]);
    await run.begin();
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      wire.loseNextAnswer();
      await run.append(entry(attempt));
    }
    const outside = await connect(address);
    const { rows } = await outside.query(`SELECT count(*)::int AS entries FROM ${schema}.entries`);
    await outside.end();
    expect(rows).toEqual([{ entries: 5 }]);
    expect(wire.lost).toBe(5);
    expect((await all(journal.read('run')))[0]?.entries).toEqual([1, 2, 3, 4, 5].map(entry));
    await journal.close();
    await wire.stop();
  });
});

const entry = (attempt: number): JournalEntry => ({
  type: 'intended',
  record: 0,
  path: 'order',
  attempt,
  requestId: `request ${attempt}`,
  operation: 'carts.checkout',
  with: { text: 'NUL \u0000 and half a pair \ud83d' },
  at: 1,
});

interface Wire {
  readonly address: string;
  readonly lost: number;
  /** The next statement that answers with a row is done, and its answer never arrives: the connection ends. */
  loseNextAnswer(): void;
  stop(): Promise<void>;
}

/** A network between a process and its database. */
async function startWire(address: string): Promise<Wire> {
  const { port } = new URL(address);
  let losing = false;
  let lost = 0;
  const proxy = createServer((near) => {
    const far = createConnection(Number(port), '127.0.0.1');
    near.on('error', () => far.destroy()).pipe(far);
    far.on('error', () => near.destroy());
    far.on('close', () => near.destroy());
    far.on('data', (data) => {
      // The name of its column begins the answer to a write.
      if (!losing || !data.includes('written')) return void near.write(data);
      losing = false;
      lost += 1;
      near.destroy();
      far.destroy();
    });
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const own = (proxy.address() as AddressInfo).port;
  return {
    address: address.replace(`:${port}/`, `:${own}/`),
    get lost() {
      return lost;
    },
    loseNextAnswer: () => {
      losing = true;
    },
    stop: async () => {
      proxy.close();
    },
  };
}
