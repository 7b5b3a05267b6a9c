import { collection, type Fields, ok, refuse, typed } from '../reply.ts';
import type { State, Tenant } from '../state.ts';
import { type Behaviour, within } from './behaviour.ts';
import { inCountry, selfOf } from './market.ts';

interface Promotion {
  readonly id: string;
  readonly name: string;
  readonly productId: string;
  readonly skuId: string;
  readonly term: { readonly duration: string; readonly billingCycle: string };
  readonly discount: string;
  readonly from: string;
  readonly to: string;
  readonly seats?: readonly [number, number];
  readonly firstPurchase?: true;
}

/** The first is the documentation's, long over; the second runs, for customers that buy it for the first time. */
const promotions: readonly Promotion[] = [
  {
    id: '39NFJQT1PJQB:0001:39NFJQT1Q5KN',
    name: 'Visio Plan 1',
    productId: 'CFQ7TTC0HD33',
    skuId: '0003',
    term: { duration: 'P1Y', billingCycle: 'Annual' },
    discount: '0.05',
    from: '2021-09-23T00:00:00+00:00',
    to: '2021-10-14T23:59:59+00:00',
  },
  {
    id: '39NFJQT1PM2D:0001:39NFJQT1Q7XB',
    name: 'Microsoft 365 Business Premium, three years',
    productId: 'CFQ7TTC0LCHC',
    skuId: '0002',
    term: { duration: 'P3Y', billingCycle: 'Annual' },
    discount: '0.15',
    from: '2024-01-01T00:00:00+00:00',
    to: '2099-12-31T23:59:59+00:00',
    seats: [5, 300],
  },
  {
    id: '39NFJQT1PN4F:0001:39NFJQT1Q8YC',
    name: 'Microsoft 365 Business Basic, first year',
    productId: 'CFQ7TTC0LH18',
    skuId: '0001',
    term: { duration: 'P1Y', billingCycle: 'Annual' },
    discount: '0.10',
    from: '2024-01-01T00:00:00+00:00',
    to: '2099-12-31T23:59:59+00:00',
    firstPurchase: true,
  },
];

/** Pages get-promotions, get-promotion-by-id and verify-promotion-eligibility. */
export const promotionBehaviours: Readonly<Record<string, Behaviour>> = {
  'promotions.list': (call, state) =>
    inCountry(call, () => {
      const commercial = (call.query.get('segment') ?? 'commercial').toLowerCase() === 'commercial';
      const running = promotions.filter((promotion) => commercial && runs(promotion, state));
      return ok(collection(running.map(bodyOf), selfOf(call)));
    }),
  'promotions.get': (call) =>
    inCountry(call, () => {
      const found = promotionOf(call.params.promotionId);
      return found === undefined
        ? refuse(404, '1000', 'The promotion could not be found.')
        : ok(bodyOf(found));
    }),
  'promotions.verify': within((tenant, call, state) => {
    const { items = [] } = (call.body ?? {}) as { readonly items?: readonly Fields[] };
    if (items.length === 0) return refuse(400, '800002', 'Items is missing.');
    return ok(
      collection(
        items.map(({ promotionId, ...asked }) => {
          const errors = hindrances(asked, promotionId, tenant, state);
          const eligibilities = [{ promotionId, isEligible: errors.length === 0, errors }];
          return typed('PromotionEligibilities', { ...asked, eligibilities });
        }),
        selfOf(call),
      ),
    );
  }),
};

function promotionOf(id: unknown): Promotion | undefined {
  return promotions.find((promotion) => promotion.id.toLowerCase() === String(id).trim().toLowerCase());
}

function runs({ from, to }: Promotion, state: State): boolean {
  return Date.parse(from) <= state.now() && state.now() <= Date.parse(to);
}

/** Why a purchase (of a catalogItemId, so many, on such terms) does not get a promotion; nothing where it does. */
export function hindrances(
  asked: Fields,
  promotionId: unknown,
  tenant: Tenant,
  state: State,
): readonly Fields[] {
  const found = promotionOf(promotionId);
  const [productId = '', skuId = ''] = String(asked.catalogItemId).split(':');
  if (found === undefined || !runs(found, state) || found.productId !== productId || found.skuId !== skuId)
    return [{ type: 'Product' }];
  const { seats, term } = found;
  const quantity = Number(asked.quantity);
  const errors: Fields[] = [];
  if (seats !== undefined && (quantity < seats[0] || quantity > seats[1]))
    errors.push({ type: 'SeatCount', minRequiredSeats: seats[0], maxRequiredSeats: seats[1] });
  const sameTerm =
    String(asked.termDuration).toLowerCase() === term.duration.toLowerCase() &&
    String(asked.billingCycle).toLowerCase() === term.billingCycle.toLowerCase();
  if (!sameTerm) errors.push({ type: 'Term', eligibleTerms: [term] });
  const had = [...tenant.subscriptions.values()].some(({ fields }) =>
    String(fields.offerId).startsWith(`${productId}:`),
  );
  if (found.firstPurchase === true && had) errors.push({ type: 'FirstPurchase' });
  return errors;
}

function bodyOf({ id, name, productId, skuId, term, discount, from, to }: Promotion): Fields {
  return {
    id,
    name,
    description: name,
    segment: 'commercial',
    startDate: from,
    endDate: to,
    properties: { isAutoApplicable: false },
    requiredProducts: [
      { productId, skuId, term, pricingPolicies: [{ policyType: 'PercentDiscount', value: discount }] },
    ],
  };
}
