import { offerOf } from '../offers.ts';
import { type Fields, typed } from '../reply.ts';
import { currencyOf, symbolOf } from '../seed.ts';
import type { Order, State, Tenant } from '../state.ts';
import { type Ware, wareOf } from '../wares.ts';
import { leftOf, take } from './inventory.ts';
import { countryOf, link, linksOf } from './market.ts';
import { makeSubscription, parentOf } from './new-subscription.ts';
import { hindrances } from './promotions.ts';

/** Why a line cannot be bought, with the codes of pages create-an-order and error-codes. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly text: string;
}

const problem = (code: string, text: string, status = 400): Problem => ({ status, code, text });

/** What keeps a line from being bought; `parentOffer` is the base line's item where the line is its add-on. */
export function problemOf(
  line: Fields,
  tenant: Tenant,
  state: State,
  parentOffer?: unknown,
): Problem | undefined {
  const item = line.catalogItemId ?? line.offerId;
  const ware = wareOf(item);
  const offer = offerOf(item);
  if (ware === undefined && offer === undefined)
    return problem('800009', `The catalog item ${String(item)} cannot be bought.`);
  const quantity = Number(line.quantity);
  const maximum = ware?.maximum ?? offer!.maximum;
  if (!(quantity >= 1 && quantity <= maximum))
    return problem('2002', `The quantity ${quantity} is not between 1 and ${maximum}.`);
  if (offer?.isAddon === true) return addonProblem(line, offer.id, tenant, parentOffer);
  if (ware === undefined) return addonsProblem(line, tenant, state);
  return (
    termProblem(ware, line) ??
    promotionProblem(line, tenant, state) ??
    (ware.kind === 'reservation' ? reservationProblem(ware, line, tenant, state) : undefined)
  );
}

/** Add-ons in a cart are bought with their base line and fail with it. */
function addonsProblem(line: Fields, tenant: Tenant, state: State): Problem | undefined {
  return ((line.addonItems ?? []) as readonly Fields[])
    .map((addon) => problemOf(addon, tenant, state, line.catalogItemId ?? line.offerId))
    .find((found) => found !== undefined);
}

function addonProblem(
  line: Fields,
  addon: string,
  tenant: Tenant,
  parentOffer: unknown,
): Problem | undefined {
  const parent = tenant.subscriptions.get(String(parentOf(line)).toLowerCase());
  const base = offerOf(parentOffer ?? parent?.fields.offerId);
  if (parentOffer === undefined && parent === undefined)
    return problem('800021', 'The add-on names no subscription that it is for.');
  if (parent !== undefined && parent.fields.status !== 'active')
    return problem(
      '27009',
      'Cannot enable a child subscription, when the parent subscription is not active.',
      409,
    );
  return base?.addons.includes(addon) === true
    ? undefined
    : problem('800029', 'The add-on is not related to the specified parent subscription.');
}

function termProblem({ terms, title }: Ware, line: Fields): Problem | undefined {
  const same = (wanted: unknown, has: string) =>
    wanted === undefined || String(wanted).toLowerCase() === has.toLowerCase();
  const fits = terms.some(
    ({ duration, billingCycle }) =>
      same(line.billingCycle, billingCycle) && same(line.termDuration, duration),
  );
  return fits ? undefined : problem('800009', `${title} is not sold on these terms.`);
}

function promotionProblem(line: Fields, tenant: Tenant, state: State): Problem | undefined {
  if (line.promotionId === undefined) return undefined;
  const asked = { catalogItemId: line.catalogItemId ?? line.offerId, ...line };
  return hindrances(asked, line.promotionId, tenant, state).length === 0
    ? undefined
    : problem('27007', 'The promotion does not apply.');
}

