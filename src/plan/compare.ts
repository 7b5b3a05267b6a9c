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

type Changes = Readonly<Record<string, readonly [unknown, unknown]>>;

/**
 * What differs between a thing and what is wanted of it (path → value), down to the single field. What is not known
 * yet, or hidden, is a difference that says no more.
 */
export function differences(found: unknown, wanted: Readonly<Record<string, unknown>>): Changes {
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([path, shall]) => leaves(pathOf(found, path), shall, path)),
  );
}

function leaves(
  is: unknown,
  shall: unknown,
  path: string,
): readonly (readonly [string, readonly [unknown, unknown]])[] {
  if (sameAs(is, shall)) return [];
  if (typeof shall !== 'object' || shall === null || Array.isArray(shall))
    return [[path, [is ?? null, shall]]];
  if ('$secret' in shall) return [[path, [shall, shall]]];
  if ('$unknown' in shall) return [[path, [is ?? null, shall]]];
  return Object.entries(shall).flatMap(([name, inner]) => leaves(pathOf(is, name), inner, `${path}.${name}`));
}
