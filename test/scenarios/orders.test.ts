import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from './customers.ts';
import { openShop, type Shop, type Thing } from './shop.ts';

/** What customers buy: software and add-ons, each once. */

interface Line {
  readonly friendlyName: string;
  readonly offerId: string;
  readonly quantity: number;
}

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ 'buy-software': 'purchases.csv', 'add-addons': 'addons.csv' });
});
afterAll(() => shop.rig.close());

describe('software', () => {
  it('is ordered line by line under the reference of its row', async () => {
    await shop.run('buy-software');
    for (const [domain, own] of Map.groupBy(shop.rows('buy-software'), (row) => row.domain!)) {
      const lines = (await shop.kept('orders', domain)).flatMap(
        ({ lineItems }) => lineItems as readonly Line[],
      );
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

  it('is not ordered again', () => shop.sendsNothing('buy-software'));

  it('of an order that was cancelled is ordered anew', async () => {
    const [first] = shop.rows('buy-software');
    const [bought] = await shop.kept('orders', first!.domain!);
    await call(shop.rig, 'PATCH', `${shop.of(first!.domain!)}/orders/${bought!.id}`, {
      id: bought!.id,
      status: 'cancelled',
    });
    await shop.run('buy-software');
    const statuses = (await shop.kept('orders', first!.domain!)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual(['cancelled', 'completed']);
  });
});

describe('add-ons', () => {
  const bases = new Map<string, string>();

  it('are bought for the subscription that they belong to', async () => {
    for (const { domain = '', base = '' } of shop.rows('add-addons'))
      if (!bases.has(domain)) bases.set(domain, await shop.order(domain, base, 10));
    await shop.run('add-addons');
    for (const { domain = '', addon, seats } of shop.rows('add-addons')) {
      const found = (await shop.kept('subscriptions', domain)).filter(({ offerId }) => offerId === addon);
      expect(
        found.map(({ quantity, parentSubscriptionId, status }) => [quantity, parentSubscriptionId, status]),
        domain,
      ).toEqual([[Number(seats), bases.get(domain), 'active']]);
    }
  });

  it('are not bought again', () => shop.sendsNothing('add-addons'));

  it('get the seats of the row where they are there with others', async () => {
    const { domain = '', addon } = shop.rows('add-addons')[0]!;
    const [found] = (await shop.kept('subscriptions', domain)).filter(({ offerId }) => offerId === addon);
    const address = `${shop.of(domain)}/subscriptions/${found!.id}`;
    await call(shop.rig, 'PATCH', address, { quantity: 2 });
    await shop.run('add-addons');
    const now = await call<{ quantity: number }>(shop.rig, 'GET', address);
    expect(now.quantity).toBe(Number(shop.rows('add-addons')[0]!.seats));
  });

  it('of a subscription that is suspended are suspended with it, and cannot come back before it', async () => {
    const { domain = '' } = shop.rows('add-addons')[0]!;
    const base = `${shop.of(domain)}/subscriptions/${bases.get(domain)}`;
    await call(shop.rig, 'PATCH', base, { status: 'suspended' });
    const { items } = await call<{ items: readonly Thing[] }>(shop.rig, 'GET', `${base}/addons`);
    expect(items.map(({ status }) => status)).toEqual(items.map(() => 'suspended'));
    const addon = `${shop.of(domain)}/subscriptions/${items[0]!.id}`;
    await expect(call(shop.rig, 'PATCH', addon, { status: 'active' })).rejects.toThrow('27009');
  });
});
