import { cp } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Row, requestsOf, rowsOf } from './applied.ts';
import { addCustomers, call } from './customers.ts';
import { openRig, type Rig, workflows } from './rig.ts';

/** Azure spending as a partner watches it: budgets set and taken away, use summed up, a compromised subscription shut down. */

interface Cost {
  readonly totalCost: number;
}
interface List<T> {
  readonly items: readonly T[];
}

const countries: Readonly<Record<string, string>> = {
  thamesidelaw: 'GB',
  tsubamelab: 'JP',
  spreebogen: 'DE',
};
/** Customers that also have a classic subscription from before there were plans. */
const classic = ['loughviewdairy.onmicrosoft.com', 'gruenwaldbau.onmicrosoft.com'];

let rig: Rig;
let ids: ReadonlyMap<string, string>;
let budgets: readonly Row[];
const plans = new Map<string, string>();
const classics = new Map<string, string>();

beforeAll(async () => {
  rig = await openRig();
  for (const name of ['azure-spending', 'azure-usage-report'])
    await cp(path.join(workflows, name), rig.file(name), { recursive: true });
  budgets = rowsOf(await rig.read('azure-spending/budgets.csv'));
  await rig.behave({ requireAgreement: false });
  ids = await addCustomers(
    rig,
    budgets.map(({ domain = '' }) => ({ domain, country: countries[domain.split('.')[0]!] ?? 'US' })),
  );
  for (const domain of ids.keys())
    plans.set(domain, await order(domain, 'DZH318Z0BPS6:0001:DZH318Z0BP7J', 'one_time'));
  for (const domain of classic) classics.set(domain, await order(domain, 'MS-AZR-0145P', 'monthly'));
});
afterAll(() => rig.close());

/** Orders one of something; the subscription that it gives. */
async function order(domain: string, offerId: string, billingCycle: string): Promise<string> {
  const placed = await call<{ lineItems: readonly [{ subscriptionId: string }] }>(
    rig,
    'POST',
    `/v1/customers/${ids.get(domain)}/orders`,
    { billingCycle, lineItems: [{ lineItemNumber: 0, offerId, quantity: 1 }] },
  );
  return placed.lineItems[0].subscriptionId;
}

const get = <T>(domain: string, place: string) =>
  call<T>(rig, 'GET', `/v1/customers/${ids.get(domain)}${place}`);

const spending = () => applied(rig, 'azure-spending/playbook.yaml', 'azure-spending/budgets.csv');

/** Every budget that the emulator holds, by domain. */
async function held(): Promise<ReadonlyMap<string, unknown>> {
  const state = await rig.state();
  return new Map(
    [...ids].map(([domain, id]) => [
      domain,
      (state.usageBudgets ?? []).find(({ customerId }) => customerId === id)?.amount,
    ]),
  );
}

const wanted = () =>
  new Map(
    budgets.map(({ domain, monthlyBudget }) => [
      domain,
      monthlyBudget === '' ? undefined : Number(monthlyBudget),
    ]),
  );

