import { isTheirs } from '../callers.ts';
import { collection, type Fields, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { Area, State, Subscription, Tenant } from '../state.ts';
import { wareOf } from '../wares.ts';
import { type Behaviour, within } from './behaviour.ts';
import { selfOf } from './market.ts';
import { renewDue } from './renewals.ts';
import { patchSubscription } from './subscription-patch.ts';

/** Subscriptions: pages get-all-of-a-customer-s-subscriptions, register-a-subscription and their kin. */
export const subscriptions: Readonly<Record<string, Behaviour>> = {
  'subscriptions.get': withSubscription((found) => ok(subscriptionBody(found))),
  'azurePlan.get': withSubscription((found) => ok(subscriptionBody(found))),
  'subscriptions.list': within(list),
  'subscriptions.listByOrder': within(list),
  'subscriptions.listByPartner': within(list),
  'subscriptions.listAddons': withSubscription((found, tenant, call) => {
    const addons = [...tenant.subscriptions.values()].filter(
      ({ fields }) => String(fields.parentSubscriptionId).toLowerCase() === found.id,
    );
    return ok(collection(addons.map(subscriptionBody), selfOf(call)));
  }),
  ...Object.fromEntries(
    ['updateQuantity', 'rename', 'suspend', 'reactivate', 'setAutoRenew', 'scheduleChange', 'cancel'].map(
      (name) => [`subscriptions.${name}`, withSubscription(patch)],
    ),
  ),
  'subscriptions.activateSandbox': withSubscription(activate),
  'subscriptions.getProvisioningStatus': withSubscription((found) => {
    const provisioned = found.pollsLeft <= 0;
    if (!provisioned) found.pollsLeft -= 1;
    const { quantity, commitmentEndDate } = found.fields;
    return ok(
      typed('SubscriptionProvisioningStatus', {
        skuId: found.licenceSku ?? String(found.fields.offerId),
        status: provisioned ? 'success' : 'pending',
        quantity,
        endDate: commitmentEndDate,
      }),
    );
  }),
  'subscriptions.register': withSubscription(register),
  'subscriptions.getRegistrationStatus': withSubscription((found) => {
    if (found.registration === 'Registering' && found.registrationPollsLeft <= 0)
      found.registration = 'Registered';
    found.registrationPollsLeft -= 1;
    return ok(
      typed('SubscriptionRegistrationStatus', { subscriptionId: found.id, status: found.registration }),
    );
  }),
};

/** A behaviour of one subscription, whose ended terms are renewed first; unknown ones are refused. */
export function withSubscription(
  act: (found: Subscription, tenant: Tenant, call: Call, state: State) => Reply,
): Behaviour {
  return within((tenant, call, state) => {
    renewDue(tenant, state);
    const { subscriptionId, planId } = call.params;
    const found = tenant.subscriptions.get(String(subscriptionId ?? planId).toLowerCase());
    return found === undefined || !isTheirs(call.headers.authorization, found)
      ? refuse(404, '20003', 'The subscription could not be found.')
      : act(found, tenant, call, state);
  });
}

function subscriptionBody({ fields, id, version }: Subscription): Fields {
  return { ...fields, attributes: { etag: etagOf(id, version), objectType: 'Subscription' } };
}

function etagOf(id: string, version: number): string {
  return Buffer.from(JSON.stringify({ id, version })).toString('base64');
}

function list(tenant: Tenant, call: Call, state: State): Reply {
  renewDue(tenant, state);
  const order = call.query.get('order_id')?.toLowerCase();
  const partner = call.query.get('mpn_id');
  const shown = [...tenant.subscriptions.values()].filter(
    ({ fields, ...found }) =>
      isTheirs(call.headers.authorization, found) &&
      (order === undefined || String(fields.orderId).toLowerCase() === order) &&
      (partner === null || fields.partnerId === partner),
  );
  return ok(collection(shown.map(subscriptionBody), selfOf(call)));
}

function patch(found: Subscription, tenant: Tenant, call: Call, state: State): Reply {
  const etag = String(call.headers['if-match'] ?? '').replaceAll('"', '');
  if (etag !== '' && etag !== etagOf(found.id, found.version))
    return refuse(400, '2055', 'The subscription was changed since it was read.');
  if (found.fields.status === 'deleted') return refuse(400, '2011', 'The subscription is deleted.');
  const problem = patchSubscription(tenant, found, (call.body ?? {}) as Fields, state);
  return problem === undefined
    ? ok(subscriptionBody(found))
    : refuse(problem.status, problem.code, problem.text);
}

function register(found: Subscription, tenant: Tenant, _call: Call, state: State): Reply {
  if (found.fields.billingType !== 'usage')
    return refuse(400, '800011', 'The subscription is no Azure subscription.');
  if (found.fields.status !== 'active') return refuse(400, '800012', 'The subscription is not active.');
  if (found.registration === 'NotRegistered') {
    found.registration = 'Registering';
    found.registrationPollsLeft = state.behaviour.registrationPolls;
  }
  const location = `/customers/${tenant.customer.id}/subscriptions/${found.id}/registrationstatus`;
  return { status: 202, headers: { location } };
}

interface Activated extends Area {
  readonly ids: Set<string>;
}

/** Page activate-sandbox-subscription-azure-marketplace-products. */
function activate({ id, fields }: Subscription, _tenant: Tenant, _call: Call, state: State): Reply {
  if (wareOf(fields.offerId)?.kind !== 'marketplace')
    return refuse(400, '800042', 'The subscription is nothing that is activated.');
  const { ids } = state.area<Activated>('activated', () => {
    const made = new Set<string>();
    return { ids: made, snapshot: () => [...made].map((subscriptionId) => ({ subscriptionId })) };
  });
  if (ids.has(id)) return refuse(400, '800041', 'This item has already been activated.');
  ids.add(id);
  return ok({ subscriptionId: id, status: 'Success' });
}
