import { spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DiagnosticsError } from '../../src/diagnostics/diagnostic.ts';
import type { RunHeader } from '../../src/journal/journal.ts';
import { openDatabase } from '../../src/journal/open-database.ts';
import { openSqliteJournal } from '../../src/journal/sqlite.ts';
import { alwaysChecked, identityOf, isVouchedFor, vouchFor } from '../../src/journal/vouched.ts';
import { realClock } from '../../src/world/real.ts';

let folder: string;
let file: string;

/** A file as large as `bytes`, made and closed by SQLite alone: nobody vouches for it. */
function make(bytes: number): void {
  openDatabase(file).close();
  change(
    `INSERT INTO entries (run, record, entry) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${Math.ceil(bytes / 1000)}) SELECT 1, i, hex(zeroblob(500)) FROM n`,
  );
}

function change(...statements: readonly string[]): void {
  for (const sql of statements) {
    const database = new DatabaseSync(file, { defensive: false });
    database.exec(`PRAGMA writable_schema = ON; ${sql}`);
    database.close();
  }
}

/** Leaves entries out of their index, as a damaged page does: nothing but a count or the whole check sees it. */
function loseIndexedRows(): void {
  change(
    "CREATE TABLE kept AS SELECT * FROM sqlite_schema WHERE name = 'entries_by_record'; DELETE FROM sqlite_schema WHERE name = 'entries_by_record'",
    "INSERT INTO entries (run, record, entry) VALUES (1, 1, 'an intent')",
    'INSERT INTO sqlite_schema SELECT * FROM kept; DROP TABLE kept',
  );
}

/** A process that begins a run of two records and is killed: large ones, so that SQLite moves pages over, and some moments later. */
async function runAndKill(meanwhile = '', size = 8_000_000): Promise<NodeJS.Signals | null> {
  const source = (name: string) => JSON.stringify(path.join(import.meta.dirname, '../../src', name));
  const program = `
    import { openSqliteJournal } from ${source('journal/sqlite.ts')};
    import { realClock } from ${source('world/real.ts')};
    const journal = openSqliteJournal(${JSON.stringify(file)}, { clock: realClock });
    const run = await journal.createRun({ id: 'run-1', records: 2 });
    const record = (index) => ({ index, key: 'key', planned: {}, values: {}, raw: 'x'.repeat(${size}) });
    await run.addRecords([record(0)]);
    ${meanwhile}
    await run.addRecords([record(1)]);
    await run.begin();
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 500);`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', program]).signal;
}

