import { describe, expect, it } from 'vitest';
import type { Operation } from '../../src/operations/operation.ts';
import type { RunEvent } from '../../src/run/event.ts';
import { makeLimiter } from '../../src/run/limiter.ts';
import { makePacer, type Pacer } from '../../src/run/pacer.ts';
import { makeThrottles } from '../../src/run/throttles.ts';
import { idealSeconds, type Outcome, refusedShare, type Work, work } from './bucket.ts';
import { throttled } from './service.ts';
import { virtualClock } from './virtual-clock.ts';

/** Against a service of virtual time, so that the ratios are exact and the same every time. */

const operation = (group: string, perCustomer: boolean) =>
  ({ name: `${group}.create`, throttle: { group, perCustomer } }) as Operation;

const constant = [{ from: 0, perSecond: 100 }];
const changing = [
  { from: 0, perSecond: 100 },
  { from: 90_000, perSecond: 20 },
  { from: 180_000, perSecond: 200 },
];

/** 50 records at once; each is about a customer of its own. */
const base = { latencyMs: 50, callsEach: 5, concurrency: 50 };
const kinds: Readonly<Record<string, Work['call']>> = {
  'allowance of the partner': (record) => ({ operation: operation('users', false), tenant: `c${record}` }),
  'allowance that might be each customer’s': (record) => ({
    operation: operation('orders', true),
    tenant: `c${record}`,
  }),
};

describe.each(Object.entries(kinds))('an %s', (_, call) => {
  describe.each([
    ['where refused requests count, too', true],
    ['where they do not', false],
  ])('%s', (_, strict) => {
    it('of 100 a second is used up, and hardly passed', async () => {
      const outcome = await work({ ...base, levels: constant, strict, records: 1_200, call });
      expect(outcome.seconds / outcome.ideal).toBeLessThan(1.05);
      expect(refusedShare(outcome, constant)).toBeLessThan(0.01);
      // 50 wait at most, so half a second of the pace; refused once or twice, 1 s and a jittered one.
      expect(outcome.slowestMs).toBeLessThan(3_000);
    });

    it('that changes from 100 to 20 to 200 a second is followed', async () => {
      const outcome = await work({ ...base, levels: changing, strict, records: 5_800, call });
      expect(outcome.seconds / outcome.ideal).toBeLessThan(1.05);
      expect(refusedShare(outcome, changing)).toBeLessThan(0.01);
      // Behind 50 at 20 a second is 2.5 s; the fall to 20 refuses the same one a few times, with growing waits.
      expect(outcome.slowestMs).toBeLessThan(10_000);
    });
  });
});

/** Steps of three throttle groups; two of them might have an allowance for each customer. */
const mixed: Work['call'] = (record, step) => ({
  operation: [operation('users', true), operation('orders', true), operation('customers', false)][step % 3]!,
  tenant: `c${record}`,
});

describe('steps of several groups under one allowance', () => {
  it.each([true, false])('find out that it is one (refused ones count: %s)', async (strict) => {
    const outcome = await work({ ...base, levels: constant, strict, records: 1_200, call: mixed });
    expect(outcome.seconds / outcome.ideal).toBeLessThan(1.05);
    expect(refusedShare(outcome, constant)).toBeLessThan(0.01);
    expect(outcome.slowestMs).toBeLessThan(3_000);
  });
});

describe('answers that take 200 ms', () => {
  it.each([true, false])('cost little more (refused ones count: %s)', async (strict) => {
    const outcome = await work({
      ...base,
      latencyMs: 200,
      levels: constant,
      strict,
      records: 1_200,
      call: mixed,
    });
    expect(outcome.seconds / outcome.ideal).toBeLessThan(1.08);
    // What is on its way when the bucket runs empty is refused: 20 requests each time.
    expect(refusedShare(outcome, constant)).toBeLessThan(0.02);
    expect(outcome.slowestMs).toBeLessThan(3_000);
  });
});

describe('four processes on one allowance', () => {
  const four = {
    ...base,
    levels: constant,
    records: 300,
    processes: 4,
    call: kinds['allowance of the partner']!,
  };

  /** How far the process that is farthest from the mean is from it, half way through. */
  const farthest = ({ answers, seconds }: Outcome) => {
    const good = answers.filter(({ at, refused }) => !refused && at < seconds * 500);
    const each = [0, 1, 2, 3].map((own) => good.filter(({ process }) => process === own).length);
    return Math.max(...each.map((count) => Math.abs((4 * count) / good.length - 1)));
  };

  it('share it fairly where refused requests count, too', async () => {
    const outcome = await work({ ...four, strict: true });
    expect(farthest(outcome)).toBeLessThan(0.2);
    expect(outcome.seconds / outcome.ideal).toBeLessThan(1.13);
    expect(refusedShare(outcome, constant)).toBeLessThan(0.02);
    // Refused a few times in a row, each time told to come back and with a longer wait of its own.
    expect(outcome.slowestMs).toBeLessThan(15_000);
  });

  it('use it up, and starve none, where they do not', async () => {
    const outcome = await work({ ...four, strict: false });
    expect(farthest(outcome)).toBeLessThan(0.5);
    expect(outcome.seconds / outcome.ideal).toBeLessThan(1.13);
    expect(refusedShare(outcome, constant)).toBeLessThan(0.02);
    expect(outcome.slowestMs).toBeLessThan(15_000);
  });
});

describe('the model', () => {
  it('knows the least time that work can take', () => {
    expect(idealSeconds(constant, 100)).toBe(0);
    expect(idealSeconds(constant, 1_100)).toBe(10);
    expect(idealSeconds(changing, 100 + 9_000 + 20 + 1_800 + 200 + 2_000)).toBe(190);
  });
});

