import { call } from './customers.ts';
import type { Rig } from './rig.ts';

/** Sets the scene: what customers have bought before a workflow runs. */

interface Line {
  readonly catalogItemId: string;
  readonly quantity: number;
  readonly billingCycle: string;
  readonly termDuration?: string;
  readonly provisioningContext?: unknown;
}

interface Placed {
  readonly id: string;
  readonly lineItems: readonly { readonly subscriptionId?: string }[];
}

export const seats = (catalogItemId: string, quantity: number): Line => ({
  catalogItemId,
  quantity,
  billingCycle: 'monthly',
  termDuration: 'P1Y',
});
export const premium = 'CFQ7TTC0LCHC:0002:CFQ7TTC0SG7B';
export const basic = 'CFQ7TTC0LH18:0001:CFQ7TTC0SVCQ';

/** The customer has accepted the agreement, as far as its partner says. */
export async function accept(rig: Rig, customerId: string): Promise<void> {
  await call(rig, 'POST', `/v1/customers/${customerId}/agreements`, {
    primaryContact: { firstName: 'Ada', lastName: 'Miller', email: 'ada@example.com' },
    templateId: '117a77b0-9360-443b-8795-c6dedc750cf9',
    dateAgreed: '2026-01-01T00:00:00Z',
    type: 'MicrosoftCustomerAgreement',
  });
}

/** Buys one line, and has its subscription provisioned. */
export async function buy(rig: Rig, customerId: string, line: Line): Promise<string | undefined> {
  const at = `/v1/customers/${customerId}`;
  const { id } = await call<{ readonly id: string }>(rig, 'POST', `${at}/carts`, { lineItems: [line] });
  const { orders, orderErrors } = await call<{ readonly orders: readonly Placed[]; orderErrors?: unknown }>(
    rig,
    'POST',
    `${at}/carts/${id}/checkout`,
  );
  const subscriptionId = orders[0]?.lineItems[0]?.subscriptionId;
  if (orders[0] === undefined) throw new Error(`nothing was ordered: ${JSON.stringify(orderErrors)}`);
  if (subscriptionId !== undefined)
    for (let looks = 0; looks < 2; looks += 1)
      await call(rig, 'GET', `${at}/subscriptions/${subscriptionId}/provisioningstatus`);
  return subscriptionId;
}

/** An Azure plan, registered for reservations, and a reservation for it. */
export async function buyReservation(rig: Rig, customerId: string): Promise<void> {
  const plan = { catalogItemId: 'DZH318Z0BPS6:0001:DZH318Z0BP7J', quantity: 1, billingCycle: 'one_time' };
  const subscriptionId = await buy(rig, customerId, plan);
  const at = `/v1/customers/${customerId}/subscriptions/${subscriptionId}`;
  await call(rig, 'POST', `${at}/registrations`);
  for (let looks = 0; looks < 3; looks += 1) await call(rig, 'GET', `${at}/registrationstatus`);
  await buy(rig, customerId, {
    catalogItemId: 'DZH318Z0BQ4B:0047:DZH318Z0DSM8',
    quantity: 1,
    billingCycle: 'one_time',
    termDuration: 'P1Y',
    provisioningContext: { subscriptionId, scope: 'shared', duration: '1Year' },
  });
}
