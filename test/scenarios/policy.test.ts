import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addCustomers } from './customers.ts';
import { accept, basic, premium } from './orders.ts';
import { openRig, type Rig } from './rig.ts';

const playbook = `tenantry: 1
name: buy
input:
  key: \${{ record.name }}
  record:
    type: object
    required: [name, customerId, item, seats]
    properties: { name: { type: string }, customerId: { type: string }, item: { type: string }, seats: { type: integer } }
steps:
  - id: cart
    uses: carts.create
    with:
      customerId: \${{ record.customerId }}
      lineItems: [{ catalogItemId: "\${{ record.item }}", quantity: "\${{ record.seats }}", billingCycle: monthly, termDuration: P1Y }]
  - id: order
    uses: carts.checkout
    with: { customerId: "\${{ record.customerId }}", cartId: "\${{ steps.cart.id }}" }
`;
const policyOf = (rules: string) => `tenantryPolicy: 1\nname: Contoso\n${rules}`;

describe('a policy of the organisation', () => {
  let rig: Rig;
  const plan = ['plan', 'buy.yaml', '--input', 'buy.csv'];
  const orders = async () => (await rig.state()).orders!.length;

  beforeAll(async () => {
    rig = await openRig();
    const ids = await addCustomers(rig, [
      { domain: 'one.onmicrosoft.com' },
      { domain: 'two.onmicrosoft.com' },
    ]);
    const [one, two] = [...ids.values()];
    for (const id of ids.values()) await accept(rig, id);
    await rig.write('buy.yaml', playbook);
    await rig.write(
      'buy.csv',
      `name,customerId,item,seats\na,${one},${premium},10\nb,${one},${premium},5\nc,${two},${basic},3\n`,
    );
    const [product, sku] = premium.split(':');
    const [other, otherSku] = basic.split(':');
    await rig.write(
      'prices.csv',
      `ProductId,SkuId,SkuTitle,TermDuration,BillingPlan,Currency,UnitPrice\n${product},${sku},Premium,P1Y,Monthly,EUR,100\n${other},${otherSku},Basic,P1Y,Monthly,EUR,20.5\n`,
    );
  });
  afterAll(() => rig.close());

  const refused = async (rules: string, words: string) => {
    await rig.write('policy.yaml', policyOf(rules));
    const { status, stderr } = await rig.run([...plan, '--policy', 'policy.yaml', '--out', 'plan']);
    expect(status, stderr).toBe(1);
    expect(stderr).toContain(words);
    return stderr;
  };

  it('says what operations a playbook may use, at the line where it uses them', async () => {
    await rig.write('policy.yaml', policyOf('operations: { forbidden: ["carts.*"] }\n'));
    const { status, stderr } = await rig.run(['validate', 'buy.yaml'], {
      env: { TENANTRY_POLICY: 'policy.yaml' },
    });
    expect(status).toBe(1);
    expect(stderr).toContain('the operation carts.create is forbidden');
    expect(stderr).toMatch(/buy\.yaml:\d+:\d+/u);
    await refused('operations: { forbidden: [cart.create] }\n', "no operation is called 'cart.create'");
  });

  it('refuses a plan that breaks it, with the row', async () => {
    const sku = await refused(
      `skus: { allowed: ["${basic.split(':')[0]}"] }\n`,
      'is not among what is allowed',
    );
    expect(sku).toMatch(/buy\.csv.*2/u);
    await refused('mostOrders: 2\n', 'c: order: it would be order 3 of the run, and 2 may be placed');
    await refused('mostSeatsPerCustomer: 12\n', 'b: cart: it would make 15 seats for the customer');
    expect((await rig.run(['apply', 'plan'])).status).toBe(1);
    expect(await orders()).toBe(0);
  });

  it('counts what it costs, and refuses what it has no price of', async () => {
    const spending = (most: number, more = '') =>
      `spending: { most: ${most}, currency: EUR, prices: prices.csv${more} }\n`;
    await refused(
      spending(1500),
      'c: cart: it would bring the run to 1,561.50 EUR, and 1,500.00 may be spent',
    );
    await rig.write('prices.csv', (await rig.read('prices.csv')).split('\n').slice(0, 2).join('\n'));
    await refused(spending(5000), 'the price is not known');
    await rig.write('policy.yaml', policyOf(spending(5000, ', unknownPrices: say')));
    const said = await rig.run([...plan, '--policy', 'policy.yaml']);
    expect(said.status, said.stderr).toBe(0);
    expect(said.stderr).toContain('left out of what the policy counts');
  });

  it('is the plan’s and the run’s own: apply and resume cannot go round it', async () => {
    await rig.write('policy.yaml', policyOf('mostOrders: 3\n'));
    const made = await rig.run([...plan, '--policy', 'policy.yaml', '--out', 'good']);
    expect(made.status, made.stderr).toBe(0);
    expect(made.stdout).toContain('policy Contoso');
    await rig.write('other.yaml', policyOf('mostOrders: 100\n'));
    const other = await rig.run(['apply', 'good', '--policy', 'other.yaml']);
    expect(other).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('made under the policy Contoso'),
    });
    await rig.run([...plan, '--out', 'without']);
    await rig.write('strict.yaml', policyOf('mostOrders: 1\n'));
    const strict = await rig.run(['apply', 'without', '--policy', 'strict.yaml']);
    expect(strict).toMatchObject({ status: 1, stderr: expect.stringContaining('1 may be placed') });
    expect(await orders()).toBe(0);
    const applied = await rig.run(['apply', 'good']);
    expect(applied.status, applied.stderr).toBe(0);
    expect(await orders()).toBe(3);
  });

  it('judges what is known only when it is applied, before it is sent', async () => {
    const item = `catalogItemId: "\${{ record.item }}"`;
    await rig.write(
      'late.yaml',
      playbook
        .replace('uses: carts.create', 'if: ${{ run.startedAt != "" }}\n    uses: carts.create')
        .replace(item, `catalogItemId: "\${{ run.startedAt == '' ? 'x' : record.item }}"`)
        .replace('uses: carts.checkout', 'if: ${{ run.startedAt != "" }}\n    uses: carts.checkout'),
    );
    await rig.write('policy.yaml', policyOf(`skus: { forbidden: ["${premium.split(':')[0]}"] }\n`));
    const late = await rig.run([
      'apply',
      'late.yaml',
      '--input',
      'buy.csv',
      '--yes',
      '--policy',
      'policy.yaml',
      '--results',
      'late',
    ]);
    expect(late.status, late.stderr).toBe(3);
    expect(late.stdout).toContain('1 succeeded, 2 failed');
    expect(await rig.read('late/failed.csv')).toContain('POLICY');
    expect(await orders()).toBe(4);
    const again = await rig.run(['resume', '--retry-failed']);
    expect(again.stdout).toContain('1 succeeded, 2 failed');
    expect(await orders()).toBe(4);
  });
});
