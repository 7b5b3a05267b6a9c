import { cp } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addCustomers, call } from './customers.ts';
import { type Finished, openRig, type Rig, workflows } from './rig.ts';

/** What customers bought and use, as the service adds it up and as a partner reports it. */

const premium = { item: 'CFQ7TTC0LCHC:0002:CFQ7TTC0SG7B', name: 'MICROSOFT 365 BUSINESS PREMIUM' };
const basic = { item: 'CFQ7TTC0LH18:0001:CFQ7TTC0SVCQ', name: 'MICROSOFT 365 BUSINESS BASIC' };
const azurePlan = { item: 'DZH318Z0BPS6:0001:DZH318Z0BP7J' };

type Row = Readonly<Record<string, string>>;
type Thing = Readonly<Record<string, unknown>>;

let rig: Rig;
let rows: readonly Row[];
let customers: ReadonlyMap<string, string>;

beforeAll(async () => {
  rig = await openRig();
  await rig.behave({ provisioningPolls: 0 });
  await cp(path.join(workflows, 'licence-report'), rig.folder, { recursive: true });
  rows = parse(await rig.read('customers.csv'), { columns: true }) as Row[];
  customers = await addCustomers(
    rig,
    rows.map(({ domain }, index) => ({ domain: domain!, country: index % 4 === 3 ? 'DE' : 'US' })),
  );
  // The last has bought nothing, the others more and more; every third has a second product, every fifth has stopped.
  for (const [index, id] of [...customers.values()].slice(0, -1).entries()) {
    const bought = await buy(id, premium.item, index + 2);
    await employ(id, bought, index % 3);
    if (index % 3 === 0) await buy(id, basic.item, 3);
    if (index % 4 === 0) await buy(id, azurePlan.item, 1);
    if (index % 5 === 4) await call(rig, 'PATCH', bought, { status: 'suspended' });
  }
});
afterAll(() => rig.close());

/** Buys seats; gives the path of the subscription. */
async function buy(customerId: string, catalogItemId: string, quantity: number): Promise<string> {
  const customer = `/v1/customers/${customerId}`;
  await call(rig, 'POST', `${customer}/agreements`, {
    primaryContact: { firstName: 'Ada', lastName: 'Miller', email: 'ada@example.com' },
    templateId: '117a77b0-9360-443b-8795-c6dedc750cf9',
    dateAgreed: '2026-11-01T00:00:00Z',
    type: 'MicrosoftCustomerAgreement',
  });
  const billing =
    catalogItemId === azurePlan.item
      ? { billingCycle: 'one_time' }
      : { billingCycle: 'monthly', termDuration: 'P1Y' };
  const { id } = await call<{ id: string }>(rig, 'POST', `${customer}/carts`, {
    lineItems: [{ id: 0, catalogItemId, quantity, ...billing }],
  });
  const { orders } = await call<{ orders: { lineItems: { subscriptionId: string }[] }[] }>(
    rig,
    'POST',
    `${customer}/carts/${id}/checkout`,
  );
  return `${customer}/subscriptions/${orders[0]!.lineItems[0]!.subscriptionId}`;
}

/** Users with a licence of what was bought. */
async function employ(customerId: string, subscription: string, count: number): Promise<void> {
  const { skuId } = await call<{ skuId: string }>(rig, 'GET', `${subscription}/provisioningstatus`);
  for (let index = 0; index < count; index += 1) {
    const users = `/v1/customers/${customerId}/users`;
    const { id } = await call<{ id: string }>(rig, 'POST', users, {
      userPrincipalName: `user${index}@${customerId}`,
      displayName: `User ${index}`,
      usageLocation: 'US',
      passwordProfile: { password: 'Abcd1234!', forceChangePassword: true },
    });
    await call(rig, 'POST', `${users}/${id}/licenseupdates`, { licensesToAssign: [{ skuId }] });
  }
}

async function requests(): Promise<Readonly<Record<string, number>>> {
  return ((await rig.stats()) as unknown as { perOperation: Record<string, number> }).perOperation;
}

async function held(kind: string): Promise<readonly Thing[]> {
  return (await rig.state())[kind] ?? [];
}

describe('the licence report', () => {
  let reported: Finished;
  let before: Readonly<Record<string, number>>;
  beforeAll(async () => {
    before = await requests();
    reported = await rig.run(['apply', 'playbook.yaml', '--input', 'customers.csv', '--yes']);
  });

  it('says of each customer what it holds', async () => {
    expect(reported.stderr).not.toMatch(/failed|in doubt/iu);
    expect(reported.status).toBe(0);
    const subscriptions = await held('subscriptions');
    const licences = await held('licences');
    const file = /(\S+\/results\.csv)/u.exec(reported.stdout)![1]!;
    const results = parse(await rig.read(path.relative(rig.folder, path.resolve(rig.folder, file))), {
      columns: true,
    }) as Row[];
    expect(results.map(({ domain }) => domain)).toEqual(rows.map(({ domain }) => domain));
    for (const row of results) {
      const customerId = customers.get(row.domain!);
      const mine = subscriptions.filter(
        (one) =>
          one.customerId === customerId &&
          (row.product === '' || String(one.offerName).toUpperCase() === row.product),
      );
      const active = mine.filter(({ status }) => status === 'active');
      const sold = active
        .filter(({ offerId }) => offerId !== azurePlan.item)
        .reduce((sum, { quantity }) => sum + Number(quantity), 0);
      const isPremium = active.some(({ offerId }) => offerId === premium.item);
      const assigned = isPremium ? licences.filter((one) => one.customerId === customerId).length : 0;
      expect(row, row.domain).toMatchObject({
        tenantry_sold: String(sold),
        tenantry_assigned: String(assigned),
        tenantry_unassigned: String(sold - assigned),
        tenantry_mailboxesUsed: String(assigned),
        tenantry_subscriptions: String(active.length),
        tenantry_suspended: String(mine.length - active.length),
      });
    }
  });

  it('only reads', async () => {
    const after = await requests();
    const made = Object.keys(after).filter((name) => after[name] !== before[name]);
    expect(made.filter((name) => !/\.(?:get|list|find)/u.test(name))).toEqual([]);
    expect(reported.stdout).toContain('0 to add, 0 to change, 0 to destroy, 0 to do');
  });
});

