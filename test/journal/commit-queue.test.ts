import { DatabaseSync } from 'node:sqlite';
import { beforeEach, describe, expect, it } from 'vitest';
import { CommitQueue } from '../../src/journal/commit-queue.ts';
import { LeaseLost } from '../../src/journal/journal.ts';

let database: DatabaseSync;
let commits: number;
let mayWrite: boolean;
let queue: CommitQueue;

beforeEach(() => {
  database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE entries (n INTEGER PRIMARY KEY)');
  commits = 0;
  mayWrite = true;
  queue = new CommitQueue(database, {
    fence: () => {
      commits += 1;
      if (!mayWrite) throw new LeaseLost('run');
    },
    explain: (error) => new Error(`explained: ${(error as Error).message}`),
  });
});

const add = (n: number) => queue.add(() => void database.prepare('INSERT INTO entries VALUES (?)').run(n));
const written = () =>
  database
    .prepare('SELECT n FROM entries')
    .all()
    .map(({ n }) => n);

describe('writes', () => {
  it('of one turn share a commit, those of the next have their own', async () => {
    await Promise.all([add(1), add(2), add(3)]);
    expect(commits).toBe(1);
    await add(4);
    expect(commits).toBe(2);
    expect(written()).toEqual([1, 2, 3, 4]);
  });

  it('are not there before their turn is over', async () => {
    const done = add(1);
    expect(written()).toEqual([]);
    await done;
    expect(written()).toEqual([1]);
  });

  it('are all undone where one of their turn fails, and none follows', async () => {
    const results = await Promise.allSettled([add(1), add(1), add(2)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await expect(add(3)).rejects.toThrow('explained: ');
    expect(written()).toEqual([]);
  });

  it('are refused without the lease', async () => {
    mayWrite = false;
    await expect(add(1)).rejects.toThrow(LeaseLost);
    mayWrite = true;
    await expect(add(2)).rejects.toThrow(LeaseLost);
    expect(written()).toEqual([]);
  });

  it('that were queued are waited for', async () => {
    let done = false;
    void add(1).then(() => {
      done = true;
    });
    await queue.settled();
    expect(done).toBe(true);
    await queue.settled();
  });
});
