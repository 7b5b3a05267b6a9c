import { type Amount, moneyText } from './money.ts';
import type { PlannedAction, PlannedRecord } from './plan.ts';
import type { Price, PriceSheet } from './prices.ts';
import { type Purchase, purchasesOf } from './purchases.ts';
import { countriesIn } from './unusual.ts';

/** Purchases alike, with what they come to. */
export interface CostLine {
  readonly title: string;
  /** `product:sku`. */
  readonly item: string;
  readonly term: string;
  readonly billing: string;
  readonly currency: string;
  /** For one unit over the term. */
  readonly unitPrice: string;
  readonly purchases: number;
  readonly quantity: number;
  readonly total: string;
  /** Whether it is bought at all is known only after apply. */
  readonly conditional: boolean;
}

/** Purchases whose price is not known, and why. */
export interface CostUnknown {
  readonly what: string;
  readonly why: string;
  readonly purchases: number;
  /** Units, as far as the requests say them. */
  readonly quantity: number;
  readonly examples: readonly string[];
}

/** Sums of one currency: what is bought for certain, and what may come on top. */
export interface CostTotal {
  readonly currency: string;
  readonly certain: string;
  readonly conditional?: string;
}

/** What a plan costs over the terms that it buys, before taxes, discounts and promotions. */
export interface Cost {
  /** The price sheet; undefined where none was given. */
  readonly sheet?: string;
  readonly lines: readonly CostLine[];
  readonly totals: readonly CostTotal[];
  readonly unknown: readonly CostUnknown[];
}

const examplesMax = 5;
/** Reasons that are told apart; a plan with more has another trouble. */
const reasonsMax = 200;

/**
 * Adds up what a plan buys, record by record. What is not known is counted and said, never guessed. Memory grows with the
 * different things that are bought, not with the records.
 */
export class Costs {
  readonly #sheet: PriceSheet | undefined;
  readonly #at: number;
  readonly #lines = new Map<string, { line: CostLine; total: Amount }>();
  readonly #unknown = new Map<string, CostUnknown & { readonly examples: string[] }>();

  /** @param at when the prices must hold, in milliseconds */
  constructor(sheet: PriceSheet | undefined, at: number) {
    this.#sheet = sheet;
    this.#at = at;
  }

  add(record: PlannedRecord): void {
    let market: string | undefined;
    for (const purchase of purchasesOf(record)) {
      market ??= marketOf(record.actions);
      this.#add(record, purchase, market);
    }
  }

  #add(record: PlannedRecord, purchase: Purchase, market: string | undefined): void {
    if (purchase.type === 'unknown') return this.#leaveOpen(record, purchase);
    if (this.#sheet === undefined)
      return this.#leaveOpen(record, {
        ...purchase,
        what: itemOf(purchase),
        why: 'no price sheet was given',
      });
    const found = this.#sheet.find({ ...purchase, market }, this.#at);
    if (found.type === 'unknown')
      return this.#leaveOpen(record, { ...purchase, what: itemOf(purchase), why: found.why });
    this.#count(purchase, found.price);
  }

  #count(purchase: Extract<Purchase, { type: 'known' }>, price: Price): void {
    const { currency, unit, title } = price;
    const { quantity, conditional } = purchase;
    const item = itemOf(purchase);
    const [term, billing] = [purchase.term ?? price.term, purchase.billing ?? price.billing];
    const name = JSON.stringify([item, term, billing, currency, String(unit), conditional]);
    const known = this.#lines.get(name);
    const total = (known?.total ?? 0n) + unit * BigInt(quantity);
    const line: CostLine = {
      title,
      item,
      term,
      billing,
      currency,
      unitPrice: moneyText(unit),
      purchases: (known?.line.purchases ?? 0) + 1,
      quantity: (known?.line.quantity ?? 0) + quantity,
      total: moneyText(total),
      conditional,
    };
    this.#lines.set(name, { line, total });
  }

  #leaveOpen(
    { key }: PlannedRecord,
    {
      what,
      why,
      quantity,
    }: { readonly what: string; readonly why: string; readonly quantity?: number | undefined },
  ): void {
    const given = `${what}\n${why}`;
    const rest = this.#unknown.size >= reasonsMax && !this.#unknown.has(given);
    const name = rest ? '' : given;
    const known = this.#unknown.get(name);
    const examples = known?.examples ?? [];
    if (examples.length < examplesMax && !examples.includes(key)) examples.push(key);
    this.#unknown.set(name, {
      what: rest ? 'other purchases' : what,
      why: rest ? 'for various reasons' : why,
      purchases: (known?.purchases ?? 0) + 1,
      quantity: (known?.quantity ?? 0) + (quantity ?? 0),
      examples,
    });
  }

  finish(): Cost {
    const lines = [...this.#lines.values()];
    const currencies = [...new Set(lines.map(({ line }) => line.currency))].sort();
    const sum = (currency: string, conditional: boolean) =>
      lines
        .filter(({ line }) => line.currency === currency && line.conditional === conditional)
        .reduce((total, one) => total + one.total, 0n);
    return {
      ...(this.#sheet === undefined ? {} : { sheet: this.#sheet.file }),
      lines: lines
        .sort((a, b) => (a.total < b.total ? 1 : a.total > b.total ? -1 : 0))
        .map(({ line }) => line),
      totals: currencies.map((currency) => {
        const conditional = sum(currency, true);
        return {
          currency,
          certain: moneyText(sum(currency, false)),
          ...(conditional === 0n ? {} : { conditional: moneyText(conditional) }),
        };
      }),
      unknown: [...this.#unknown.values()].sort((a, b) => b.purchases - a.purchases),
    };
  }
}

function itemOf({ product, sku }: { readonly product: string; readonly sku: string }): string {
  return `${product}:${sku}`;
}

/** The one country that a record names, where it names one. */
function marketOf(actions: readonly PlannedAction[]): string | undefined {
  const countries = new Set(actions.flatMap((action) => [...countriesIn(action.with)]));
  return countries.size === 1 ? [...countries][0] : undefined;
}