describe('who is meant by a refusal', () => {
  const keysOf = (customer: string, group = 'orders') =>
    makeThrottles().keysOf(operation(group, true), customer);

  it('is the customer, as long as no other one is refused', () => {
    const throttles = makeThrottles();
    for (const at of [0, 100, 2_000]) expect(throttles.refused(keysOf('a'), at, 1_000)).toBe('orders a');
    expect(throttles.refused(keysOf('b'), 4_000, 1_000)).toBe('orders b');
  });

  it('is the group once two customers are refused together, and all once two groups are', () => {
    const throttles = makeThrottles();
    throttles.refused(keysOf('a'), 0, 1_000);
    expect(throttles.refused(keysOf('b'), 100, 1_000)).toBe('orders');
    expect(throttles.refused(keysOf('b'), 200, 1_000)).toBe('orders');
    expect(throttles.refused(['users', '*'], 300, 1_000)).toBe('*');
  });

  it('does not pile up customers', () => {
    const throttles = makeThrottles();
    for (let index = 0; index < 1_000; index += 1)
      throttles.refused(keysOf(`c${index}`), index * 5_000, 1_000);
    expect(throttles.size).toBeLessThan(100);
  });

  it('leaves the other customers at full speed where one has an allowance of its own', async () => {
    const clock = virtualClock();
    const limiter = makeLimiter({
      limits: { concurrency: 20, perCustomer: 20, operations: {} },
      world: { clock },
      listener: () => {},
    });
    const orders = operation('orders', true);
    for (let round = 0; round < 3; round += 1) {
      for (let call = 0; call < 20; call += 1)
        limiter.observe(orders, 'a', { type: 'ok', status: 200, result: {}, headers: {} });
      limiter.observe(orders, 'a', throttled(2_000));
      await clock.pass(2_000);
    }
    expect(limiter.snapshot().rates).toEqual({ 'orders a': expect.closeTo(10, -1) });
    const at = async (tenant: string) => {
      for (let call = 0; call < 60; call += 1) (await limiter.acquire(orders, tenant))();
      return clock.monotonic();
    };
    const [own, other] = await clock.run(Promise.all([at('a'), at('b')]));
    expect(other).toBe(6_000);
    expect(own).toBeGreaterThan(8_000);
  });
});

describe('a pace', () => {
  /** Asks as often as it may for so long; all is let through. @returns how many left */
  const use = (pacer: Pacer, from: number, until: number) => {
    let left = 0;
    for (let now = from; now < until; ) {
      const waitMs = pacer.take(now);
      now += waitMs;
      if (waitMs > 0) continue;
      left += 1;
      pacer.admitted(now);
    }
    return left;
  };

  it('lets everything leave until the first refusal, and begins slowly after it', () => {
    const pacer = makePacer();
    for (let call = 0; call < 1_000; call += 1) expect(pacer.take(0)).toBe(0);
    pacer.refused(0, 1_000);
    expect(pacer.rate).toBeUndefined();
    expect(use(pacer, 1_000, 1_500)).toBeLessThan(25);
    expect(use(pacer, 1_500, 3_000)).toBeGreaterThan(100);
  });

  it('is what was let through between two refusals', () => {
    const pacer = makePacer();
    pacer.refused(0, undefined);
    const left = use(pacer, 0, 2_000);
    pacer.refused(2_000, undefined);
    expect(pacer.rate).toBeCloseTo((left + 1) / 2, -1);
  });

  it('of a handful of requests is halved, not learned', () => {
    const pacer = makePacer();
    pacer.refused(0, undefined);
    for (let call = 0; call < 5; call += 1) pacer.admitted(500);
    pacer.refused(1_000, undefined);
    expect(pacer.rate).toBeUndefined();
    expect(pacer.paced).toBe(true);
  });

  it('does not grow while nobody has to wait for it', () => {
    const pacer = makePacer();
    pacer.refused(0, undefined);
    use(pacer, 0, 2_000);
    pacer.refused(2_000, undefined);
    const { rate } = pacer;
    for (let now = 4_000; now < 600_000; now += 1_000) expect(pacer.take(now)).toBe(0);
    expect(pacer.rate).toBe(rate);
  });

  it('is told to those who watch, and kept for the report', async () => {
    const events: RunEvent[] = [];
    const call = kinds['allowance of the partner']!;
    const onEvent = (event: RunEvent) => events.push(event);
    await work({ ...base, levels: constant, strict: false, records: 600, call, onEvent });
    const paces = events.filter((event) => event.event === 'limiter' && event.pace !== undefined);
    const { pace, perSecond } = paces.at(-1) as { pace: string; perSecond: number };
    expect(pace).toBe('users');
    expect(Math.abs(perSecond - 100)).toBeLessThan(15);
  });
});

describe('a service that answers slowly', () => {
  const ok = { type: 'ok', status: 200, result: {}, headers: {} } as const;

  it('gets fewer requests at once by itself, and more again once it is quick', async () => {
    const clock = virtualClock();
    const users = operation('users', false);
    const limiter = makeLimiter({
      limits: { concurrency: 50, perCustomer: 50, operations: {} },
      world: { clock },
      listener: () => {},
    });
    const answer = async (ms: number, times: number) => {
      for (let time = 0; time < times; time += 1) {
        await clock.pass(20);
        limiter.observe(users, undefined, ok, ms);
      }
    };
    await answer(100, 100);
    expect(limiter.snapshot().limit).toBe(50);
    await answer(1_000, 500);
    expect(limiter.snapshot().limit).toBeLessThan(30);
    await answer(100, 3_000);
    expect(limiter.snapshot().limit).toBe(50);
  });
});
