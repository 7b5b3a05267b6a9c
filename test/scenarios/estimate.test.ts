import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRig, type Rig } from './rig.ts';

/** What a plan says that applying it will cost is what applying it then costs; and planning itself asks for as little as it can. */

const records = 520;
const playbook = `tenantry: 1
name: estimate
input:
  key: \${{ record.domain }}
  record: { type: object, required: [domain], properties: { domain: { type: string } } }
steps:
  - { id: sold, uses: products.list, with: { country: US, targetView: Azure } }
  - id: customer
    uses: customers.create
    with:
      companyProfile: { domain: "\${{ record.domain }}" }
      billingProfile:
        companyName: Contoso
        email: a@contoso.example
        culture: en-US
        language: en
        defaultAddress: { country: US, city: Redmond, state: WA, postalCode: "98052", addressLine1: 1 Way, firstName: Ada, lastName: Miller }
  - id: cart
    uses: carts.create
    with:
      customerId: \${{ steps.customer.id }}
      lineItems: [{ catalogItemId: "product:sku:availability", quantity: 1, billingCycle: monthly }]
  - id: rescued
    steps:
      - { id: fine, uses: assert, with: { check: "\${{ record.domain != '' }}", message: never } }
    rescue:
      - { id: again, uses: customers.get, with: { customerId: "\${{ steps.customer.id }}" } }
`;

interface Estimated {
  readonly totalCalls: number;
  readonly planningCalls: number;
  readonly operations: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

let rig: Rig;

async function planned(): Promise<Estimated> {
  const args = ['plan', 'estimate.yaml', '--input', 'rows.csv', '--json'];
  const { status, stdout, stderr } = await rig.run([...args, '--out', 'plan']);
  expect(status, stderr).toBe(0);
  return (JSON.parse(stdout) as { summary: Estimated }).summary;
}

/** Requests that applying the plan makes. */
async function applied(): Promise<number> {
  const { stdout, stderr, status } = await rig.run(['apply', 'plan', '--json']);
  expect(status, stderr).toBe(0);
  return (JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as { run: { requests: number } }).run.requests;
}

describe(`a plan for ${records} customers`, () => {
  beforeAll(async () => {
    rig = await openRig();
    await rig.write('estimate.yaml', playbook);
    const rows = Array.from({ length: records }, (_, index) => `estimate-${index}.onmicrosoft.com`);
    await rig.write('rows.csv', `domain\n${rows.join('\n')}\n`);
  });
  afterAll(() => rig.close());

  it('that do not exist tells the calls that applying it makes, what all records ask for counted once', async () => {
    const { totalCalls, planningCalls } = await planned();
    expect(planningCalls, 'what is sold, and one page without customers').toBe(2);
    expect(await applied()).toBe(totalCalls);
  });

  it('that exist reads them by pages of 500, and tells the calls, too', async () => {
    const { totalCalls, planningCalls, operations } = await planned();
    expect(operations['customers.create']).toEqual({ unchanged: records });
    expect(planningCalls, 'what is sold, and the pages').toBe(1 + Math.ceil(records / 500));
    expect(await applied()).toBe(totalCalls);
  });
});
