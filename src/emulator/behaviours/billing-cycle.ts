import { type Fields, ok, type Reply, refuse } from '../reply.ts';
import type { Order, Tenant } from '../state.ts';
import { isClassic } from './azure-use.ts';

/** Whether a PATCH of an order is the whole order with another cycle: its lines name the subscriptions that it gave. */
export function isCycleChange({ fields }: Order, body: Fields): boolean {
  const lines = (body.lineItems ?? []) as readonly Fields[];
  const own = new Set((fields.lineItems as readonly Fields[]).map(subscriptionOf));
  return (
    body.billingCycle !== undefined &&
    lines.length > 0 &&
    lines.every((line) => own.has(subscriptionOf(line)))
  );
}

function subscriptionOf({ subscriptionId }: Fields): string {
  return String(subscriptionId ?? '').toLowerCase();
}

/** Page change-the-billing-cycle: classic licences of an annual term, while they are active. */
export function changeBillingCycle(tenant: Tenant, order: Order, body: Fields): Reply {
  const cycle = String(body.billingCycle).toLowerCase();
  if (cycle !== 'monthly' && cycle !== 'annual')
    return refuse(400, '900127', `${body.billingCycle} is no billing cycle to change to.`);
  const given = [...tenant.subscriptions.values()].filter(({ fields }) => fields.orderId === order.id);
  for (const one of given) {
    const { fields } = one;
    if (fields.status !== 'active')
      return refuse(400, '6000', `The subscription ${fields.id} is not active.`);
    if (String(fields.offerId).includes(':'))
      return refuse(400, '800097', 'The billing cycle of this subscription is fixed.');
    if (isClassic(one)) return refuse(400, '6001', `The offer has no ${cycle} billing.`);
  }
  for (const found of given) {
    found.fields = { ...found.fields, billingCycle: cycle };
    found.version += 1;
  }
  order.fields.billingCycle = body.billingCycle;
  return ok(order.fields);
}