describe('budgets', () => {
  let results: readonly Row[];

  it('are set to what the list says, and taken away where it says nothing', async () => {
    await call(rig, 'PATCH', `/v1/customers/${ids.get('spreebogen.onmicrosoft.com')}/usagebudget`, {
      Amount: 1000,
    });
    results = await spending();
    expect(await held()).toEqual(wanted());
  });

  it('are shown beside what was spent, in the customer’s currency', async () => {
    for (const row of results) {
      const summary = await get<Cost & { currencyCode: string; budget: { amount?: number } }>(
        row.domain!,
        '/usagesummary',
      );
      const budget = wanted().get(row.domain!);
      expect(summary.budget.amount, row.domain).toBe(budget);
      expect(Number(row.tenantry_spent), row.domain).toBeCloseTo(summary.totalCost, 1);
      expect(row.tenantry_currency, row.domain).toBe(summary.currencyCode);
      expect(row.tenantry_overBudget, row.domain).toBe(
        String(budget !== undefined && summary.totalCost > budget),
      );
      expect(Number(row.tenantry_percentUsed), row.domain).toBeCloseTo(
        budget === undefined ? 0 : (summary.totalCost / budget) * 100,
        0,
      );
    }
  });

  it('that are right already are not sent again', async () => {
    // Setting and removing have one address; the emulator counts them under the first name.
    const patches = async () => (await requestsOf(rig))['usageBudget.remove'];
    const before = await patches();
    const set = [...wanted().values()].filter((amount) => amount !== undefined);
    expect(before).toBe(1 + set.length + 1); // spreebogen's was set, is taken away, and no other one was there
    await spending();
    expect(await patches()).toBe(before);
  });

  it('above the largest one stop the plan before anything is sent', async () => {
    await rig.write('large.csv', 'domain,monthlyBudget\nthamesidelaw.onmicrosoft.com,20000.01\n');
    const planned = await rig.run(['plan', 'azure-spending/playbook.yaml', '--input', 'large.csv']);
    expect(planned.stdout + planned.stderr).toContain('above the largest one, 20000');
    expect(await held()).toEqual(wanted());
  });

  it('are missed by nobody in the partner’s list of all customers', async () => {
    const { items } = await call<
      List<{ id: string; percentUsed: number; isUpgraded: boolean; budget: { amount?: number } }>
    >(rig, 'GET', '/v1/customers/usagerecords');
    expect(new Map(items.map(({ id, budget }) => [id, budget.amount]))).toEqual(
      new Map([...wanted()].map(([domain, amount]) => [ids.get(domain!), amount])),
    );
    expect(items.every(({ isUpgraded }) => isUpgraded)).toBe(true);
  });
});

/** A month until tomorrow, on the day. */
const day = 86_400_000;
const to = Math.ceil(Date.now() / day) * day + day;
const from = to - 31 * day;

const report = (...more: readonly string[]) =>
  applied(
    rig,
    'azure-usage-report/playbook.yaml',
    'azure-usage-report/customers.csv',
    ...['--param', `from=${new Date(from).toISOString()}`, '--param', `to=${new Date(to).toISOString()}`],
    ...more,
  );

describe('the report of use', () => {
  it('adds up to what the service says of each customer, and changes nothing', async () => {
    const before = await rig.state();
    const rows = await report();
    const { azureUtilization: _, ...after } = await rig.state(); // what was asked for is ready now
    expect(after).toEqual(before);
    expect(rows.map(({ domain }) => domain).toSorted()).toEqual([...ids.keys()].toSorted());
    for (const row of rows) {
      const { totalCost } = await get<Cost>(row.domain!, '/usagesummary');
      expect(Number(row.tenantry_estimatedCost), row.domain).toBeCloseTo(totalCost, 1);
      expect(Number(row.tenantry_costByMeters), row.domain).toBeCloseTo(totalCost, 1);
      expect(totalCost).toBeGreaterThan(0);
      expect(Number(row.tenantry_subscriptions)).toBe(classic.includes(row.domain!) ? 2 : 1);
    }
  });

  it('waits for utilization records that are not ready, and reads them page by page', async () => {
    await rig.behave({ provisioningPolls: 2, pageLimit: 50 });
    const domain = 'sunbirdaviation.onmicrosoft.com';
    const fresh = await order(domain, 'MS-AZR-0145P', 'monthly');
    const before = await rig.stats();
    const row = (await report()).find((one) => one.domain === domain)!;
    const after = await rig.stats();
    const statuses = (stats: typeof before) => (stats.perStatus as Record<string, number>)['204'] ?? 0;
    expect(statuses(after) - statuses(before)).toBe(2);

    await rig.behave({ provisioningPolls: 0, pageLimit: 500 });
    const query = `start_time=${new Date(from).toISOString()}&end_time=${new Date(to).toISOString()}`;
    const whole = await get<List<{ quantity: number; unit: string }>>(
      domain,
      `/subscriptions/${fresh}/utilizations/azure?${query}`,
    );
    const hours = whole.items.filter(({ unit }) => unit === 'Hours');
    expect(whole.items.length).toBeGreaterThan(50);
    expect(Number(row.tenantry_utilizationRecords)).toBe(whole.items.length);
    expect(Number(row.tenantry_computeHours)).toBeCloseTo(
      hours.reduce((sum, { quantity }) => sum + quantity, 0),
      1,
    );
  });
});