async function openAndClose(): Promise<void> {
  await openSqliteJournal(file, { clock: realClock }).close();
}

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tenantry-vouched-'));
  file = path.join(folder, 'state.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a large state file', () => {
  it('is vouched for once it was opened, found sound and closed', async () => {
    make(alwaysChecked);
    expect(isVouchedFor(file)).toBe(false);
    await openAndClose();
    expect(isVouchedFor(file)).toBe(true);
    expect(statSync(`${file}-sound`).mode & 0o777).toBe(0o600);
    await openAndClose();
    expect(isVouchedFor(file)).toBe(true);
  });

  it('is checked whole after any program has written to it, even where its time was set back', async () => {
    make(alwaysChecked);
    await openAndClose();
    const { atime, mtime, size } = statSync(file);
    const handle = openSync(file, 'r+');
    writeSync(handle, Buffer.alloc(4096, 0xaa), 0, 4096, 4096 * 50);
    closeSync(handle);
    utimesSync(file, atime, mtime);
    expect(statSync(file).size).toBe(size);
    await expect(openAndClose()).rejects.toThrow(DiagnosticsError);
    await expect(openAndClose()).rejects.toThrow(DiagnosticsError);
  });

  it('is checked whole where its index has lost what its table holds', async () => {
    make(alwaysChecked);
    await openAndClose();
    loseIndexedRows();
    await expect(openAndClose()).rejects.toThrow(/is damaged/u);
  });

  it('is checked whole where it is a copy, times and note included', async () => {
    make(alwaysChecked);
    await openAndClose();
    const copy = path.join(folder, 'copy.db');
    cpSync(file, copy, { preserveTimestamps: true });
    copyFileSync(`${file}-sound`, `${copy}-sound`);
    expect(isVouchedFor(copy)).toBe(false);
    rmSync(file);
    renameSync(copy, file);
    expect(isVouchedFor(file)).toBe(false);
  });

  it('is checked whole after its writer was killed', async () => {
    make(alwaysChecked);
    await openAndClose();
    const writes = `const { DatabaseSync } = require('node:sqlite');
      new DatabaseSync(${JSON.stringify(file)}).exec("INSERT INTO entries (run, record, entry) VALUES (1, 1, 'x')");
      process.kill(process.pid, 'SIGKILL');`;
    expect(spawnSync(process.execPath, ['-e', writes]).signal).toBe('SIGKILL');
    expect(existsSync(`${file}-wal`)).toBe(true);
    expect(isVouchedFor(file)).toBe(false);
  });

  it('is not checked again after its run was killed: what it was like is noted as the run goes on', async () => {
    make(alwaysChecked);
    await openAndClose();
    const before = statSync(file).mtimeMs;
    expect(await runAndKill()).toBe('SIGKILL');
    expect(statSync(file).mtimeMs).toBeGreaterThan(before);
    expect(existsSync(`${file}-wal`)).toBe(true);
    expect(isVouchedFor(file)).toBe(true);
    const journal = openSqliteJournal(file, { clock: realClock });
    expect((await journal.run('run-1'))?.counts.open).toBe(2);
    await journal.close();
  });

  it('is not checked again after its run was killed soon after its first commit', async () => {
    make(alwaysChecked);
    await openAndClose();
    const before = statSync(file).mtimeMs;
    expect(await runAndKill("process.kill(process.pid, 'SIGKILL');", 1_000)).toBe('SIGKILL');
    expect(statSync(file).mtimeMs).toBe(before);
    expect(isVouchedFor(file)).toBe(true);
  });

  it('that is vouched for gives its records one by one, up to one that is not what was written', async () => {
    make(alwaysChecked);
    const record = (index: number) => ({ index, key: 'key', planned: {}, values: {}, raw: '' });
    const begun = openSqliteJournal(file, { clock: realClock });
    const run = await begun.createRun({ id: 'run-1', records: 2 } as RunHeader);
    await run.addRecords([record(0), record(1)]);
    await run.begin();
    await run.release();
    await begun.close();
    change("UPDATE records SET raw = 'another' WHERE idx = 1");
    await vouchFor(file, identityOf(file));
    const journal = openSqliteJournal(file, { clock: realClock });
    const open = (await journal.openRun('run-1')).open()[Symbol.asyncIterator]();
    expect((await open.next()).value).toMatchObject({ record: { index: 0 } });
    await expect(open.next()).rejects.toThrow(/record 2 is not what was written/u);
    await journal.close();
    expect(isVouchedFor(file)).toBe(false);
  });

  it('is checked whole after its run was killed and its -wal file was lost', async () => {
    make(alwaysChecked);
    await openAndClose();
    await runAndKill();
    rmSync(`${file}-wal`);
    expect(isVouchedFor(file)).toBe(false);
  });

  it('is checked whole after its run was killed where another program had written to it meanwhile', async () => {
    make(alwaysChecked);
    await openAndClose();
    const elsewhere = `const fs = await import('node:fs');
      const handle = fs.openSync(${JSON.stringify(file)}, 'r+');
      fs.writeSync(handle, Buffer.alloc(1), 0, 1, 4096 * 50);
      fs.closeSync(handle);`;
    expect(await runAndKill(elsewhere)).toBe('SIGKILL');
    expect(isVouchedFor(file)).toBe(false);
  });

  it('is not vouched for where another was put in its place meanwhile', async () => {
    make(alwaysChecked);
    const journal = openSqliteJournal(file, { clock: realClock });
    renameSync(file, `${file}.old`);
    cpSync(`${file}.old`, file);
    await journal.close();
    expect(isVouchedFor(file)).toBe(false);
  });

  it('is not vouched for while others have it open', async () => {
    make(alwaysChecked);
    const other = openDatabase(file);
    await openAndClose();
    expect(isVouchedFor(file)).toBe(false);
    other.close();
  });

  it('is no longer vouched for once damage was met in what it holds', async () => {
    make(alwaysChecked);
    change("INSERT INTO runs (id, header, state, begun) VALUES ('run-1', 'no stamp', 'running', 1)");
    await openAndClose();
    expect(isVouchedFor(file)).toBe(true);
    const journal = openSqliteJournal(file, { clock: realClock });
    await expect(journal.run('run-1')).rejects.toThrow(/is damaged/u);
    await journal.close();
    expect(isVouchedFor(file)).toBe(false);
  });

  it('that is vouched for is still refused where its index names fewer entries than there are', async () => {
    make(alwaysChecked);
    loseIndexedRows();
    await vouchFor(file, identityOf(file));
    expect(isVouchedFor(file)).toBe(true);
    await expect(openAndClose()).rejects.toThrow(/names \d+ of \d+ entries/u);
  });
});

describe('a small state file', () => {
  it('is never vouched for', async () => {
    make(1000);
    await openAndClose();
    expect(existsSync(`${file}-sound`)).toBe(false);
    loseIndexedRows();
    await expect(openAndClose()).rejects.toThrow(/is damaged/u);
  });
});
