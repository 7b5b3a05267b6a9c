import type { Subscription, Tenant } from '../state.ts';
import { chanceOf } from './chance.ts';

/**
 * What Azure subscriptions use, and at which price: made from their ids and the day, so that every summary, record and
 * list of it agrees with every other. A subscription counts as in use from the start of the period on, so that there is
 * something to see on its first day.
 */

/** A price per unit, in US dollars. Ids and names as in the samples of the rate card and of meter records. */
export interface Meter {
  readonly id: string;
  /** How an Azure plan names it. */
  readonly planId: string;
  readonly name: string;
  readonly category: string;
  readonly subcategory: string;
  readonly region: string;
  readonly unit: string;
  readonly rate: number;
  readonly effectiveDate: string;
}

const meter = (
  id: string,
  planId: string,
  [name, category, subcategory, region, unit]: readonly [string, string, string, string, string],
  rate: number,
): Meter => ({
  ...{ id, planId, name, category, subcategory, region, unit, rate },
  effectiveDate: '2017-01-01T00:00:00Z',
});

const compute = meter(
  '7a2639ce-ae47-4413-9837-6b4f4b78be3d',
  'DZH318Z0BQ4B-0047-Compute Hours',
  ['Compute Hours', 'Virtual Machines', 'Standard_D1_v2 VM (Windows)', 'BR South', 'Hours'],
  0.1122,
);
const blobs = meter(
  '8767aeb3-6909-4db2-9927-3f51e9a9085e',
  'DZH318Z0BNZ5-006G-Data Stored (GB/Month)',
  ['LRS Data Stored', 'Storage', 'Tables', 'Zone 1', '1 GB/Month'],
  0.045,
);
const traffic = meter(
  '2a2419c0-cefe-46b2-8004-8eb002ad606c',
  'DZH318Z0BNVX-005J-Data Transfer Out (GB)',
  ['Data Transfer Out', 'Bandwidth', 'Bandwidth', 'Zone 1', '1 GB'],
  0.087,
);
const line = meter(
  '4b836326-7e19-46e6-8bce-1b19bb6cd91e',
  'DZH318Z0BP6B-0002-Unlimited Data - 1 Gbps',
  ['Unlimited Data - 1 Gbps', 'Networking', 'ExpressRoute', 'Zone 2', 'Connections'],
  7395,
);

/** What the rate card lists; the line is too dear for the emulated customers to have one. */
export const meters: readonly Meter[] = [compute, blobs, traffic, line];

/** What uses Azure: a classic subscription, or one Azure subscription under a plan. */
export interface Holder {
  readonly id: string;
  readonly name: string;
  /** Milliseconds from when on it uses nothing. */
  readonly stoppedAt?: number | undefined;
}

export interface Resource {
  readonly name: string;
  readonly type: string;
  readonly uri: string;
  readonly group: string;
  readonly meter: Meter;
  /** Units a day, about. */
  readonly daily: number;
}

/** One day of one resource. */
export interface Use {
  readonly resource: Resource;
  readonly day: number;
  readonly quantity: number;
}

export const dayMs = 86_400_000;

/** The calendar month, in UTC, that a moment lies in. */
export function periodOf(now: number): { readonly start: number; readonly end: number } {
  const at = new Date(now);
  return {
    start: Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1),
    end: Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1),
  };
}

/** The resources in a subscription: one to three machines, each with its disk, and what they send out. */
export function resourcesOf(holder: Holder): readonly Resource[] {
  const machines = 1 + Math.floor(chanceOf(holder.id, 'machines') * 3);
  const group = `rg-${holder.id.slice(0, 4)}`;
  const make = (type: string, name: string, metered: Meter, daily: number): Resource => ({
    ...{ name, group, meter: metered, daily },
    type: type.split('/')[0]!,
    uri: `/subscriptions/${holder.id}/resourceGroups/${group}/providers/${type}/${name}`,
  });
  return Array.from({ length: machines }, (_, index) => [
    make('Microsoft.Compute/virtualMachines', `vm${index + 1}`, compute, 24),
    make('Microsoft.Compute/disks', `vm${index + 1}_OsDisk`, blobs, 4.2),
  ])
    .flat()
    .concat(make('Microsoft.Network/publicIPAddresses', 'gateway', traffic, 12));
}

/** What a subscription used on each day that began in `[from, to)`. */
export function usesOf(holder: Holder, from: number, to: number): readonly Use[] {
  const end = Math.min(to, holder.stoppedAt ?? Number.POSITIVE_INFINITY);
  const first = Math.ceil(from / dayMs) * dayMs;
  const days = Array.from(
    { length: Math.max(0, Math.ceil((end - first) / dayMs)) },
    (_, n) => first + n * dayMs,
  );
  return resourcesOf(holder).flatMap((resource) =>
    days.map((day) => ({
      resource,
      day,
      quantity: resource.daily * (0.5 + 0.5 * chanceOf(resource.uri, day)),
    })),
  );
}

export function usdOf(uses: readonly Use[]): number {
  return uses.reduce((sum, { quantity, resource }) => sum + quantity * resource.meter.rate, 0);
}

/** How much of a currency a US dollar is. */
const perDollar: Readonly<Record<string, number>> = {
  USD: 1,
  EUR: 0.9,
  GBP: 0.8,
  CAD: 1.35,
  JPY: 150,
  CHF: 0.88,
};

/** A sum of dollars in another currency; undefined for currencies that nobody pays in. */
export function inCurrency(usd: number, currency: string): number | undefined {
  const rate = perDollar[currency.toUpperCase()];
  return rate === undefined ? undefined : usd * rate;
}

export function isPlan({ fields }: Subscription): boolean {
  return String(fields.offerId).toUpperCase().startsWith('DZH318Z0BPS6:');
}

export function isClassic({ fields }: Subscription): boolean {
  return String(fields.offerId).toUpperCase() === 'MS-AZR-0145P';
}

/** The subscriptions of a customer by which Azure is paid for. */
export function azureOf(tenant: Tenant): readonly Subscription[] {
  return [...tenant.subscriptions.values()].filter((found) => isPlan(found) || isClassic(found));
}
