import type { Charge } from '../billing/charges.ts';
import { cents } from '../billing/charges.ts';
import type { PastInvoice } from '../billing/history.ts';
import { invoicesOf, symbolOf } from '../billing/invoices.ts';
import { collection, type Fields, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { State } from '../state.ts';
import type { Behaviour } from './behaviour.ts';

/** What a customer's services cost: pages get-a-customer-s-service-costs-summary and …-line-items. */
export const serviceCosts: Readonly<Record<string, Behaviour>> = {
  'serviceCosts.getSummary': within((costs, customerId) => ok(summary(costs, customerId))),
  'serviceCosts.listLineItems': within((costs, customerId) =>
    ok(
      collection(
        costs.map((cost) => lineOf(cost, customerId)),
        linkOf(customerId, '/lineitems'),
      ),
    ),
  ),
};

interface Cost extends Charge {
  readonly invoice: PastInvoice;
}

/** Customers of the past have costs, too, though they are customers no more. */
function within(act: (costs: readonly Cost[], customerId: string) => Reply): Behaviour {
  return (call: Call, state: State) => {
    const { customerId = '', billingPeriod = '' } = call.params;
    if (billingPeriod.toLowerCase() !== 'mostrecent')
      return refuse(400, '800002', 'The billing period can be MostRecent only.');
    const costs = costsOf(state, customerId);
    return costs.length === 0 && state.tenant(customerId) === undefined
      ? refuse(404, '60003', `The customer ${customerId} could not be found.`)
      : act(costs, customerId);
  };
}

/** The billed charges of a customer in the last month that has any. */
function costsOf(state: State, customerId: string): readonly Cost[] {
  const all = invoicesOf(state)
    .flatMap((invoice) => invoice.charges.map((charge) => ({ ...charge, invoice })))
    .filter(({ customer }) => customer.id.toLowerCase() === customerId.toLowerCase());
  const last = all
    .map(({ start }) => start)
    .toSorted()
    .at(-1);
  return all.filter(({ start }) => start === last);
}

function linkOf(customerId: string, more = ''): string {
  return `/customers/${customerId}/servicecosts/MostRecent${more}`;
}

function summary(costs: readonly Cost[], customerId: string): Fields {
  const types = (['Recurring', 'OneTime'] as const).map(
    (type) => [type, costs.filter(({ invoice }) => invoice.type === type)] as const,
  );
  const details = types
    .filter(([, some]) => some.length > 0)
    .map(([invoiceType, some]) => ({
      invoiceType,
      summary: typed('ServiceCostsSummary', {
        ...totals(some, customerId),
        currencyCode: some[0]!.currency,
        links: {},
      }),
    }));
  const link = (uri: string) => ({ uri, method: 'GET', headers: [] });
  return typed('ServiceCostsSummary', {
    ...totals(types[0]![1], customerId), // the figures at the root are those of the recurring charges alone
    details,
    links: {
      serviceCostLineItems: link(linkOf(customerId, '/lineitems')),
      self: link(linkOf(customerId)),
    },
  });
}

const never = '0001-01-01T00:00:00';

function totals(costs: readonly Cost[], customerId: string): Fields {
  const sum = (pick: (cost: Cost) => number) => cents(costs.reduce((all, cost) => all + pick(cost), 0));
  return {
    billingStartDate: costs[0]?.start ?? never,
    billingEndDate: costs[0]?.end ?? never,
    pretaxTotal: sum(({ subtotal }) => subtotal),
    tax: sum(({ tax }) => tax),
    afterTaxTotal: sum(({ total }) => total),
    currencySymbol: symbolOf(costs[0]?.currency ?? 'USD'),
    customerId,
  };
}

function lineOf(cost: Cost, customerId: string): Fields {
  const { invoice, offerId, title } = cost;
  const [productId = '', skuId = '', availabilityId = ''] = offerId.split(':');
  return {
    afterTaxTotal: cost.total,
    chargeType: 'CYCLE FEE',
    currencyCode: cost.currency,
    currencySymbol: symbolOf(cost.currency),
    customerId,
    customerName: cost.customer.name,
    endDate: cost.end.slice(0, 19),
    offerId,
    offerName: title,
    orderId: cost.orderId,
    pretaxTotal: cost.subtotal,
    quantity: cost.quantity,
    resellerMPNId: '-1',
    startDate: cost.start.slice(0, 19),
    subscriptionFriendlyName: title,
    subscriptionId: cost.subscriptionId ?? '',
    tax: cost.tax,
    unitPrice: cost.unitPrice,
    invoiceNumber: invoice.id,
    invoiceType: invoice.type,
    productId,
    skuId,
    availabilityId,
    productName: title,
    skuName: title,
    publisherName: 'Microsoft',
    publisherId: '01323244',
    termAndBillingCycle: cost.term,
    discountDetails: '',
  };
}
