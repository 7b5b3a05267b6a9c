import { cp } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Row, requestsOf, rowsOf } from './applied.ts';
import { addCustomers, call } from './customers.ts';
import { openRig, type Rig, workflows } from './rig.ts';

/** Terms of new commerce: what is said before a renewal, and what the renewal then makes of it. */

type Subscription = Readonly<Record<string, unknown>>;

const items: Readonly<Record<string, string>> = {
  'CFQ7TTC0LCHC:0002': 'CFQ7TTC0LCHC:0002:CFQ7TTC0SG7B',
  'CFQ7TTC0LH18:0001': 'CFQ7TTC0LH18:0001:CFQ7TTC0SVCQ',
};
const day = 24 * 3600;

let rig: Rig;
let ids: ReadonlyMap<string, string>;
let rows: readonly Row[];
const places = new Map<string, string>();

const instruct = () =>
  applied(rig, 'renewal-instructions/playbook.yaml', 'renewal-instructions/renewals.csv');
const subscriptionOf = (domain: string) => call<Subscription>(rig, 'GET', places.get(domain)!);

beforeAll(async () => {
  rig = await openRig();
  await cp(path.join(workflows, 'renewal-instructions'), rig.file('renewal-instructions'), {
    recursive: true,
  });
  rows = rowsOf(await rig.read('renewal-instructions/renewals.csv'));
  await rig.behave({ requireAgreement: false });
  ids = await addCustomers(
    rig,
    rows.map(({ domain = '', country }) => ({ domain, country: country! })),
  );
  for (const { domain = '', product } of rows) {
    const placed = await call<{ lineItems: readonly [{ subscriptionId: string }] }>(
      rig,
      'POST',
      `/v1/customers/${ids.get(domain)}/orders`,
      {
        billingCycle: 'monthly',
        lineItems: [
          {
            lineItemNumber: 0,
            offerId: items[product || 'CFQ7TTC0LCHC:0002'],
            quantity: 10,
            termDuration: 'P1Y',
          },
        ],
      },
    );
    places.set(
      domain,
      `/v1/customers/${ids.get(domain)}/subscriptions/${placed.lineItems[0].subscriptionId}`,
    );
  }
});
afterAll(() => rig.close());

/** What the row wants of the next term; empty cells keep what is. */
function wanted({ seats, term, billing }: Row) {
  return [
    seats === '' ? 10 : Number(seats),
    term === '' ? 'P1Y' : term,
    billing === '' ? 'monthly' : billing,
  ];
}

const changes = ({ seats, term, billing }: Row) => [seats, term, billing].some((cell) => cell !== '');

describe('instructions for a renewal', () => {
  it('are scheduled as the list says, and change nothing before', async () => {
    await instruct();
    for (const row of rows) {
      const now = await subscriptionOf(row.domain!);
      expect([now.quantity, now.termDuration, now.autoRenewEnabled], row.domain).toEqual([
        10,
        'P1Y',
        row.renew === 'yes',
      ]);
      const next = now.scheduledNextTermInstructions as
        | { quantity: number; product: { termDuration: string; billingCycle: string } }
        | undefined;
      expect(
        next && [next.quantity, next.product.termDuration, next.product.billingCycle],
        row.domain,
      ).toEqual(changes(row) ? wanted(row) : undefined);
    }
  });

  it('name a promotion only where the customer is eligible for it', async () => {
    const promotions = new Map<string, unknown>();
    for (const { domain = '' } of rows) {
      const next = (await subscriptionOf(domain)).scheduledNextTermInstructions as
        | { product: { promotionId?: string } }
        | undefined;
      promotions.set(domain, next?.product.promotionId);
    }
    const three = '39NFJQT1PM2D:0001:39NFJQT1Q7XB'; // three years paid yearly, from five seats
    expect([...promotions].filter(([, id]) => id !== undefined).toSorted()).toEqual([
      ['bluefinlogistics.onmicrosoft.com', three],
      ['muellerpraezision.onmicrosoft.com', three],
    ]);
  });

  it('that are given already are not sent again', async () => {
    // All changes of a subscription have one address; the emulator counts them under the first name.
    const patches = async () => (await requestsOf(rig))['subscriptions.cancel'];
    const before = await patches();
    await instruct();
    expect(before).toBeGreaterThan(0);
    expect(await patches()).toBe(before);
  });

  it('are dropped by a change of seats before the renewal, and given anew by the next run', async () => {
    const [first] = rows;
    await call(rig, 'PATCH', places.get(first!.domain!)!, { quantity: 11 });
    expect(await subscriptionOf(first!.domain!)).not.toHaveProperty('scheduledNextTermInstructions');
    await call(rig, 'PATCH', places.get(first!.domain!)!, { quantity: 10 });
    await instruct();
    expect(await subscriptionOf(first!.domain!)).toMatchObject({
      scheduledNextTermInstructions: { quantity: Number(first!.seats) },
    });
  });

  it('for a subscription that does not renew itself are refused', async () => {
    const { domain = '' } = rows.find(({ renew }) => renew === 'no')!;
    const schedule = {
      scheduledNextTermInstructions: {
        product: {
          productId: 'CFQ7TTC0LCHC',
          skuId: '0002',
          availabilityId: 'CFQ7TTC0SG7B',
          billingCycle: 'monthly',
          termDuration: 'P1Y',
        },
        quantity: 5,
      },
    };
    await expect(call(rig, 'PATCH', places.get(domain)!, schedule)).rejects.toThrow('800093');
  });
});

describe('after the cancellation window', () => {
  it('a subscription can no longer be cancelled, nor lose seats', async () => {
    const [{ domain = '' }] = rows as readonly [Row];
    await rig.behave({ aheadSeconds: 8 * day });
    await expect(call(rig, 'PATCH', places.get(domain)!, { status: 'deleted' })).rejects.toThrow('900117');
    await expect(call(rig, 'PATCH', places.get(domain)!, { quantity: 9 })).rejects.toThrow('800090');
  });
});

describe('the renewal', () => {
  it('makes of each subscription what was said', async () => {
    await rig.behave({ aheadSeconds: 367 * day });
    for (const row of rows) {
      const now = await subscriptionOf(row.domain!);
      expect(now.status, row.domain).toBe(row.renew === 'yes' ? 'active' : 'expired');
      if (row.renew === 'no') continue;
      expect([now.quantity, now.termDuration, now.billingCycle], row.domain).toEqual(wanted(row));
      expect(now, row.domain).not.toHaveProperty('scheduledNextTermInstructions');
    }
  });

  it('opens a cancellation window of its own, in which a subscription is cancelled for good', async () => {
    const [{ domain = '' }] = rows as readonly [Row];
    expect(await call(rig, 'PATCH', places.get(domain)!, { status: 'deleted' })).toMatchObject({
      status: 'deleted',
    });
    await expect(call(rig, 'PATCH', places.get(domain)!, { status: 'active' })).rejects.toThrow('2011');
  });
});
