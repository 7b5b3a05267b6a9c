import { describe, expect, it } from 'vitest';
import { makeFuse } from './memory-journal.ts';
import { onboard, rows, stepsOf } from './playbooks.ts';
import { makeRig } from './rig.ts';
import { refusal, unknown } from './service.ts';

const limited = (limits: string) =>
  stepsOf(
    '  - { id: a, uses: carts.create, with: { customerId: c, lineItems: [{ catalogItemId: A, quantity: 1, billingCycle: monthly }] } }\n',
    `limits: ${limits}\n`,
  );
const no = refusal(400, '3000', 'no');

describe('a run', () => {
  it('tells its beginning and its end, and what became of the records', async () => {
    const rig = await makeRig(onboard, rows(3));
    const totals = await rig.run();
    expect(totals).toMatchObject({
      id: 'run-1',
      status: 'finished',
      requests: 12,
      retries: 0,
      throttled: 0,
      records: { total: 3, succeeded: 3, open: 0 },
    });
    expect(rig.events[0]).toMatchObject({ event: 'run.started', run: { records: 3, open: 3 } });
    expect(rig.events.at(-1)).toMatchObject({ event: 'run.finished', run: totals });
    expect(rig.stored.state).toBe('finished');
  });

  it('counts what earlier passes left', async () => {
    const rig = await makeRig(onboard, rows(4));
    rig.service.fail('carts.create', no);
    await rig.run();
    const again = await rig.run();
    expect(again.records).toEqual({
      total: 4,
      succeeded: 3,
      failed: 1,
      blocked: 0,
      inDoubt: 0,
      waiting: 0,
      open: 0,
    });
    expect(rig.events.findLast((event) => event.event === 'run.started')).toMatchObject({
      run: { records: 4, open: 0 },
    });
    expect((await rig.run({ retryFailed: true })).records).toMatchObject({ succeeded: 4, failed: 0 });
  });

  it('has no more records in flight than its concurrency', async () => {
    const rig = await makeRig(limited('{ concurrency: 3, perCustomer: 10 }'), rows(20));
    await rig.run();
    expect(rig.service.mostInFlight).toBe(3);
  });

  it('stops when more records fail than maxFailures allows', async () => {
    const rig = await makeRig(limited('{ concurrency: 1, maxFailures: 2 }'), rows(10));
    rig.service.fail('carts.create', ...Array.from({ length: 10 }, () => no));
    const totals = await rig.run();
    expect(totals).toMatchObject({ status: 'stopped', records: { failed: 3, open: 7 } });
  });

  it('is interrupted, not failed, when the service answers nothing any more', async () => {
    const rig = await makeRig(limited('{ concurrency: 25, perCustomer: 25 }'), rows(60));
    rig.service.fail('carts.create', ...Array.from({ length: 5_000 }, () => unknown('no')));
    const totals = await rig.run();
    expect(totals.status).toBe('interrupted');
    expect(totals.records).toMatchObject({ failed: 0, inDoubt: 0 });
    rig.service.mend();
    expect((await rig.run()).records).toMatchObject({ succeeded: 60 });
    expect(rig.service.carts.size).toBe(60);
  });
});

describe('an interruption', () => {
  it('sends nothing new, records what is in flight, and is gone on with', async () => {
    const rig = await makeRig(onboard, rows(10), { latencyMs: 100 });
    const drain = new AbortController();
    const run = rig.apply({ drain: drain.signal });
    await rig.clock.pass(250);
    drain.abort(new Error('interrupted by SIGINT'));
    const sent = rig.service.seen.length;
    const totals = await rig.clock.run(run);
    expect(rig.service.seen).toHaveLength(sent);
    expect(totals).toMatchObject({ status: 'interrupted', records: { open: 10 } });
    expect(rig.events).toContainEqual(
      expect.objectContaining({ event: 'run.draining', reason: 'interrupted by SIGINT' }),
    );
    const open =
      rig.stored.entries.filter(({ type }) => type === 'intended').length -
      rig.stored.entries.filter(({ type }) => type === 'answered').length;
    expect(open).toBe(0);
    expect((await rig.run()).records).toMatchObject({ succeeded: 10 });
    expect(rig.service.customers).toHaveLength(10);
    expect(rig.service.orders).toHaveLength(10);
  });

  it('ends waits at once', async () => {
    const rig = await makeRig(stepsOf('  - { id: pause, uses: wait, with: { for: 1h } }\n'), rows(2));
    const drain = new AbortController();
    const run = rig.apply({ drain: drain.signal });
    await rig.clock.pass(1_000);
    drain.abort(new Error('interrupted'));
    expect((await rig.clock.run(run)).status).toBe('interrupted');
    expect(rig.clock.monotonic()).toBe(1_000);
  });
});

describe('a journal that cannot be written', () => {
  it('ends the run with its error, and nothing is sent after it', async () => {
    const rig = await makeRig(onboard, rows(5));
    const fuse = makeFuse(40);
    await expect(rig.run({ fuse })).rejects.toThrow();
    const writes = rig.service.seen.length;
    await rig.clock.pass(100_000);
    expect(rig.service.seen).toHaveLength(writes);
  });
});
