import { describe, expect, it } from 'vitest';
import { type Approval, wholeRun } from '../../src/journal/journal.ts';
import { waveEnds, waveSizes } from '../../src/plan/waves.ts';
import { standsAt } from '../../src/run/waves.ts';
import { makeFuse } from './memory-journal.ts';
import { rows, stepsOf } from './playbooks.ts';
import { makeRig, playbookOf, type Rig } from './rig.ts';
import { refusal } from './service.ts';

const cart = `
  - id: cart
    uses: carts.create
    with: { customerId: customer-1, lineItems: [{ catalogItemId: A, quantity: 2, billingCycle: monthly }] }
`;
const inWaves = (rollout: string, steps = cart) => stepsOf(steps, `limits: { rollout: ${rollout} }\n`);

const no = refusal(400, '3000', 'no');
const made = ({ service }: Rig) => service.seen.filter((one) => one.startsWith('carts.create ')).length;

describe('the waves of a rollout', () => {
  const rollout = (text: string) => inWaves(text).limits.rollout!;

  it('are a number, a share of all, or the rest; what is left is one more', () => {
    expect(waveSizes(rollout('[1, 10%, rest]'), 100)).toEqual([1, 10, 89]);
    expect(waveSizes(rollout('[1, 10, 100%]'), 60)).toEqual([1, 10, 49]);
    expect(waveSizes(rollout('[7%]'), 100)).toEqual([7, 93]);
    expect(waveSizes(rollout('[5, 5]'), 3)).toEqual([3]);
    expect(waveSizes(rollout('[1%, 50%]'), 10)).toEqual([1, 5, 4]);
    expect(waveSizes(rollout('[rest]'), 0)).toEqual([]);
  });

  it('hold the records in the order of the input, whatever stands between them', async () => {
    async function* indexes() {
      yield* [0, 2, 3, 7, 9];
    }
    expect(await waveEnds([1, 3, 1], indexes())).toEqual([0, 7, 9]);
  });

  it.each([
    ['[]', 'MISSING_FIELD'],
    ['[0]', 'WRONG_VALUE'],
    ['[rest, 1]', 'WRONG_VALUE'],
    ['[0%]', 'WRONG_VALUE'],
    ['[200%]', 'WRONG_VALUE'],
    ['5', 'WRONG_TYPE'],
    ['{ waves: [1], aprove: true }', 'UNKNOWN_FIELD'],
    ['{ approve: true }', 'MISSING_FIELD'],
  ])('%s is refused', (text, code) => {
    expect(() => inWaves(text)).toThrow(code);
  });
});

describe('a run in waves', () => {
  it('goes through all of them where each passes', async () => {
    const rig = await makeRig(inWaves('[1, 2, rest]'), rows(6));
    expect(await rig.run()).toMatchObject({ status: 'finished', records: { succeeded: 6 } });
  });

  it('begins no wave after one that failed, however often it is resumed, and goes on once that is mended', async () => {
    const rig = await makeRig(inWaves('[1, 2, rest]'), rows(6));
    rig.service.fail('carts.create', no);
    const first = await rig.run();
    expect(first).toMatchObject({
      status: 'stopped',
      reason: 'wave 1 of 3: 1 of its 1 records failed or are in doubt, and 0 may',
      records: { failed: 1, open: 5 },
    });
    expect(await rig.run()).toMatchObject({ status: 'stopped', records: { failed: 1, open: 5 } });
    expect(made(rig)).toBe(1);
    expect(await rig.run({ retryFailed: true })).toMatchObject({
      status: 'finished',
      records: { succeeded: 6 },
    });
  });

  it('bears so many failures as it may', async () => {
    const rig = await makeRig(inWaves('{ waves: [2, rest], maxFailures: 50% }'), rows(6));
    rig.service.fail('carts.create', no);
    expect(await rig.run()).toMatchObject({ status: 'finished', records: { failed: 1, succeeded: 5 } });
  });

  it('waits for a person after each wave where it is to', async () => {
    const rig = await makeRig(inWaves('{ waves: [1, 2, rest], approve: true }'), rows(4));
    expect(await rig.run()).toMatchObject({ status: 'waiting', records: { succeeded: 1, open: 3 } });
    expect(await rig.run()).toMatchObject({ status: 'waiting', records: { succeeded: 1, open: 3 } });
    await say(rig, 'approved', [0, 2, 3]);
    expect(await rig.run()).toMatchObject({ status: 'waiting', records: { succeeded: 3, open: 1 } });
    await say(rig, 'rejected', [0, 2, 3]);
    expect(await rig.run()).toMatchObject({ status: 'stopped', reason: 'wave 2 of 3 was rejected by Grace' });
    await say(rig, 'approved', [0, 2, 3]);
    expect(await rig.run()).toMatchObject({ status: 'finished', records: { succeeded: 4 } });
    expect(made(rig)).toBe(4);
  });

  it('takes a word for the failures that it was given for, and not for others', async () => {
    const rig = await makeRig(inWaves('[2, rest]'), rows(3));
    rig.service.fail('carts.create', no);
    await rig.run();
    rig.stored.entries.push(
      word('approved', 'wave 1', 'wave 1 of 2: 0 of its 2 records failed or are in doubt, and 0 may'),
    );
    expect(await rig.run()).toMatchObject({ status: 'stopped', records: { failed: 1, open: 1 } });
    await say(rig, 'approved', [1, 2]);
    expect(await rig.run()).toMatchObject({ status: 'finished', records: { failed: 1, succeeded: 2 } });
  });

  it('stops where records of a wave wait for a person', async () => {
    const rig = await makeRig(
      playbookOf(`input:
  key: \${{ record.key }}
  record: { type: object, required: [key], properties: { key: { type: string } } }
limits: { rollout: [1, rest] }
steps:
  - id: yes
    uses: approve
    with: { message: "\${{ record.key }}" }
`),
      rows(2),
    );
    expect(await rig.run()).toMatchObject({ status: 'waiting', records: { waiting: 1, open: 1 } });
  });

  it('has the same waves wherever it is cut off, and does each thing once', async () => {
    const whole = makeFuse();
    await (await makeRig(inWaves('[1, 2, rest]'), rows(4))).run({ fuse: whole });
    for (let at = 1; at <= whole.steps; at += 3) {
      const rig = await makeRig(inWaves('[1, 2, rest]'), rows(4));
      await rig.run({ fuse: makeFuse(at) }).catch(() => {});
      expect(await rig.run(), `cut off at ${at}`).toMatchObject({
        status: 'finished',
        records: { succeeded: 4 },
      });
    }
  });
});

function word(verdict: Approval['verdict'], path: string, what: string): Approval {
  return { type: 'approval', record: wholeRun, path, verdict, what, by: 'Grace', at: 1 };
}

/** A person's word on the wave that the run stands at. */
async function say(rig: Rig, verdict: Approval['verdict'], ends: readonly number[]): Promise<void> {
  const at = await standsAt(rig.journal, { waves: [], maxFailures: { count: 0 }, approve: true }, ends);
  rig.stored.entries.push(word(verdict, `wave ${at!.wave.number}`, at!.stop.asked!));
}
