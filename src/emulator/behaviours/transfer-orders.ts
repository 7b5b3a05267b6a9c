import { type Fields, typed } from '../reply.ts';
import { currencyOf } from '../seed.ts';
import type { State, Subscription, Tenant } from '../state.ts';
import { countryOf } from './market.ts';

export interface Transfer {
  readonly id: string;
  readonly customerId: string;
  readonly source: string;
  readonly target: string;
  /** What was given of names, and dates. */
  fields: Fields;
  status: 'Active' | 'Complete' | 'PartiallyComplete' | 'Reject';
  lineItems: Fields[];
}

/**
 * The target takes over line by line: each gives an order and a subscription of the target's, with its add-ons, and ends
 * the source's (page accept-a-transfer). A line whose subscription is no longer there is told in `transferErrors`.
 */
export function takeOver(tenant: Tenant, transfer: Transfer, state: State): Fields {
  const orders: Fields[] = [];
  const transferErrors: Fields[] = [];
  transfer.lineItems = transfer.lineItems.map((line, index) => {
    const transferGroupId = String(index);
    const old = tenant.subscriptions.get(String(line.subscriptionId).toLowerCase());
    if (old === undefined || old.fields.status !== 'active') {
      const description = `Subscription: ${line.subscriptionId}, current state: ${old?.fields.status ?? 'None'}`;
      transferErrors.push(transferError({ ...line, transferGroupId }, description));
      return { ...line, transferGroupId, status: 'Failed', transferError: description };
    }
    old.seller = transfer.source.toLowerCase();
    const order = orderOf(tenant, line, old, state, transfer.target.toLowerCase());
    orders.push(order);
    return { ...line, orderId: order.id, transferGroupId, status: 'Complete' };
  });
  transfer.status = transferErrors.length === 0 ? 'Complete' : 'PartiallyComplete';
  return typed('TransferSubmitResult', {
    orders,
    ...(transferErrors.length === 0 ? {} : { transferErrors }),
  });
}

function transferError(line: Fields, description: string): Fields {
  const { transferGroupId, subscriptionId } = line;
  const item = { ...line, entitlementId: subscriptionId, sourceSubscriptionId: subscriptionId };
  return typed('TransferError', { transferGroupId, lineItems: [item], code: 900103, description });
}

function orderOf(tenant: Tenant, line: Fields, old: Subscription, state: State, seller: string): Fields {
  const orderId = state.newId();
  const addons = [...tenant.subscriptions.values()].filter(
    ({ fields }) => fields.parentSubscriptionId === old.id && fields.status === 'active',
  );
  const moved = move(tenant, old, { orderId, seller }, state);
  const all = [moved, ...addons.map((addon) => move(tenant, addon, { orderId, seller }, state, moved.id))];
  const uri = `/customers/${tenant.customer.id}/orders/${orderId}`;
  const fields = typed(
    'Order',
    {
      id: orderId,
      alternateId: orderId,
      referenceCustomerId: tenant.customer.id,
      billingCycle: old.fields.billingCycle,
      currencyCode: currencyOf(countryOf(tenant)),
      lineItems: all.map(
        ({ id, fields: { offerId, termDuration, friendlyName, quantity } }, lineItemNumber) => ({
          lineItemNumber,
          offerId,
          subscriptionId: id,
          termDuration: termDuration ?? 'P1Y',
          transactionType: 'New',
          friendlyName,
          quantity,
          ...(line.partnerIdOnRecord === undefined ? {} : { partnerIdOnRecord: line.partnerIdOnRecord }),
          links: {},
        }),
      ),
      creationDate: new Date(state.now()).toISOString(),
      status: 'completed',
      transactionType: 'UserPurchase',
      links: {
        self: { uri, method: 'GET', headers: [] },
        patchOperation: { uri, method: 'PATCH', headers: [] },
      },
    },
    Buffer.from(JSON.stringify({ id: orderId, version: 1 })).toString('base64'),
  );
  tenant.orders.set(orderId, { id: orderId, fields, createdAt: state.now(), seller });
  return fields;
}

/** Ends the source's subscription and makes the target's in its place: users keep their licences. */
function move(
  tenant: Tenant,
  old: Subscription,
  { orderId, seller }: { readonly orderId: string; readonly seller: string },
  state: State,
  parent?: string,
): Subscription {
  const id = state.newId();
  const now = new Date(state.now()).toISOString();
  const made: Subscription = {
    ...old,
    id,
    seller,
    version: 1,
    fields: {
      ...old.fields,
      id,
      orderId,
      creationDate: now,
      effectiveStartDate: now,
      ...(parent === undefined ? {} : { parentSubscriptionId: parent }),
      links: {
        self: { uri: `/customers/${tenant.customer.id}/subscriptions/${id}`, method: 'GET', headers: [] },
      },
    },
  };
  old.fields = { ...old.fields, status: 'deleted' };
  old.version += 1;
  tenant.subscriptions.set(id, made);
  return made;
}
