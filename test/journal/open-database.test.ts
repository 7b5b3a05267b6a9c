import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, stateError } from '../../src/journal/open-database.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tenantry-state-'));
  file = path.join(folder, 'state.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The code with which opening is refused; undefined where it is not. */
function refusal(): unknown {
  try {
    openDatabase(file).close();
    return undefined;
  } catch (error) {
    const [diagnostic] = (error as { diagnostics: readonly { code: string; help?: string }[] }).diagnostics;
    expect(diagnostic?.help).toBeTypeOf('string');
    return diagnostic?.code;
  }
}

/** Something done to the file by another program. */
function change(sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

describe('a state file', () => {
  it('is made where there is none, or an empty one, and opens again', () => {
    expect(refusal()).toBeUndefined();
    expect(refusal()).toBeUndefined();
    rmSync(file);
    writeFileSync(file, '');
    expect(refusal()).toBeUndefined();
  });

  it('is made once where two processes open it at once', () => {
    const one = openDatabase(file);
    const two = openDatabase(file);
    expect(two.prepare('SELECT count(*) AS runs FROM runs').get()).toEqual({ runs: 0 });
    one.close();
    two.close();
  });

  it('is durable on commit', () => {
    const database = openDatabase(file);
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
    database.close();
  });

  it('of a newer version is refused', () => {
    openDatabase(file).close();
    change('PRAGMA user_version = 99');
    expect(refusal()).toBe('STATE_VERSION');
  });

  it('that is another program’s is refused and left alone', () => {
    change('CREATE TABLE theirs (x)');
    expect(refusal()).toBe('STATE_DAMAGED');
    writeFileSync(file, 'not a database, but long enough to look like one: '.repeat(20));
    const before = readFileSync(file);
    expect(refusal()).toBe('STATE_DAMAGED');
    expect(readFileSync(file)).toEqual(before);
  });

  it('that is damaged inside is refused', () => {
    openDatabase(file).close();
    change(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO entries SELECT i, 1, i, 'x' FROM n",
    );
    const bytes = readFileSync(file);
    bytes.fill(0xaa, 4096 * 5, 4096 * 6);
    writeFileSync(file, bytes);
    expect(refusal()).toBe('STATE_DAMAGED');
  });

  it('of an older version is brought to the newest', () => {
    for (const name of ['schema-1.db', 'schema-2.db']) {
      writeFileSync(file, readFileSync(path.join(import.meta.dirname, '../states', name)));
      expect(refusal()).toBeUndefined();
      const database = openDatabase(file);
      expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 4 });
      expect(database.prepare('SELECT * FROM revisions').all()).toEqual([]);
      database.close();
    }
  });

  it('that was cut off is refused', () => {
    openDatabase(file).close();
    writeFileSync(file, readFileSync(file).subarray(0, 5_000));
    expect(refusal()).toBe('STATE_DAMAGED');
  });

  it('that cannot be a file is refused', () => {
    mkdirSync(file);
    expect(refusal()).toBe('STATE');
    file = path.join(folder, 'no such folder', 'state.db');
    expect(refusal()).toBe('STATE');
  });

  it('says that the disk is full where it is', () => {
    const database = openDatabase(file);
    database.exec('PRAGMA max_page_count = 10');
    let error: unknown;
    try {
      database.exec("INSERT INTO runs (id, header, state) VALUES ('a', hex(zeroblob(100000)), 'running')");
    } catch (caught) {
      error = caught;
    }
    expect(stateError(file, error).diagnostics).toMatchObject([
      { code: 'STATE', message: expect.stringContaining('full') },
    ]);
    database.close();
  });
});
