import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Journal,
  type JournalEntry,
  LeaseHeld,
  LeaseLost,
  type RecordWithEntries,
  type RunHeader,
  type RunJournal,
  type RunRecord,
  wholeRun,
} from '../../src/journal/journal.ts';

/** What a journal implementation gives to its conformance suite. */
export interface JournalUnderTest {
  /**
   * Opens the same store as another process would: a name of its own, the same data. A `hung` one sees time pass and
   * wakes from no sleep, as a process that was stopped.
   */
  open(options: {
    readonly owner: string;
    readonly leaseMs: number;
    readonly key?: Uint8Array;
    readonly hung?: boolean;
  }): Journal | Promise<Journal>;
  /** Moves the clocks of every journal that was opened. */
  advance(ms: number): Promise<void>;
  /** Everything that is stored, as text, to look for what must not be there. */
  contents(): Promise<string>;
  close(): Promise<void>;
}

export const key = Buffer.alloc(32, 7);

export function header(id: string, records: number): RunHeader {
  return {
    id,
    createdAt: 1,
    plan: { a: 1 },
    summary: {},
    playbookSource: 'tenantry: 1\n',
    inputHeader: 'a,b\n',
    records,
    parameters: {},
    options: {},
  };
}

export function record(index: number, values: unknown = { index }): RunRecord {
  return { index, key: `key ${index}`, planned: { index }, values, raw: `${index},x\n` };
}

const intended = (recordIndex: number, path = 'order', attempt = 1): JournalEntry => ({
  type: 'intended',
  record: recordIndex,
  path,
  attempt,
  requestId: `request ${attempt}`,
  operation: 'carts.checkout',
  with: {},
  at: 1,
});
const settled = (
  recordIndex: number,
  outcome: 'succeeded' | 'failed' | 'inDoubt',
  path = '',
): JournalEntry => ({ type: 'settled', record: recordIndex, path, outcome, at: 2 });

