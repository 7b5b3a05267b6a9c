import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { openTable } from '../load/table.ts';
import { type Amount, amountOf } from './money.ts';

/** One line of a price sheet. */
export interface Price {
  readonly title: string;
  /** For one unit over the whole term, whatever the billing plan (page new-commerce-price-lists). */
  readonly unit: Amount;
  readonly currency: string;
  readonly market: string;
  readonly segment: string;
  readonly term: string;
  readonly billing: string;
  /** Quantities that it is for, where the price is tiered. */
  readonly tier: readonly [min: number, max: number];
  readonly from: number;
  readonly until: number;
}

/** What is bought, as far as the request says it. */
export interface Wanted {
  readonly product: string;
  readonly sku: string;
  readonly term?: string | undefined;
  readonly billing?: string | undefined;
  readonly quantity: number;
  /** The customer's country, where the record names one. */
  readonly market?: string | undefined;
}

export type PriceFound =
  | { readonly type: 'price'; readonly price: Price }
  | { readonly type: 'unknown'; readonly why: string };

export interface PriceSheet {
  readonly file: string;
  readonly lines: number;
  /** The one price that holds for what is wanted, or why there is none: several are as good as none. */
  find(wanted: Wanted, at: number): PriceFound;
}

const needed = ['ProductId', 'SkuId', 'Currency', 'UnitPrice'] as const;

/**
 * Reads a price sheet as Partner Center exports it (page get-a-price-sheet), new commerce, software or reservations.
 * @throws DiagnosticsError INPUT_HEADER where a column is missing, INPUT_CELL where a price is no number
 */
export async function readPriceSheet(file: string): Promise<PriceSheet> {
  const table = await openTable(file);
  const missing = needed.filter((name) => !table.columns.some((column) => same(column, name)));
  if (missing.length > 0) {
    throw new DiagnosticsError([
      {
        code: 'INPUT_HEADER',
        severity: 'error',
        message: `${file} is no price sheet: it has no column ${missing.join(', ')}`,
        help: 'export one from Partner Center: Pricing, or GET …/sales/pricesheets(Market=…,PricesheetView=…)',
      },
    ]);
  }
  const prices = new Map<string, Price[]>();
  let lines = 0;
  for await (const { cells, line } of table.rows()) {
    const cell = reader(cells);
    const key = keyOf(cell('ProductId'), cell('SkuId'));
    const known = prices.get(key) ?? [];
    known.push(priceOf(cell, file, line));
    prices.set(key, known);
    lines += 1;
  }
  return { file, lines, find: (wanted, at) => find(prices, wanted, at) };
}

type Cells = (column: string) => string;

function reader(cells: Readonly<Record<string, unknown>>): Cells {
  const names = Object.keys(cells);
  return (column) => {
    const name = names.find((candidate) => same(candidate, column));
    const value = name === undefined ? undefined : cells[name];
    return value === undefined || value === null ? '' : String(value).trim();
  };
}

/** Exports of different times write `ERP Price` and `ERPPrice`, `ProductID` and `ProductId`. */
function same(a: string, b: string): boolean {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z]/gu, '');
  return plain(a) === plain(b);
}

/** Spreadsheets make `1` of `0001`. */
function keyOf(product: string, sku: string): string {
  return `${product.toUpperCase()}:${sku.toUpperCase().padStart(4, '0')}`;
}

function priceOf(cell: Cells, file: string, row: number): Price {
  const unit = amountOf(cell('UnitPrice'));
  if (unit === undefined) {
    throw new DiagnosticsError([
      {
        code: 'INPUT_CELL',
        severity: 'error',
        message: `UnitPrice is no price`,
        cell: { file, row, column: 'UnitPrice', value: cell('UnitPrice') },
        expected: 'a decimal number, as 57.6',
      },
    ]);
  }
  const [min, max] = [cell('PricingTierRangeMin'), cell('PricingTierRangeMax')];
  return {
    title: cell('SkuTitle') || cell('ProductTitle'),
    unit,
    currency: cell('Currency').toUpperCase(),
    market: cell('Market').toUpperCase(),
    segment: cell('Segment'),
    term: cell('TermDuration').toUpperCase(),
    billing: planOf(cell('BillingPlan')),
    tier: [min === '' ? 0 : Number(min), max === '' ? Number.POSITIVE_INFINITY : Number(max)],
    from: dateOf(cell('EffectiveStartDate')) ?? Number.NEGATIVE_INFINITY,
    until: dateOf(cell('EffectiveEndDate')) ?? Number.POSITIVE_INFINITY,
  };
}

/** `Annual`, `annual`; what is billed once has no plan, `None` or `OneTime`. */
function planOf(text: string): string {
  const plain = text.toLowerCase().replaceAll(/[^a-z]/gu, '');
  return plain === 'onetime' || plain === 'none' ? '' : plain;
}

/** Sheets have ISO dates with seven decimals, or `2/1/2023 0:00`; both are UTC. */
function dateOf(text: string): number | undefined {
  const usual = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?: (\d{1,2}):(\d{2})(?::(\d{2}))?(?: ([AP])M)?)?$/u.exec(
    text,
  );
  if (usual !== null) {
    const [, month, day, year, hour = '0', minute = '0', second = '0', half] = usual;
    const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (half === 'P' ? 12 : 0);
    return Date.UTC(Number(year), Number(month) - 1, Number(day), hours, Number(minute), Number(second));
  }
  const iso = /^(\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2})?)/u.exec(text)?.[1];
  if (iso === undefined) return undefined;
  return Date.parse(iso.length === 10 ? iso : `${iso}Z`);
}

function find(prices: ReadonlyMap<string, readonly Price[]>, wanted: Wanted, at: number): PriceFound {
  const key = keyOf(wanted.product, wanted.sku);
  let left = prices.get(key) ?? [];
  if (left.length === 0) return unknown(`the price sheet has no ${key}`);
  const conditions: readonly (readonly [string, (price: Price) => boolean])[] = [
    ['at the time of the plan', ({ from, until }) => from <= at && at < until],
    [
      `for the term ${wanted.term}`,
      ({ term }) => wanted.term === undefined || term === '' || term === wanted.term.toUpperCase(),
    ],
    [
      `billed ${wanted.billing}`,
      ({ billing }) => wanted.billing === undefined || billing === planOf(wanted.billing),
    ],
    [
      `in ${wanted.market}`,
      ({ market }) => wanted.market === undefined || market === '' || market === wanted.market,
    ],
    [`for ${wanted.quantity}`, ({ tier: [min, max] }) => min <= wanted.quantity && wanted.quantity <= max],
  ];
  for (const [words, holds] of conditions) {
    left = left.filter(holds);
    if (left.length === 0) return unknown(`the price sheet has no price of ${key} ${words}`);
  }
  const [first, ...others] = left;
  const differs = others.find(({ unit, currency }) => unit !== first!.unit || currency !== first!.currency);
  return differs === undefined
    ? { type: 'price', price: first! }
    : unknown(`the price sheet has several prices of ${key}: ${differencesOf(left)}`);
}

function differencesOf(prices: readonly Price[]): string {
  const fields = ['market', 'currency', 'segment', 'term', 'billing'] as const;
  const differing = fields.filter((field) => new Set(prices.map((price) => price[field])).size > 1);
  return differing.length === 0
    ? 'their dates overlap'
    : differing
        .map((field) => `${field} ${[...new Set(prices.map((price) => price[field]))].join(' or ')}`)
        .join(', ');
}

function unknown(why: string): PriceFound {
  return { type: 'unknown', why };
}
