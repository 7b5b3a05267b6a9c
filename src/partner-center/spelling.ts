import type { JsonSchema } from '../schema/schema.ts';

/**
 * Some answers write their names in PascalCase (page partner-center-webhooks, the echo of update-partner-billing-profile).
 * They are brought to the spelling of the operation's schema, so that look-ups and expressions find them.
 */
export function spelled(value: unknown, schema: JsonSchema | undefined): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value))
    return schema?.items === undefined ? value : value.map((item) => spelled(item, schema.items));
  const known = schema?.properties;
  if (known === undefined) return value;
  const fields = Object.entries(value).map(([name, inner]) => {
    const right = spellingOf(name, known, value);
    return [right, spelled(inner, Object.hasOwn(known, right) ? known[right] : undefined)] as const;
  });
  return Object.fromEntries(fields);
}

/** A name that the answer has in both spellings stays as it is. */
function spellingOf(name: string, known: Readonly<Record<string, JsonSchema>>, value: object): string {
  if (Object.hasOwn(known, name)) return name;
  const lower = name.charAt(0).toLowerCase() + name.slice(1);
  return Object.hasOwn(known, lower) && !Object.hasOwn(value, lower) ? lower : name;
}