/** A reservation is bought for a registered Azure subscription, as long as there are any. */
function reservationProblem(ware: Ware, line: Fields, tenant: Tenant, state: State): Problem | undefined {
  const { subscriptionId } = (line.provisioningContext ?? {}) as Fields;
  const azure = tenant.subscriptions.get(String(subscriptionId).toLowerCase());
  if (azure === undefined || azure.fields.billingType !== 'usage')
    return problem('2094', `The subscription ${String(subscriptionId)} is no Azure subscription.`);
  if (azure.registration !== 'Registered')
    return problem('2095', 'The subscription is not enabled for reservations.');
  return Number(line.quantity) <= leftOf(ware, state)
    ? undefined
    : problem('2093', `${ware.title} is out of stock.`);
}

/** Makes the order of lines that nothing keeps from being bought, with what they give. */
export function makeOrder(tenant: Tenant, lines: readonly Fields[], state: State): Order {
  const id = state.newId().replaceAll('-', '').slice(0, 12);
  const self = `/customers/${tenant.customer.id}/orders/${id}`;
  const currency = currencyOf(countryOf(tenant));
  const fields = typed(
    'Order',
    {
      id,
      alternateId: id,
      referenceCustomerId: tenant.customer.id,
      billingCycle: lines[0]?.billingCycle ?? 'monthly',
      currencyCode: currency,
      currencySymbol: symbolOf(currency),
      lineItems: orderLines(tenant, lines, id, state),
      creationDate: new Date(state.now()).toISOString(),
      status: 'completed',
      transactionType: 'UserPurchase',
      links: {
        self: link(self),
        provisioningStatus: link(`${self}/provisioningstatus`),
        patchOperation: { uri: self, method: 'PATCH', headers: [] },
      },
    },
    Buffer.from(JSON.stringify({ id, version: 1 })).toString('base64'),
  );
  const order = { id, fields, createdAt: state.now() };
  tenant.orders.set(id, order);
  return order;
}

/** Lines of an order, numbered on from `from`; the add-ons of a line come after it and belong to its subscription. */
export function orderLines(
  tenant: Tenant,
  lines: readonly Fields[],
  orderId: string,
  state: State,
  from = 0,
): Fields[] {
  const made: Fields[] = [];
  const add = (line: Fields) => {
    const ordered = orderLine(tenant, line, orderId, from + made.length, state);
    made.push(ordered);
    return ordered.subscriptionId;
  };
  for (const line of lines) {
    const parentSubscriptionId = add(line);
    for (const addon of (line.addonItems ?? []) as readonly Fields[]) add({ ...addon, parentSubscriptionId });
  }
  return made;
}

function orderLine(
  tenant: Tenant,
  given: Fields,
  orderId: string,
  lineItemNumber: number,
  state: State,
): Fields {
  const offerId = String(given.catalogItemId ?? given.offerId);
  const ware = wareOf(offerId);
  const friendlyName = ware?.title ?? offerOf(offerId)?.name;
  const line: Fields = { friendlyName, ...(ware && { termDuration: ware.terms[0]?.duration }), ...given };
  const subscriptionId = makeSubscription(tenant, { ...line, catalogItemId: offerId }, orderId, state);
  if (ware !== undefined) take(ware, Number(line.quantity), state);
  const kept = [
    'friendlyName',
    'quantity',
    'termDuration',
    'partnerIdOnRecord',
    'provisioningContext',
    'renewsTo',
  ];
  const base = `/customers/${tenant.customer.id}`;
  return {
    lineItemNumber,
    offerId,
    ...(subscriptionId === undefined ? {} : { subscriptionId }),
    ...(parentOf(line) === undefined ? {} : { parentSubscriptionId: parentOf(line) }),
    ...Object.fromEntries(kept.flatMap((name) => (line[name] === undefined ? [] : [[name, line[name]]]))),
    transactionType: 'New',
    links: {
      ...(ware === undefined ? {} : linksOf(ware, countryOf(tenant))),
      ...(subscriptionId === undefined
        ? {}
        : { subscription: link(`${base}/subscriptions/${subscriptionId}`) }),
      ...(ware?.kind === 'marketplace'
        ? { activationLinks: link(`${base}/orders/${orderId}/lineitems/${lineItemNumber}/activationlinks`) }
        : {}),
    },
  };
}
