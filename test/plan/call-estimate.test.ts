import { describe, expect, it } from 'vitest';
import { timeCalls } from '../../src/cli/call-times.ts';
import { CallEstimate } from '../../src/plan/call-estimate.ts';
import type { PlannedRecord } from '../../src/plan/plan.ts';
import type { Listener } from '../../src/run/event.ts';
import { rows, stepsOf } from '../run/playbooks.ts';
import { makeRig, operations } from '../run/rig.ts';

const line = '{ catalogItemId: A, quantity: 1, billingCycle: monthly }';
const carts = (limits: string, customer = '"${{ record.key }}"') =>
  stepsOf(
    ['one', 'two', 'three']
      .map(
        (id) =>
          `  - { id: ${id}, uses: carts.create, with: { customerId: ${customer}, lineItems: [${line}] } }\n`,
      )
      .join(''),
    `limits: ${limits}\n`,
  );

/** The plan's estimate, with calls of the service's latency, and the run that follows, on virtual time. */
async function estimatedAndRun(playbook: ReturnType<typeof carts>, count: number, latencyMs: number) {
  const rig = await makeRig(playbook, rows(count), { latencyMs });
  const estimate = new CallEstimate(operations, playbook.limits);
  for (const { planned } of rig.stored.records) estimate.add(planned as PlannedRecord);
  return { estimated: estimate.finish(latencyMs / 1_000), ran: await rig.run() };
}

describe('the time that a plan estimates is within 5% of the run’s, on virtual time', () => {
  it.each([
    ['answers take their time, records side by side', carts('{ concurrency: 10 }'), 200, 100],
    ['there are fewer records than may be in flight', carts('{ concurrency: 50 }'), 5, 400],
    [
      'the playbook allows so many requests a second',
      carts('{ concurrency: 10, requestsPerSecond: 20 }'),
      100,
      10,
    ],
    ['one customer is asked one thing at a time', carts('{ concurrency: 10, perCustomer: 1 }', 'c'), 60, 200],
  ])('where %s', async (_, playbook, count, latencyMs) => {
    const { estimated, ran } = await estimatedAndRun(playbook, count, latencyMs);
    expect(estimated.totalCalls).toBe(ran.requests);
    const share = estimated.totalSeconds / (ran.elapsedMs / 1_000);
    expect(share).toBeGreaterThan(0.95);
    expect(share).toBeLessThan(1.05);
  });
});

describe('calls', () => {
  const record = (index: number, uses: string, input: Readonly<Record<string, unknown>>): PlannedRecord => ({
    index,
    key: String(index),
    row: index + 2,
    digest: '',
    actions: [{ path: 'a', uses, action: 'read', with: input, calls: 1 }],
  });
  const callsOf = (records: readonly PlannedRecord[]) => {
    const estimate = new CallEstimate(operations, carts('{}').limits);
    for (const one of records) estimate.add(one);
    return estimate.finish();
  };

  it('for what is sold count once where they ask for the same', () => {
    const us = { country: 'US', targetView: 'Azure' };
    const records = [us, us, { ...us, country: 'DE' }, us].map((input, index) =>
      record(index, 'products.list', input),
    );
    expect(callsOf(records).totalCalls).toBe(2);
  });

  it('for what belongs to a customer count each time', () => {
    const records = [0, 1].map((index) => record(index, 'customers.get', { customerId: 'c' }));
    expect(callsOf(records).totalCalls).toBe(2);
  });

  it('that a documented allowance of each customer lets through are not held up by other customers', () => {
    const many = Array.from({ length: 900 }, (_, index) =>
      record(index, 'orders.list', { customerId: `c${index}` }),
    );
    const one = many.map(({ index }) => record(index, 'orders.list', { customerId: 'c' }));
    expect(callsOf(many).totalSeconds).toBeLessThan(10);
    expect(callsOf(one).totalSeconds).toBeGreaterThan(100);
  });
});

describe('calls that are timed', () => {
  it('take their median; before the first nothing is known', () => {
    let listener: Listener = () => {};
    const seconds = timeCalls({
      listen: (next) => {
        listener = next;
      },
    });
    expect(seconds()).toBeUndefined();
    for (const ms of [10, 5_000, 20])
      listener({ event: 'request', at: 0, operation: 'a', answer: 'ok', ms, attempt: 1 });
    expect(seconds()).toBe(0.02);
  });
});