describe('the rows of analytics', () => {
  const address = '/partner/v1/analytics/subscriptions';
  interface Answer {
    readonly Value: readonly Thing[];
    readonly '@nextLink': string | null;
    readonly TotalCount: number;
  }
  const ask = (query: string) => call<Answer>(rig, 'GET', `${address}?${query}`);

  it('come in pages that lead to one another, all of them once', async () => {
    await rig.behave({ pageLimit: 4 });
    const seen: unknown[] = [];
    for (let next: string | null = address; next !== null; ) {
      const page: Answer = await call<Answer>(rig, 'GET', next);
      expect(page.Value.length).toBeLessThanOrEqual(4);
      seen.push(...page.Value.map(({ id }) => String(id).toLowerCase()));
      next = page['@nextLink'];
    }
    await rig.behave({ pageLimit: 500 });
    expect(seen.toSorted()).toEqual((await held('subscriptions')).map(({ id }) => id).toSorted());
  });

  it.each<[string, (one: Thing, country: string) => boolean]>([
    ["status eq 'SUSPENDED'", ({ status }) => status === 'suspended'],
    [
      "status ne 'suspended' and customerMarket eq 'DE'",
      ({ status }, country) => status === 'active' && country === 'DE',
    ],
    ["contains(productName,'basic')", ({ offerId }) => offerId === basic.item],
    [
      "subscriptionType eq 'Azure' or (customerMarket eq 'DE' and autoRenewEnabled eq true)",
      ({ offerId }, country) => offerId === azurePlan.item || country === 'DE',
    ],
    ["subscriptionType eq 'azure'", () => false],
    [
      "creationDate ge cast('2000-01-01',Edm.DateTimeOffset) and creationDate lt cast('2001-01-01',Edm.DateTimeOffset)",
      () => false,
    ],
    ["creationDate gt '2000-01-01'", () => true],
  ])('are filtered by %s', async (filter, wanted) => {
    const countries = new Map(
      (await held('customers')).map(({ id, billingProfile }) => [
        id,
        String(((billingProfile as Thing).defaultAddress as Thing).country),
      ]),
    );
    const expected = (await held('subscriptions')).filter((one) =>
      wanted(one, countries.get(one.customerId)!),
    );
    const { Value: found, TotalCount: count } = await ask(`filter=${encodeURIComponent(filter)}`);
    expect(found.map(({ id }) => String(id).toLowerCase()).toSorted()).toEqual(
      expected.map(({ id }) => id).toSorted(),
    );
    expect(count).toBe(expected.length);
  });

  it('are grouped, with their counts as text', async () => {
    const subscriptions = await held('subscriptions');
    const { Value: groups } = await ask('groupBy=subscriptionType,status');
    const total = (name: string) => groups.reduce((sum, group) => sum + Number(group[name]), 0);
    expect(total('subscriptionCount')).toBe(subscriptions.length);
    const azure = subscriptions.filter(({ offerId }) => offerId === azurePlan.item);
    expect(groups.find(({ subscriptionType }) => subscriptionType === 'Azure')).toEqual({
      subscriptionType: 'Azure',
      status: 'ACTIVE',
      subscriptionCount: String(azure.length),
      licenseCount: '0',
    });
    expect(total('licenseCount')).toBe(
      subscriptions
        .filter(({ offerId }) => offerId !== azurePlan.item)
        .reduce((sum, { quantity }) => sum + Number(quantity), 0),
    );
  });

  it('are grouped by months of their dates', async () => {
    const { Value: groups } = await ask('groupBy=creationDate&aggregationLevel=month');
    expect(groups).toHaveLength(1);
    expect(groups[0]?.creationDate).toMatch(/^\d{4}-\d\d-01T00:00:00$/u);
  });

  it.each([
    ['filter=nope%20eq%20%27x%27', 'nope'],
    ['filter=status%20is%20%27x%27', 'operator'],
    ['filter=status%20eq', 'ends too early'],
    ['filter=status%20eq%20%27x', 'cannot be read'],
    ['groupBy=nope', 'nope'],
    ['aggregationLevel=day', 'groupby'],
    ['top=0', 'top'],
  ])('are refused for %s', async (query, words) => {
    await expect(ask(query)).rejects.toThrow(new RegExp(`400 .*3000.*${words}`, 'u'));
  });

  it('of Azure use are ordered as wanted, and added up', async () => {
    const rowsOf = (query: string) => call<Answer>(rig, 'GET', `/partner/v1/analytics/usage/azure?${query}`);
    const { Value: all } = await rowsOf('orderby=meterCategory%20desc,customerName');
    const keys = all.map(
      ({ meterCategory, customerName }) => [meterCategory, customerName] as [string, string],
    );
    expect(keys).toEqual(keys.toSorted(([a, c], [b, d]) => (a === b ? (c < d ? -1 : 1) : a < b ? 1 : -1)));
    const { Value: meters } = await rowsOf('groupby=meterCategory');
    for (const { meterCategory, quantity } of meters)
      expect(quantity).toBe(
        all
          .filter((row) => row.meterCategory === meterCategory)
          .reduce((sum, row) => sum + Number(row.quantity), 0),
      );
  });
});
