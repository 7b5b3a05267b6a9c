import { cp } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Row, requestsOf, rowsOf } from './applied.ts';
import { addCustomers, call } from './customers.ts';
import { openRig, type Rig, workflows } from './rig.ts';

/** What customers buy and become: software, add-ons, trials that are paid for, upgrades. Each happens once, whatever gets lost. */

type Thing = Readonly<Record<string, unknown>>;

interface Line {
  readonly friendlyName: string;
  readonly offerId: string;
  readonly quantity: number;
}

const names = ['buy-software', 'add-addons', 'convert-trials', 'upgrade-subscriptions'] as const;
const inputs = {
  'buy-software': 'purchases.csv',
  'add-addons': 'addons.csv',
  'convert-trials': 'trials.csv',
  'upgrade-subscriptions': 'upgrades.csv',
} as const;

const trial = 'C0BD2E08-11AC-4836-BDC7-3712E744922F';
const trialOfNewCommerce = 'CFQ7TTC0LCHC:0003:CFQ7TTC0STRL';
const paid = '031C9E47-4802-4248-838E-778FB1D2CC05';
const basic = 'CFQ7TTC0LH18:0001:CFQ7TTC0SVCQ';
const premium = 'CFQ7TTC0LCHC:0002:CFQ7TTC0SG7B';
const plan = 'DZH318Z0BPS6:0001:DZH318Z0BP7J';

let rig: Rig;
let ids: ReadonlyMap<string, string>;
const lists = new Map<string, readonly Row[]>();

const run = (name: (typeof names)[number]) =>
  applied(rig, `${name}/playbook.yaml`, `${name}/${inputs[name]}`);

beforeAll(async () => {
  rig = await openRig();
  await rig.behave({ requireAgreement: false, provisioningPolls: 0 });
  for (const name of names) {
    await cp(path.join(workflows, name), rig.file(name), { recursive: true });
    lists.set(name, rowsOf(await rig.read(`${name}/${inputs[name]}`)));
  }
  const countries = new Map<string, string>();
  for (const row of [...lists.values()].flat())
    countries.set(row.domain!, row.country ?? countries.get(row.domain!) ?? 'US');
  ids = await addCustomers(
    rig,
    [...countries].map(([domain, country]) => ({ domain, country })),
  );
});
afterAll(() => rig.close());

const rowsFor = (name: string) => lists.get(name) ?? [];

/** Orders one line for a customer; the subscription that it gives. */
async function order(domain: string, offerId: string, quantity: number, billingCycle = 'monthly') {
  const placed = await call<{ lineItems: readonly [{ subscriptionId: string }] }>(
    rig,
    'POST',
    `/v1/customers/${ids.get(domain)}/orders`,
    { billingCycle, lineItems: [{ lineItemNumber: 0, offerId, quantity }] },
  );
  return placed.lineItems[0].subscriptionId;
}

async function kept(kind: string, domain: string): Promise<readonly Thing[]> {
  return ((await rig.state())[kind] ?? []).filter(({ customerId, referenceCustomerId }) =>
    [customerId, referenceCustomerId].includes(ids.get(domain)),
  );
}

/** How many requests that buy or change something were sent. */
async function writes(): Promise<number> {
  const counts = await requestsOf(rig);
  return Object.entries(counts)
    .filter(([name]) =>
      /^(?:carts|orders\.(?:add|create)|subscriptions\.(?:cancel|convertTrial|transition|upgrade)$|productUpgrades\.create)/u.test(
        name,
      ),
    )
    .reduce((sum, [, count]) => sum + count, 0);
}

/** Applies a workflow while the answers of some operations get lost on the way: what happened is seen by looking. */
async function runLosing(name: (typeof names)[number], ...operations: readonly string[]): Promise<void> {
  await rig.behave({ faults: operations.map((operation) => `lost-answer=0.5@${operation}`).join(',') });
  await run(name);
  expect((await rig.stats()).faults).toMatchObject({ 'lost-answer': expect.any(Number) });
  await rig.behave({ faults: '' });
}

async function sendsNothing(name: (typeof names)[number]): Promise<void> {
  const before = await writes();
  expect(before).toBeGreaterThan(0);
  await run(name);
  expect(await writes()).toBe(before);
}

