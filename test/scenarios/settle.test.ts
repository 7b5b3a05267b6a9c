import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addCustomers } from './customers.ts';
import { type Finished, openRig, type Rig } from './rig.ts';

/** Orders at once, whose lost answers nothing but a person can settle. */

const playbook = `
tenantry: 1
name: buy-seats
description: Orders seats at once.
input:
  key: \${{ record.name }}
  record:
    type: object
    required: [name, customerId, seats]
    properties:
      name: { type: string }
      customerId: { type: string }
      seats: { type: integer, minimum: 1 }
steps:
  - id: order
    uses: orders.create
    with:
      customerId: \${{ record.customerId }}
      billingCycle: monthly
      lineItems:
        - { lineItemNumber: 0, offerId: "CFQ7TTC0LCHC:0002:CFQ7TTC0SG7B", quantity: "\${{ record.seats }}", termDuration: P1Y }
  - id: bought
    uses: orders.get
    with: { customerId: "\${{ record.customerId }}", orderId: "\${{ steps.order.id }}" }
outputs:
  orderId: \${{ steps.bought.id }}
`;

let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
  await rig.behave({ requireAgreement: false });
  const ids = await addCustomers(rig, [
    { domain: 'north.onmicrosoft.com' },
    { domain: 'south.onmicrosoft.com' },
  ]);
  const [north, south] = [...ids.values()];
  await rig.write('playbook.yaml', playbook);
  await rig.write('input.csv', `name,customerId,seats\nNorth & Co,${north},7\nSouth,${south},9\n`);
});
afterEach(() => rig.close());

const apply = () => rig.run(['apply', 'playbook.yaml', '--input', 'input.csv', '--yes']);

async function orders(): Promise<readonly { readonly id: string; readonly customerId: string }[]> {
  return (await rig.state()).orders as unknown as readonly {
    readonly id: string;
    readonly customerId: string;
  }[];
}

async function ordersSent(): Promise<number> {
  const { perOperation } = await rig.stats();
  return (perOperation as Readonly<Record<string, number>>)['orders.create']!;
}

/** A person's word, said again where it was too early: what left a moment ago may still happen. */
async function settleInTime(word: string): Promise<Finished> {
  for (;;) {
    const said = await rig.run(['resume', '--settle', word]);
    const seconds = /look again in (\d+) s/u.exec(said.stderr)?.[1];
    if (seconds === undefined) return said;
    await sleep(Number(seconds) * 1_000);
  }
}

describe('orders whose answers were lost', () => {
  it('are explained, and settled as done by the ids that a person has found, with nothing sent again', async () => {
    await rig.behave({ faults: 'lost-answer=1@orders.create' });
    expect((await apply()).status).toBe(3);
    const made = await orders();
    expect(made.length).toBe(2);
    const [north, south] = [7, 9].map((_, index) => made[index]!);

    const shown = (await rig.run(['show', '--failed'])).stdout;
    expect(shown).toContain('orders.create at step order: Buys at once');
    expect(shown).toMatch(/sent {7}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, under request id [0-9a-f-]{36}/u);
    expect(shown).toContain('"quantity":7');
    expect(shown).toMatch(/answered {3}never$/mu);
    expect(shown).toContain(`Partner Center, customer ${north!.customerId}: order history`);
    expect(shown).toMatch(/tenantry resume \S+ --settle 'North & Co=done:ORDERID'/u);
    expect(shown).toMatch(/tenantry resume \S+ --settle South=not-done/u);
    expect(shown).toContain('if it did happen, it happens twice');

    const wrong = await rig.run(['resume', '--settle', 'Nobody=done']);
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toContain("'Nobody' is not in doubt in this run");
    expect(wrong.stderr).toContain('North & Co/order');
    expect(wrong.stderr).toContain('South/order');
    const unnamed = await rig.run(['resume', '--settle', 'South=done']);
    expect(unnamed.stderr).toContain('--settle South=done:ID, with the orderId that Partner Center shows');
    const unknown = await rig.run([
      'resume',
      '--settle',
      `North & Co=done:${north!.id}`,
      '--settle',
      'South=done:none',
    ]);
    expect(unknown.status).toBe(1);
    expect(unknown.stderr).toContain('the service does not bear it out: orders.get');

    const words = ['--settle', `North & Co=done:${north!.id}`, '--settle', `South/order=done:${south!.id}`];
    const settled = await rig.run(['resume', ...words, '--results', 'out']);
    expect(settled.stderr).not.toMatch(/error/iu);
    expect(settled.status).toBe(0);
    expect(await rig.read('out/results.csv')).toContain(`"${north!.id}"`);
    expect(await rig.read('out/results.csv')).toContain(`"${south!.id}"`);
    expect((await orders()).length).toBe(2);
    expect(await ordersSent(), 'nothing is ordered again').toBe(2);
  });

  it('are ordered, once, where a person says that it did not happen', async () => {
    await rig.behave({ faults: 'lost-request=1@orders.create' });
    expect((await apply()).status).toBe(3);
    expect(await orders()).toEqual([]);
    await rig.behave({ faults: '' });
    expect((await rig.run(['resume'])).status, 'nothing is sent without a word').toBe(3);
    expect(await ordersSent()).toBe(2);

    const part = await settleInTime('South=not-done');
    expect(part.status, 'the other one is still in doubt').toBe(3);
    expect((await orders()).length).toBe(1);
    const rest = await settleInTime('North & Co=not-done');
    expect(rest.status).toBe(0);
    expect((await orders()).length).toBe(2);
    expect((await rig.stats()).seenAgain, 'the new request has an id of its own').toBe(0);
    const none = await rig.run(['resume', '--settle', 'South=not-done']);
    expect(none.status).toBe(1);
    expect(none.stderr).toContain('nothing is: tenantry show --failed tells');
  });
});
