import { describe, expect, it } from 'vitest';
import type { Answer } from '../../src/partner-center/answer.ts';
import type { Client } from '../../src/partner-center/client.ts';
import { makeLimiter } from '../../src/run/limiter.ts';
import { makeReader } from '../../src/run/reader.ts';
import { operations } from './rig.ts';
import { refusal, throttled, unknown } from './service.ts';
import { virtualClock } from './virtual-clock.ts';

const ok = (result: unknown): Answer => ({ type: 'ok', status: 200, result, headers: {} });

function setUp(answers: readonly Answer[], concurrency = 1) {
  const clock = virtualClock();
  const world = { clock, random: { next: () => 0.5, uuid: () => crypto.randomUUID() } };
  const ids: string[] = [];
  const next = [...answers];
  const client: Client = {
    now: clock.now,
    call: async (operation, _input, { requestId, page = (send) => send() }) => {
      ids.push(requestId);
      await clock.sleep(1);
      const first = next.shift() ?? ok({});
      if (operation.kind !== 'list' || first.type !== 'ok') return first;
      const second = await page(async () => next.shift() ?? ok({ items: [] }));
      return second.type === 'ok' ? ok({ items: ['first', 'second'], totalCount: 2 }) : second;
    },
  };
  const limiter = makeLimiter({
    limits: { concurrency, perCustomer: 1, operations: {} },
    world,
    listener: () => {},
  });
  return { clock, ids, limiter, reader: makeReader({ client, limiter, world, listener: () => {} }) };
}

const get = operations.get('customers.get')!;
const list = operations.get('customers.list')!;
const products = operations.get('products.list')!;

describe('a read', () => {
  it('is tried again, with an id of its own each time, until there is an answer to go by', async () => {
    const { clock, ids, reader } = setUp([
      unknown('maybe'),
      throttled(10_000),
      unknown('no'),
      ok({ id: 'c' }),
    ]);
    expect(await clock.run(reader.read(get, { customerId: 'c' }))).toMatchObject({
      type: 'ok',
      result: { id: 'c' },
    });
    expect(new Set(ids).size).toBe(4);
    expect(clock.monotonic()).toBeGreaterThan(10_000);
  });

  it('that is refused is not tried again', async () => {
    const { clock, ids, reader } = setUp([refusal(404, '20002', 'unknown')]);
    expect(await clock.run(reader.read(get, { customerId: 'c' }))).toMatchObject({ type: 'refused' });
    expect(ids).toHaveLength(1);
  });

  it('that is throttled for ever is refused in the end', async () => {
    const { clock, reader } = setUp(Array.from({ length: 100 }, () => throttled(1)));
    expect(await clock.run(reader.read(get, { customerId: 'c' }))).toMatchObject({
      type: 'refused',
      error: { status: 429 },
    });
  });

  it('of what is not ready is asked again when the service said, and slows nothing else down', async () => {
    const notReady = { ...refusal(204, 'NOT_READY', ''), again: true, retryAfterMs: 30_000 };
    const { clock, ids, limiter, reader } = setUp([notReady, notReady, ok({ id: 'c' })], 8);
    expect(await clock.run(reader.read(get, { customerId: 'c' }))).toMatchObject({ type: 'ok' });
    expect(new Set(ids).size).toBe(3);
    expect(clock.monotonic()).toBeGreaterThanOrEqual(60_000);
    expect(clock.monotonic()).toBeLessThan(65_000);
    expect(limiter.snapshot()).toMatchObject({ limit: 8, throttled: 0 });
  });

  it('of what never gets ready is refused in the end', async () => {
    const notReady = { ...refusal(204, 'NOT_READY', ''), again: true, retryAfterMs: 1 };
    const { clock, reader } = setUp(Array.from({ length: 100 }, () => notReady));
    expect(await clock.run(reader.read(get, { customerId: 'c' }))).toMatchObject({
      type: 'refused',
      error: { code: 'NOT_READY' },
    });
  });

  it('of a write is a bug', async () => {
    const { reader } = setUp([]);
    await expect(reader.read(operations.get('carts.create')!, {})).rejects.toThrow('not a read');
  });

  it('ends with the reason of its signal', async () => {
    const { clock, reader } = setUp([throttled(60_000)]);
    const gone = new AbortController();
    const read = expect(reader.read(get, { customerId: 'c' }, { signal: gone.signal })).rejects.toThrow(
      'enough',
    );
    await clock.pass(100);
    gone.abort(new Error('enough'));
    await read;
  });
});

describe('a list', () => {
  it('takes a slot for each page, so that one slot is enough for all of them', async () => {
    const { clock, limiter, reader } = setUp([]);
    expect(await clock.run(reader.read(list, {}))).toMatchObject({ type: 'ok', result: { totalCount: 2 } });
    expect(limiter.snapshot()).toMatchObject({ requests: 2, inFlight: 0 });
  });

  it('tries a page again, not the whole list', async () => {
    const { clock, ids, limiter, reader } = setUp([
      ok({}),
      throttled(1_000),
      unknown('maybe'),
      ok({ items: [] }),
    ]);
    expect(await clock.run(reader.read(list, {}))).toMatchObject({ type: 'ok' });
    expect(ids).toHaveLength(1);
    expect(limiter.snapshot().requests).toBe(4);
  });

  it('whose page fails for good has failed', async () => {
    const { clock, ids, reader } = setUp([ok({}), ...Array.from({ length: 8 }, () => unknown('maybe'))]);
    expect(await clock.run(reader.read(list, {}))).toMatchObject({ type: 'unknown' });
    expect(ids).toHaveLength(1);
  });
});

describe('what is sold', () => {
  const query = { targetView: 'Azure', country: 'US' };

  it('is asked for once a run, also by many at once', async () => {
    const { clock, ids, reader } = setUp([]);
    await clock.run(Promise.all([reader.read(products, query), reader.read(products, query)]));
    await clock.run(reader.read(products, query));
    expect(ids).toHaveLength(1);
  });

  it('is asked for again where it must be fresh, or where asking failed', async () => {
    const { clock, ids, reader } = setUp([refusal(403, '', 'no')]);
    await clock.run(reader.read(products, query));
    await clock.run(reader.read(products, query));
    await clock.run(reader.read(products, query, { fresh: true }));
    expect(ids).toHaveLength(3);
  });

  it('is not what belongs to a customer', async () => {
    const { clock, ids, reader } = setUp([]);
    await clock.run(reader.read(get, { customerId: 'c' }));
    await clock.run(reader.read(get, { customerId: 'c' }));
    expect(ids).toHaveLength(2);
  });
});
