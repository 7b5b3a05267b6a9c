import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addCustomers, call } from './customers.ts';
import { openRig, type Rig } from './rig.ts';

/** An order, another number of seats on it, and a user with a licence: everything but the customer can be taken back. */
const playbook = `
tenantry: 1
name: equip
input:
  key: \${{ record.name }}
  record:
    type: object
    required: [name, customerId, subscriptionId]
    properties:
      name: { type: string }
      customerId: { type: string }
      subscriptionId: { type: string }
parameters: { password: { type: string, secret: true, default: Welcome-2026-Tenantry } }
steps:
  - id: seats
    uses: subscriptions.updateQuantity
    with: { customerId: "\${{ record.customerId }}", subscriptionId: "\${{ record.subscriptionId }}", quantity: 9 }
  - id: cart
    uses: carts.create
    with:
      customerId: \${{ record.customerId }}
      lineItems:
        - { catalogItemId: "CFQ7TTC0LCHC:0002:CFQ7TTC0SG7B", quantity: 2, termDuration: P1Y, billingCycle: monthly }
  - id: order
    uses: carts.checkout
    with: { customerId: "\${{ record.customerId }}", cartId: "\${{ steps.cart.id }}" }
  - id: people
    forEach: \${{ ["ana", "ben"] }}
    as: person
    key: \${{ person }}
    steps:
      - id: account
        uses: users.create
        with:
          customerId: \${{ record.customerId }}
          userPrincipalName: \${{ person }}@\${{ record.name }}.onmicrosoft.com
          displayName: \${{ person }}
          usageLocation: US
          passwordProfile: { password: "\${{ params.password }}", forceChangePassword: true }
`;

let rig: Rig;
const names = ['north', 'south'];
let customers: ReadonlyMap<string, string>;
let subscriptions: readonly { readonly id: string; readonly customerId: string }[];

interface Thing {
  readonly id: string;
  readonly customerId: string;
  readonly quantity: number;
  readonly status: string;
  readonly userPrincipalName: string;
}
const all = async (kind: string): Promise<readonly Thing[]> =>
  (await rig.state())[kind] as unknown as readonly Thing[];
const users = async () =>
  (await all('users'))
    .map(({ userPrincipalName }) => userPrincipalName)
    .filter((name) => /^(?:ana|ben)@/u.test(name))
    .sort();
const wasThere = (id: string) => subscriptions.some((one) => one.id === id);

async function buy(customerId: string): Promise<void> {
  const { id } = await call<{ readonly id: string }>(rig, 'POST', `/v1/customers/${customerId}/carts`, {
    lineItems: [
      {
        id: 0,
        catalogItemId: 'CFQ7TTC0LCHC:0002:CFQ7TTC0SG7B',
        quantity: 4,
        termDuration: 'P1Y',
        billingCycle: 'monthly',
      },
    ],
  });
  await call(rig, 'POST', `/v1/customers/${customerId}/carts/${id}/checkout`);
}

beforeEach(async () => {
  rig = await openRig();
  await rig.behave({ requireAgreement: false });
  customers = await addCustomers(
    rig,
    names.map((name) => ({ domain: `${name}.onmicrosoft.com` })),
  );
  for (const id of customers.values()) await buy(id);
  subscriptions = await all('subscriptions');
  const rows = names.map((name) => {
    const customerId = customers.get(`${name}.onmicrosoft.com`)!;
    return `${name},${customerId},${subscriptions.find((one) => one.customerId === customerId)!.id}`;
  });
  await rig.write('playbook.yaml', playbook);
  await rig.write('input.csv', `name,customerId,subscriptionId\n${rows.join('\n')}\n`);
  const applied = await rig.run(['apply', 'playbook.yaml', '--input', 'input.csv', '--yes']);
  expect(applied.status, applied.stderr + applied.stdout).toBe(0);
});
afterEach(() => rig.close());

