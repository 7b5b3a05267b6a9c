import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { openDatabase } from '../../src/journal/open-database.ts';

/**
 * The state file that a simulation's processes share. Making a file and its tables anew takes a third of a seed's time,
 * so all but each eighth seed find the last one's file, emptied, and open in somebody else's hands: a process that closes it
 * then leaves its -wal file as it is, as one that is killed does.
 */
const aloneEach = 8;

let folder: string | undefined;
let keeper: DatabaseSync | undefined;

/** An empty state file for a seed. */
export function freshStateFile(seed: number): string {
  folder ??= mkdtempSync(path.join(fastFolder(), 'tenantry-simulation-'));
  if (seed % aloneEach === 0) {
    const file = path.join(folder, 'alone.db');
    for (const ending of ['', '-wal', '-shm']) rmSync(file + ending, { force: true });
    return file;
  }
  const file = path.join(folder, 'shared.db');
  keeper ??= openDatabase(file);
  keeper.exec('DELETE FROM revisions; DELETE FROM entries; DELETE FROM records; DELETE FROM runs;');
  return file;
}

/** Removes what simulations have written. */
export function clearFolder(): void {
  keeper?.close();
  keeper = undefined;
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
}

/** A folder in memory where there is one: what is durable there dies with the machine, which nobody simulates. */
function fastFolder(): string {
  const base = '/dev/shm';
  try {
    rmSync(mkdtempSync(path.join(base, 'tenantry-look-')), { recursive: true });
    return base;
  } catch {
    return tmpdir();
  }
}
