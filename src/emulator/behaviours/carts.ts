import { type Fields, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import { currencyOf } from '../seed.ts';
import type { Cart, State, Tenant } from '../state.ts';
import { hasAccepted } from './agreements.ts';
import { type Behaviour, within } from './behaviour.ts';
import { makeOrder, problemOf } from './buy.ts';
import { countryOf, link } from './market.ts';

/** Carts: pages create-a-cart, create-a-cart-with-add-ons, update-a-cart, checkout-a-cart, cart-resources. */
export const carts: Readonly<Record<string, Behaviour>> = {
  'carts.create': within((tenant, call, state) => {
    const lineItems = numbered(call.body as Fields, tenant, state);
    if (lineItems.length === 0) return refuse(400, '800002', 'LineItems is missing.');
    const now = state.now();
    const cart: Cart = { id: state.newId(), status: 'Active', lineItems, createdAt: now, changedAt: now };
    tenant.carts.set(cart.id, cart);
    return ok(cartBody(tenant, cart), 201);
  }),
  'carts.get': within((tenant, call, state) =>
    withCart(tenant, call, state, (cart) => ok(cartBody(tenant, cart))),
  ),
  'carts.update': within((tenant, call, state) =>
    withCart(tenant, call, state, (cart) => {
      if (cart.status === 'Ordered') return refuse(400, '800065', 'The cart was submitted already.');
      cart.lineItems = numbered(call.body as Fields, tenant, state);
      cart.changedAt = state.now();
      return ok(cartBody(tenant, cart));
    }),
  ),
  'carts.checkout': within((tenant, call, state) =>
    withCart(tenant, call, state, (cart) => checkout(tenant, cart, state)),
  ),
};

/** The service numbers the lines, groups them into orders by billing cycle, and marks those that cannot be bought. */
function numbered(body: Fields, tenant: Tenant, state: State): Fields[] {
  const lines = (body?.lineItems ?? []) as readonly Fields[];
  const cycles = [...new Set(lines.map(({ billingCycle }) => String(billingCycle).toLowerCase()))];
  const currencyCode = currencyOf(countryOf(tenant));
  let next = 0;
  const number = (line: Fields, orderGroup: string): Fields => {
    const { error: _, addonItems, ...kept } = line;
    const id = next;
    next += 1;
    const addons = ((addonItems ?? []) as readonly Fields[]).map((addon) => number(addon, orderGroup));
    const more = addons.length === 0 ? {} : { addonItems: addons };
    return { ...kept, id, currencyCode, orderGroup, ...more };
  };
  return lines.map((line) => {
    const found = problemOf(line, tenant, state);
    const error = found && { errorCode: found.code, errorDescription: found.text };
    return {
      ...number(line, `OMS-${cycles.indexOf(String(line.billingCycle).toLowerCase())}`),
      ...(error === undefined ? {} : { error }),
    };
  });
}

const cartLifeMs = 7 * 24 * 3_600_000;

/** Carts that nobody checked out expire and are then unknown. */
function withCart(tenant: Tenant, { params }: Call, state: State, act: (cart: Cart) => Reply): Reply {
  const cart = tenant.carts.get(String(params.cartId).toLowerCase());
  const gone = cart === undefined || (cart.status === 'Active' && state.now() > cart.createdAt + cartLifeMs);
  return gone ? refuse(404, '800008', 'The cart could not be found.') : act(cart);
}

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
    links: { self: link(`/customers/${tenant.customer.id}/carts/${cart.id}`) },
  });
}

/** 201 even where a group of lines fails: `orderErrors` tells which (page checkout-a-cart). */
function checkout(tenant: Tenant, cart: Cart, state: State): Reply {
  if (cart.status === 'Ordered') return refuse(400, '800065', 'The cart was submitted already.');
  if (state.behaviour.requireAgreement && !hasAccepted(tenant))
    return refuse(403, '13605', 'The customer has not accepted the Microsoft Customer Agreement.');
  cart.status = 'Ordered';
  cart.changedAt = state.now();
  const orders: Fields[] = [];
  const orderErrors: Fields[] = [];
  for (const [orderGroupId, lines] of Map.groupBy(cart.lineItems, ({ orderGroup }) => String(orderGroup))) {
    const found = lines.map((line) => problemOf(line, tenant, state)).find((one) => one !== undefined);
    if (found === undefined) orders.push(makeOrder(tenant, lines, state).fields);
    else orderErrors.push({ orderGroupId, code: Number(found.code), description: found.text });
  }
  const errors = orderErrors.length === 0 ? {} : { orderErrors };
  return ok(typed('CartCheckoutResult', { orders, ...errors }), 201);
}
