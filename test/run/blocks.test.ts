import { describe, expect, it } from 'vitest';
import type { StepOutcomeName } from '../../src/journal/journal.ts';
import { makeFuse } from './memory-journal.ts';
import { rows, stepsOf } from './playbooks.ts';
import { makeRig, type Rig } from './rig.ts';
import { refusal, unknown } from './service.ts';

const no = refusal(400, '3000', 'no');
const cart = (id: string, more = '') =>
  `{ id: ${id}, uses: carts.create, with: { customerId: c, lineItems: [{ catalogItemId: ${id}, quantity: 1, billingCycle: monthly }] } ${more} }`;
const endsOf = ({ events }: Rig) =>
  Object.fromEntries(
    events.flatMap((event) => (event.event === 'step.settled' ? [[event.path, event.outcome]] : [])),
  ) as Record<string, StepOutcomeName>;
const endOf = ({ events }: Rig) => events.filter((event) => event.event === 'record.settled').at(-1);
const itemsMade = ({ service }: Rig) =>
  [...service.carts.values()].map(
    ({ lineItems }) => (lineItems as { catalogItemId: string }[])[0]!.catalogItemId,
  );

describe('a step that fails', () => {
  it('blocks the rest and fails the record', async () => {
    const rig = await makeRig(stepsOf(`  - ${cart('a')}\n  - ${cart('b')}\n`), rows(1));
    rig.service.fail('carts.create', no);
    await rig.run();
    expect(endsOf(rig)).toEqual({ a: 'failed', b: 'blocked' });
    expect(endOf(rig)).toMatchObject({ outcome: 'failed', error: { step: 'a', code: '3000' } });
  });

  it('is passed over where it says onError: continue', async () => {
    const rig = await makeRig(
      stepsOf(`  - ${cart('a', ', onError: continue')}\n  - ${cart('b')}\n`),
      rows(1),
    );
    rig.service.fail('carts.create', no);
    await rig.run();
    expect(endsOf(rig)).toEqual({ a: 'failed', b: 'succeeded' });
    expect(endOf(rig)).toMatchObject({ outcome: 'succeeded' });
  });

  it('stops the whole run where it says onError: stopRun', async () => {
    const rig = await makeRig(
      stepsOf(`  - ${cart('a', ', onError: stopRun')}\n`, 'limits: { concurrency: 1 }\n'),
      rows(4),
    );
    rig.service.fail('carts.create', no);
    const totals = await rig.run();
    expect(totals).toMatchObject({ status: 'stopped', records: { failed: 1, open: 3 } });
    expect(rig.stored.state).toBe('stopped');
  });

  it('blocks those who need it, and only those, among steps side by side', async () => {
    const rig = await makeRig(
      stepsOf(
        `  - id: both\n    parallel: true\n    steps:\n      - ${cart('c', ', needs: [a]')}\n      - ${cart('a')}\n      - ${cart('b')}\n`,
      ),
      rows(1),
    );
    rig.service.fail('carts.create', no);
    await rig.run();
    expect(endsOf(rig)).toMatchObject({ 'both.a': 'failed', 'both.b': 'succeeded', 'both.c': 'blocked' });
  });

  it('that is in doubt leaves the record in doubt, and what comes after it is not done', async () => {
    const rig = await makeRig(
      stepsOf(
        `  - { id: order, uses: orders.create, with: { customerId: c, lineItems: [{ lineItemNumber: 0, offerId: A, quantity: 1 }] } }\n  - ${cart('b')}\n`,
      ),
      rows(1),
    );
    rig.service.fail('orders.create', unknown('maybe'));
    await rig.run();
    expect(endsOf(rig)).toEqual({ order: 'inDoubt', b: 'blocked' });
    expect(endOf(rig)).toMatchObject({ outcome: 'inDoubt', error: { step: 'order' } });
  });
});

