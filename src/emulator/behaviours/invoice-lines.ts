import type { Charge } from '../billing/charges.ts';
import { unbilled } from '../billing/invoices.ts';
import {
  azureDay,
  azureLine,
  dailyRatedLine,
  isMetered,
  licenceLine,
  oneTimeLine,
} from '../billing/lines.ts';
import { asked, byOffset, bySeek } from '../billing/paging.ts';
import { type Fields, type Reply, refuse } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { State } from '../state.ts';
import type { Behaviour } from './behaviour.ts';
import { withInvoice } from './invoices.ts';

/**
 * Lines of invoices and of what is not billed yet: pages get-invoiceline-items, get-invoice-billed-consumption-lineitems,
 * get-invoice-unbilled-consumption-lineitems and get-invoice-unbilled-recon-lineitems. One address serves every biller;
 * the query tells them apart.
 */
const billed = withInvoice(({ id, charges, currency }, call, state) => {
  const wanted = asked(call, 'currencycode') ?? currency;
  const some = wanted.toLowerCase() === currency.toLowerCase() ? charges : [];
  return linesOf(some, id, call, state);
});

const open: Behaviour = (call, state) => {
  const currency = asked(call, 'currencycode');
  const period = asked(call, 'period')?.toLowerCase();
  if (currency === undefined) return refuse(400, '800002', 'currencycode is missing.');
  if (period !== 'current' && period !== 'previous')
    return refuse(400, '800002', 'period is neither current nor previous.');
  const charges = unbilled(state, period, currency);
  const usage = kindOf(call) === 'usagelineitems';
  if (usage && state.behaviour.cloud !== 'global') return notHere(state);
  // Whoever the biller will be: what is open has the form of new commerce.
  const lines = usage
    ? charges.filter(isMetered).map((charge) => dailyRatedLine(charge, ''))
    : charges.map((charge) => oneTimeLine(charge, ''));
  return bySeek(lines.filter(earning(call)), call, mostLines(state));
};

export const invoiceLines: Readonly<Record<string, Behaviour>> = {
  'invoices.listLineItems': billed,
  'invoices.listOneTimeLineItems': billed,
  'invoices.listBilledConsumption': billed,
  'invoices.listLineItemsByPath': billed,
  'invoices.listUnbilledConsumption': open,
  'invoices.listUnbilledReconciliation': open,
};

function linesOf(charges: readonly Charge[], invoiceId: string, call: Call, state: State): Reply {
  const biller = (call.params.billingProvider ?? asked(call, 'provider') ?? '').toLowerCase();
  const kind = kindOf(call);
  if (kind !== 'billinglineitems' && kind !== 'usagelineitems')
    return refuse(400, '800002', 'invoicelineitemtype is neither billinglineitems nor usagelineitems.');
  const of = (provider: Charge['provider']) => charges.filter((charge) => charge.provider === provider);
  const made = (some: readonly Charge[], form: (charge: Charge, invoiceId: string) => Fields) =>
    some.map((charge) => form(charge, invoiceId));
  switch (`${biller} ${kind}`) {
    case 'office billinglineitems':
      return byOffset(made(of('office'), licenceLine), call, mostLines(state));
    case 'azure billinglineitems':
      return byOffset(made(of('azure'), azureLine), call, mostLines(state));
    case 'azure usagelineitems':
      return byOffset(made(of('azure'), azureDay), call, mostLines(state));
    case 'onetime billinglineitems':
    case 'marketplace billinglineitems':
      return bySeek(made(of('one_time'), oneTimeLine).filter(earning(call)), call, mostLines(state));
    case 'onetime usagelineitems':
    case 'marketplace usagelineitems': {
      if (state.behaviour.cloud !== 'global') return notHere(state);
      const metered = of('one_time').filter(isMetered);
      return bySeek(made(metered, dailyRatedLine).filter(earning(call)), call, mostLines(state));
    }
    default:
      return refuse(400, '800002', `There are no ${kind} of the provider '${biller}'.`);
  }
}

function kindOf(call: Call): string {
  return (call.params.invoiceLineItemType ?? asked(call, 'invoicelineitemtype') ?? '').toLowerCase();
}

/** The emulated partner earns no credit for managed services. */
function earning(call: Call): (line: Fields) => boolean {
  const wanted = asked(call, 'hasPartnerEarnedCredit')?.toLowerCase() === 'true';
  return () => !wanted;
}

function mostLines({ behaviour }: State): number {
  return Math.min(2000, behaviour.pageLimit);
}

function notHere({ behaviour }: State): Reply {
  return refuse(400, '900128', `This is not supported in the ${behaviour.cloud} cloud.`);
}
