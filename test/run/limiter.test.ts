import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Operation } from '../../src/operations/operation.ts';
import type { RunEvent } from '../../src/run/event.ts';
import { makeLimiter } from '../../src/run/limiter.ts';
import { throttled, unknown } from './service.ts';
import { virtualClock } from './virtual-clock.ts';

const operation = (name: string, group = 'orders', perCustomer = true) =>
  ({ name, throttle: { group, perCustomer } }) as Operation;
const ok = { type: 'ok', status: 200, result: {}, headers: {} } as const;

function setUp(limits: Partial<Parameters<typeof makeLimiter>[0]['limits']> = {}) {
  const clock = virtualClock();
  const events: RunEvent[] = [];
  const limiter = makeLimiter({
    limits: { concurrency: 10, perCustomer: 10, operations: {}, ...limits },
    world: { clock },
    listener: (event) => events.push(event),
  });
  return { clock, limiter, events };
}

describe('the limits', () => {
  const names = ['carts.create', 'carts.checkout', 'orders.list'] as const;
  const calls = fc.array(
    fc.record({
      name: fc.constantFrom(...names),
      tenant: fc.constantFrom('a', 'b', 'c', undefined),
      ms: fc.integer({ min: 0, max: 50 }),
    }),
    { minLength: 1, maxLength: 60 },
  );

  it('are never passed, nobody is forgotten, and nothing is left behind', async () => {
    const limits = fc.record({
      concurrency: fc.integer({ min: 1, max: 8 }),
      perCustomer: fc.integer({ min: 1, max: 3 }),
      checkout: fc.integer({ min: 1, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(calls, limits, async (requests, { concurrency, perCustomer, checkout }) => {
        const { clock, limiter } = setUp({
          concurrency,
          perCustomer,
          operations: { 'carts.checkout': checkout },
        });
        const inside: (typeof requests)[number][] = [];
        const count = (test: (request: (typeof requests)[number]) => boolean) => inside.filter(test).length;
        const work = requests.map(async (request) => {
          const release = await limiter.acquire(operation(request.name), request.tenant);
          inside.push(request);
          expect(inside.length).toBeLessThanOrEqual(concurrency);
          expect(count(({ name }) => name === 'carts.checkout')).toBeLessThanOrEqual(checkout);
          for (const tenant of ['a', 'b', 'c'])
            expect(count((one) => one.tenant === tenant)).toBeLessThanOrEqual(perCustomer);
          await clock.sleep(request.ms);
          inside.splice(inside.indexOf(request), 1);
          release();
        });
        await clock.run(Promise.all(work));
        await clock.idle();
        expect(limiter.snapshot()).toMatchObject({
          requests: requests.length,
          inFlight: 0,
          waiting: 0,
          tenants: 0,
        });
      }),
      { numRuns: 100 },
    );
  });

  it('space requests evenly below a ceiling', async () => {
    const { clock, limiter } = setUp({ requestsPerSecond: 10 });
    const at: number[] = [];
    await clock.run(
      Promise.all(
        Array.from({ length: 5 }, async () => {
          const release = await limiter.acquire(operation('x'), undefined);
          at.push(clock.monotonic());
          release();
        }),
      ),
    );
    expect(at).toEqual([0, 100, 200, 300, 400]);
  });
});

describe('Retry-After', () => {
  it('pauses the group of that customer until then exactly, and nobody else', async () => {
    const { clock, limiter } = setUp();
    limiter.observe(operation('carts.create'), 'a', throttled(30_000));
    const at: Record<string, number> = {};
    const enter = async (name: string, op: Operation, tenant: string) => {
      const release = await limiter.acquire(op, tenant);
      at[name] = clock.monotonic();
      release();
    };
    await clock.run(
      Promise.all([
        enter('same', operation('carts.checkout'), 'a'),
        enter('other customer', operation('carts.create'), 'b'),
        enter('other group', operation('users.create', 'users'), 'a'),
      ]),
    );
    expect(at).toEqual({ same: 30_000, 'other customer': 0, 'other group': 0 });
  });

  it('pauses the whole group where its allowance is the partner’s', async () => {
    const { clock, limiter } = setUp();
    const customers = operation('customers.create', 'customers', false);
    limiter.observe(customers, undefined, throttled(5_000));
    await clock.run(limiter.acquire(customers, 'b'));
    expect(clock.monotonic()).toBe(5_000);
  });

  it('holds those back, too, who were granted a slot when the pause began', async () => {
    const { clock, limiter } = setUp({ concurrency: 1 });
    const first = await clock.run(limiter.acquire(operation('carts.create'), 'a'));
    const second = limiter.acquire(operation('carts.create'), 'a');
    await clock.idle();
    limiter.observe(operation('carts.create'), 'a', throttled(7_000));
    first();
    await clock.run(second);
    expect(clock.monotonic()).toBe(7_000);
  });

  it('is told to those who watch', () => {
    const { limiter, events } = setUp();
    limiter.observe(operation('carts.create'), 'a', throttled(30_000));
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'throttled', group: 'orders', waitMs: 30_000 }),
    );
  });
});