describe('steps side by side', () => {
  it('are sent at the same time', async () => {
    const rig = await makeRig(
      stepsOf(
        `  - id: both\n    parallel: true\n    steps:\n      - ${cart('a')}\n      - ${cart('b')}\n`,
        'limits: { concurrency: 5, perCustomer: 5 }\n',
      ),
      rows(1),
    );
    await rig.run();
    expect(rig.service.mostInFlight).toBe(2);
  });

  it('of one customer wait for each other where the limits say one', async () => {
    const rig = await makeRig(
      stepsOf(
        `  - id: both\n    parallel: true\n    steps:\n      - ${cart('a')}\n      - ${cart('b')}\n`,
        'limits: { concurrency: 5, perCustomer: 1 }\n',
      ),
      rows(3),
    );
    await rig.run();
    expect(rig.service.mostInFlight).toBe(1);
  });
});

describe('a block', () => {
  const rescued = stepsOf(`
  - id: buying
    steps:
      - ${cart('a')}
      - ${cart('b')}
    rescue:
      - { id: check, uses: assert, with: { check: '\${{ failure.step == "buying.a" && failure.code == "3000" }}', message: no } }
      - ${cart('r')}
    finally:
      - ${cart('f')}
  - ${cart('after')}
`);

  it('that fails is rescued, sees why, and what comes after it is done', async () => {
    const rig = await makeRig(rescued, rows(1));
    rig.service.fail('carts.create', no);
    await rig.run();
    expect(endsOf(rig)).toMatchObject({
      'buying.a': 'failed',
      'buying.b': 'blocked',
      'buying.check': 'succeeded',
      'buying.r': 'succeeded',
      'buying.f': 'succeeded',
      after: 'succeeded',
    });
    expect(endOf(rig)).toMatchObject({ outcome: 'succeeded' });
  });

  it('that succeeds does its finally and not its rescue', async () => {
    const rig = await makeRig(rescued, rows(1));
    await rig.run();
    expect(itemsMade(rig)).toEqual(['a', 'b', 'f', 'after']);
  });

  it('whose rescue fails has failed, and does its finally', async () => {
    const rig = await makeRig(rescued, rows(1));
    rig.service.fail('carts.create', no, no);
    await rig.run();
    expect(endsOf(rig)).toMatchObject({ 'buying.r': 'failed', 'buying.f': 'succeeded', after: 'blocked' });
    expect(endOf(rig)).toMatchObject({ outcome: 'failed' });
  });

  it('is rescued once, whichever moment a process dies at', async () => {
    const prepared = async () => {
      const rig = await makeRig(rescued, rows(1));
      rig.service.fail('carts.create', no);
      return rig;
    };
    const fuse = makeFuse();
    await (await prepared()).run({ fuse });
    for (let at = 1; at <= fuse.steps; at += 1) {
      const rig = await prepared();
      await rig.run({ fuse: makeFuse(at) }).catch(() => {});
      await rig.run();
      // A death that loses the refusal lets the carts be made after all; either way each is made once.
      expect([
        ['r', 'f', 'after'],
        ['a', 'b', 'f', 'after'],
      ]).toContainEqual(itemsMade(rig));
    }
  });
});

