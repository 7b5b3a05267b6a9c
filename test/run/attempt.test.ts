import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../src/journal/journal.ts';
import { buyAtOnce, onboard, rows, stepsOf } from './playbooks.ts';
import { makeRig, type Rig } from './rig.ts';
import { refusal, throttled, unknown } from './service.ts';

const answersOf = ({ stored }: Rig, path: string) =>
  stored.entries.flatMap((entry) => (entry.type === 'answered' && entry.path === path ? [entry.answer] : []));
const intentsOf = ({ stored }: Rig, path: string) =>
  stored.entries.filter(
    (entry): entry is Extract<JournalEntry, { type: 'intended' }> =>
      entry.type === 'intended' && entry.path === path,
  );
const idsOf = ({ service }: Rig, operation: string) =>
  service.seen.filter((line) => line.startsWith(`${operation} `)).map((line) => line.split(' ')[1]);
const outcomeOf = ({ stored }: Rig, path: string) =>
  stored.entries.filter((entry) => entry.type === 'settled' && entry.path === path).at(-1);

const checkoutOf = (more: string) =>
  stepsOf(`
  - id: cart
    uses: carts.create
    with: { customerId: c, lineItems: [{ catalogItemId: A, quantity: 2, billingCycle: monthly }] }
  - id: order
    uses: carts.checkout
    with: { customerId: c, cartId: "\${{ steps.cart.id }}" }
${more}`);
const checkout = checkoutOf('');

describe('a write', () => {
  it('leaves only when its intent is durable, and its answer is journaled before all else', async () => {
    const rig = await makeRig(onboard, rows(1));
    await rig.run();
    for (const [path, operation] of [
      ['customer', 'customers.create'],
      ['cart', 'carts.create'],
      ['order', 'carts.checkout'],
    ]) {
      const places = [
        `intended ${path}`,
        `durable intended ${path}`,
        `send ${operation}`,
        `answer ${operation}`,
        `answered ${path}`,
        `settled ${path}`,
      ].map((place) => rig.trace.indexOf(place));
      expect(places).toEqual([...places].sort((a, b) => a - b));
      expect(places).not.toContain(-1);
      expect(rig.trace.indexOf(`answered ${path}`)).toBe(rig.trace.indexOf(`answer ${operation}`) + 1);
    }
    expect(rig.trace.at(-1)).toBe('durable settled ');
  });

  it('does not leave once the lease is lost, and nothing is sent after it', async () => {
    const rig = await makeRig(onboard, rows(3));
    const run = rig.apply();
    await rig.clock.idle();
    rig.journal.lose(new Error('owned by another') as never);
    const sent = rig.service.seen.length;
    await expect(rig.clock.run(run)).rejects.toThrow();
    expect(rig.service.seen.slice(sent).filter((line) => !line.startsWith('customers.find'))).toEqual([]);
  });

  it.each(['the lease', 'the run'])(
    'whose intent is durable does not leave where %s has ended meanwhile',
    async (what) => {
      const rig = await makeRig(buyAtOnce, rows(1));
      const drain = new AbortController();
      const run = rig.apply({
        drain: drain.signal,
        onTrace: (place) => {
          if (place !== 'intended order') return;
          if (what === 'the lease') rig.journal.freeze();
          else drain.abort(new Error('interrupted'));
        },
      });
      await rig.clock.run(run).catch(() => {});
      expect(idsOf(rig, 'orders.create')).toEqual([]);
      // Nothing was sent, and where this process may still say so, nobody has to ask a person.
      expect(answersOf(rig, 'order')).toEqual(what === 'the lease' ? [] : ['notSent']);
    },
  );

  it.each([
    [4_000, 1],
    [6_000, 2],
  ])(
    'that slept for %i ms between its intent and its leaving leaves after intent number %i',
    async (ms, intents) => {
      const rig = await makeRig(buyAtOnce, rows(1));
      let slept = false;
      await rig.run({
        onTrace: (place) => {
          if (place !== 'durable intended order' || slept) return;
          slept = true;
          rig.clock.stop(ms);
        },
      });
      const written = intentsOf(rig, 'order');
      expect(written).toHaveLength(intents);
      // The same attempt under the same id; the last intent says when it left.
      expect(new Set(written.map(({ requestId, attempt }) => `${requestId} ${attempt}`)).size).toBe(1);
      expect(idsOf(rig, 'orders.create')).toEqual([written[0]!.requestId]);
      expect(outcomeOf(rig, 'order')).toMatchObject({ outcome: 'succeeded' });
    },
  );

  it('keeps secrets marked in the journal, and the outputs have them', async () => {
    const rig = await makeRig(onboard, rows(1));
    await rig.run();
    const settled = rig.stored.entries.find((entry) => entry.type === 'settled' && entry.path === '');
    expect(settled).toMatchObject({ result: { adminPassword: { $secret: 'hunter2' } } });
    expect(JSON.stringify(rig.stored.entries).replaceAll('{"$secret":"hunter2"}', '')).not.toContain(
      'hunter2',
    );
  });
});

