import { countryOf } from '../behaviours/market.ts';
import { offerOf } from '../offers.ts';
import type { Fields } from '../reply.ts';
import type { Order, State, Tenant } from '../state.ts';
import { wareOf } from '../wares.ts';

/** Who biller and kind of line are told by: licences, classic Azure, all of new commerce that is no licence. */
export type Provider = 'office' | 'azure' | 'one_time';

/** What one line of an order costs; every form of invoice line is made of it. */
export interface Charge {
  readonly provider: Provider;
  readonly customer: {
    readonly id: string;
    readonly name: string;
    readonly domain: string;
    readonly country: string;
  };
  readonly orderId: string;
  readonly orderDate: string;
  /** Id of a classic offer, or product, SKU and availability. */
  readonly offerId: string;
  readonly title: string;
  readonly subscriptionId: string | undefined;
  readonly quantity: number;
  readonly unitPrice: number;
  readonly subtotal: number;
  readonly tax: number;
  readonly total: number;
  readonly currency: string;
  readonly term: string;
  readonly start: string;
  readonly end: string;
}

export type NewCharge = Omit<Charge, 'subtotal' | 'tax' | 'total' | 'start' | 'end'>;

/** A charge with what follows from price and quantity, for the month of its order. */
export function charge(made: NewCharge): Charge {
  const subtotal = cents(made.unitPrice * made.quantity);
  const tax = cents(subtotal * (taxes[made.currency] ?? 0));
  const [start, end] = monthOf(Date.parse(made.orderDate));
  return { ...made, subtotal, tax, total: cents(subtotal + tax), start, end };
}

/** Shares of tax by currency: no real ones, but such that totals differ from subtotals. */
const taxes: Readonly<Record<string, number>> = { GBP: 0.2, EUR: 0.19, CHF: 0.081, CAD: 0.05, JPY: 0.1 };

export function cents(amount: number): number {
  return Math.round(amount * 100) / 100;
}

/** First and last day of the month that a time lies in. */
export function monthOf(time: number): readonly [string, string] {
  const date = new Date(time);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return [Date.UTC(year, month, 1), Date.UTC(year, month + 1, 0)].map(
    (day) => `${new Date(day).toISOString().slice(0, 19)}Z`,
  ) as [string, string];
}

/** What a unit costs a month; whatever is not named costs what its kind does. */
const prices: Readonly<Record<string, number>> = {
  'Microsoft 365 Business Premium': 22,
  'Microsoft 365 Business Basic': 6,
  'Office 365 Enterprise E3': 23.5,
  'Office 365 Business Premium': 12.5,
};
const pricesByKind = {
  licence: 10,
  reservation: 87.36,
  software: 3945,
  softwareSubscription: 1500,
  marketplace: 49,
  azurePlan: 0.0992,
} as const;
const azureHours = 744;

/** Every charge of what customers have ordered, in the order of their orders. Cancelled orders cost nothing. */
export function chargesOf(state: State): readonly (Charge & { readonly orderedAt: number })[] {
  return [...state.tenants.values()]
    .flatMap((tenant) => [...tenant.orders.values()].map((order) => ({ tenant, order })))
    .filter(({ order }) => order.fields.status !== 'cancelled')
    .sort((a, b) => a.order.createdAt - b.order.createdAt)
    .flatMap(({ tenant, order }) =>
      ((order.fields.lineItems ?? []) as readonly Fields[]).map((line) => ({
        ...chargeOf(tenant, order, line),
        orderedAt: order.createdAt,
      })),
    );
}

function chargeOf({ customer, ...tenant }: Tenant, order: Order, line: Fields): Charge {
  const company = customer.companyProfile as Fields;
  const offerId = String(line.offerId);
  const ware = wareOf(offerId);
  const offer = offerOf(offerId);
  const title = ware?.title ?? offer?.name ?? offerId;
  const classicAzure = offer?.id === 'MS-AZR-0145P';
  const kind = ware?.kind ?? (classicAzure ? 'azurePlan' : 'licence');
  const provider = classicAzure ? 'azure' : kind === 'licence' ? 'office' : 'one_time';
  return charge({
    provider,
    customer: {
      id: customer.id,
      name: String(company.companyName),
      domain: String(company.domain),
      country: countryOf({ customer, ...tenant }),
    },
    orderId: order.id,
    orderDate: new Date(order.createdAt).toISOString(),
    offerId,
    title,
    subscriptionId: line.subscriptionId === undefined ? undefined : String(line.subscriptionId),
    quantity: kind === 'azurePlan' ? azureHours : Number(line.quantity),
    unitPrice: prices[title] ?? pricesByKind[kind],
    currency: String(order.fields.currencyCode),
    term: String(line.termDuration ?? ''),
  });
}
