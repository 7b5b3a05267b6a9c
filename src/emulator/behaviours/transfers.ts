import { partnerOf } from '../callers.ts';
import { type Fields, noContent, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { Area, State, Subscription, Tenant } from '../state.ts';
import { type Behaviour, within } from './behaviour.ts';
import { type Transfer, takeOver } from './transfer-orders.ts';

interface Transfers extends Area {
  readonly byId: Map<string, Transfer>;
}

function transfersOf(state: State): Transfers {
  return state.area<Transfers>('transfers', () => {
    const byId = new Map<string, Transfer>();
    return {
      byId,
      snapshot: () =>
        [...byId.values()].map((transfer) => ({
          customerId: transfer.customerId,
          ...entity(transfer, transfer.source),
        })),
    };
  });
}

/**
 * Transfers between two partners, who are told apart by the tenant of their tokens: the source offers and withdraws,
 * the target accepts or rejects. Pages create-a-transfer, accept-a-transfer, reject-a-transfer, withdraw-a-transfer,
 * get-transfer-by-id, get-all-of-a-customer-s-transfers, get-customer-s-subscriptions-transfer-eligibility.
 */
export const transfers: Readonly<Record<string, Behaviour>> = {
  'transfers.listEligibility': within((tenant, { query }, state) =>
    query.get('transferType') === null
      ? refuse(400, '800002', 'transferType is missing.')
      : ok([...tenant.subscriptions.values()].map((found) => eligibility(tenant, found, state))),
  ),
  'transfers.create': within(create),
  'transfers.list': within(({ customer }, call, state) => {
    const mine = [...transfersOf(state).byId.values()].filter(
      (transfer) => transfer.customerId === customer.id && sideOf(transfer, call) !== 'none',
    );
    return ok(mine.map((transfer) => entity(transfer, callerOf(transfer, call))));
  }),
  'transfers.get': within((tenant, call, state) =>
    withTransfer(tenant, call, state, (transfer) => ok(entity(transfer, callerOf(transfer, call)))),
  ),
  'transfers.accept': within((tenant, call, state) =>
    decided(tenant, call, state, 'target', (transfer) => {
      const result = takeOver(tenant, transfer, state);
      touch(transfer, state);
      return ok(result);
    }),
  ),
  'transfers.reject': within((tenant, call, state) =>
    decided(tenant, call, state, 'target', (transfer) => {
      if (String((call.body as Fields | undefined)?.status).toLowerCase() !== 'reject')
        return refuse(400, '800002', 'The status can only be set to reject.');
      transfer.status = 'Reject';
      touch(transfer, state);
      return ok(entity(transfer, callerOf(transfer, call)));
    }),
  ),
  'transfers.withdraw': within((tenant, call, state) =>
    decided(tenant, call, state, 'source', ({ id }) => {
      transfersOf(state).byId.delete(id);
      return noContent;
    }),
  ),
};

type Side = 'source' | 'target' | 'both' | 'none';

/** Which side of a transfer the caller is on; the ready token may speak for either. */
function sideOf({ source, target }: Transfer, { headers }: Call): Side {
  const partner = partnerOf(headers.authorization);
  if (partner === undefined) return 'both';
  if (partner === source.toLowerCase()) return 'source';
  return partner === target.toLowerCase() ? 'target' : 'none';
}

function callerOf(transfer: Transfer, call: Call): string {
  return sideOf(transfer, call) === 'target' ? transfer.target : transfer.source;
}

function withTransfer(tenant: Tenant, call: Call, state: State, act: (transfer: Transfer) => Reply): Reply {
  const found = transfersOf(state).byId.get(String(call.params.transferId).toLowerCase());
  return found === undefined || found.customerId !== tenant.customer.id || sideOf(found, call) === 'none'
    ? refuse(404, '900100', 'The transfer request could not be found.')
    : act(found);
}

/** What only one side may do, and only while the transfer is open. */
function decided(
  tenant: Tenant,
  call: Call,
  state: State,
  side: 'source' | 'target',
  act: (transfer: Transfer) => Reply,
): Reply {
  return withTransfer(tenant, call, state, (transfer) => {
    const caller = sideOf(transfer, call);
    if (caller !== side && caller !== 'both')
      return refuse(403, '2032', `Only the ${side} partner of the transfer may do this.`);
    return transfer.status === 'Active'
      ? act(transfer)
      : refuse(400, '900102', `The transfer request is already complete: ${transfer.status}.`);
  });
}

function create(tenant: Tenant, call: Call, state: State): Reply {
  const body = (call.body ?? {}) as Fields;
  const { sourcePartnerTenantId: source, targetPartnerTenantId: target, ...rest } = body;
  const lines = (body.lineItems ?? []) as readonly Fields[];
  if (source === undefined || target === undefined || lines.length === 0)
    return refuse(400, '800002', 'SourcePartnerTenantId, TargetPartnerTenantId and LineItems are needed.');
  const caller = partnerOf(call.headers.authorization);
  if (caller !== undefined && caller !== String(source).toLowerCase())
    return refuse(403, '2032', 'Only the partner that has the subscriptions may offer them.');
  if (String(source).toLowerCase() === String(target).toLowerCase())
    return refuse(400, '800002', 'Source and target are one partner.');
  for (const line of lines) {
    const problem = problemOf(tenant, line, state);
    if (problem !== undefined) return problem;
  }
  const { customerName, sourcePartnerName, targetPartnerName } = rest;
  const transfer: Transfer = {
    id: state.newId(),
    customerId: tenant.customer.id,
    source: String(source),
    target: String(target),
    fields: {
      createdTime: new Date(state.now()).toISOString(),
      customerName,
      sourcePartnerName,
      targetPartnerName,
    },
    status: 'Active',
    lineItems: lines.map((line, index) => lineItem(tenant, line, index)),
  };
  transfersOf(state).byId.set(transfer.id, transfer);
  touch(transfer, state);
  return ok(entity(transfer, transfer.source), 201);
}

function touch(transfer: Transfer, state: State): void {
  transfer.fields = { ...transfer.fields, lastModifiedTime: new Date(state.now()).toISOString() };
}

function subscriptionOf(tenant: Tenant, id: unknown): Subscription | undefined {
  return tenant.subscriptions.get(String(id).toLowerCase());
}

function problemOf(tenant: Tenant, { subscriptionId }: Fields, state: State): Reply | undefined {
  const found = subscriptionOf(tenant, subscriptionId);
  if (found === undefined) return refuse(404, '20003', `Subscription with id ${subscriptionId} not found.`);
  const { reason } = eligibility(tenant, found, state);
  if (reason === undefined) return undefined;
  return openWith(state, found.id) === undefined
    ? refuse(400, '800021', String(reason))
    : refuse(409, '900101', String(reason));
}

function openWith(state: State, subscriptionId: string): Transfer | undefined {
  return [...transfersOf(state).byId.values()].find(
    ({ status, lineItems }) =>
      status === 'Active' &&
      lineItems.some((line) => String(line.subscriptionId).toLowerCase() === subscriptionId),
  );
}

function eligibility(tenant: Tenant, { id, fields }: Subscription, state: State): Fields {
  const open = openWith(state, id);
  const status = String(fields.status);
  const parent = subscriptionOf(tenant, fields.parentSubscriptionId);
  const reason =
    status === 'active'
      ? open !== undefined
        ? `subscription is already part of another transfer request id : ${open.id}`
        : parent === undefined
          ? undefined
          : `Subscription: ${id} is an add-on of ${parent.id}`
      : `Subscription: ${id} is in state: ${status.charAt(0).toUpperCase()}${status.slice(1)}`;
  return reason === undefined ? { id, isEligible: true } : { id, isEligible: false, reason };
}

function lineItem(tenant: Tenant, line: Fields, id: number): Fields {
  const { fields } = subscriptionOf(tenant, line.subscriptionId)!;
  const addons = [...tenant.subscriptions.values()].filter(
    ({ fields: addon }) => addon.parentSubscriptionId === fields.id && addon.status === 'active',
  );
  return {
    id,
    ...described(fields),
    ...(line.friendlyName === undefined ? {} : { friendlyName: line.friendlyName }),
    subscriptionId: line.subscriptionId,
    ...(line.partnerIdOnRecord === undefined ? {} : { partnerIdOnRecord: line.partnerIdOnRecord }),
    addonItems: addons.map(({ fields: addon }, index) => ({ id: index, ...described(addon) })),
  };
}

function described({ id, offerId, billingCycle, friendlyName, quantity }: Fields): Fields {
  return { subscriptionId: id, offerId, billingCycle, friendlyName, quantity };
}

/** `partnertenantid` is the partner that asks. */
function entity(
  { id, customerId, source, target, fields, status, lineItems }: Transfer,
  asks: string,
): Fields {
  return typed('TransferEntity', {
    id,
    status,
    ...fields,
    customerTenantId: customerId,
    partnertenantid: asks,
    sourcePartnerTenantId: source,
    targetPartnerTenantId: target,
    lastModifiedUser: status === 'Active' ? source : target,
    lineItems,
    links: { self: { uri: `/customers/${customerId}/transfers/${id}`, method: 'GET', headers: [] } },
  });
}
