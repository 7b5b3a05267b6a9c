import { type Fields, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import { currencyOf } from '../seed.ts';
import type { Area, State, Tenant } from '../state.ts';
import { dayMs, inCurrency, isClassic, type Meter, meters, type Use, usesOf } from './azure-use.ts';
import { type Behaviour, within } from './behaviour.ts';
import { seekPage } from './seek.ts';

/**
 * Prices and unrated use of classic Azure: pages get-prices-for-microsoft-azure, get-prices-for-microsoft-azure-partner-shared-services,
 * get-a-customer-s-utilization-record-for-azure.
 */
export const azure: Readonly<Record<string, Behaviour>> = {
  'azureRateCard.get': (call) => rateCard(call, 'US'),
  'azureRateCard.getShared': (call) => rateCard(call, 'US'),
  'azureUtilization.list': within(utilization),
};

/** Prices in the market's currency, unless another is asked for; the emulated partner's own market is the US. */
function rateCard({ query, headers }: Call, home: string): Reply {
  const currency = (query.get('currency') ?? currencyOf(query.get('region') ?? home)).toUpperCase();
  const rate = inCurrency(1, currency);
  if (rate === undefined) return refuse(400, '3000', `There are no prices in ${currency}.`);
  return ok(
    typed('AzureRateCard', {
      locale: String(headers['x-locale'] ?? 'en-US'),
      currency,
      isTaxIncluded: false,
      meters: meters.map((meter) => ({
        ...{ id: meter.id, name: meter.name, rates: { '0': meter.rate * rate }, tags: [] },
        ...{ category: meter.category, subcategory: meter.subcategory, region: meter.region },
        ...{ unit: meter.unit, includedQuantity: 0, effectiveDate: meter.effectiveDate },
      })),
      offerTerms: [
        {
          name: 'Overage discount',
          discount: 0.15,
          excludedMeterIds: ['53cc0061-0fe2-4249-bf62-e1008c811f5c'],
          effectiveDate: '2014-01-01T00:00:00',
        },
      ],
    }),
  );
}

/** How often the records of a subscription will still be said to be not ready, before they are. */
class Readiness implements Area {
  readonly looksLeft = new Map<string, number>();

  snapshot(): readonly Fields[] {
    return [...this.looksLeft].map(([subscriptionId, looksLeft]) => ({ subscriptionId, looksLeft }));
  }
}

const hourMs = 3_600_000;
const mostRecords = 1_000;

function utilization(tenant: Tenant, call: Call, state: State): Reply {
  const found = tenant.subscriptions.get(String(call.params.subscriptionId).toLowerCase());
  if (found === undefined || !isClassic(found))
    return refuse(404, '20003', 'The classic Azure subscription could not be found.');
  const { query } = call;
  const from = Date.parse(query.get('start_time') ?? '');
  const to = Math.min(Date.parse(query.get('end_time') ?? ''), state.now());
  if (Number.isNaN(from) || Number.isNaN(to))
    return refuse(400, '3000', 'start_time and end_time are needed, as UTC date-time offsets.');
  const hourly = query.get('granularity')?.toLowerCase() === 'hourly';
  const end = Date.parse(query.get('end_time') ?? '');
  if (hourly && (from % hourMs !== 0 || end % hourMs !== 0))
    return refuse(400, '3000', 'Hourly records begin and end on the hour.');
  if (!isReady(found.id, state)) return { status: 204, headers: { 'retry-after': '1' } };
  const details = query.get('show_details')?.toLowerCase() !== 'false';
  const uses = usesOf({ id: found.id, name: String(found.fields.friendlyName) }, from, to);
  const records = (details ? uses : byMeter(uses)).flatMap((use) => slots(use, hourly, details));
  return seekPage(call, records, state, { name: 'seek_operation', size: mostRecords });
}

/** The first asks for a subscription set its records going; each of them is told to come back. */
function isReady(id: string, state: State): boolean {
  const { looksLeft } = state.area('azureUtilization', () => new Readiness());
  const left = looksLeft.get(id) ?? state.behaviour.provisioningPolls;
  looksLeft.set(id, Math.max(0, left - 1));
  return left === 0;
}

/** Without details the instances of a day go together. */
function byMeter(uses: readonly Use[]): readonly Use[] {
  const groups = Map.groupBy(uses, ({ resource, day }) => `${resource.meter.id} ${day}`);
  return [...groups.values()].map((group) => ({
    ...group[0]!,
    quantity: group.reduce((sum, { quantity }) => sum + quantity, 0),
  }));
}

function slots(use: Use, hourly: boolean, details: boolean): readonly Fields[] {
  if (!hourly) return [record(use, use.day, dayMs, use.quantity, details)];
  return Array.from({ length: 24 }, (_, hour) =>
    record(use, use.day + hour * hourMs, hourMs, use.quantity / 24, details),
  );
}

function record({ resource }: Use, start: number, ms: number, quantity: number, details: boolean): Fields {
  const { meter } = resource;
  return typed('AzureUtilizationRecord', {
    usageStartTime: offsetTime(start),
    usageEndTime: offsetTime(start + ms),
    resource: resourceOf(meter),
    quantity,
    unit: meter.unit,
    infoFields: {},
    ...(details
      ? {
          instanceData: {
            resourceUri: resource.uri,
            location: meter.region,
            partNumber: '',
            orderNumber: '',
            additionalInfo: {},
          },
        }
      : {}),
  });
}

function resourceOf({ id, name, category, subcategory, region }: Meter): Fields {
  return { id, name, category, subcategory, region };
}

/** The records' times have an offset instead of a Z. */
function offsetTime(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', '+00:00');
}
