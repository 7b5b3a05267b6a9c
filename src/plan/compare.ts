import { pathOf } from '../operations/template.ts';
import { sameAs } from './same-as.ts';

/** Which wanted fields of a thing that exists differ: path → [is, shall be]. What is not wanted is not compared. */
export function changesBetween(
  found: unknown,
  wanted: unknown,
  fields: readonly string[],
): Readonly<Record<string, readonly [unknown, unknown]>> {
  const changes: Record<string, readonly [unknown, unknown]> = {};
  for (const field of fields) {
    const shall = pathOf(wanted, field);
    const is = pathOf(found, field);
    if (shall !== undefined && !sameAs(is, shall)) changes[field] = [is ?? null, shall];
  }
  return changes;
}
