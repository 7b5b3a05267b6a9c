import type { RunRecord } from './journal.ts';
import { stamp } from './stamp.ts';

/** A record as a row of its table: stamped with the run that it belongs to. Its values must be sealed already. */
export function recordRow(
  n: number,
  { index, key, planned, values, raw }: RunRecord,
): readonly [number, number, string, string, string, string] {
  const plan = JSON.stringify(planned);
  const stamped = stamp(JSON.stringify(values), n, index, key, plan, raw);
  return [n, index, key, plan, stamped, raw];
}
