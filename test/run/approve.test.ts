import { describe, expect, it } from 'vitest';
import type { Approval } from '../../src/journal/journal.ts';
import type { PlannedRecord } from '../../src/plan/plan.ts';
import { awaitedOf } from '../../src/run/approvals.ts';
import { makeFuse } from './memory-journal.ts';
import { input, rows, stepsOf } from './playbooks.ts';
import { makeRig, playbookOf, type Rig } from './rig.ts';

const user = (name: string, more = '') => `
  - id: ${name}
    uses: users.create
    with: { customerId: customer-1, userPrincipalName: "${name}@\${{ record.domain }}", displayName: ${name}, usageLocation: US, passwordProfile: { password: "Pass-word-1", forceChangePassword: true } }
${more}`;

const asking = stepsOf(
  `${user('ana')}
  - id: yes
    uses: approve
    with: { message: "order for \${{ record.domain }}" }
  - id: order
    uses: orders.create
    with: { customerId: customer-1, lineItems: [{ lineItemNumber: 0, offerId: A, quantity: 1 }] }
`,
);

/** A person's word on all that a record waits for. */
function say(rig: Rig, record: number, verdict: Approval['verdict'] = 'approved', what?: string): void {
  const entries = rig.stored.entries.filter((entry) => entry.record === record);
  for (const awaited of awaitedOf({ record: rig.stored.records[record]!, entries }))
    rig.stored.entries.push({
      type: 'approval',
      record,
      path: awaited.path,
      verdict,
      what: what ?? awaited.what,
      by: 'Grace',
      at: 5,
    });
}

const sent = ({ service }: Rig, operation: string) =>
  service.seen.filter((one) => one.startsWith(`${operation} `)).length;
const writes = (rig: Rig) => sent(rig, 'users.create') + sent(rig, 'orders.create');

describe('an approve step', () => {
  it('is shown in the plan with what it asks', async () => {
    const { stored } = await makeRig(asking, rows(1));
    const { actions } = stored.records[0]!.planned as PlannedRecord;
    expect(actions.map(({ path, action }) => `${path} ${action}`)).toEqual([
      'ana create',
      'yes approve',
      'order create',
    ]);
    expect(actions[1]).toMatchObject({ uses: 'approve', reason: 'order for d0.onmicrosoft.com' });
  });

  it('has the record wait, does what comes after once it is approved, and nothing twice', async () => {
    const rig = await makeRig(asking, rows(2));
    const first = await rig.run();
    expect(first).toMatchObject({
      status: 'waiting',
      records: { total: 2, waiting: 2, succeeded: 0, open: 0 },
    });
    expect(writes(rig)).toBe(2);
    const entries = rig.stored.entries.length;
    expect(await rig.run()).toMatchObject({ status: 'waiting', records: { waiting: 2 } });
    expect(rig.stored.entries).toHaveLength(entries); // it waits as it did: nothing more to say
    say(rig, 1);
    expect(await rig.run()).toMatchObject({ status: 'waiting', records: { waiting: 1, succeeded: 1 } });
    say(rig, 0);
    expect(await rig.run()).toMatchObject({ status: 'finished', records: { waiting: 0, succeeded: 2 } });
    expect(writes(rig)).toBe(4);
  });

  it('fails a record that was rejected, and asks again where that is tried again', async () => {
    const rig = await makeRig(asking, rows(1));
    await rig.run();
    say(rig, 0, 'rejected');
    expect(await rig.run()).toMatchObject({ status: 'finished', records: { failed: 1 } });
    expect(rig.stored.entries.at(-1)).toMatchObject({
      error: { code: 'REJECTED', message: 'Grace rejected it' },
    });
    expect(await rig.run({ retryFailed: true })).toMatchObject({
      status: 'waiting',
      records: { waiting: 1 },
    });
    expect(writes(rig)).toBe(1);
  });

  it('takes a word only for the text that it was said of', async () => {
    const rig = await makeRig(asking, rows(1));
    await rig.run();
    say(rig, 0, 'approved', 'order for somebody else');
    expect(await rig.run()).toMatchObject({ status: 'waiting', records: { waiting: 1 } });
    expect(writes(rig)).toBe(1);
  });

  it('leaves what failed before it as it is: a record that waits has not ended', async () => {
    const rig = await makeRig(
      stepsOf(`
  - id: doubtful
    uses: assert
    onError: continue
    with: { check: "\${{ run.id == 'never' }}", message: no }
  - id: yes
    uses: approve
    with: { message: go on }
  - id: who
    if: \${{ !succeeded("doubtful") }}
    uses: assert
    with: { check: "\${{ steps.yes.by == 'Grace' }}", message: "not \${{ steps.yes.by }}" }
`),
      rows(1),
    );
    await rig.run();
    const failures = () => rig.stored.entries.filter(({ path }) => path === 'doubtful').length;
    expect(failures()).toBe(1);
    say(rig, 0);
    expect(await rig.run()).toMatchObject({ records: { succeeded: 1 } });
    expect(failures()).toBe(1);
  });

  it('waits for each item of a loop, and side by side for all at once', async () => {
    const both = playbookOf(`${input}steps:
  - id: both
    parallel: true
    steps:
      - id: one
        uses: approve
        with: { message: one }
      - id: two
        uses: approve
        with: { message: two }
  - id: each
    forEach: \${{ ["a", "b"] }}
    as: name
    key: \${{ name }}
    uses: approve
    with: { message: "\${{ name }}" }
`);
    const rig = await makeRig(both, rows(1));
    const waiting = () =>
      awaitedOf({ record: rig.stored.records[0]!, entries: rig.stored.entries }).map(({ path }) => path);
    await rig.run();
    expect(waiting()).toEqual(['both.one', 'both.two']);
    say(rig, 0);
    await rig.run();
    expect(waiting()).toEqual(['each[a]']);
    say(rig, 0);
    await rig.run();
    expect(waiting()).toEqual(['each[b]']);
    say(rig, 0);
    expect(await rig.run()).toMatchObject({ status: 'finished', records: { succeeded: 1 } });
  });

  it('comes to the same wherever a process is cut off around it', async () => {
    const whole = makeFuse();
    await (await makeRig(asking, rows(1))).run({ fuse: whole });
    for (let at = 1; at <= whole.steps + 1; at += 1) {
      const rig = await makeRig(asking, rows(1));
      await rig.run({ fuse: makeFuse(at) }).catch(() => {});
      await rig.run();
      expect(rig.journal.counts(), `cut off at ${at}`).toMatchObject({ waiting: 1 });
      say(rig, 0);
      await rig.run({ fuse: makeFuse(at) }).catch(() => {});
      await rig.run();
      // The order in doubt is a person's to settle; nothing was ever sent twice.
      expect(sent(rig, 'orders.create')).toBeLessThanOrEqual(1);
      expect(rig.journal.counts().waiting).toBe(0);
    }
  });
});
