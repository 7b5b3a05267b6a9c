import { collection, type Fields, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import { currencyOf, offers, wares } from '../seed.ts';
import type { Cart, Order, State, Tenant } from '../state.ts';
import { type Behaviour, within } from './behaviour.ts';
import { changeBillingCycle, isCycleChange } from './billing-cycle.ts';
import { catalogItemId, countryOf } from './market.ts';
import { makeSubscription } from './subscriptions.ts';

/** Carts and orders: pages create-a-cart, update-a-cart, checkout-a-cart, create-an-order, get-all-of-a-customer-s-orders, purchase-an-add-on… */
export const orders: Readonly<Record<string, Behaviour>> = {
  'carts.create': within(createCart),
  'carts.get': within((tenant, { params }) =>
    withCart(tenant, params.cartId, (cart) => ok(cartBody(tenant, cart))),
  ),
  'carts.update': within((tenant, call, state) =>
    withCart(tenant, call.params.cartId, (cart) => {
      if (cart.status === 'Ordered') return refuse(400, '800065', 'The cart was submitted already.');
      cart.lineItems = numbered(call.body as Fields, tenant);
      cart.changedAt = state.now();
      return ok(cartBody(tenant, cart));
    }),
  ),
  'carts.checkout': within(checkout),
  'orders.create': within(createOrder),
  'orders.get': within((tenant, { params }, state) => {
    const order = tenant.orders.get(params.orderId ?? '');
    return order === undefined || !isVisible(order, state)
      ? refuse(404, '20000', 'The order could not be found.')
      : ok(order.fields);
  }),
  'orders.list': within(list),
  'orders.listByBillingCycle': within(list),
  'orders.addAddon': within(patchOrder),
  'orders.cancelSandbox': within(patchOrder),
};

function createCart(tenant: Tenant, call: Call, state: State): Reply {
  const lineItems = numbered(call.body as Fields, tenant);
  if (lineItems.length === 0) return refuse(400, '800002', 'LineItems is missing.');
  const cart: Cart = {
    id: state.newId(),
    status: 'Active',
    lineItems,
    createdAt: state.now(),
    changedAt: state.now(),
  };
  tenant.carts.set(cart.id, cart);
  return ok(cartBody(tenant, cart), 201);
}

/** The service numbers the lines, groups them into orders by billing cycle, and marks those that cannot be bought. */
function numbered(body: Fields, tenant: Tenant): Fields[] {
  const lines = (body?.lineItems ?? []) as readonly Fields[];
  const cycles = [...new Set(lines.map(({ billingCycle }) => String(billingCycle).toLowerCase()))];
  return lines.map((line, index) => {
    const { error: _, ...kept } = line;
    const problem = problemOf(line);
    return {
      id: index,
      ...kept,
      currencyCode: currencyOf(countryOf(tenant)),
      orderGroup: `OMS-${cycles.indexOf(String(line.billingCycle).toLowerCase())}`,
      ...(problem === undefined
        ? {}
        : { error: { errorCode: problem.code, errorDescription: problem.text } }),
    };
  });
}

function problemOf(line: Fields): { readonly code: string; readonly text: string } | undefined {
  const item = String(line.catalogItemId ?? line.offerId).toLowerCase();
  const ware = wares.find((candidate) => catalogItemId(candidate).toLowerCase() === item);
  const offer = offers.find(({ id }) => id.toLowerCase() === item);
  if (ware === undefined && offer === undefined)
    return { code: '800009', text: `The catalog item ${item} cannot be bought.` };
  const quantity = Number(line.quantity);
  const maximum = ware?.maximum ?? offer!.maximum;
  return quantity >= 1 && quantity <= maximum
    ? undefined
    : { code: '2002', text: `The quantity ${quantity} is not between 1 and ${maximum}.` };
}

function withCart(tenant: Tenant, id: string | undefined, act: (cart: Cart) => Reply): Reply {
  const cart = tenant.carts.get(String(id).toLowerCase());
  return cart === undefined ? refuse(404, '800060', 'The cart could not be found.') : act(cart);
}

const cartLifeMs = 7 * 24 * 3_600_000;

function cartBody(tenant: Tenant, cart: Cart): Fields {
  const time = (ms: number) => new Date(ms).toISOString();
  return typed('Cart', {
    id: cart.id,
    creationTimestamp: time(cart.createdAt),
    lastModifiedTimestamp: time(cart.changedAt),
    expirationTimestamp: time(cart.createdAt + cartLifeMs),
    lastModifiedUser: tenant.customer.id,
    status: cart.status,
    lineItems: cart.lineItems,
    links: { self: { uri: `/customers/${tenant.customer.id}/carts/${cart.id}`, method: 'GET', headers: [] } },
  });
}

/** 201 even where a group of lines fails: `orderErrors` tells which (page checkout-a-cart). */
function checkout(tenant: Tenant, call: Call, state: State): Reply {
  return withCart(tenant, call.params.cartId, (cart) => {
    if (cart.status === 'Ordered') return refuse(400, '800065', 'The cart was submitted already.');
    if (state.behaviour.requireAgreement && tenant.agreements.length === 0)
      return refuse(403, '13605', 'The customer has not accepted the Microsoft Customer Agreement.');
    cart.status = 'Ordered';
    cart.changedAt = state.now();
    const groups = Map.groupBy(cart.lineItems, ({ orderGroup }) => String(orderGroup));
    const made: Fields[] = [];
    const orderErrors: Fields[] = [];
    for (const [group, lines] of groups) {
      const problem = lines.map(problemOf).find((found) => found !== undefined);
      if (problem === undefined) made.push(makeOrder(tenant, lines, state).fields);
      else orderErrors.push({ orderGroupId: group, code: Number(problem.code), description: problem.text });
    }
    return ok(
      typed('CartCheckoutResult', { orders: made, ...(orderErrors.length === 0 ? {} : { orderErrors }) }),
      201,
    );
  });
}

function createOrder(tenant: Tenant, call: Call, state: State): Reply {
  const body = call.body as Fields;
  const lines = (body?.lineItems ?? []) as readonly Fields[];
  if (lines.length === 0) return refuse(400, '800002', 'LineItems is missing.');
  if (state.behaviour.requireAgreement && tenant.agreements.length === 0)
    return refuse(403, '13605', 'The customer has not accepted the Microsoft Customer Agreement.');
  const problem = lines.map(problemOf).find((found) => found !== undefined);
  if (problem !== undefined) return refuse(400, problem.code, problem.text);
  return ok(
    makeOrder(
      tenant,
      lines.map((line) => ({ billingCycle: body.billingCycle, ...line })),
      state,
    ).fields,
    201,
  );
}

function makeOrder(tenant: Tenant, lines: readonly Fields[], state: State): Order {
  const id = state.newId().replaceAll('-', '').slice(0, 12);
  const uri = `/customers/${tenant.customer.id}/orders/${id}`;
  const lineItems = lines.map((line, lineItemNumber) => {
    const item = String(line.catalogItemId ?? line.offerId);
    const subscriptionId = makeSubscription(tenant, { ...line, catalogItemId: item }, id, state);
    const { quantity, termDuration, friendlyName } = line;
    return {
      lineItemNumber,
      offerId: item,
      ...(subscriptionId === undefined ? {} : { subscriptionId }),
      ...(friendlyName === undefined ? {} : { friendlyName }),
      quantity,
      ...(termDuration === undefined ? {} : { termDuration }),
      transactionType: 'New',
    };
  });
  const fields = typed('Order', {
    id,
    alternateId: id,
    referenceCustomerId: tenant.customer.id,
    billingCycle: lines[0]?.billingCycle ?? 'monthly',
    currencyCode: currencyOf(countryOf(tenant)),
    currencySymbol: currencyOf(countryOf(tenant)),
    lineItems,
    creationDate: new Date(state.now()).toISOString(),
    status: 'completed',
    transactionType: 'UserPurchase',
    links: { self: { uri, method: 'GET', headers: [] } },
  });
  const order = { id, fields, createdAt: state.now() };
  tenant.orders.set(id, order);
  return order;
}

/** New orders show up late, by as much as is asked for. */
function isVisible({ createdAt }: Order, { behaviour, now }: State): boolean {
  return now() - createdAt >= behaviour.orderLagSeconds * 1000;
}

function list(tenant: Tenant, { query, path }: Call, state: State): Reply {
  const cycle = query.get('billingType')?.toLowerCase();
  const shown = [...tenant.orders.values()].filter(
    (order) =>
      isVisible(order, state) &&
      (cycle === undefined || String(order.fields.billingCycle).toLowerCase() === cycle),
  );
  return ok(
    collection(
      shown.map(({ fields }) => fields),
      `${path.replace(/^\/v1/u, '')}?${query}`,
    ),
  );
}

/** One PATCH buys add-ons, cancels, and changes the billing cycle. */
function patchOrder(tenant: Tenant, call: Call, state: State): Reply {
  const order = tenant.orders.get(call.params.orderId ?? '');
  if (order === undefined) return refuse(404, '20000', 'The order could not be found.');
  const body = call.body as Fields;
  if (String(body.status).toLowerCase() === 'cancelled') {
    order.fields.status = 'cancelled';
    for (const subscription of tenant.subscriptions.values())
      if (subscription.fields.orderId === order.id)
        subscription.fields = { ...subscription.fields, status: 'deleted' };
    return ok(order.fields);
  }
  if (isCycleChange(order, body)) return changeBillingCycle(tenant, order, body);
  const before = order.fields.lineItems as Fields[];
  const added = ((body.lineItems ?? []) as readonly Fields[]).map((line, index) => {
    const item = String(line.offerId);
    const subscriptionId = makeSubscription(tenant, { ...line, catalogItemId: item }, order.id, state);
    return {
      ...line,
      lineItemNumber: before.length + index,
      offerId: item,
      ...(subscriptionId === undefined ? {} : { subscriptionId }),
    };
  });
  order.fields.lineItems = [...before, ...added];
  return ok(order.fields);
}
