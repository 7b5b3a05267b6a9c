import type { PastInvoice } from '../billing/history.ts';
import { findInvoice, invoicesOf, shown, symbolOf, totalOf } from '../billing/invoices.ts';
import { asked, byOffset } from '../billing/paging.ts';
import { onePagePdf } from '../billing/pdf.ts';
import { type Fields, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { State } from '../state.ts';
import type { Behaviour } from './behaviour.ts';

/** Invoices, their documents and the balance: pages get-a-collection-of-invoices, get-invoice-by-id, get-invoice-statement, get-invoice-receipt-statement, get-invoice-summaries and get-the-reseller-s-current-account-balance. */
export const invoices: Readonly<Record<string, Behaviour>> = {
  'invoices.list': (call, state) => {
    const filter = filterOf(asked(call, 'filter'));
    if (filter === undefined) return refuse(400, '800002', 'The filter is not valid.');
    const found = seen(state).filter(filter);
    return byOffset(
      found.map((invoice) => bodyOf(invoice)),
      call,
      state.behaviour.pageLimit,
    );
  },
  'invoices.get': withInvoice((invoice) => ok({ ...bodyOf(invoice), ...periodOf(invoice) })),
  'invoices.getStatement': withInvoice((invoice) => pdf(`Invoice_${invoice.id}`, pageOf(invoice))),
  'invoices.getReceiptStatement': withInvoice((invoice, { params }) =>
    receipts[invoice.id] === params.receiptId
      ? pdf(`E-Tax-${params.receiptId}`, [`Receipt ${params.receiptId}`, ...pageOf(invoice)])
      : refuse(404, '1000', `The receipt ${params.receiptId} could not be found.`),
  ),
  'invoices.getSummary': (_call, state) => {
    const all = seen(state).filter(({ currency }) => currency === accountCurrency);
    return ok(summary(accountCurrency, all));
  },
  'invoices.listSummaries': (_call, state) => {
    const groups = Map.groupBy(seen(state), ({ currency }) => currency);
    const items = [...groups].map(([currency, all]) => summary(currency, all));
    const self = { uri: '/invoices/summaries', method: 'GET', headers: [] };
    return ok({
      totalCount: items.length,
      items,
      links: { self },
      attributes: { objectType: 'Collection' },
    });
  },
  'invoices.listEstimateLinks': (call) => {
    const currency = asked(call, 'currencycode')?.toUpperCase();
    if (currency === undefined) return refuse(400, '800002', 'currencycode is missing.');
    const items = estimates(currency);
    return ok({ totalCount: items.length, items, attributes: { objectType: 'Collection' } });
  },
};

/** The invoices, from now on also in the snapshot. */
function seen(state: State): readonly PastInvoice[] {
  state.area('invoices', () => ({ snapshot: () => shown(state) }));
  return invoicesOf(state);
}

export function withInvoice(act: (invoice: PastInvoice, call: Call, state: State) => Reply): Behaviour {
  return (call, state) => {
    const found = findInvoice(state, call.params.invoiceId);
    return found === undefined
      ? refuse(404, '1000', `The invoice ${call.params.invoiceId} could not be found.`)
      : act(found, call, state);
  };
}

/** What the account is kept in; the balance is over its invoices alone. */
const accountCurrency = 'USD';

/** Invoice → its tax receipt, as the samples have them. */
const receipts: Readonly<Record<string, string>> = {
  D02005YFHI: '123456',
  G000024130: '234567',
  G000024135: '123456',
};

function bodyOf(invoice: PastInvoice): Fields {
  const { id, type, currency, date, paid, charges, amendedBy } = invoice;
  const receipt = receipts[id];
  const statement = `/invoices/${id}/documents/statement`;
  const self = { uri: `/invoices/${type}-${id}`, method: 'GET', headers: [] };
  return typed('Invoice', {
    id,
    invoiceDate: `${date}T00:00:00Z`,
    totalCharges: totalOf(charges),
    paidAmount: paid,
    currencyCode: currency,
    currencySymbol: symbolOf(currency),
    pdfDownloadLink: statement,
    ...(receipt === undefined
      ? {}
      : {
          taxReceipts: [
            {
              id: receipt,
              taxReceiptPdfDownloadLink: `/invoices/${id}/receipts/${receipt}/documents/statement`,
            },
          ],
        }),
    invoiceDetails: detailsOf(invoice, { links: true }),
    ...(amendedBy === undefined ? {} : { amendments: [amendment(invoice, amendedBy)] }),
    documentType: amendedBy === undefined ? 'invoice' : 'void_note',
    invoiceType: type,
    links: { self },
  });
}

function amendment(of: PastInvoice, { id, total }: NonNullable<PastInvoice['amendedBy']>): Fields {
  return typed('Invoice', {
    id,
    invoiceDate: `${of.date}T18:44:37Z`,
    totalCharges: total,
    paidAmount: 0,
    currencyCode: of.currency,
    currencySymbol: symbolOf(of.currency),
    invoiceDetails: detailsOf(of, { links: false }),
    documentType: 'adjustment_note',
    amendsOf: of.id,
    invoiceType: of.type,
  });
}

/** Which billers and kinds of line the invoice holds, each with the address of its lines. */
function detailsOf({ id, type, charges }: PastInvoice, { links }: { readonly links: boolean }): Fields[] {
  const billers = { office: 'Office', azure: 'Azure', one_time: 'OneTime' } as const;
  return [...new Set(charges.map(({ provider }) => provider))].map((provider) => {
    const uri = `/invoices/${type}-${id}/lineitems/${billers[provider]}/BillingLineItems`;
    return typed('InvoiceDetail', {
      invoiceLineItemType: 'billing_line_items',
      billingProvider: provider,
      ...(links ? { links: { self: { uri, method: 'GET', headers: [] } } } : {}),
    });
  });
}

function periodOf({ charges }: PastInvoice): Fields {
  const starts = charges.map(({ start }) => start).toSorted();
  const ends = charges.map(({ end }) => end).toSorted();
  return { billingPeriodStartDate: starts[0], billingPeriodEndDate: ends.at(-1) };
}

function pageOf({ id, date, currency, charges }: PastInvoice): readonly string[] {
  return [
    `Invoice ${id} of ${date}`,
    '',
    ...charges.map(({ customer, title, total }) => `${customer.name}: ${title}  ${total.toFixed(2)}`),
    '',
    `Total ${currency} ${totalOf(charges).toFixed(2)}`,
  ];
}

function pdf(name: string, lines: readonly string[]): Reply {
  return {
    status: 200,
    bytes: onePagePdf(lines),
    headers: {
      'content-type': 'application/pdf',
      'content-disposition': `attachment; filename=${name}.pdf`,
    },
  };
}

const never = '0001-01-01T00:00:00';

/** The balance of some invoices, in all and by type. */
function summary(currency: string, all: readonly PastInvoice[]): Fields {
  const details = (['Recurring', 'OneTime'] as const).flatMap((invoiceType) => {
    const some = all.filter(({ type }) => type === invoiceType);
    return some.length === 0
      ? []
      : [{ invoiceType, summary: typed('InvoiceSummary', balance(currency, some)) }];
  });
  const self = { uri: '/invoices/summary', method: 'GET', headers: [] };
  return typed('InvoiceSummary', { ...balance(currency, all), details, links: { self } });
}

function balance(currency: string, all: readonly PastInvoice[]): Fields {
  const dates = all.map(({ date }) => `${date}T00:00:00Z`).toSorted();
  const paid = all.filter((invoice) => invoice.paid > 0);
  const unpaid =
    totalOf(all.flatMap(({ charges }) => charges)) - paid.reduce((sum, one) => sum + one.paid, 0);
  return {
    balanceAmount: Math.round(unpaid * 100) / 100,
    currencyCode: currency,
    currencySymbol: symbolOf(currency),
    accountingDate: dates.at(-1) ?? never,
    firstInvoiceCreationDate: dates[0] ?? never,
    lastPaymentDate: paid.length === 0 ? never : `${paid.at(-1)!.date}T12:00:00Z`,
    lastPaymentAmount: paid.at(-1)?.paid ?? 0,
    latestInvoiceDate: dates.at(-1) ?? never,
  };
}

/** `{"Field":"InvoiceDate","Value":"2025-01-01","Operator":"greater_than_or_equals"}`; undefined where it is none. */
function filterOf(text: string | undefined): ((invoice: PastInvoice) => boolean) | undefined {
  if (text === undefined) return () => true;
  try {
    const { Field, Value, Operator } = JSON.parse(text) as Readonly<Record<string, string>>;
    const compare = comparisons[String(Operator).toLowerCase()];
    const wanted = new Date(String(Value)).toISOString().slice(0, 10);
    if (String(Field).toLowerCase() !== 'invoicedate' || compare === undefined) return undefined;
    return ({ date }) => compare(date, wanted);
  } catch {
    return undefined;
  }
}

const comparisons: Readonly<Record<string, (date: string, wanted: string) => boolean>> = {
  equals: (date, wanted) => date === wanted,
  greater_than: (date, wanted) => date > wanted,
  greater_than_or_equals: (date, wanted) => date >= wanted,
  less_than: (date, wanted) => date < wanted,
  less_than_or_equals: (date, wanted) => date <= wanted,
};

/** Addresses of what is not billed yet, in the words of the page get-invoice-estimate-links. */
function estimates(currency: string): readonly Fields[] {
  return (['daily_rated_usage', 'non_consumption'] as const).flatMap((type) =>
    ['Current', 'Previous'].map((period) => {
      const [provider, kind] =
        type === 'daily_rated_usage' ? ['Marketplace', 'UsageLineItems'] : ['all', 'billinglineitems'];
      const query = `provider=${provider}&invoicelineitemtype=${kind}&currencycode=${currency}&period=${period.toLowerCase()}&size=2000`;
      return {
        type,
        title: type === 'daily_rated_usage' ? 'Daily use' : 'Charges',
        description: 'What is not billed yet.',
        period,
        link: { uri: `/invoices/unbilled/lineitems?${query}`, method: 'GET', headers: [] },
      };
    }),
  );
}