describe('the adaptive limit', () => {
  it('is halved once a burst, never below one, and grows by one a round of good answers', async () => {
    const { clock, limiter } = setUp({ concurrency: 16 });
    for (let burst = 0; burst < 10; burst += 1)
      limiter.observe(operation('x'), undefined, throttled(undefined));
    expect(limiter.snapshot().limit).toBe(8);
    await clock.pass(1_000);
    limiter.observe(operation('x'), undefined, throttled(undefined));
    expect(limiter.snapshot().limit).toBe(4);
    for (let answer = 0; answer < 5; answer += 1) limiter.observe(operation('x'), undefined, ok);
    expect(limiter.snapshot().limit).toBe(5);
    for (let burst = 0; burst < 10; burst += 1) {
      await clock.pass(1_000);
      limiter.observe(operation('x'), undefined, throttled(undefined));
    }
    expect(limiter.snapshot().limit).toBe(1);
    for (let answer = 0; answer < 1_000; answer += 1) limiter.observe(operation('x'), undefined, ok);
    expect(limiter.snapshot().limit).toBe(16);
  });

  it('lets no more in flight than it has learned', async () => {
    const { clock, limiter } = setUp({ concurrency: 4 });
    limiter.observe(operation('x'), undefined, throttled(undefined));
    const entered: (() => void)[] = [];
    for (let call = 0; call < 4; call += 1)
      void limiter.acquire(operation('x'), undefined).then((release) => entered.push(release));
    await clock.pass(5_000);
    expect(entered).toHaveLength(2);
  });
});

describe('a wait for a slot', () => {
  it.each(['a slot', 'the end of a pause'])('for %s ends with the reason of the signal', async (what) => {
    const { clock, limiter } = setUp({ concurrency: 1 });
    if (what === 'a slot') await clock.run(limiter.acquire(operation('x'), 'a'));
    else limiter.observe(operation('x'), 'a', throttled(60_000));
    const gone = new AbortController();
    const waiting = limiter.acquire(operation('x'), 'a', gone.signal);
    const ended = expect(waiting).rejects.toThrow('enough');
    await clock.idle();
    gone.abort(new Error('enough'));
    await ended;
    expect(limiter.snapshot().waiting).toBe(0);
  });

  it('that was given up keeps nobody else waiting', async () => {
    const { clock, limiter } = setUp({ concurrency: 1 });
    const release = await clock.run(limiter.acquire(operation('x'), 'a'));
    const gone = new AbortController();
    const given = expect(limiter.acquire(operation('x'), 'a', gone.signal)).rejects.toThrow();
    const next = limiter.acquire(operation('x'), 'a');
    gone.abort(new Error('enough'));
    await given;
    release();
    (await clock.run(next))();
    await clock.idle();
    expect(limiter.snapshot()).toMatchObject({ inFlight: 0, tenants: 0 });
  });
});

describe('the health of the service', () => {
  it('breaks when the last fifty requests said nothing for twenty seconds, and not before', async () => {
    const { clock, limiter } = setUp();
    const say = (times: number) => {
      for (let time = 0; time < times; time += 1)
        limiter.observe(operation('x'), undefined, unknown('maybe'));
    };
    say(100);
    expect(limiter.health.broken.aborted).toBe(false);
    await clock.pass(20_000);
    limiter.observe(operation('x'), undefined, ok);
    say(100);
    expect(limiter.health.broken.aborted).toBe(false);
    await clock.pass(20_000);
    say(1);
    expect(limiter.health.broken.aborted).toBe(true);
  });

  it('lets a hundred retries and a fifth of the requests be spent; being throttled spends nothing', () => {
    const { limiter } = setUp();
    const spent = Array.from({ length: 101 }, () => limiter.health.retry(unknown('maybe')));
    expect(spent.indexOf(false)).toBe(100);
    expect(limiter.health.retry(throttled(1))).toBe(true);
    for (let request = 0; request < 10; request += 1) limiter.health.sent();
    expect(limiter.health.retry(unknown('maybe'))).toBe(true);
    expect(limiter.health.retry(unknown('maybe'))).toBe(false);
  });
});