describe('a throttled write', () => {
  it('waits as long as it is told and goes again as a new attempt', async () => {
    const rig = await makeRig(onboard, rows(1));
    rig.service.fail('carts.create', throttled(45_000), throttled(undefined));
    const totals = await rig.run();
    expect(answersOf(rig, 'cart')).toEqual(['throttled', 'throttled', 'ok']);
    expect(new Set(idsOf(rig, 'carts.create')).size).toBe(3);
    const [first, second] = intentsOf(rig, 'cart');
    expect(second!.at - first!.at).toBe(45_001);
    expect(totals).toMatchObject({ retries: 2, throttled: 2, records: { succeeded: 1 } });
  });

  it('stays in doubt where an earlier request of the attempt may have happened', async () => {
    const rig = await makeRig(checkout, rows(1), { replays: true });
    rig.service.fail('carts.checkout', unknown('maybe'), throttled(1_000));
    await rig.run();
    expect(answersOf(rig, 'order')).toEqual(['unknown', 'unknown', 'ok']);
    expect(new Set(idsOf(rig, 'carts.checkout')).size).toBe(1);
  });
});

describe('a write that never left', () => {
  it('goes again as a new attempt', async () => {
    const rig = await makeRig(buyAtOnce, rows(1));
    rig.service.fail('orders.create', unknown('no'), unknown('no'));
    await rig.run();
    expect(answersOf(rig, 'order')).toEqual(['notSent', 'notSent', 'ok']);
    expect(rig.service.orders).toHaveLength(1);
  });
});

