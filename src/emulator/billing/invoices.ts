import { createHash } from 'node:crypto';
import type { Fields } from '../reply.ts';
import type { State } from '../state.ts';
import { type Charge, cents, chargesOf, monthOf } from './charges.ts';
import { openBefore, type PastInvoice, pastInvoices } from './history.ts';

/** Every invoice: those of the past, then one a month, currency and type for what was ordered and is billed. */
export function invoicesOf(state: State): readonly PastInvoice[] {
  const billed = chargesOf(state).filter(({ orderedAt }) => orderedAt < billedUntil(state));
  const groups = Map.groupBy(billed, ({ start, currency, provider }) =>
    [start, currency, typeOf(provider)].join(' '),
  );
  const made = [...groups].map(([group, charges]): PastInvoice => {
    const [start = '', currency = '', type] = group.split(' ');
    const hash = createHash('sha256').update(group).digest();
    const id =
      type === 'Recurring'
        ? `D04${hash.toString('hex').slice(0, 7).toUpperCase()}`
        : `G04${String(hash.readUInt32BE() % 10_000_000).padStart(7, '0')}`;
    const date = nextEighth(start);
    return { id, type: type as PastInvoice['type'], date, currency, paid: 0, charges };
  });
  return [...pastInvoices, ...made];
}

function typeOf(provider: Charge['provider']): PastInvoice['type'] {
  return provider === 'one_time' ? 'OneTime' : 'Recurring';
}

/** Invoices are made on the eighth of the month after. */
function nextEighth(start: string): string {
  const month = new Date(start);
  return new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 8)).toISOString().slice(0, 10);
}

/** What was ordered before is billed; the month that runs is not. */
function billedUntil({ now }: State): number {
  return Date.parse(monthOf(now())[0]);
}

/** An invoice by its id, alone or with its type before it as links have it. */
export function findInvoice(state: State, id: string | undefined): PastInvoice | undefined {
  const wanted = String(id)
    .replace(/^(?:Recurring|OneTime)-/iu, '')
    .toLowerCase();
  return invoicesOf(state).find((invoice) => invoice.id.toLowerCase() === wanted);
}

/** What is not billed yet of the running period, or of the one before. */
export function unbilled(state: State, period: 'current' | 'previous', currency: string): readonly Charge[] {
  const all =
    period === 'current'
      ? chargesOf(state).filter(({ orderedAt }) => orderedAt >= billedUntil(state))
      : openBefore(monthOf(Date.parse(monthOf(state.now())[0]) - 1)[0].slice(0, 10));
  return all.filter((charge) => charge.currency.toLowerCase() === currency.toLowerCase());
}

export function totalOf(charges: readonly Charge[]): number {
  return cents(charges.reduce((sum, { total }) => sum + total, 0));
}

const symbols: Readonly<Record<string, string>> = { USD: '$', GBP: '£', EUR: '€', JPY: '¥' };

export function symbolOf(currency: string): string {
  return symbols[currency] ?? currency;
}

/** As `/_emulator/state` shows the invoices. */
export function shown(state: State): readonly Fields[] {
  return invoicesOf(state).map(({ id, type, currency, date, charges }) => ({
    id,
    type,
    currency,
    date,
    total: totalOf(charges),
    orders: [...new Set(charges.map(({ orderId }) => orderId))],
  }));
}
