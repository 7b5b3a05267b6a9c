import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DiagnosticsError } from '../../src/diagnostics/diagnostic.ts';
import type { RecordWithEntries } from '../../src/journal/journal.ts';
import { openSqliteJournal } from '../../src/journal/sqlite.ts';
import { stamp, unstamp } from '../../src/journal/stamp.ts';
import { realClock } from '../../src/world/real.ts';

const key = new Uint8Array(32).fill(3);
let folder: string;
let whole: Buffer;
let written: readonly RecordWithEntries[];

async function readAll(file: string): Promise<readonly RecordWithEntries[] | 'no run'> {
  const journal = openSqliteJournal(file, { clock: realClock, key });
  try {
    if ((await journal.run('run-1')) === undefined) return 'no run';
    const rows: RecordWithEntries[] = [];
    for await (const row of journal.read('run-1')) rows.push(row);
    return rows;
  } finally {
    await journal.close();
  }
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'tenantry-damage-'));
  const file = path.join(folder, 'whole.db');
  const journal = openSqliteJournal(file, { clock: realClock, key });
  const header = {
    id: 'run-1',
    createdAt: 1,
    plan: { target: 'emulator' },
    summary: {},
    playbookSource: 'tenantry: 1',
    inputHeader: 'domain',
    records: 40,
    parameters: { secret: { $secret: 'hunter2' } },
    options: {},
  };
  const run = await journal.createRun(header);
  const indexes = Array.from({ length: 40 }, (_, index) => index);
  await run.addRecords(
    indexes.map((index) => ({
      index,
      key: `d${index}.onmicrosoft.com`,
      planned: { actions: [{ path: 'order', quantity: index }] },
      values: { domain: `d${index}`, password: { $secret: `pass-${index}` } },
      raw: `d${index}`,
    })),
  );
  await run.begin();
  for (const record of indexes) {
    const place = { record, path: 'order', attempt: 1, at: 5 };
    const requestId = `00000000-0000-4000-8000-0000000000${String(record).padStart(2, '0')}`;
    await run.append({
      ...place,
      type: 'intended',
      requestId,
      operation: 'carts.checkout',
      with: { quantity: record },
    });
    if (record % 3 === 0)
      await run.append({ record, path: '', type: 'settled', outcome: 'succeeded', at: 6 });
  }
  await run.release();
  await journal.close();
  written = (await readAll(file)) as readonly RecordWithEntries[];
  whole = readFileSync(file);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What comes of reading a damaged copy: refused with what to do, or read; anything else is thrown on. */
async function fateOf(bytes: Uint8Array): Promise<'refused' | readonly RecordWithEntries[] | 'no run'> {
  const file = path.join(folder, 'damaged.db');
  for (const ending of ['', '-wal', '-shm']) rmSync(file + ending, { force: true });
  writeFileSync(file, bytes);
  try {
    return await readAll(file);
  } catch (error) {
    if (!(error instanceof DiagnosticsError)) throw error;
    expect(error.diagnostics[0]!.code).toMatch(/^STATE/u);
    expect(error.diagnostics[0]!.help).toBeTypeOf('string');
    return 'refused';
  }
}

describe('a damaged state file', () => {
  it('is refused or holds what was written, whichever byte has flipped', async () => {
    const anywhere = fc.record({
      at: fc.integer({ min: 0, max: whole.length - 1 }),
      bit: fc.integer({ min: 0, max: 7 }),
    });
    await fc.assert(
      fc.asyncProperty(anywhere, async ({ at, bit }) => {
        const bytes = Buffer.from(whole);
        bytes[at] = bytes[at]! ^ (1 << bit);
        const fate = await fateOf(bytes);
        if (fate !== 'refused' && fate !== 'no run') expect(fate).toEqual(written);
      }),
      { numRuns: 400 },
    );
  });

  it('is refused wherever it was cut off', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: whole.length - 1 }), async (length) => {
        expect(await fateOf(whole.subarray(0, length))).toBe('refused');
      }),
      { numRuns: 60 },
    );
  });

  it('is refused where somebody has changed a text in it', async () => {
    const file = path.join(folder, 'edited.db');
    writeFileSync(file, whole);
    const database = new DatabaseSync(file);
    database.exec(`UPDATE records SET planned = replace(planned, '"quantity":7', '"quantity":70')`);
    database.close();
    await expect(readAll(file)).rejects.toThrow(DiagnosticsError);
  });
});

describe('a run whose last record was damaged', () => {
  it('is not taken up at all: those before it would be under way when it is met', async () => {
    const file = path.join(folder, 'late.db');
    writeFileSync(file, whole);
    const database = new DatabaseSync(file);
    database.exec(`UPDATE records SET raw = raw || ' ' WHERE idx = 38`);
    database.close();
    const journal = openSqliteJournal(file, { clock: realClock, key });
    await expect(journal.openRun('run-1')).rejects.toThrow(/record 39 is not what was written/u);
    await journal.close();
  });
});

describe('a stamp', () => {
  it('says whether a text is what was written in its place', () => {
    expect(unstamp(stamp('text', 1, 'a'), 1, 'a')).toBe('text');
    expect(unstamp(stamp('text', 1, 'a'), 2, 'a')).toBeUndefined();
    expect(unstamp(stamp('text', 1).replace('x', 'y'), 1)).toBeUndefined();
    expect(unstamp('', 1)).toBeUndefined();
  });
});