describe('a loop', () => {
  const loop = stepsOf(`
  - id: people
    forEach: \${{ ["x", "y", "z"] }}
    as: name
    key: \${{ name }}
    steps:
      - id: own
        uses: carts.create
        with: { customerId: c, lineItems: [{ catalogItemId: "\${{ name }}", quantity: 1, billingCycle: monthly }] }
      - { id: check, uses: assert, with: { check: '\${{ steps.own.id != "" }}', message: no } }
outputs:
  cart: \${{ steps.people["y"].own.id }}
`);

  it('does its steps for each item in order, and outside its results are a map by key', async () => {
    const rig = await makeRig(loop, rows(1));
    await rig.run();
    expect(itemsMade(rig)).toEqual(['x', 'y', 'z']);
    expect(endsOf(rig)).toMatchObject({ 'people[x].own': 'succeeded', 'people[y].check': 'succeeded' });
    expect(rig.stored.entries.at(-1)).toMatchObject({ result: { cart: [...rig.service.carts.keys()][1] } });
  });

  it('blocks the items after one that fails', async () => {
    const rig = await makeRig(loop, rows(1));
    rig.service.fail('carts.create', no);
    await rig.run();
    expect(endsOf(rig)).toMatchObject({
      'people[x].own': 'failed',
      'people[y]': 'blocked',
      'people[z]': 'blocked',
    });
    expect(endOf(rig)).toMatchObject({ outcome: 'failed', error: { step: 'people[x].own' } });
  });

  it('does each item once, whichever moment a process dies at', async () => {
    const fuse = makeFuse();
    await (await makeRig(loop, rows(1))).run({ fuse });
    for (let at = 1; at <= fuse.steps; at += 1) {
      const rig = await makeRig(loop, rows(1));
      await rig.run({ fuse: makeFuse(at) }).catch(() => {});
      await rig.run();
      expect(itemsMade(rig)).toEqual(['x', 'y', 'z']);
    }
  });

  it('over what planning could not know runs within what the plan says of any item', async () => {
    const unknownItems = stepsOf(`
  - id: first
    uses: carts.create
    with: { customerId: c, lineItems: [{ catalogItemId: q, quantity: 1, billingCycle: monthly }] }
  - id: each
    forEach: \${{ steps.first.lineItems }}
    as: line
    key: \${{ line.catalogItemId }}
    uses: carts.create
    with: { customerId: c, lineItems: [{ catalogItemId: "\${{ line.catalogItemId }}", quantity: 1, billingCycle: monthly }] }
`);
    const rig = await makeRig(unknownItems, rows(1));
    await rig.run();
    expect(endsOf(rig)).toEqual({ first: 'succeeded', 'each[q]': 'succeeded' });
  });
});

describe('a condition', () => {
  it('that does not hold skips the step, and the journal says so once', async () => {
    const rig = await makeRig(
      stepsOf(`  - ${cart('a', `, if: '\${{ record.key == "other" }}'`)}\n  - ${cart('b')}\n`),
      rows(1),
    );
    await rig.run({ fuse: makeFuse(12) }).catch(() => {});
    await rig.run();
    expect(endsOf(rig)).toMatchObject({ a: 'skipped', b: 'succeeded' });
    expect(rig.stored.entries.filter(({ path }) => path === 'a')).toHaveLength(1);
  });
});

describe('an assert', () => {
  it('that does not hold when applied fails the record with its message', async () => {
    const rig = await makeRig(
      stepsOf(
        `  - ${cart('a')}\n  - { id: check, uses: assert, with: { check: '\${{ steps.a.status == "Ordered" }}', message: "it is \${{ steps.a.status }}" } }\n`,
      ),
      rows(1),
    );
    await rig.run();
    expect(endOf(rig)).toMatchObject({
      outcome: 'failed',
      error: { step: 'check', code: 'ASSERT', message: 'it is Active' },
    });
  });
});

describe('a wait', () => {
  it('lasts as long as it says, and is over for good', async () => {
    const rig = await makeRig(stepsOf('  - { id: pause, uses: wait, with: { for: 10m } }\n'), rows(1));
    const before = rig.clock.monotonic();
    await rig.run();
    expect(rig.clock.monotonic() - before).toBe(600_000);
  });
});

describe('a time limit', () => {
  it('ends the waiting of a step that surely did not happen: failed', async () => {
    const rig = await makeRig(stepsOf(`  - ${cart('a', ', timeout: 5s')}\n`), rows(1));
    rig.service.fail('carts.create', ...Array.from({ length: 40 }, () => unknown('no')));
    await rig.run();
    expect(endOf(rig)).toMatchObject({ outcome: 'failed', error: { code: 'TIMEOUT' } });
    expect(rig.clock.monotonic()).toBeLessThan(6_000);
  });

  it('ends the waiting of a step that may have happened: in doubt', async () => {
    const rig = await makeRig(
      stepsOf(
        `  - ${cart('a')}\n  - { id: order, uses: carts.checkout, timeout: 5s, with: { customerId: c, cartId: "\${{ steps.a.id }}" } }\n`,
      ),
      rows(1),
      { orderLagMs: 600_000 },
    );
    rig.service.fail('carts.checkout', 'lost');
    await rig.run();
    expect(endOf(rig)).toMatchObject({ outcome: 'inDoubt' });
    await rig.clock.pass(600_000);
    await rig.run();
    expect(endOf(rig)).toMatchObject({ outcome: 'succeeded' });
    expect(rig.service.orders).toHaveLength(1);
  });
});
