import { describe, expect, it } from 'vitest';
import type { RecordWithEntries } from '../../src/journal/journal.ts';
import { makeDownloads, savedBy } from '../../src/run/downloads.ts';
import { memoryFiles } from './memory-files.ts';
import { makeRig, operations, playbookOf } from './rig.ts';
import { refusal } from './service.ts';

const save = (saveAs: string) =>
  playbookOf(`
input:
  key: \${{ record.key }}
  record: { type: object, required: [key, file], properties: { key: { type: string }, file: { type: string } } }
steps:
  - id: statement
    uses: invoices.getStatement
    with: { invoiceId: "\${{ record.key }}", saveAs: "${saveAs}" }
outputs:
  sum: \${{ steps.statement.sha256 }}
`);
const playbook = save('statements/${{ record.file }}.pdf');
const statement = 'invoices.getStatement';

const outcomes = (rig: Awaited<ReturnType<typeof makeRig>>) =>
  rig.stored.entries.flatMap((entry) =>
    entry.type === 'settled' && entry.path === ''
      ? [entry.error === undefined ? entry.outcome : `${entry.error.code} ${entry.error.message}`]
      : [],
  );

describe('a download', () => {
  it('is saved below the results folder, and the journal says what was saved', async () => {
    const rig = await makeRig(playbook, [{ key: 'D01', file: 'october' }]);
    await rig.run();
    expect([...rig.files.texts]).toEqual([['results/statements/october.pdf', '%PDF D01']]);
    expect(rig.stored.entries).toContainEqual(
      expect.objectContaining({
        type: 'settled',
        path: 'statement',
        outcome: 'succeeded',
        result: {
          file: 'statements/october.pdf',
          bytes: 8,
          sha256: 'bb9f18ee04de7790f3ec280d84f66b827ee54457801eb2a0ef8ba121e8cbe315',
        },
      }),
    );
  });

  it('is not fetched while planning', async () => {
    const rig = await makeRig(playbook, [{ key: 'D01', file: 'october' }]);
    expect(rig.stored.records[0]?.planned).toMatchObject({
      actions: [{ action: 'read', reason: 'saved as statements/october.pdf' }],
    });
    expect(rig.files.writes).toBe(0);
  });

  it('is not fetched again by a resume that finds it done', async () => {
    const rig = await makeRig(playbook, [{ key: 'D01', file: 'october' }]);
    await rig.run();
    rig.stored.entries.splice(
      rig.stored.entries.findIndex(({ path }) => path === ''),
      1,
    );
    await rig.run();
    expect(rig.service.seen.filter((request) => request.startsWith(statement))).toHaveLength(1);
    expect(outcomes(rig)).toEqual(['succeeded']);
  });

  it('never takes the file of another record, whatever the case of its letters', async () => {
    const rig = await makeRig(playbook, [
      { key: 'D01', file: 'october' },
      { key: 'D02', file: 'October' },
    ]);
    await rig.run();
    expect([...rig.files.texts.values()]).toEqual(['%PDF D01']);
    expect(outcomes(rig).toSorted()).toEqual([
      'SAVE_AS statements/October.pdf is the file of D01, step statement already: name another for every record with saveAs',
      'succeeded',
    ]);
  });

  it('leaves a place free where nothing was saved to it', async () => {
    const rig = await makeRig(playbook, [
      { key: 'D01', file: 'october' },
      { key: 'D02', file: 'october' },
    ]);
    rig.service.fail(statement, refusal(404, '1000', 'there is no such invoice'));
    await rig.run();
    await rig.run({ retryFailed: true });
    expect([...rig.files.texts.values()]).toHaveLength(1);
  });

  it.each(['/etc/passwd', '../../up', 'a/../../up'])('never leaves the folder: %s', async (file) => {
    const rig = await makeRig(save('${{ record.file }}'), [{ key: 'D01', file }]);
    expect(rig.stored.records[0]?.planned).toMatchObject({ actions: [{ action: 'refuse' }] });
    await rig.run();
    expect(rig.files.texts.size).toBe(0);
    expect(outcomes(rig)).toEqual([expect.stringContaining('SAVE_AS it cannot be saved as')]);
    expect(rig.service.seen).toEqual([]);
  });

  it('does not overwrite what was there before the run', async () => {
    const rig = await makeRig(playbook, [{ key: 'D01', file: 'october' }]);
    rig.files.put('results/statements/october.pdf', 'kept', rig.stored.header.createdAt - 1);
    await rig.run();
    expect([...rig.files.texts.values()]).toEqual(['kept']);
    expect(outcomes(rig)).toEqual([expect.stringContaining('is there already, older than this run')]);
  });

  it('writes again what it had written when it was cut off', async () => {
    const rig = await makeRig(playbook, [{ key: 'D01', file: 'october' }]);
    rig.files.put('results/statements/october.pdf', 'half', rig.stored.header.createdAt + 1);
    await rig.run();
    expect([...rig.files.texts.values()]).toEqual(['%PDF D01']);
  });

  it('fails its record alone where the disk is full', async () => {
    const rig = await makeRig(playbook, [{ key: 'D01', file: 'october' }]);
    rig.files.fail('ENOSPC');
    await rig.run();
    expect(outcomes(rig)).toEqual([expect.stringContaining('cannot be written: ENOSPC')]);
    await rig.run({ retryFailed: true });
    expect([...rig.files.texts.values()]).toEqual(['%PDF D01']);
  });

  it('keeps its file through a resume, from what the journal holds', async () => {
    const rig = await makeRig(playbook, [{ key: 'D01', file: 'october' }]);
    await rig.run();
    const [record] = rig.stored.records;
    async function* records(): AsyncGenerator<RecordWithEntries> {
      yield { record: record!, entries: rig.stored.entries };
    }
    const saved = await savedBy(records());
    expect(saved).toEqual([['statements/october.pdf', 'D01, step statement']]);
    const downloads = makeDownloads({ files: memoryFiles(rig.clock), folder: 'f', begunAt: 0, saved });
    expect(await downloads.claim('statements/OCTOBER.pdf', 'D02, step statement')).toMatch(/file of D01/u);
    expect(await downloads.claim('statements/october.pdf', 'D01, step statement')).toBeUndefined();
  });
});

describe('a playbook that downloads', () => {
  it.each(['/srv/${{ record.file }}', '../${{ record.file }}.pdf', 'a/../b.pdf'])(
    'is refused where the constant part leads away: %s',
    (place) => expect(() => save(place)).toThrow(/names no file below the results folder/u),
  );

  it('cannot wait for a file', () => {
    expect(operations.get(statement)?.download).toBe('application/pdf');
    expect(() =>
      playbookOf(`
input: { key: "\${{ record.key }}", record: { type: object, required: [key], properties: { key: { type: string } } } }
steps:
  - id: late
    uses: wait
    with: { uses: ${statement}, with: { invoiceId: a, saveAs: a.pdf }, until: "\${{ result.bytes > 0 }}" }
`),
    ).toThrow(/wait polls only/u);
  });
});
