import type { Policy } from '../check/policy.ts';
import { type Amount, amountOf, moneyText } from './money.ts';
import type { PriceSheet } from './prices.ts';
import type { Purchase } from './purchases.ts';

/** Requests by which an order comes about. */
const ordering: ReadonlySet<string> = new Set([
  'carts.checkout',
  'orders.create',
  'orders.createForReseller',
  'orders.addAddon',
  'subscriptions.convertTrial',
]);

/** Requests that say how many seats a subscription shall have. */
const seating: ReadonlySet<string> = new Set(['subscriptions.updateQuantity', 'orders.addAddon']);

/** One request that is about to be sent, or may be. */
export interface Counted {
  /** Names the request in its run: counted once, however often it is sent. */
  readonly place: string;
  readonly operation: string;
  /** Whose seats they are. */
  readonly customer: string;
  /** Seats that it says itself. */
  readonly quantity?: number | undefined;
  readonly purchases: readonly Purchase[];
  /** The customer's country, where it is known. */
  readonly market?: string | undefined;
}

/** What a request would break, and what is only to be said. */
export interface Verdict {
  readonly broken: readonly string[];
  readonly said: readonly string[];
}

interface Sums {
  readonly orders: number;
  readonly seats: number;
  readonly spent: Amount;
}

/**
 * Adds up what a policy limits for a run as a whole: orders, seats of each customer, spending. A request that would
 * break a limit is not counted. Memory grows with customers and orders, and only where the policy limits them.
 */
export class PolicyTotals {
  readonly #policy: Policy;
  readonly #sheet: PriceSheet | undefined;
  readonly #at: number;
  readonly #places = new Set<string>();
  readonly #seats = new Map<string, number>();
  #orders = 0;
  #spent: Amount = 0n;

  /** @param at when prices must hold, in epoch milliseconds */
  constructor(policy: Policy, sheet: PriceSheet | undefined, at: number) {
    this.#policy = policy;
    this.#sheet = sheet;
    this.#at = at;
  }

  /** Counts a request, unless it would break a limit. */
  take(request: Counted): Verdict {
    if (this.#places.has(request.place)) return { broken: [], said: [] };
    const now = this.#with(request);
    const { spending } = this.#policy;
    const unknown = now.unknown.map((what) => `the price is not known: ${what}`);
    const broken = [
      ...(now.orders > this.#orders ? this.#ordersAgainst(now.orders) : []),
      ...(now.seats > this.#seatsOf(request.customer) ? this.#seatsAgainst(request.customer, now.seats) : []),
      ...(now.spent > this.#spent ? this.#spendingAgainst(now.spent) : []),
      ...(spending?.unknownPrices === 'refuse' ? unknown : []),
    ];
    if (broken.length === 0) this.#keep(request, now);
    return { broken, said: spending?.unknownPrices === 'say' ? unknown : [] };
  }

  /** Counts a request that has been sent, whatever the limits are. */
  recall(request: Counted): void {
    if (!this.#places.has(request.place)) this.#keep(request, this.#with(request));
  }

  #seatsOf(customer: string): number {
    return this.#seats.get(customer) ?? 0;
  }

  #with(request: Counted): Sums & { readonly unknown: readonly string[] } {
    const { amount, unknown } = this.#costOf(request);
    return {
      orders: this.#orders + (ordering.has(request.operation) ? 1 : 0),
      seats: this.#seatsOf(request.customer) + seatsOf(request),
      spent: this.#spent + amount,
      unknown,
    };
  }

  #keep({ place, customer }: Counted, { orders, seats, spent }: Sums): void {
    if (orders === this.#orders && spent === this.#spent && seats === this.#seatsOf(customer)) return;
    this.#places.add(place);
    this.#orders = orders;
    this.#spent = spent;
    if (this.#policy.mostSeatsPerCustomer !== undefined) this.#seats.set(customer, seats);
  }

  #ordersAgainst(orders: number): readonly string[] {
    const { mostOrders } = this.#policy;
    return mostOrders === undefined || orders <= mostOrders
      ? []
      : [`it would be order ${orders} of the run, and ${mostOrders} may be placed`];
  }

  #seatsAgainst(customer: string, seats: number): readonly string[] {
    const { mostSeatsPerCustomer: most } = this.#policy;
    return most === undefined || seats <= most
      ? []
      : [`it would make ${seats} seats for the customer ${customer} in this run, and ${most} may be`];
  }

  #spendingAgainst(spent: Amount): readonly string[] {
    const { spending } = this.#policy;
    if (spending === undefined || spent <= amountOf(spending.most)!) return [];
    return [
      `it would bring the run to ${moneyText(spent)} ${spending.currency}, and ${moneyText(amountOf(spending.most)!)} may be spent`,
    ];
  }

  #costOf({ purchases, market }: Counted): { readonly amount: Amount; readonly unknown: readonly string[] } {
    const { spending } = this.#policy;
    let amount: Amount = 0n;
    const unknown: string[] = [];
    for (const purchase of spending === undefined ? [] : purchases) {
      if (purchase.type === 'unknown') {
        unknown.push(`${purchase.what}: ${purchase.why}`);
        continue;
      }
      const found = this.#sheet?.find({ ...purchase, market }, this.#at);
      const item = `${purchase.product}:${purchase.sku}`;
      if (found?.type !== 'price') unknown.push(`${item}: ${found?.why ?? 'there is no price sheet'}`);
      else if (found.price.currency !== spending!.currency)
        unknown.push(
          `${item}: its price is in ${found.price.currency}, and the policy counts ${spending!.currency}`,
        );
      else amount += found.price.unit * BigInt(purchase.quantity);
    }
    return { amount, unknown };
  }
}

function seatsOf({ operation, quantity = 0, purchases }: Counted): number {
  if (seating.has(operation)) return quantity;
  return purchases.reduce((sum, purchase) => sum + (purchase.quantity ?? 0), 0);
}
