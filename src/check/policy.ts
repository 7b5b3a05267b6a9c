/** What an organisation allows, whatever a playbook says. */
export interface Policy {
  readonly file: string;
  /** The text as it was read: a run keeps it. */
  readonly source: string;
  readonly name: string;
  readonly operations: Rule;
  /** `product`, `product:sku` or a whole catalogItemId. */
  readonly skus: Rule;
  /** Two letters. */
  readonly countries: Rule;
  /** Orders that a run may place. */
  readonly mostOrders?: number;
  /** Seats that a run may buy or set for one customer. */
  readonly mostSeatsPerCustomer?: number;
  readonly spending?: Spending;
}

/** What is allowed (anything, where it is absent), and what is forbidden all the same. */
export interface Rule {
  readonly allowed?: readonly string[];
  readonly forbidden: readonly string[];
}

export interface Spending {
  /** A decimal number, as it is written. */
  readonly most: string;
  readonly currency: string;
  /** The price sheet, relative to the policy's own folder. */
  readonly prices: string;
  /** What becomes of a purchase whose price is not known: refused, or said and not counted. */
  readonly unknownPrices: 'refuse' | 'say';
}
