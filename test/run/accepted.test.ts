import { describe, expect, it } from 'vitest';
import { rows, stepsOf } from './playbooks.ts';
import { makeRig } from './rig.ts';

/** What is only accepted, and whose end tells how each part of it went. */

const upload = stepsOf(`
  - id: batch
    uses: devices.createBatch
    with: { customerId: c, batchId: spring, devices: [{ productKey: A }, { productKey: B }] }
`);
const settledOf = ({ stored }: Awaited<ReturnType<typeof makeRig>>) =>
  stored.entries.findLast((entry) => entry.type === 'settled' && entry.path === 'batch');
const sent = ({ service }: Awaited<ReturnType<typeof makeRig>>) =>
  service.seen.filter((line) => line.startsWith('devices.createBatch'));

describe('an accepted create', () => {
  it('that is answered with nothing has the thing itself as its result', async () => {
    const rig = await makeRig(upload, rows(1));
    await rig.run();
    expect(settledOf(rig)).toMatchObject({ outcome: 'succeeded', result: { id: 'spring' } });
  });

  it('fails with each part that failed, and still has the thing as its result', async () => {
    const rig = await makeRig(upload, rows(1), { refusedDevices: ['B'] });
    await rig.run();
    expect(settledOf(rig)).toMatchObject({
      outcome: 'failed',
      error: { code: 'PART_FAILURE', message: 'some devices were not taken: B 808: of another tenant' },
      result: { id: 'spring' },
    });
  });

  it('whose answer was lost is found and not sent again, though nothing names the job that made it', async () => {
    const rig = await makeRig(upload, rows(1), { replays: false });
    rig.service.fail('devices.createBatch', 'lost');
    await rig.run();
    expect(settledOf(rig)).toMatchObject({ outcome: 'succeeded', result: { id: 'spring' } });
    expect(sent(rig)).toHaveLength(1);
  });

  it('that is there already sends nothing', async () => {
    const rig = await makeRig(upload, rows(1), { prepare: ({ batches }) => batches.push({ id: 'Spring' }) });
    await rig.run();
    expect(settledOf(rig)).toMatchObject({ outcome: 'unchanged', result: { id: 'Spring' } });
    expect(sent(rig)).toEqual([]);
  });
});
