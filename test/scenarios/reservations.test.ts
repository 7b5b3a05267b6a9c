import { cp } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Row, requestsOf, rowsOf } from './applied.ts';
import { addCustomers, call } from './customers.ts';
import { openRig, type Rig, workflows } from './rig.ts';

/** Azure reservations from the registration of the plan to what the customer is entitled to; none is bought twice. */

interface Line {
  readonly friendlyName: string;
  readonly offerId: string;
  readonly quantity: number;
}
interface Entitlement {
  readonly productId: string;
  readonly quantity: number;
  readonly entitledArtifacts: readonly { readonly link: { readonly uri: string } }[];
}

let rig: Rig;
let ids: ReadonlyMap<string, string>;
let rows: readonly Row[];
let results: readonly Row[];

const buy = () => applied(rig, 'buy-reservations/playbook.yaml', 'buy-reservations/reservations.csv');

beforeAll(async () => {
  rig = await openRig();
  await cp(path.join(workflows, 'buy-reservations'), rig.file('buy-reservations'), { recursive: true });
  rows = rowsOf(await rig.read('buy-reservations/reservations.csv'));
  await rig.behave({ requireAgreement: false });
  const countries = new Map(rows.map(({ domain = '', country = '' }) => [domain, country]));
  ids = await addCustomers(
    rig,
    [...countries].map(([domain, country]) => ({ domain, country })),
  );
  for (const id of ids.values()) {
    await call(rig, 'POST', `/v1/customers/${id}/orders`, {
      billingCycle: 'one_time',
      lineItems: [{ lineItemNumber: 0, offerId: 'DZH318Z0BPS6:0001:DZH318Z0BP7J', quantity: 1 }],
    });
  }
});
afterAll(() => rig.close());

/** Every line that was ordered for customers under a name, as rows of the input name it. */
async function reserved(): Promise<readonly Line[]> {
  const { orders = [] } = await rig.state();
  return orders
    .flatMap(({ lineItems }) => lineItems as readonly Line[])
    .filter(({ offerId }) => !offerId.startsWith('DZH318Z0BPS6'));
}

describe('reservations', () => {
  it('are ordered as the list says, even where the answer of a checkout is lost', async () => {
    await rig.behave({ faults: 'lost-answer=0.4@carts.checkout' });
    results = await buy();
    expect((await rig.stats()).faults).toMatchObject({ 'lost-answer': expect.any(Number) });
    await rig.behave({ faults: '' });
    const wanted = rows.map(({ name, product, quantity }) => [name, product, Number(quantity)]);
    const have = (await reserved()).map((line) => [
      line.friendlyName,
      line.offerId.split(':')[0],
      line.quantity,
    ]);
    expect(have.toSorted()).toEqual(wanted.toSorted());
  });

  it('are bought for plans that are registered', async () => {
    const { subscriptions = [] } = await rig.state();
    expect(new Set(subscriptions.map(({ registration }) => registration))).toEqual(new Set(['Registered']));
  });

  it('are what each customer is entitled to, behind the link of the artifact', async () => {
    for (const [domain, id] of ids) {
      const own = rows.filter((row) => row.domain === domain);
      const { items } = await call<{ items: readonly Entitlement[] }>(
        rig,
        'GET',
        `/v1/customers/${id}/entitlements?entitlementType=reservedinstance`,
      );
      expect(items.map(({ productId, quantity }) => [productId, quantity]).toSorted(), domain).toEqual(
        own.map(({ product, quantity }) => [product, Number(quantity)]).toSorted(),
      );
      for (const { entitledArtifacts, quantity } of items) {
        const details = await call<{ virtualMachineReservations: readonly { quantity: number }[] }>(
          rig,
          'GET',
          `/v1${entitledArtifacts[0]!.link.uri}`,
        );
        expect(details.virtualMachineReservations[0]!.quantity).toBe(quantity);
      }
    }
  });

  it('are gone from the stock', async () => {
    const { inventory = [] } = await rig.state();
    const sold = inventory.reduce((sum, { sold: quantity }) => sum + Number(quantity), 0);
    expect(sold).toBe(rows.reduce((sum, { quantity }) => sum + Number(quantity), 0));
  });

  it('are named in the results by the orders that they came from', async () => {
    const { orders = [] } = await rig.state();
    const known = new Set(orders.map(({ id }) => id));
    expect(results.filter(({ tenantry_orderId }) => !known.has(tenantry_orderId))).toEqual([]);
  });

  it('are not bought a second time', async () => {
    const checkouts = async () => (await requestsOf(rig))['carts.checkout'];
    const before = await checkouts();
    await buy();
    expect(await checkouts()).toBe(before);
    expect(await reserved()).toHaveLength(rows.length);
  });

  it('that are not to be had stop the row before a cart is made', async () => {
    const carts = async () => ((await rig.state()).carts ?? []).length;
    const before = await carts();
    const header = 'domain,country,name,product,size,region,years,quantity\n';
    await rig.write(
      'gone.csv',
      `${header}tsubamelab.onmicrosoft.com,JP,More,DZH318Z0BQ3P,Standard_F4,japanwest,1,1\n`,
    );
    const finished = await rig.run([
      'apply',
      'buy-reservations/playbook.yaml',
      '--input',
      'gone.csv',
      '--yes',
    ]);
    expect(finished.status).not.toBe(0);
    expect(finished.stdout + finished.stderr).toContain('Standard_F4 in japanwest cannot be bought now');
    expect(await carts()).toBe(before);
  });
});