export async function all(rows: AsyncIterable<RecordWithEntries>): Promise<readonly RecordWithEntries[]> {
  const found: RecordWithEntries[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

/** The guarantees J1–J6 of journal.ts, as every implementation must give them. */
export function journalConformance(name: string, start: () => Promise<JournalUnderTest>): void {
  describe(name, () => {
    let store: JournalUnderTest;
    let journal: Journal;
    let run: RunJournal;

    beforeEach(async () => {
      store = await start();
      journal = await store.open({ owner: 'one', leaseMs: 10_000, key });
      run = await journal.createRun(header('run', 3));
      await run.addRecords([0, 1, 2].map((index) => record(index)));
      await run.begin();
    });
    afterEach(() => store.close());

    it('gives back what was appended, in order, to another process', async () => {
      await Promise.all([
        run.append(intended(1)),
        run.append(settled(1, 'succeeded', 'order')),
        run.append(intended(1, 'next')),
      ]);
      const other = await store.open({ owner: 'two', leaseMs: 10_000, key });
      const rows = await all(other.read('run'));
      expect(rows.map(({ record: { index } }) => index)).toEqual([0, 1, 2]);
      expect(rows[1]?.entries).toEqual([intended(1), settled(1, 'succeeded', 'order'), intended(1, 'next')]);
      expect(rows[0]?.record).toEqual(record(0));
    });

    it('does not show a run that was never begun', async () => {
      await journal.createRun(header('half made', 1));
      expect((await journal.runs()).map(({ id }) => id)).toEqual(['run']);
      expect(await journal.run('half made')).toBeUndefined();
    });

    it('counts records by how they ended, and opens those that are open or in doubt', async () => {
      await run.append(settled(0, 'succeeded'));
      await run.append(settled(1, 'failed'));
      expect((await journal.run('run'))?.counts).toMatchObject({ succeeded: 1, failed: 1, open: 1 });
      expect((await all(run.open())).map(({ record: { index } }) => index)).toEqual([2]);
      await run.append(settled(2, 'inDoubt'));
      expect((await all(run.open())).map(({ record: { index } }) => index)).toEqual([2]);
      expect((await all(run.open({ retryFailed: true }))).map(({ record: { index } }) => index)).toEqual([
        1, 2,
      ]);
      expect(
        (await all(journal.read('run', { only: ['failed'] }))).map(({ record: { index } }) => index),
      ).toEqual([1]);
    });

    it('takes the newest word on a record that was tried again', async () => {
      await run.append(settled(1, 'failed'));
      await run.append(settled(1, 'succeeded'));
      expect((await journal.run('run'))?.counts).toMatchObject({ succeeded: 1, failed: 0, open: 2 });
    });

    it('refuses a second owner while the lease runs, and names the first', async () => {
      const other = await store.open({ owner: 'two', leaseMs: 10_000, key });
      await expect(other.openRun('run')).rejects.toThrow(LeaseHeld);
      await expect(other.openRun('run')).rejects.toMatchObject({ owner: 'one' });
    });

    it('refuses a second run of a plan while the first is owned, and lets it begin afterwards', async () => {
      const planned = { ...header('planned', 0), seal: 'a seal' };
      const first = await journal.createRun(planned);
      const other = await store.open({ owner: 'two', leaseMs: 10_000, key });
      await expect(other.createRun({ ...planned, id: 'again' })).rejects.toMatchObject({ owner: 'one' });
      await (await other.createRun({ ...header('another plan', 0), seal: 'another seal' })).release();
      await first.release();
      await (await other.createRun({ ...planned, id: 'later' })).release();
    });

    it('lets one of many begin who apply a plan at once', async () => {
      const many = await Promise.all(
        ['two', 'three', 'four', 'five'].map((owner) => store.open({ owner, leaseMs: 10_000, key })),
      );
      const begun = await Promise.allSettled(
        many.map((each, index) => each.createRun({ ...header(`run ${index}`, 0), seal: 'a seal' })),
      );
      expect(begun.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('keeps the lease alive while its owner lives', async () => {
      for (let beats = 0; beats < 10; beats += 1) await store.advance(4_000);
      expect(run.owned()).toBe(true);
      await expect((await store.open({ owner: 'two', leaseMs: 10_000, key })).openRun('run')).rejects.toThrow(
        LeaseHeld,
      );
    });

    it('gives the run to another process once it was released', async () => {
      await run.release();
      const second = await (await store.open({ owner: 'two', leaseMs: 10_000, key })).openRun('run');
      await second.append(intended(0));
      expect(second.header).toEqual(header('run', 3));
      await expect(run.append(intended(1))).rejects.toThrow(LeaseLost);
    });

    it('fences an owner that lost its lease: nothing of it is written, and it knows', async () => {
      await run.release();
      const second = await (await store.open({ owner: 'two', leaseMs: 10_000, key })).openRun('run');
      await second.append(intended(0));
      await expect(run.append(intended(2))).rejects.toThrow(LeaseLost);
      expect(run.owned()).toBe(false);
      expect(await run.lost).toBeInstanceOf(LeaseLost);
      expect((await all(journal.read('run')))[2]?.entries).toEqual([]);
    });

    it('gives the run of a hung owner to another once the lease has run out, and not before', async () => {
      const hung = await (await store.open({ owner: 'hung', leaseMs: 10_000, key, hung: true })).createRun(
        header('hung', 1),
      );
      await hung.addRecords([record(0)]);
      await hung.begin();
      const other = await store.open({ owner: 'two', leaseMs: 10_000, key });
      await store.advance(9_000);
      expect(hung.owned()).toBe(false);
      await expect(other.openRun('hung')).rejects.toThrow(LeaseHeld);
      await store.advance(1_001);
      const second = await other.openRun('hung');
      expect(second.owned()).toBe(true);
      expect((await journal.run('hung'))?.owner?.name).toBe('two');
      const late = [hung.append(intended(0)), hung.append(settled(0, 'succeeded'))];
      for (const result of await Promise.allSettled(late)) {
        expect(result).toMatchObject({ status: 'rejected', reason: expect.any(LeaseLost) });
      }
      expect(await hung.lost).toBeInstanceOf(LeaseLost);
      expect((await all(journal.read('hung')))[0]?.entries).toEqual([]);
      await second.append(intended(0));
    });

    it('refuses a run that does not exist', async () => {
      await expect(journal.openRun('nope')).rejects.toMatchObject({ diagnostics: [{ code: 'RUN_UNKNOWN' }] });
      expect(await all(journal.read('nope'))).toEqual([]);
    });

    it('goes on with the numbering of a run that was opened again', async () => {
      await run.append(intended(0));
      await run.release();
      const second = await (await store.open({ owner: 'two', leaseMs: 10_000, key })).openRun('run');
      await second.append(settled(0, 'succeeded', 'order'));
      expect((await all(journal.read('run')))[0]?.entries).toEqual([
        intended(0),
        settled(0, 'succeeded', 'order'),
      ]);
    });

    it('keeps runs apart', async () => {
      const other = await journal.createRun(header('other', 1));
      await other.addRecords([record(0)]);
      await other.begin();
      await Promise.all([run.append(intended(0)), other.append(settled(0, 'failed'))]);
      expect((await all(journal.read('run')))[0]?.entries).toEqual([intended(0)]);
      expect((await journal.runs()).map(({ id, counts }) => [id, counts.open, counts.failed])).toEqual([
        ['run', 3, 0],
        ['other', 0, 1],
      ]);
    });

    it('counts and opens the records of a range, and keeps what was said of the run as a whole', async () => {
      await run.append(settled(0, 'succeeded'));
      await run.append(settled(1, 'failed'));
      await run.append({ type: 'settled', record: 2, path: '', outcome: 'waiting', at: 3 });
      const word: JournalEntry = {
        type: 'approval',
        record: wholeRun,
        path: 'wave 1',
        verdict: 'approved',
        what: 'wave 1 of 2',
        by: 'Grace',
        at: 4,
      };
      await run.append(word);
      expect(await run.countsIn({ from: 0, to: 1 })).toMatchObject({
        succeeded: 1,
        failed: 1,
        waiting: 0,
        open: 0,
      });
      expect(await journal.reader('run').countsIn({ from: 2, to: 9 })).toMatchObject({
        succeeded: 0,
        waiting: 1,
      });
      expect(await run.words()).toEqual([word]);
      expect(await journal.reader('run').words()).toEqual([word]);
      const opened = async (range?: { from: number; to: number }) =>
        (await all(run.open({ retryFailed: true, ...(range && { range }) }))).map(
          ({ record: { index } }) => index,
        );
      expect(await opened()).toEqual([1, 2]);
      expect(await opened({ from: 0, to: 1 })).toEqual([1]);
      expect(await opened({ from: 2, to: 5 })).toEqual([2]);
      expect((await all(run.open())).map(({ record: { index } }) => index)).toEqual([2]);
    });

    it('opens, for another try, what failed or was blocked, and nothing that was done', async () => {
      for (const [index, outcome] of (
        ['succeeded', 'unchanged', 'skipped', 'failed', 'blocked', 'inDoubt'] as const
      ).entries()) {
        await run.addRecords([record(10 + index)]);
        await run.append({ type: 'settled', record: 10 + index, path: '', outcome, at: 1 });
      }
      const opened = async (retryFailed: boolean) =>
        (await all(run.open({ retryFailed }))).map(({ record: { index } }) => index);
      expect(await opened(false)).toEqual([0, 1, 2, 15]);
      expect(await opened(true)).toEqual([0, 1, 2, 13, 14, 15]);
    });

    it('streams on while records are settled behind it', async () => {
      const many = await journal.createRun(header('many', 600));
      await many.addRecords(Array.from({ length: 600 }, (_, index) => record(index)));
      await many.begin();
      const seen: number[] = [];
      for await (const {
        record: { index },
      } of many.open()) {
        seen.push(index);
        await many.append(settled(index, 'succeeded'));
      }
      expect(seen).toEqual(Array.from({ length: 600 }, (_, index) => index));
    });

    it.each([
      [
        'a header',
        async () =>
          void (await journal.createRun({
            ...header('s', 0),
            parameters: { p: { $secret: 'canary-7381' } },
          })),
      ],
      ['a record', async () => run.addRecords([record(9, { password: { $secret: 'canary-7381' } })])],
      [
        'an answer',
        async () =>
          run.append({
            type: 'answered',
            record: 0,
            path: 'p',
            attempt: 1,
            answer: 'ok',
            body: [{ password: { $secret: 'canary-7381' } }],
            at: 1,
          }),
      ],
      [
        'a result',
        async () =>
          run.append({
            type: 'settled',
            record: 0,
            path: 'p',
            outcome: 'succeeded',
            result: { $secret: { deep: 'canary-7381' } },
            at: 1,
          }),
      ],
    ])('writes no secret in clear, in %s', async (_, write) => {
      await write();
      await run.begin();
      expect(await store.contents()).not.toContain('canary-7381');
      expect(await store.contents()).toContain('$encrypted');
    });

    it('encrypts what is marked as secret, and gives it back to who has the key', async () => {
      const secret = {
        ...intended(0),
        with: { password: { $secret: 'canary-7381' }, name: 'x' },
      } as JournalEntry;
      await run.append(secret);
      expect((await all(journal.read('run')))[0]?.entries).toEqual([secret]);
      const blind = await store.open({ owner: 'blind', leaseMs: 10_000 });
      const seen = JSON.stringify(await all(blind.read('run')));
      expect(seen).toContain('$encrypted');
      expect(seen).not.toContain('canary-7381');
    });

    it('refuses another key with what to do', async () => {
      await run.append({ ...intended(0), with: { $secret: 'x' } } as JournalEntry);
      const wrong = await store.open({ owner: 'wrong', leaseMs: 10_000, key: Buffer.alloc(32, 8) });
      await expect(all(wrong.read('run'))).rejects.toMatchObject({ diagnostics: [{ code: 'STATE_KEY' }] });
    });

    it('rejects an entry with a secret where there is no key, and goes on', async () => {
      const blind = await (await store.open({ owner: 'blind', leaseMs: 10_000 })).createRun(
        header('blind', 1),
      );
      await expect(
        blind.append({ ...intended(0), with: { $secret: 'x' } } as JournalEntry),
      ).rejects.toMatchObject({ diagnostics: [{ code: 'STATE_KEY' }] });
      await expect(blind.addRecords([record(0, { $secret: 'x' })])).rejects.toMatchObject({
        diagnostics: [{ code: 'STATE_KEY' }],
      });
      await blind.addRecords([record(0)]);
      await blind.append(intended(0));
    });

    it('refuses secrets where there is no key', async () => {
      const blind = await store.open({ owner: 'blind', leaseMs: 10_000 });
      await expect(
        blind.createRun({ ...header('secret', 0), parameters: { password: { $secret: 'x' } } }),
      ).rejects.toMatchObject({ diagnostics: [{ code: 'STATE_KEY' }] });
    });

    it('reads thousands of records in their order, however they were settled', async () => {
      const many = await journal.createRun(header('many', 2_000));
      await many.addRecords(Array.from({ length: 2_000 }, (_, index) => record(index)));
      await many.begin();
      await Promise.all(
        Array.from({ length: 2_000 }, (_, index) => many.append(settled(1_999 - index, 'succeeded'))),
      );
      expect((await all(journal.read('many'))).map(({ record: { index } }) => index)).toEqual(
        Array.from({ length: 2_000 }, (_, index) => index),
      );
      expect(await all(many.open())).toEqual([]);
    });

    describe('a revision', () => {
      const revisedHeader = { ...header('run', 4), playbookSource: 'tenantry: 1 # revised\n' };
      const again = { ...record(1, { corrected: true }), raw: 'corrected\n' };
      const revised = [
        {
          record: again,
          entry: { type: 'revised', record: 1, path: '', keep: ['customer'], at: 3 },
        },
        { record: record(2), entry: { type: 'settled', record: 2, path: '', outcome: 'skipped', at: 3 } },
        { record: record(3), entry: { type: 'revised', record: 3, path: '', keep: [], at: 3 } },
      ] as const;
      const seen = async () => {
        const other = await store.open({ owner: 'reader', leaseMs: 10_000, key });
        const status = (await other.run('run'))!;
        return { playbook: status.playbookSource, counts: status.counts, rows: await all(other.read('run')) };
      };

      beforeEach(async () => {
        await run.append(settled(0, 'succeeded'));
        await run.append(settled(1, 'succeeded', 'customer'));
        await run.append(settled(1, 'failed'));
      });

      it('counts whole once it is committed: header, rows, new records, those that are closed', async () => {
        const position = await journal.position('run');
        const revising = await run.revise();
        await revising.add(revised.slice(0, 1));
        await revising.add(revised.slice(1));
        expect(await revising.commit(revisedHeader, position)).toBe(true);
        expect(run.header).toEqual(revisedHeader);
        const { playbook, counts, rows } = await seen();
        expect(playbook).toBe(revisedHeader.playbookSource);
        expect(counts).toMatchObject({ succeeded: 1, failed: 0, skipped: 1, open: 2 });
        expect(rows.map((row) => row.record)).toEqual([record(0), again, record(2), record(3)]);
        expect(rows[1]?.entries.at(-1)).toEqual(revised[0].entry);
        expect(rows[1]?.entries).toHaveLength(3);
        expect((await all(run.open())).map((row) => row.record.index)).toEqual([1, 3]);
        expect(await journal.position('run')).toBeGreaterThan(position);
      });

      it('is not seen at all before, and leaves nothing where it never counts', async () => {
        const before = await seen();
        await (await run.revise()).add(revised);
        expect(await seen()).toEqual(before);
        await run.release();
        const second = await (await store.open({ owner: 'two', leaseMs: 10_000, key })).openRun('run');
        expect((await all(second.open())).map((row) => row.record.index)).toEqual([2]);
        const revising = await second.revise();
        await revising.add(revised.slice(2));
        expect(await revising.commit(revisedHeader, await journal.position('run'))).toBe(true);
        expect((await seen()).rows[1]?.record).toEqual(record(1));
        expect((await seen()).counts).toMatchObject({ failed: 1, open: 2 });
      });

      it('does not count where the run has gone on since it was planned', async () => {
        const position = await journal.position('run');
        await run.append(intended(2));
        const before = await seen();
        const revising = await run.revise();
        await revising.add(revised);
        expect(await revising.commit(revisedHeader, position)).toBe(false);
        expect(await seen()).toEqual(before);
        expect(run.header).toEqual(header('run', 3));
      });

      it('is fenced by the lease, like all that is written', async () => {
        const position = await journal.position('run');
        const revising = await run.revise();
        await revising.add(revised);
        await run.release();
        await (await store.open({ owner: 'two', leaseMs: 10_000, key })).openRun('run');
        await expect(revising.commit(revisedHeader, position)).rejects.toThrow(LeaseLost);
        expect((await seen()).counts).toMatchObject({ failed: 1, open: 1 });
      });

      it('writes no secret in clear, before it counts and after', async () => {
        const position = await journal.position('run');
        const revising = await run.revise();
        const secret = record(3, { password: { $secret: 'canary-7381' } });
        await revising.add([{ record: secret, entry: revised[2].entry }]);
        expect(await store.contents()).not.toContain('canary-7381');
        await revising.commit({ ...revisedHeader, parameters: { p: { $secret: 'canary-7381' } } }, position);
        expect(await store.contents()).not.toContain('canary-7381');
        expect((await seen()).rows[3]?.record).toEqual(secret);
      });
    });

    it('remembers the state of a run', async () => {
      await run.setState('interrupted');
      expect((await journal.run('run'))?.state).toBe('interrupted');
    });
  });
}
