import type { Fields } from '../reply.ts';
import type { State, Subscription, Tenant } from '../state.ts';
import { catalogItemId, type Ware, wareOf } from '../wares.ts';
import { type Problem, problemOf } from './buy.ts';
import { countryOf, linksOf } from './market.ts';
import { windowOf } from './new-subscription.ts';
import { endOfTerm, isoOf } from './term-dates.ts';

/** What the end of a term does, and what may be scheduled for it: page create-scheduled-changes. */

interface NextTerm {
  readonly product?: Fields;
  readonly quantity?: unknown;
  readonly customTermEndDate?: unknown;
}

/** Why a change cannot be scheduled: the subscription must renew itself, and the next term be something for sale. */
export function scheduleProblem(
  next: Fields,
  renews: boolean,
  tenant: Tenant,
  state: State,
): Problem | undefined {
  if (!renews)
    return { status: 400, code: '800093', text: 'The subscription is not eligible for auto-renew.' };
  const { product = {}, quantity } = next as NextTerm;
  const { billingCycle, termDuration, promotionId } = product;
  return problemOf(
    {
      catalogItemId: itemOf(product),
      quantity,
      billingCycle,
      termDuration,
      ...(promotionId === undefined ? {} : { promotionId }),
    },
    tenant,
    state,
  );
}

function itemOf({ productId, skuId, availabilityId }: Fields): string {
  return `${String(productId)}:${String(skuId)}:${String(availabilityId)}`;
}

/** Brings a customer's subscriptions up to the service's clock: terms that ended are renewed as was scheduled, or are over. */
export function renewDue(tenant: Tenant, state: State): void {
  for (const subscription of tenant.subscriptions.values()) {
    while (subscription.fields.status === 'active' && endOf(subscription) <= state.now())
      endTerm(subscription, tenant);
  }
}

function endOf({ fields }: Subscription): number {
  return Date.parse(String(fields.commitmentEndDate));
}

function endTerm(subscription: Subscription, tenant: Tenant): void {
  const { scheduledNextTermInstructions, ...fields } = subscription.fields;
  subscription.version += 1;
  if (fields.autoRenewEnabled !== true) {
    subscription.fields = { ...fields, status: 'expired' };
    return;
  }
  const next = scheduledNextTermInstructions as NextTerm | undefined;
  const start = endOf(subscription);
  const ware = wareOf(next?.product === undefined ? fields.offerId : itemOf(next.product));
  const product = ware === undefined || next?.product === undefined ? {} : termOf(ware, next.product, tenant);
  const termDuration = product.termDuration ?? fields.termDuration ?? 'P1Y';
  const custom = Date.parse(String(next?.customTermEndDate ?? ''));
  if (ware !== undefined) subscription.licenceSku = ware.licenceSku;
  subscription.fields = {
    ...fields,
    ...product,
    ...(next?.quantity === undefined ? {} : { quantity: next.quantity }),
    effectiveStartDate: isoOf(start),
    commitmentEndDate: isoOf(custom || endOfTerm(start, termDuration)),
    ...windowOf(ware, start),
  };
}

/** The next term's product on the subscription. */
function termOf(ware: Ware, product: Fields, tenant: Tenant): Fields {
  return {
    offerId: catalogItemId(ware),
    offerName: ware.title,
    billingCycle: String(product.billingCycle).toLowerCase(),
    termDuration: product.termDuration,
    ...(product.promotionId === undefined ? {} : { promotionId: product.promotionId }),
    links: linksOf(ware, countryOf(tenant)),
  };
}
