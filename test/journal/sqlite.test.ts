import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Journal, LeaseLost } from '../../src/journal/journal.ts';
import { openSqliteJournal } from '../../src/journal/sqlite.ts';
import { stamp } from '../../src/journal/stamp.ts';
import { realClock } from '../../src/world/real.ts';
import type { Clock } from '../../src/world/world.ts';
import { all, header, journalConformance, key, record } from '../conformance/journal.ts';
import { handClock } from './hand-clock.ts';

journalConformance('the SQLite journal', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tenantry-journal-'));
  const clock = handClock();
  const opened: Journal[] = [];
  return {
    open: ({ hung = false, ...options }) => {
      const own: Clock = hung ? { ...clock, sleep: () => new Promise(() => {}) } : clock;
      const journal = openSqliteJournal(path.join(folder, 'state.db'), { clock: own, ...options });
      opened.push(journal);
      return journal;
    },
    advance: (ms) => clock.advance(ms),
    contents: async () =>
      readdirSync(folder)
        .map((name) => readFileSync(path.join(folder, name), 'latin1'))
        .join(''),
    close: async () => {
      for (const journal of opened) await journal.close();
      rmSync(folder, { recursive: true });
    },
  };
});

describe('a state file', () => {
  it('can be read by its owner only', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tenantry-journal-'));
    const file = path.join(folder, 'state.db');
    const journal = openSqliteJournal(file, { clock: handClock(), key });
    for (const name of readdirSync(folder))
      expect(statSync(path.join(folder, name)).mode & 0o777, name).toBe(0o600);
    void journal.close();
    rmSync(folder, { recursive: true });
  });

  it('is seen to be another owner’s at once, even where that one’s clock was set forward', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tenantry-journal-'));
    const file = path.join(folder, 'state.db');
    const clock = handClock();
    const journal = openSqliteJournal(file, { clock, key, owner: 'one' });
    const run = await journal.createRun(header('run', 0));
    await run.begin();
    expect(run.owned()).toBe(true);
    const ahead = { ...clock, now: () => clock.now() + 60_000 };
    const other = openSqliteJournal(file, { clock: ahead, key, owner: 'two' });
    const second = await other.openRun('run');
    expect(run.owned()).toBe(false);
    expect(await run.lost).toBeInstanceOf(LeaseLost);
    expect(second.owned()).toBe(true);
    await journal.close();
    await other.close();
    rmSync(folder, { recursive: true });
  });

  it('holds what one commit has of a record in one row, and gives rows of one entry, as older versions wrote them', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tenantry-journal-'));
    const file = path.join(folder, 'state.db');
    const journal = openSqliteJournal(file, { clock: handClock(), key });
    const run = await journal.createRun(header('run', 2));
    await run.addRecords([record(0), record(1)]);
    await run.begin();
    const entry = (index: number, path: string) =>
      ({ type: 'settled', record: index, path, outcome: 'succeeded', at: 1 }) as const;
    await Promise.all([entry(0, 'a'), entry(1, 'a'), entry(0, 'b')].map((each) => run.append(each)));
    const database = new DatabaseSync(file);
    const older = stamp(JSON.stringify(entry(1, 'older')), 1, 1);
    database.prepare('INSERT INTO entries (run, record, entry) VALUES (1, 1, ?)').run(older);
    expect(database.prepare('SELECT count(*) AS rows FROM entries').get()).toEqual({ rows: 3 });
    database.close();
    const paths = (await all(journal.read('run'))).map(({ entries }) => entries.map((each) => each.path));
    expect(paths).toEqual([
      ['a', 'b'],
      ['a', 'older'],
    ]);
    await journal.close();
    rmSync(folder, { recursive: true });
  });

  it('holds every entry that was acknowledged before a kill -9, at 20 random moments', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tenantry-journal-'));
    const file = path.join(folder, 'state.db');
    for (let round = 0; round < 20; round += 1) {
      const writer = spawn(
        process.execPath,
        [path.join(import.meta.dirname, 'writer.ts'), file, `run-${round}`],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      let printed = '';
      writer.stdout.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
      });
      await once(writer.stdout, 'data');
      await sleep((round * 7) % 40); // the moment of the kill, spread over the writing
      writer.kill('SIGKILL');
      await once(writer, 'close');
      const acknowledged = printed.split('\n').slice(0, -1).map(Number);
      const journal = openSqliteJournal(file, { clock: realClock, key });
      const entries = (await all(journal.read(`run-${round}`))).flatMap((row) => row.entries);
      const held = new Set(entries.map((entry) => (entry.type === 'intended' ? entry.attempt : -1)));
      expect(acknowledged.filter((number) => !held.has(number))).toEqual([]);
      expect(acknowledged.length).toBeGreaterThan(0);
      // The writer is dead, and this is its machine: its lease does not have to run out.
      await (await journal.openRun(`run-${round}`)).release();
      await journal.close();
    }
    rmSync(folder, { recursive: true });
  }, 240_000);

  it.runIf(process.platform === 'linux')(
    'is free at once where its owner is dead and nobody reaps it',
    async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'tenantry-journal-'));
      const file = path.join(folder, 'state.db');
      // The shell gives its place to a program that never asks how the child ended, as in a container without an init.
      const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [printed] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(printed.toString());
      // Killed only once the shell is gone: until then it would reap the child itself.
      while (readFileSync(`/proc/${parent.pid}/comm`, 'utf8') !== 'sleep\n') await sleep(1);
      process.kill(pid, 'SIGKILL');
      while (!/^State:\s+Z/mu.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) await sleep(1);
      const options = { clock: handClock(), key };
      const dead = openSqliteJournal(file, { ...options, owner: `${hostname()}:${pid}` });
      const run = await dead.createRun(header('run', 0));
      await run.begin();
      await dead.close();
      const journal = openSqliteJournal(file, options);
      await (await journal.openRun('run')).release();
      await journal.close();
      parent.kill('SIGKILL');
      rmSync(folder, { recursive: true });
    },
  );
});