describe('a run that is undone', () => {
  it('is planned, reviewed and applied like any other, the last step first; what stands is said', async () => {
    const planned = await rig.run(['undo', '--out', 'undo.plan']);
    expect(planned.status, planned.stderr).toBe(0);
    expect(planned.stdout).toContain('carts.create 2×: a cart costs nothing and lapses by itself');
    expect(planned.stdout).toContain('quantity: 9 → 4');
    expect(planned.stderr).toContain('tenantry apply undo.plan');
    const steps = planned.stdout.slice(
      planned.stdout.indexOf('\nnorth row'),
      planned.stdout.indexOf('\nsouth row'),
    );
    expect(
      [...steps.matchAll(/users\.delete|subscriptions\.(?:cancel|updateQuantity)/gu)].map(String),
    ).toEqual(['users.delete', 'users.delete', 'subscriptions.cancel', 'subscriptions.updateQuantity']);
    expect((await users()).length, 'planning changes nothing').toBe(4);

    const applied = await rig.run(['apply', 'undo.plan', '--json']);
    expect(applied.status, applied.stderr + applied.stdout).toBe(0);
    expect(await users()).toEqual([]);
    const left = await all('subscriptions');
    expect(left.filter(({ id }) => wasThere(id)).map(({ quantity, status }) => [quantity, status])).toEqual([
      [4, 'active'],
      [4, 'active'],
    ]);
    expect(left.filter(({ id }) => !wasThere(id)).map(({ status }) => status)).toEqual([
      'deleted',
      'deleted',
    ]);
    const { runs } = JSON.parse((await rig.run(['runs', '--json'])).stdout) as {
      readonly runs: readonly { readonly id: string; readonly undoes?: string }[];
    };
    expect(runs[1]!.undoes).toBe(runs[0]!.id);

    const again = await rig.run(['undo', runs[0]!.id]);
    expect(again.stdout).toContain(`Nothing that run ${runs[0]!.id} did can be taken back.`);
    expect(again.stdout).toContain('it is gone already');
  });

  it('leaves alone what somebody else has changed since, and says what', async () => {
    const { id, customerId } = subscriptions[0]!;
    const path = `/v1/customers/${customerId}/subscriptions/${id}`;
    const now = await call<Record<string, unknown>>(rig, 'GET', path);
    await call(rig, 'PATCH', path, { ...now, quantity: 12 });
    const planned = await rig.run(['undo', '--only', 'north', 'south', '--out', 'undo.plan']);
    expect(planned.stdout).toContain('it has changed since: quantity is 12, and the run left 9');
    await call(
      rig,
      'PATCH',
      `/v1/customers/${subscriptions[1]!.customerId}/subscriptions/${subscriptions[1]!.id}`,
      {
        ...(await call<Record<string, unknown>>(
          rig,
          'GET',
          `/v1/customers/${subscriptions[1]!.customerId}/subscriptions/${subscriptions[1]!.id}`,
        )),
        quantity: 13,
      },
    );
    const applied = await rig.run(['apply', 'undo.plan']);
    expect(applied.status).toBe(3);
    expect(applied.stderr + applied.stdout).toContain('is no longer as the run left it');
    expect(
      (await all('subscriptions'))
        .filter(({ id: one }) => wasThere(one))
        .map(({ quantity }) => quantity)
        .sort(),
    ).toEqual([12, 13]);
  });

  it('is undone for the records that are named, and goes on where it was killed', async () => {
    const unknown = await rig.run(['undo', '--only', 'nobody']);
    expect(unknown.status).toBe(1);
    expect(unknown.stderr).toContain("the run has no record 'nobody'");
    expect((await rig.run(['undo', '--only', 'south', '--out', 'undo.plan'])).status).toBe(0);
    await rig.behave({ latencyMs: 100 });
    const applying = rig.start(['apply', 'undo.plan', '--json']);
    await applying.says('"operation":"users.delete"');
    applying.signal('SIGKILL');
    await applying.finished;
    await rig.behave({ latencyMs: 0 });
    expect((await rig.run(['resume'])).status).toBe(0);
    expect(await users()).toEqual(['ana@north.onmicrosoft.com', 'ben@north.onmicrosoft.com']);
    const south = customers.get('south.onmicrosoft.com');
    const cancelled = (await all('subscriptions')).filter(({ status }) => status === 'deleted');
    expect(cancelled.map(({ customerId }) => customerId)).toEqual([south]);
  });

  it('is refused where the run has done more since', async () => {
    expect((await rig.run(['undo', '--out', 'undo.plan'])).status).toBe(0);
    const rows = (await rig.read('input.csv')).trim();
    await rig.write(
      'more.csv',
      `${rows}\nsouth2,${customers.get('south.onmicrosoft.com')},${subscriptions[1]!.id}\n`,
    );
    expect((await rig.run(['revise', '--input', 'more.csv', '--yes'])).status).toBe(0);
    const refused = await rig.run(['apply', 'undo.plan']);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('has gone on since it was made');
  });
});
