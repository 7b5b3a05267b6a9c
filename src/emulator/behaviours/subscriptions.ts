import { collection, type Fields, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import { offers, wares } from '../seed.ts';
import type { State, Subscription, Tenant } from '../state.ts';
import { type Behaviour, within } from './behaviour.ts';
import { catalogItemId } from './market.ts';

/** Subscriptions: pages get-all-of-a-customer-s-subscriptions, change-the-quantity…, suspend-a-subscription, register-a-subscription and their kin. */
export const subscriptions: Readonly<Record<string, Behaviour>> = {
  'subscriptions.get': within((tenant, { params }) =>
    withSubscription(tenant, params.subscriptionId ?? params.planId, (found) => ok(bodyOf(found))),
  ),
  'azurePlan.get': within((tenant, { params }) =>
    withSubscription(tenant, params.planId ?? params.subscriptionId, (found) => ok(bodyOf(found))),
  ),
  'subscriptions.list': within(list),
  'subscriptions.listByOrder': within(list),
  'subscriptions.listAddons': within((tenant, { params, path }) => {
    const addons = [...tenant.subscriptions.values()].filter(
      ({ fields }) =>
        String(fields.parentSubscriptionId).toLowerCase() === params.subscriptionId?.toLowerCase(),
    );
    return ok(collection(addons.map(bodyOf), path));
  }),
  ...Object.fromEntries(
    ['updateQuantity', 'rename', 'suspend', 'reactivate', 'setAutoRenew'].map((name) => [
      `subscriptions.${name}`,
      within(patch),
    ]),
  ),
  'subscriptions.getProvisioningStatus': within((tenant, { params }) =>
    withSubscription(tenant, params.subscriptionId, (found) => {
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
  ),
  'subscriptions.register': within((tenant, call, state) =>
    withSubscription(tenant, call.params.subscriptionId, (found) => {
      if (found.licenceSku !== undefined)
        return refuse(400, '2094', 'The subscription is no Azure subscription.');
      if (found.registration === 'NotRegistered') {
        found.registration = 'Registering';
        found.registrationPollsLeft = state.behaviour.registrationPolls;
      }
      return {
        status: 202,
        headers: {
          location: `/customers/${tenant.customer.id}/subscriptions/${found.id}/registrationstatus`,
        },
      };
    }),
  ),
  'subscriptions.getRegistrationStatus': within((tenant, { params }) =>
    withSubscription(tenant, params.subscriptionId, (found) => {
      if (found.registration === 'Registering' && found.registrationPollsLeft <= 0)
        found.registration = 'Registered';
      found.registrationPollsLeft -= 1;
      return ok(
        typed('SubscriptionRegistrationStatus', { subscriptionId: found.id, status: found.registration }),
      );
    }),
  ),
  'entitlements.list': within((tenant, { path }) =>
    ok(
      collection(
        [...tenant.subscriptions.values()]
          .filter(({ licenceSku }) => licenceSku === undefined)
          .map(entitlement),
        path,
      ),
    ),
  ),
};

function withSubscription(
  tenant: Tenant,
  id: string | undefined,
  act: (found: Subscription) => Reply,
): Reply {
  const found = tenant.subscriptions.get(String(id).toLowerCase());
  return found === undefined ? refuse(404, '20003', 'The subscription could not be found.') : act(found);
}

function bodyOf({ fields, id, version }: Subscription): Fields {
  const etag = Buffer.from(JSON.stringify({ id, version })).toString('base64');
  return { ...fields, attributes: { etag, objectType: 'Subscription' } };
}

function list(tenant: Tenant, { query, path }: Call): Reply {
  const order = query.get('order_id');
  const shown = [...tenant.subscriptions.values()].filter(
    ({ fields }) => order === null || fields.orderId === order,
  );
  return ok(collection(shown.map(bodyOf), `${path.replace(/^\/v1/u, '')}?${query}`));
}

/** One PATCH of the whole resource serves quantity, name, renewal, suspension and reactivation. */
function patch(tenant: Tenant, call: Call): Reply {
  return withSubscription(tenant, call.params.subscriptionId, (found) => {
    const etag = String(call.headers['if-match'] ?? '').replaceAll('"', '');
    if (etag !== '' && etag !== (bodyOf(found).attributes as Fields).etag)
      return refuse(400, '2055', 'The subscription was changed since it was read.');
    const body = call.body as Fields;
    if (found.fields.status === 'deleted') return refuse(400, '2011', 'The subscription is deleted.');
    const quantity = body.quantity === undefined ? undefined : Number(body.quantity);
    if (quantity !== undefined && quantity !== found.fields.quantity) {
      if (found.fields.status === 'suspended' && body.status !== 'active')
        return refuse(400, '2001', 'The quantity of a suspended subscription cannot be changed.');
      const maximum = maximumOf(String(found.fields.offerId));
      if (quantity < 1 || quantity > maximum)
        return refuse(400, '2002', `The quantity ${quantity} is not between 1 and ${maximum}.`);
    }
    const { attributes: _, id: __, links: ___, ...fields } = body;
    found.fields = { ...found.fields, ...fields };
    found.version += 1;
    return ok(bodyOf(found));
  });
}

function maximumOf(item: string): number {
  const ware = wares.find((candidate) => catalogItemId(candidate).toLowerCase() === item.toLowerCase());
  return ware?.maximum ?? offers.find(({ id }) => id.toLowerCase() === item.toLowerCase())?.maximum ?? 1;
}

/** Makes the subscription that an ordered line gives; undefined for what gives none. */
export function makeSubscription(
  tenant: Tenant,
  line: Fields,
  orderId: string,
  state: State,
): string | undefined {
  const item = String(line.catalogItemId).toLowerCase();
  const ware = wares.find((candidate) => catalogItemId(candidate).toLowerCase() === item);
  const offer = offers.find(({ id }) => id.toLowerCase() === item);
  if (ware?.kind === 'software' || ware?.kind === 'reservation') return undefined;
  const metered = ware?.kind === 'azurePlan' || offer?.category === 'Azure';
  const title = ware?.title ?? offer?.name ?? item;
  const id = state.newId();
  const parent =
    line.parentSubscriptionId ?? ((line.provisioningContext ?? {}) as Fields).parentSubscriptionId;
  const now = new Date(state.now());
  const end = new Date(now);
  end.setUTCFullYear(now.getUTCFullYear() + 1);
  const fields: Fields = {
    id,
    offerId: line.catalogItemId,
    offerName: title,
    friendlyName: line.friendlyName ?? title,
    quantity: line.quantity,
    unitType: metered ? 'Usage' : 'Licenses',
    ...(parent === undefined ? {} : { parentSubscriptionId: parent }),
    hasPurchasableAddons: (offer?.addons.length ?? 0) > 0,
    creationDate: now.toISOString(),
    effectiveStartDate: now.toISOString(),
    commitmentEndDate: end.toISOString(),
    status: 'active',
    autoRenewEnabled: true,
    isTrial: false,
    isMicrosoftProduct: true,
    billingType: metered ? 'usage' : 'license',
    billingCycle: line.billingCycle ?? 'monthly',
    ...(line.termDuration === undefined ? {} : { termDuration: line.termDuration }),
    contractType: 'subscription',
    orderId,
    links: {
      self: { uri: `/customers/${tenant.customer.id}/subscriptions/${id}`, method: 'GET', headers: [] },
    },
  };
  tenant.subscriptions.set(id, {
    id,
    fields,
    version: 1,
    pollsLeft: state.behaviour.provisioningPolls,
    registration: 'NotRegistered',
    registrationPollsLeft: 0,
    licenceSku: ware?.licenceSku ?? offer?.licenceSku,
  });
  return id;
}

function entitlement({ fields }: Subscription): Fields {
  return typed('Entitlement', {
    productId: String(fields.offerId).split(':')[0],
    skuId: String(fields.offerId).split(':')[1] ?? '',
    quantity: fields.quantity,
    entitlementType: 'software',
    referenceOrder: { id: fields.orderId, lineItemId: '0' },
    includedEntitlements: [],
  });
}