describe('a write whose answer is lost', () => {
  it('is found by its natural key and not done again', async () => {
    const rig = await makeRig(onboard, rows(1), { replays: false });
    rig.service.fail('customers.create', 'lost');
    await rig.run();
    expect(rig.service.customers).toHaveLength(1);
    expect(outcomeOf(rig, 'customer')).toMatchObject({
      outcome: 'succeeded',
      result: { id: rig.service.customers[0]!.id },
    });
  });

  it('is sent again under the same request id where looking shows that it did not happen', async () => {
    const rig = await makeRig(onboard, rows(1), { replays: false });
    rig.service.fail('customers.create', unknown('maybe'));
    await rig.run();
    expect(rig.service.customers).toHaveLength(1);
    const ids = idsOf(rig, 'customers.create');
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  it('is sent again under the same request id where its operation says resend', async () => {
    const rig = await makeRig(checkout, rows(1));
    rig.service.fail('carts.create', 'lost');
    await rig.run();
    expect(rig.service.carts.size).toBe(1);
  });

  it('is a checkout: the cart says that it happened, and its orders are waited for', async () => {
    const rig = await makeRig(checkout, rows(1), { replays: false, orderLagMs: 600_000 });
    rig.service.fail('carts.checkout', 'lost');
    await rig.run();
    expect(rig.service.orders).toHaveLength(1);
    expect(outcomeOf(rig, 'order')).toMatchObject({
      outcome: 'succeeded',
      result: { orders: [{ id: rig.service.orders[0]!.id }] },
    });
    expect(rig.clock.monotonic()).toBeGreaterThanOrEqual(600_000);
  });

  it('is a checkout whose orders never show: in doubt, and not bought again', async () => {
    const rig = await makeRig(checkout, rows(1), { replays: false, orderLagMs: Number.MAX_SAFE_INTEGER / 4 });
    rig.service.fail('carts.checkout', 'lost');
    await rig.run();
    expect(rig.service.orders).toHaveLength(1);
    expect(outcomeOf(rig, 'order')).toMatchObject({ outcome: 'inDoubt', error: { code: 'IN_DOUBT' } });
  });

  it('is a checkout, and a like order of somebody else leaves it in doubt', async () => {
    const rig = await makeRig(checkout, rows(1), { replays: false });
    rig.service.fail('carts.checkout', 'lost');
    const run = rig.apply();
    rig.service.orders.push({
      id: 'foreign',
      referenceCustomerId: 'c',
      creationDate: new Date(rig.clock.now()).toISOString(),
      lineItems: [{ offerId: 'A', quantity: 2 }],
    });
    await rig.clock.run(run);
    expect(outcomeOf(rig, 'order')).toMatchObject({ outcome: 'inDoubt' });
  });

  it('is an order at once: held for a person, with the way to settle it', async () => {
    const rig = await makeRig(buyAtOnce, rows(1));
    rig.service.fail('orders.create', 'lost');
    const totals = await rig.run();
    expect(idsOf(rig, 'orders.create')).toHaveLength(1);
    expect(totals.records).toMatchObject({ inDoubt: 1, succeeded: 0 });
    expect(outcomeOf(rig, 'order')).toMatchObject({
      outcome: 'inDoubt',
      error: { help: expect.stringContaining('--settle row-0=done') },
    });
    await rig.run();
    expect(rig.service.orders).toHaveLength(1);
  });

  it('may be made more careful by its step', async () => {
    const held = checkoutOf('    inDoubt: hold\n');
    const rig = await makeRig(held, rows(1), { replays: false });
    rig.service.fail('carts.checkout', 'lost');
    await rig.run();
    expect(outcomeOf(rig, 'order')).toMatchObject({ outcome: 'inDoubt' });
    expect(idsOf(rig, 'carts.get')).toEqual([]);
  });

  it('is given up in doubt where look-ups say nothing for two minutes', async () => {
    const rig = await makeRig(checkout, rows(1));
    rig.service.fail('carts.checkout', 'lost');
    rig.service.fail('carts.get', ...Array.from({ length: 200 }, () => unknown('no')));
    await rig.run();
    expect(outcomeOf(rig, 'order')).toMatchObject({ outcome: 'inDoubt' });
    expect(rig.service.orders).toHaveLength(1);
  });

  it('is not believed when the refusal of its resend may be the echo of its own success', async () => {
    const rig = await makeRig(checkout, rows(1), { replays: false });
    // The first request is lost on its way and arrives late: after the look-up that shows nothing.
    rig.service.fail('carts.checkout', unknown('maybe'));
    const run = rig.apply();
    for (let turn = 0; turn < 400 && idsOf(rig, 'carts.get').length === 0; turn += 1) await rig.clock.pass(1);
    const [cart] = [...rig.service.carts.values()];
    await rig.clock.idle();
    cart!.status = 'Ordered';
    rig.service.orders.push({
      id: 'late',
      referenceCustomerId: 'c',
      creationDate: new Date(rig.clock.now()).toISOString(),
      lineItems: [{ offerId: 'A', quantity: 2 }],
    });
    await rig.clock.run(run);
    expect(rig.service.orders).toHaveLength(1);
    expect(outcomeOf(rig, 'order')).toMatchObject({
      outcome: 'succeeded',
      result: { orders: [{ id: 'late' }] },
    });
  });

  it('is not believed refused, where the first request of the attempt may have done it', async () => {
    const rig = await makeRig(onboard, rows(1), { replays: false });
    rig.service.fail('customers.create', unknown('maybe'), refusal(409, '600009', 'the domain is taken'));
    const run = rig.apply();
    for (let turn = 0; turn < 50 && idsOf(rig, 'customers.create').length < 2; turn += 1)
      await rig.clock.pass(1);
    rig.service.customers.push({ id: 'late', companyProfile: { domain: 'd0.onmicrosoft.com' } });
    await rig.clock.run(run);
    expect(outcomeOf(rig, 'customer')).toMatchObject({ outcome: 'succeeded', result: { id: 'late' } });
  });

  it('fails where the step wants one request only and looking shows that it did not happen', async () => {
    const rig = await makeRig(checkoutOf('    retry: { attempts: 1 }\n'), rows(1));
    rig.service.fail('carts.checkout', unknown('maybe'));
    await rig.run();
    expect(outcomeOf(rig, 'order')).toMatchObject({ outcome: 'failed', error: { code: 'UNAVAILABLE' } });
    expect(rig.service.orders).toHaveLength(0);
    await rig.run({ retryFailed: true });
    expect(rig.service.orders).toHaveLength(1);
    expect(new Set(idsOf(rig, 'carts.checkout')).size).toBe(2);
  });
});

describe('a refused write', () => {
  it('fails with the words of the service, and nothing after it is sent', async () => {
    const rig = await makeRig(onboard, rows(1));
    rig.service.fail('carts.create', refusal(400, '800009', 'the item cannot be bought'));
    await rig.run();
    expect(outcomeOf(rig, 'cart')).toMatchObject({
      outcome: 'failed',
      error: { code: '800009', status: 400, message: 'the item cannot be bought', step: 'cart' },
    });
    expect(outcomeOf(rig, 'order')).toMatchObject({ outcome: 'blocked' });
    expect(outcomeOf(rig, '')).toMatchObject({
      outcome: 'failed',
      error: { step: 'cart' },
      result: { adminPassword: { $secret: 'hunter2' } },
    });
  });

  it('is a new attempt when it is retried, and what was done is not done again', async () => {
    const rig = await makeRig(onboard, rows(1));
    rig.service.fail('carts.create', refusal(400, '800009', 'the item cannot be bought'));
    await rig.run();
    const totals = await rig.run({ retryFailed: true });
    expect(totals.records).toEqual({
      total: 1,
      succeeded: 1,
      failed: 0,
      blocked: 0,
      inDoubt: 0,
      waiting: 0,
      open: 0,
    });
    expect(rig.service.customers).toHaveLength(1);
    expect(intentsOf(rig, 'cart').map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  it('goes again where the catalogue says that it passes', async () => {
    const rig = await makeRig(checkout, rows(1));
    rig.service.fail('carts.checkout', {
      ...refusal(409, '800064', 'another request holds the cart'),
      again: true,
    });
    await rig.run();
    expect(answersOf(rig, 'order')).toEqual(['refused', 'ok']);
  });

  it('counts as done where the service says so and looking confirms it', async () => {
    const rig = await makeRig(checkout, rows(1), { replays: false });
    rig.service.fail('carts.checkout', 'lost');
    rig.service.fail('carts.get', ...Array.from({ length: 200 }, () => unknown('no')));
    await rig.run(); // in doubt now; a person says that it was not done, and is wrong
    const state = intentsOf(rig, 'order')[0]!;
    rig.service.mend();
    rig.stored.entries.push({
      type: 'answered',
      record: 0,
      path: 'order',
      attempt: state.attempt,
      answer: 'notSent',
      at: rig.clock.now(),
    });
    await rig.run();
    expect(rig.service.orders).toHaveLength(1);
    expect(outcomeOf(rig, 'order')).toMatchObject({
      outcome: 'succeeded',
      result: { orders: [{ id: rig.service.orders[0]!.id }] },
    });
  });
});

describe('a success that is a part failure', () => {
  it('fails where its one error is no list', async () => {
    const convert = stepsOf(
      '  - { id: pay, uses: subscriptions.convertTrial, with: { customerId: c, subscriptionId: s, offerId: a, targetOfferId: b, quantity: 1, billingCycle: monthly } }\n',
    );
    const rig = await makeRig(convert, rows(1));
    const result = {
      subscriptionId: 's',
      offerId: 'a',
      targetOfferId: 'b',
      error: { code: 'conversions_not_found', description: 'no such conversion' },
    };
    rig.service.fail('subscriptions.convertTrial', { type: 'ok', status: 200, headers: {}, result });
    await rig.run();
    expect(outcomeOf(rig, 'pay')).toMatchObject({
      outcome: 'failed',
      error: { code: 'PART_FAILURE', message: expect.stringContaining('no such conversion') },
    });
  });

  it('fails, line by line, and keeps what was made', async () => {
    const rig = await makeRig(checkout, rows(1));
    const result = {
      orders: [{ id: 'o1', lineItems: [] }],
      orderErrors: [{ orderGroupId: '1', code: 2093, description: 'out of stock' }],
    };
    rig.service.fail('carts.checkout', { type: 'ok', status: 201, headers: {}, result });
    await rig.run();
    expect(outcomeOf(rig, 'order')).toMatchObject({
      outcome: 'failed',
      error: { code: 'PART_FAILURE', message: expect.stringContaining('2093: out of stock') },
      result,
    });
  });
});

describe('the plan as a ceiling', () => {
  it('stops a create of what was planned as unchanged', async () => {
    const rig = await makeRig(onboard, rows(1), {
      prepare: ({ customers }) =>
        customers.push({ id: 'c0', companyProfile: { domain: 'd0.onmicrosoft.com' } }),
    });
    rig.service.customers.length = 0;
    await rig.run();
    expect(outcomeOf(rig, 'customer')).toMatchObject({ outcome: 'failed', error: { code: 'PLAN_STALE' } });
    expect(rig.service.customers).toEqual([]);
  });

  it('lets a create of what has come to exist since become nothing', async () => {
    const rig = await makeRig(onboard, rows(1));
    rig.service.customers.push({ id: 'c0', companyProfile: { domain: 'd0.onmicrosoft.com' } });
    await rig.run();
    expect(outcomeOf(rig, 'customer')).toMatchObject({ outcome: 'unchanged', result: { id: 'c0' } });
    expect(rig.service.customers).toHaveLength(1);
  });

  it('stops a request whose input is another one than was reviewed', async () => {
    const rig = await makeRig(buyAtOnce, rows(1));
    const planned = rig.stored.records[0]!.planned as {
      actions: { with: { lineItems: { quantity: number }[] } }[];
    };
    planned.actions[0]!.with.lineItems[0]!.quantity = 2;
    await rig.run();
    expect(outcomeOf(rig, 'order')).toMatchObject({ outcome: 'failed', error: { code: 'PLAN_STALE' } });
    expect(rig.service.orders).toEqual([]);
  });
});
