import { offerOf } from '../offers.ts';
import type { Fields } from '../reply.ts';
import type { State, Tenant } from '../state.ts';
import { type Ware, wareOf } from '../wares.ts';
import { countryOf, link, linksOf } from './market.ts';
import { cancellableUntil, cancellationDays, endOfTerm, isoOf } from './term-dates.ts';

/** Makes the subscription that an ordered line gives; undefined for what gives none. */
export function makeSubscription(
  tenant: Tenant,
  line: Fields,
  orderId: string,
  state: State,
): string | undefined {
  const ware = wareOf(line.catalogItemId);
  if (ware?.kind === 'software' || ware?.kind === 'reservation') return undefined;
  const id = state.newId();
  const offer = offerOf(line.catalogItemId);
  tenant.subscriptions.set(id, {
    id,
    fields: {
      id,
      entitlementId: state.newId(),
      ...whatOf(line, ware, state),
      ...(parentOf(line) === undefined ? {} : { parentSubscriptionId: parentOf(line) }),
      ...partnerOf(line),
      orderId,
      links: linksOfSubscription(tenant, id, line, ware),
    },
    version: 1,
    pollsLeft: state.behaviour.provisioningPolls,
    registration: 'NotRegistered',
    registrationPollsLeft: 0,
    licenceSku: ware?.licenceSku ?? offer?.licenceSku,
  });
  return id;
}

/** What a subscription is, and when it ends. */
function whatOf(line: Fields, ware: Ware | undefined, state: State): Fields {
  const offer = offerOf(line.catalogItemId);
  const title = ware?.title ?? offer?.name ?? String(line.catalogItemId);
  const usage = ware?.kind === 'azurePlan' || String(line.catalogItemId).startsWith('MS-');
  const isTrial = ware?.isTrial ?? offer?.isTrial ?? false;
  const now = state.now();
  const end = Date.parse(String(line.customTermEndDate ?? ''));
  return {
    offerId: line.catalogItemId,
    offerName: title,
    friendlyName: line.friendlyName ?? title,
    ...(ware === undefined ? {} : { productType: { id: ware.productType, displayName: ware.productType } }),
    quantity: line.quantity,
    unitType: usage ? 'Usage-based' : 'Licenses',
    hasPurchasableAddons: (offer?.addons.length ?? 0) > 0,
    creationDate: isoOf(now),
    effectiveStartDate: isoOf(now),
    commitmentEndDate: isoOf(end || endOfTerm(now, usage ? '' : durationOf(line, isTrial))),
    ...windowOf(ware, now),
    status: 'active',
    autoRenewEnabled: !usage && !isTrial,
    isTrial,
    isMicrosoftProduct: ware?.publisher === undefined,
    publisherName: ware?.publisher ?? 'Microsoft Corporation',
    billingType: usage ? 'usage' : 'license',
    billingCycle: line.billingCycle ?? 'monthly',
    ...(line.termDuration === undefined ? {} : { termDuration: line.termDuration }),
    ...(line.promotionId === undefined ? {} : { promotionId: line.promotionId }),
    contractType: 'subscription',
  };
}

/** Classic licences run for a year, trials for a month, whatever else is not said. */
function durationOf({ termDuration }: Fields, isTrial: boolean): unknown {
  return isTrial ? 'P1M' : (termDuration ?? 'P1Y');
}

/** Until when it can be cancelled and seats be taken away; classic offers know no such day. */
export function windowOf(ware: Ware | undefined, start: number): Fields {
  if (ware === undefined || ware.kind === 'azurePlan' || ware.kind === 'reservation') return {};
  const expiresAt = cancellableUntil(start, cancellationDays[ware.kind]);
  return { cancellationAllowedUntilDate: expiresAt, refundOptions: [{ type: 'Full', expiresAt }] };
}

export function parentOf(line: Fields): unknown {
  return line.parentSubscriptionId ?? ((line.provisioningContext ?? {}) as Fields).parentSubscriptionId;
}

/** The reseller of record: named on an order's line, or among the participants of a cart's. */
function partnerOf(line: Fields): Fields {
  const participants = (line.participants ?? []) as readonly Fields[];
  const partnerId = line.partnerIdOnRecord ?? participants[0]?.value;
  return partnerId === undefined ? {} : { partnerId };
}

function linksOfSubscription(tenant: Tenant, id: string, line: Fields, ware: Ware | undefined): Fields {
  const country = countryOf(tenant);
  const base = `/customers/${tenant.customer.id}/subscriptions/${id}`;
  return {
    ...(ware === undefined
      ? { offer: link(`/offers/${String(line.catalogItemId)}?country=${country}`) }
      : linksOf(ware, country)),
    self: link(base),
  };
}
