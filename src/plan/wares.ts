import type { Operation } from '../operations/operation.ts';

/** What Microsoft sells changes from day to day, not within a run, and every record asks for the same of it. */
const wares: ReadonlySet<string> = new Set([
  'products',
  'skus',
  'availabilities',
  'offers',
  'offerCategories',
  'azureRateCard',
]);

/** The name under which an answer is kept for the whole run; undefined where it is asked for each time. */
export function keptAs(operation: Operation, input: Readonly<Record<string, unknown>>): string | undefined {
  if (!wares.has(operation.resource) || 'customerId' in input) return undefined;
  return `${operation.name} ${JSON.stringify(input)}`;
}

/** Answers that are kept at most. */
export const mostKept = 1_000;
