import type { JsonSchema } from './schema.ts';

const withSecrets = new WeakMap<JsonSchema, boolean>();

/** Whether something in a value of this schema is secret. Most schemas hold none; the answer is kept. */
export function hasSecrets(schema: JsonSchema): boolean {
  let found = withSecrets.get(schema);
  if (found === undefined) {
    withSecrets.set(schema, false);
    found = schema.secret === true || innerSchemas(schema).some(([, inner]) => hasSecrets(inner));
    withSecrets.set(schema, found);
  }
  return found;
}

/** Names of the fields that are secret, however deep. */
export function secretNames(schema: JsonSchema): readonly string[] {
  if (!hasSecrets(schema)) return [];
  return innerSchemas(schema).flatMap(([name, inner]) => [
    ...(inner.secret === true && name !== undefined ? [name] : []),
    ...secretNames(inner),
  ]);
}

function innerSchemas(schema: JsonSchema): readonly (readonly [string | undefined, JsonSchema])[] {
  const { properties = {}, items, additionalProperties } = schema;
  return [
    ...Object.entries(properties),
    ...(items === undefined ? [] : [[undefined, items] as const]),
    ...(typeof additionalProperties === 'object' ? [[undefined, additionalProperties] as const] : []),
  ];
}
