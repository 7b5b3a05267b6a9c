import { type Offer, offerOf, offers } from '../offers.ts';
import { collection, type Fields, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { State, Subscription, Tenant } from '../state.ts';
import type { Behaviour } from './behaviour.ts';
import { offerBody } from './classic-offers.ts';
import { countryOf, selfOf } from './market.ts';
import { makeSubscription } from './new-subscription.ts';
import { withSubscription } from './subscriptions.ts';
import { endOfTerm, isoOf } from './term-dates.ts';

/** Classic trials and upgrades: pages get-a-list-of-trial-conversion-offers, convert-a-trial-subscription-to-paid, transition-a-subscription. */
export const upgrades: Readonly<Record<string, Behaviour>> = {
  'subscriptions.listConversions': withSubscription((found, _tenant, call) => {
    const { offerId, orderId, quantity } = found.fields;
    const conversions = conversionsOf(found).map((targetOfferId) =>
      typed('Conversion', { offerId, targetOfferId, orderId, quantity, billingCycle: 'monthly' }),
    );
    return ok(collection(conversions, selfOf(call)));
  }),
  'subscriptions.convertTrial': withSubscription(convert),
  'subscriptions.listUpgrades': withSubscription((found, tenant, call) => {
    const targets = offers.filter(({ id }) => offerOf(found.fields.offerId)?.upgradesTo?.includes(id));
    const entries = targets.flatMap((target) => ways.map((way) => upgradeTo(target, way, found, tenant)));
    return ok(collection(entries, selfOf(call)));
  }),
  'subscriptions.upgrade': withSubscription(upgrade),
};

function conversionsOf({ fields }: Subscription): readonly string[] {
  return fields.isTrial === true && fields.status === 'active'
    ? (offerOf(fields.offerId)?.convertsTo ?? [])
    : [];
}

/** The trial's own subscription becomes the paid one; a conversion that is not there is told inside a 200. */
function convert(found: Subscription, _tenant: Tenant, call: Call, state: State): Reply {
  const { targetOfferId, quantity, billingCycle } = (call.body ?? {}) as Fields;
  const { offerId } = found.fields;
  if (found.fields.isTrial !== true) return refuse(400, '800021', 'The subscription is no trial.');
  const target = conversionsOf(found).includes(String(targetOfferId)) ? offerOf(targetOfferId) : undefined;
  const result = { subscriptionId: found.id, offerId, targetOfferId };
  if (target === undefined) {
    const error = typed('ConversionError', {
      code: 'conversions_not_found',
      description: 'The trial cannot be converted to this offer.',
    });
    return ok(typed('ConversionResult', { ...result, error }));
  }
  const seats = Number(quantity ?? found.fields.quantity);
  if (!(seats >= 1 && seats <= target.maximum))
    return refuse(400, '2002', `The quantity ${seats} is not between 1 and ${target.maximum}.`);
  const now = state.now();
  found.licenceSku = target.licenceSku;
  found.version += 1;
  found.fields = {
    ...found.fields,
    offerId: target.id,
    offerName: target.name,
    quantity: seats,
    billingCycle: billingCycle ?? 'monthly',
    isTrial: false,
    autoRenewEnabled: true,
    effectiveStartDate: isoOf(now),
    commitmentEndDate: isoOf(endOfTerm(now, 'P1Y')),
  };
  return ok(typed('ConversionResult', result));
}

const ways = ['upgrade_only', 'upgrade_with_license_transfer'] as const;

function hindrancesOf({ fields }: Subscription): readonly Fields[] {
  if (fields.status === 'active') return [];
  const description =
    'Subscription cannot be upgraded because the source subscription state is not active.  Additional Details contains the current source subscription state.';
  return [typed('UpgradeError', { code: 2, description, additionalDetails: fields.status })];
}

function upgradeTo(target: Offer, upgradeType: string, found: Subscription, tenant: Tenant): Fields {
  const upgradeErrors = hindrancesOf(found);
  return typed('Upgrade', {
    targetOffer: offerBody(target, countryOf(tenant)),
    upgradeType,
    isEligible: upgradeErrors.length === 0,
    quantity: found.fields.quantity,
    upgradeErrors,
  });
}

/** A new subscription of the target offer takes the place of the source; the users' licences move if asked for. */
function upgrade(found: Subscription, tenant: Tenant, call: Call, state: State): Reply {
  const { targetOffer, upgradeType } = (call.body ?? {}) as { targetOffer?: Fields; upgradeType?: unknown };
  const target = offerOf(targetOffer?.id);
  if (target === undefined || offerOf(found.fields.offerId)?.upgradesTo?.includes(target.id) !== true)
    return refuse(400, '800004', 'The subscription cannot be upgraded to this offer.');
  const upgradeErrors = hindrancesOf(found);
  const result = { sourceSubscriptionId: found.id, upgradeType, upgradeErrors, licenseErrors: [] };
  if (upgradeErrors.length > 0) return ok(typed('UpgradeResult', result));
  const { quantity, billingCycle, orderId, friendlyName } = found.fields;
  const line = { catalogItemId: target.id, quantity, billingCycle, friendlyName };
  const targetSubscriptionId = makeSubscription(tenant, line, String(orderId), state);
  if (upgradeType === ways[1] || upgradeType === 2) moveLicences(tenant, found.licenceSku, target.licenceSku);
  found.fields = { ...found.fields, status: 'deleted' };
  found.version += 1;
  return ok(typed('UpgradeResult', { ...result, targetSubscriptionId }));
}

/** Users that have licences of one subscribed SKU get those of another instead. */
export function moveLicences(tenant: Tenant, from: string | undefined, to: string | undefined): void {
  if (from === undefined || to === undefined) return;
  for (const held of tenant.licences.values()) {
    if (held.delete(from)) held.add(to);
  }
}