describe('software', () => {
  it('is ordered line by line under the reference of its row', async () => {
    await run('buy-software');
    for (const [domain, own] of Map.groupBy(rowsFor('buy-software'), (row) => row.domain!)) {
      const lines = (await kept('orders', domain)).flatMap(({ lineItems }) => lineItems as readonly Line[]);
      expect(
        lines
          .map((line) => [line.friendlyName, line.offerId.split(':', 2).join(':'), line.quantity])
          .toSorted(),
        domain,
      ).toEqual(
        own
          .map(({ reference, product, sku, quantity }) => [reference, `${product}:${sku}`, Number(quantity)])
          .toSorted(),
      );
    }
  });

  it('is not ordered again', () => sendsNothing('buy-software'));

  it('of an order that was cancelled is ordered anew', async () => {
    const [first] = rowsFor('buy-software');
    const [bought] = await kept('orders', first!.domain!);
    await call(rig, 'PATCH', `/v1/customers/${ids.get(first!.domain!)}/orders/${bought!.id}`, {
      id: bought!.id,
      status: 'cancelled',
    });
    await run('buy-software');
    const statuses = (await kept('orders', first!.domain!)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual(['cancelled', 'completed']);
  });
});

describe('add-ons', () => {
  const bases = new Map<string, string>();

  it('are bought for the subscription that they belong to', async () => {
    for (const { domain = '', base = '' } of rowsFor('add-addons'))
      if (!bases.has(domain)) bases.set(domain, await order(domain, base, 10));
    await run('add-addons');
    for (const { domain = '', addon, seats } of rowsFor('add-addons')) {
      const found = (await kept('subscriptions', domain)).filter(({ offerId }) => offerId === addon);
      expect(
        found.map(({ quantity, parentSubscriptionId, status }) => [quantity, parentSubscriptionId, status]),
        domain,
      ).toEqual([[Number(seats), bases.get(domain), 'active']]);
    }
  });

  it('are not bought again', () => sendsNothing('add-addons'));

  it('get the seats of the row where they are there with others', async () => {
    const { domain = '', addon } = rowsFor('add-addons')[0]!;
    const [found] = (await kept('subscriptions', domain)).filter(({ offerId }) => offerId === addon);
    const address = `/v1/customers/${ids.get(domain)}/subscriptions/${found!.id}`;
    await call(rig, 'PATCH', address, { quantity: 2 });
    await run('add-addons');
    const now = await call<{ quantity: number }>(rig, 'GET', address);
    expect(now.quantity).toBe(Number(rowsFor('add-addons')[0]!.seats));
  });

  it('of a subscription that is suspended are suspended with it, and cannot come back before it', async () => {
    const { domain = '' } = rowsFor('add-addons')[0]!;
    const base = `/v1/customers/${ids.get(domain)}/subscriptions/${bases.get(domain)}`;
    await call(rig, 'PATCH', base, { status: 'suspended' });
    const { items } = await call<{ items: readonly Thing[] }>(rig, 'GET', `${base}/addons`);
    expect(items.map(({ status }) => status)).toEqual(items.map(() => 'suspended'));
    const addon = `/v1/customers/${ids.get(domain)}/subscriptions/${items[0]!.id}`;
    await expect(call(rig, 'PATCH', addon, { status: 'active' })).rejects.toThrow('27009');
  });
});

describe('trials', () => {
  const trials = new Map<string, string>();
  const inNewCommerce = new Set(['tsubamelab.onmicrosoft.com', 'maisonlavande.onmicrosoft.com']);

  it('become paid subscriptions: classic ones under their own id, those of new commerce as a new one', async () => {
    for (const { domain = '' } of rowsFor('convert-trials')) {
      const offer = inNewCommerce.has(domain) ? trialOfNewCommerce : trial;
      trials.set(domain, await order(domain, offer, 25, 'none'));
    }
    await runLosing('convert-trials', 'subscriptions.convertTrial', 'subscriptions.transition');
    for (const { domain = '', seats, billing } of rowsFor('convert-trials')) {
      const found = (await kept('subscriptions', domain)).filter(({ status }) => status === 'active');
      const billed = billing === '' ? 'monthly' : billing;
      if (inNewCommerce.has(domain)) {
        const own = found.filter(({ offerId }) => offerId === premium);
        expect(own.map(({ quantity, isTrial, billingCycle }) => [quantity, isTrial, billingCycle])).toEqual([
          [25, false, billed],
        ]);
      } else {
        const own = found.filter(({ id }) => id === trials.get(domain));
        const wanted = [paid, seats === '' ? 25 : Number(seats), false, billed];
        expect(
          own.map(({ offerId, quantity, isTrial, billingCycle }) => [
            offerId,
            quantity,
            isTrial,
            billingCycle,
          ]),
        ).toEqual([wanted]);
      }
    }
  });

  it('that are none any more are left alone', () => sendsNothing('convert-trials'));
});

describe('upgrades', () => {
  const sources = new Map<string, string>();

  it('move all seats and say so once the service has done it', async () => {
    for (const { domain = '', from, azure } of rowsFor('upgrade-subscriptions')) {
      if (from !== '') sources.set(domain, await order(domain, basic, 7));
      if (azure === 'yes') await order(domain, 'MS-AZR-0145P', 1);
    }
    await runLosing('upgrade-subscriptions', 'subscriptions.transition', 'productUpgrades.create');
    for (const { domain = '', term, billing } of rowsFor('upgrade-subscriptions').filter(
      ({ from }) => from !== '',
    )) {
      const now = await kept('subscriptions', domain);
      expect(now.find(({ id }) => id === sources.get(domain))?.status, domain).toBe('deleted');
      const targets = now.filter(
        ({ offerId, status, quantity }) => offerId === premium && status === 'active' && quantity === 7,
      );
      expect(
        targets.map(({ termDuration, billingCycle }) => [termDuration, billingCycle]),
        domain,
      ).toEqual([[term === '' ? 'P1Y' : term, billing === '' ? 'monthly' : billing]]);
    }
  });

  it('take classic Azure to the plan where a row says so', async () => {
    for (const { domain = '', azure } of rowsFor('upgrade-subscriptions')) {
      const now = await kept('subscriptions', domain);
      const plans = now.filter(({ offerId, status }) => offerId === plan && status === 'active');
      expect(plans, domain).toHaveLength(azure === 'yes' ? 1 : 0);
      const classic = now.filter(({ offerId, status }) => offerId === 'MS-AZR-0145P' && status !== 'deleted');
      expect(classic, domain).toEqual([]);
    }
  });

  it('that are done already send nothing', () => sendsNothing('upgrade-subscriptions'));
});
