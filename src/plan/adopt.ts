import type { Lookup } from '../operations/operation.ts';
import { fill, pathOf } from '../operations/template.ts';
import { asText } from '../schema/as-text.ts';
import type { Finding } from './finding.ts';
import { sameAs } from './same-as.ts';

type Adopt = NonNullable<Lookup['adopt']>;

export interface Adopting {
  readonly items: readonly unknown[];
  readonly input: unknown;
  readonly found: unknown;
  /** When the request was first about to leave, in epoch milliseconds. */
  readonly intendedAt: number;
  /** Ids that other steps of this record have already. */
  readonly taken: ReadonlySet<unknown>;
}

/** The service's clock may be so far behind ours. */
const skewMs = 5_000;

/**
 * Picks, from a list, the items that a request made: dated not before it was about to leave, holding nothing but
 * what was asked for, and together all of it. Less than all: the list lags. More than all: somebody else did
 * the same meanwhile, and which is whose cannot be told.
 */
export function adoptable(adopt: Adopt, adopting: Adopting): Finding {
  const { items, input, found, intendedAt, taken } = adopting;
  const wanted = Object.entries(adopt.where).map(
    ([path, template]) => [path, fill(template, { input, found })] as const,
  );
  const ours = items.filter(
    (item) =>
      !taken.has(pathOf(item, 'id')) &&
      Date.parse(asText(pathOf(item, adopt.since))) >= intendedAt - skewMs &&
      wanted.every(([path, value]) => partOf(pathOf(item, path), value)),
  );
  const lists = wanted.filter(([, value]) => Array.isArray(value));
  const counts =
    lists.length === 0
      ? [[ours.length, 1] as const]
      : lists.map(([path, value]) => [sizeOf(ours, path), (value as readonly unknown[]).length] as const);
  if (ours.length === 0 || counts.some(([have, want]) => have < want)) {
    return {
      type: 'unclear',
      reason: `it happened, and ${adopt.operation} does not show all of it yet`,
      lagSeconds: adopt.lagSeconds,
    };
  }
  if (counts.some(([have, want]) => have > want)) {
    return { type: 'impossible', reason: `${adopt.operation} shows more than this request can have made` };
  }
  return { type: 'found', thing: found, result: { [adopt.as]: ours } };
}

/** Lists are compared as sets, and one item may hold a part of what was asked for (an order holds a group of lines). */
function partOf(actual: unknown, wanted: unknown): boolean {
  if (!Array.isArray(wanted)) return sameAs(actual, wanted);
  if (!Array.isArray(actual) || actual.length === 0) return false;
  const left = [...(wanted as readonly unknown[])];
  return actual.every((item) => {
    const at = left.findIndex((one) => sameAs(item, one));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

function sizeOf(items: readonly unknown[], path: string): number {
  return items.reduce<number>((sum, item) => sum + (pathOf(item, path) as readonly unknown[]).length, 0);
}
