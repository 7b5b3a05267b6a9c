import { isTheirs } from '../callers.ts';
import { collection, type Fields, ok, type Reply, refuse } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { Order, State, Tenant } from '../state.ts';
import { wareOf } from '../wares.ts';
import { hasAccepted } from './agreements.ts';
import { type Behaviour, within } from './behaviour.ts';
import { changeBillingCycle, isCycleChange } from './billing-cycle.ts';
import { makeOrder, orderLines, problemOf } from './buy.ts';
import { take } from './inventory.ts';
import { selfOf } from './market.ts';
import { cancellationDays } from './term-dates.ts';

/** Orders: pages create-an-order, get-all-of-a-customer-s-orders, purchase-an-add-on…, cancel-software-purchases, get-order-provisioning-status. */
export const orders: Readonly<Record<string, Behaviour>> = {
  'orders.create': within(create),
  'orders.createForReseller': within(create),
  'orders.get': within((tenant, call, state) => withOrder(tenant, call, state, ({ fields }) => ok(fields))),
  'orders.list': within(list),
  'orders.listByBillingCycle': within(list),
  'orders.getProvisioningStatus': within((tenant, call, state) =>
    withOrder(tenant, call, state, (order) =>
      ok(
        collection(
          linesOf(order).map((line) => provisioningOf(tenant, line)),
          selfOf(call),
        ),
      ),
    ),
  ),
  'orders.listActivationLinks': within((tenant, call, state) =>
    withOrder(tenant, call, state, (order) => activationLinks(order, call)),
  ),
  'orders.addAddon': within(patch),
  'orders.cancelSandbox': within(patch),
  'orders.cancelSoftware': within(patch),
  'orders.cancelSoftwareLines': within(patch),
};

function linesOf({ fields }: Order): readonly Fields[] {
  return fields.lineItems as readonly Fields[];
}

function create(tenant: Tenant, call: Call, state: State): Reply {
  const body = call.body as Fields;
  const lines = (body?.lineItems ?? []) as readonly Fields[];
  if (lines.length === 0) return refuse(400, '800002', 'LineItems is missing.');
  if (state.behaviour.requireAgreement && !hasAccepted(tenant))
    return refuse(403, '13605', 'The customer has not accepted the Microsoft Customer Agreement.');
  // Where the billing cycle is not known the offer's own counts (page create-an-order-for-a-customer-of-an-indirect-reseller).
  const cycle = String(body.billingCycle ?? 'unknown').toLowerCase();
  const billed = lines.map((line) =>
    cycle === 'unknown' ? line : { billingCycle: body.billingCycle, ...line },
  );
  const found = billed.map((line) => problemOf(line, tenant, state)).find((one) => one !== undefined);
  if (found !== undefined) return refuse(found.status, found.code, found.text);
  return ok(makeOrder(tenant, billed, state).fields, 201);
}

/** New orders show up late, by as much as is asked for. */
function isVisible({ createdAt }: Order, { behaviour, now }: State): boolean {
  return now() - createdAt >= behaviour.orderLagSeconds * 1000;
}

function withOrder(
  tenant: Tenant,
  { params, headers }: Call,
  state: State,
  act: (order: Order) => Reply,
): Reply {
  const order = tenant.orders.get(params.orderId ?? '');
  return order === undefined || !isVisible(order, state) || !isTheirs(headers.authorization, order)
    ? refuse(404, '20000', 'The order could not be found.')
    : act(order);
}

function list(tenant: Tenant, call: Call, state: State): Reply {
  const wanted = call.query.get('billingType')?.toLowerCase().replaceAll('_', '');
  const cycleOf = ({ fields }: Order) => String(fields.billingCycle).toLowerCase().replaceAll('_', '');
  const shown = [...tenant.orders.values()].filter(
    (order) =>
      isVisible(order, state) &&
      isTheirs(call.headers.authorization, order) &&
      (wanted === undefined || cycleOf(order) === wanted),
  );
  return ok(
    collection(
      shown.map(({ fields }) => fields),
      selfOf(call),
    ),
  );
}

function provisioningOf(tenant: Tenant, { lineItemNumber, quantity, subscriptionId }: Fields): Fields {
  const made = tenant.subscriptions.get(String(subscriptionId));
  const status = made !== undefined && made.pollsLeft > 0 ? 'prefulfillment' : 'fulfilled';
  return {
    orderLineItemId: lineItemNumber,
    lineItemNumber,
    status,
    quantityProvisioningInformation: [{ quantity, status }],
  };
}

/** Where a marketplace product is set up; what needs no activation has no link. */
function activationLinks(order: Order, call: Call): Reply {
  const number = Number(call.params.lineItemNumber);
  const line = linesOf(order).find(({ lineItemNumber }) => lineItemNumber === number);
  if (line === undefined)
    return refuse(400, '800071', `The line item number must be between 0 and ${linesOf(order).length - 1}.`);
  const uri = `https://activation.example/${order.id}/${number}?token=emulated`;
  const links =
    wareOf(line.offerId)?.kind === 'marketplace'
      ? [{ lineItemNumber: number, link: { uri, method: 'GET', headers: [] } }]
      : [];
  return ok(collection(links, selfOf(call)));
}

/** One PATCH buys add-ons, changes the billing cycle, and cancels all or some lines. */
function patch(tenant: Tenant, call: Call, state: State): Reply {
  const order = tenant.orders.get(call.params.orderId ?? '');
  if (order === undefined) return refuse(404, '20000', 'The order could not be found.');
  const body = call.body as Fields;
  const given = (body?.lineItems ?? []) as readonly Fields[];
  if (String(body?.status).toLowerCase() === 'cancelled') return cancel(tenant, order, given, state);
  if (isCycleChange(order, body)) return changeBillingCycle(tenant, order, body);
  const found = given.map((line) => problemOf(line, tenant, state)).find((one) => one !== undefined);
  if (found !== undefined) return refuse(found.status, found.code, found.text);
  const before = linesOf(order);
  order.fields.lineItems = [...before, ...orderLines(tenant, given, order.id, state, before.length)];
  return ok(order.fields);
}

/** A cancelled line keeps its place with the quantity 0; the order is cancelled once all of its lines are. */
function cancel(tenant: Tenant, order: Order, given: readonly Fields[], state: State): Reply {
  const numbers = new Set(given.map(({ lineItemNumber }) => lineItemNumber));
  const chosen = linesOf(order).filter(
    ({ lineItemNumber }) => numbers.size === 0 || numbers.has(lineItemNumber),
  );
  const days = chosen.map(({ offerId }) => {
    const kind = wareOf(offerId)?.kind;
    return kind === 'software' || kind === 'softwareSubscription' ? cancellationDays[kind] : undefined;
  });
  const late = days.find(
    (window) => window !== undefined && state.now() > order.createdAt + window * 24 * 3_600_000,
  );
  if (late !== undefined)
    return refuse(
      400,
      '900117',
      `You are past the ${late}-day cancellation window. We cannot cancel the purchase.`,
    );
  for (const line of chosen) {
    const ware = wareOf(line.offerId);
    if (ware !== undefined) take(ware, -Number(line.quantity), state);
    if (numbers.size > 0) line.quantity = 0;
    const made = tenant.subscriptions.get(String(line.subscriptionId));
    if (made !== undefined) made.fields = { ...made.fields, status: 'deleted' };
  }
  const left = linesOf(order).some((line) => !chosen.includes(line) && line.quantity !== 0);
  if (!left) order.fields.status = 'cancelled';
  return ok(order.fields);
}
