import type { JsonSchema } from '../schema/schema.ts';

/**
 * Some answers write their names in PascalCase (page partner-center-webhooks, the echo of update-partner-billing-profile).
 * They are brought to the spelling of the operation's schema, so that look-ups and expressions find them.
 */
export function spelled(value: unknown, schema: JsonSchema | undefined): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return schema?.items === undefined ? value : spelledItems(value, schema.items);
  const known = schema?.properties;
  if (known === undefined) return value;
  let isRight = true;
  const fields = Object.entries(value).map(([name, inner]) => {
    const right = spellingOf(name, known, value);
    const next = spelled(inner, Object.hasOwn(known, right) ? known[right] : undefined);
    isRight &&= right === name && next === inner;
    return [right, next] as const;
  });
  return isRight ? value : Object.fromEntries(fields);
}

/** The list itself where every item is right. */
function spelledItems(items: readonly unknown[], schema: JsonSchema): readonly unknown[] {
  const next = items.map((item) => spelled(item, schema));
  return next.every((item, index) => item === items[index]) ? items : next;
}

/** A name that the answer has in both spellings stays as it is. */
function spellingOf(name: string, known: Readonly<Record<string, JsonSchema>>, value: object): string {
  if (Object.hasOwn(known, name)) return name;
  const lower = name.charAt(0).toLowerCase() + name.slice(1);
  return Object.hasOwn(known, lower) && !Object.hasOwn(value, lower) ? lower : name;
}