describe('an Azure subscription under a plan', () => {
  const shutDown = (operation: string, reason: string) => `tenantry: 1
name: shut-down
description: Shut down the first Azure subscription of each plan, or bring it back.
input:
  key: \${{ record.customerId }}
  record:
    type: object
    required: [customerId, planId]
    properties: { customerId: { type: string }, planId: { type: string } }
steps:
  - id: azure
    uses: azureEntitlements.list
    with: { customerId: "\${{ record.customerId }}", subscriptionId: "\${{ record.planId }}" }
  - id: change
    uses: azureEntitlements.${operation}
    with:
      customerId: \${{ record.customerId }}
      subscriptionId: \${{ record.planId }}
      azureEntitlementId: \${{ steps.azure.items[0].id }}
      ${reason}
outputs:
  status: \${{ steps.change.status }}
`;

  const statuses = async () => (await rig.state()).azureEntitlements!.map(({ status }) => status);

  it('is cancelled once: the step ends when it is no longer active', async () => {
    await rig.behave({ provisioningPolls: 1 });
    await rig.write('cancel.yaml', shutDown('cancel', 'cancellationReason: compromise'));
    await rig.write('reactivate.yaml', shutDown('reactivate', ''));
    const rows = ['redmesaenergy', 'thamesidelaw'].map((name) => `${name}.onmicrosoft.com`);
    await rig.write(
      'plans.csv',
      ['customerId,planId', ...rows.map((domain) => `${ids.get(domain)},${plans.get(domain)}`)].join('\n'),
    );
    const before = (await statuses()).length;
    const results = await applied(rig, 'cancel.yaml', 'plans.csv');
    expect(results.map(({ tenantry_status }) => tenantry_status)).toEqual(['suspended', 'suspended']);
    expect((await statuses()).filter((status) => status === 'suspended')).toHaveLength(2);
    expect(await statuses()).toHaveLength(before);
    await applied(rig, 'cancel.yaml', 'plans.csv');
    expect((await requestsOf(rig))['azureEntitlements.cancel']).toBe(2);
  });

  it('is brought back, even where the answer gets lost', async () => {
    await rig.behave({ faults: 'lost-answer=1@azureEntitlements.reactivate' });
    const started = rig.start(['apply', 'reactivate.yaml', '--input', 'plans.csv', '--yes']);
    await expect
      .poll(async () => (await rig.stats()).faults, { timeout: 10_000 })
      .toMatchObject({
        'lost-answer': 2,
      });
    await rig.behave({ faults: '' });
    expect((await started.finished).status).toBe(0);
    expect(await statuses()).not.toContain('suspended');
  });
});

describe('the billing cycle of an order', () => {
  const changing = `tenantry: 1
name: annual-billing
description: Bill orders once a year.
input:
  key: \${{ record.orderId }}
  record:
    type: object
    required: [customerId, orderId]
    properties: { customerId: { type: string }, orderId: { type: string } }
steps:
  - id: cycle
    uses: orders.changeBillingCycle
    with: { customerId: "\${{ record.customerId }}", orderId: "\${{ record.orderId }}", billingCycle: annual }
outputs: { cycle: "\${{ steps.cycle.billingCycle }}" }
`;

  it('becomes annual for classic licences, once, with the lines that the order has; Azure is refused', async () => {
    const domain = 'northwindorchards.onmicrosoft.com';
    const orders = async () =>
      (await rig.state()).orders!.filter(({ customerId }) => customerId === ids.get(domain));
    await order(domain, '195416C1-3447-423A-B37B-EE59A99A19C4', 'monthly');
    const [plan, licences] = await orders();
    await rig.write('annual.yaml', changing);
    const row = (orderId: unknown) => `customerId,orderId\n${ids.get(domain)},${String(orderId)}\n`;
    await rig.write('orders.csv', row(licences!.id));
    await applied(rig, 'annual.yaml', 'orders.csv');
    expect((await orders())[1]).toEqual({ ...licences, billingCycle: 'annual' });
    const planned = await rig.run(['plan', 'annual.yaml', '--input', 'orders.csv']);
    expect(planned.stdout).toContain('0 to change');

    await rig.write('orders.csv', row(plan!.id));
    expect((await rig.run(['apply', 'annual.yaml', '--input', 'orders.csv', '--yes'])).status).toBe(3);
    expect((await orders())[0]).toEqual(plan);
  });
});
