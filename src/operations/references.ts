import type { JsonSchema } from '../schema/schema.ts';

/** File name (without ending) → its schemas by name. */
export type SchemaFiles = ReadonlyMap<string, Readonly<Record<string, JsonSchema>>>;

/**
 * Puts schemas in the place of `$ref: Name` (same file) and `$ref: other#Name`.
 * A schema that holds itself ends in `{}`: anything, where it comes round again.
 * @throws Error where a reference names nothing
 */
export function resolveReferences(
  node: JsonSchema,
  file: string,
  files: SchemaFiles,
  trail: readonly string[] = [],
): JsonSchema {
  if (typeof node.$ref === 'string') {
    const [otherFile, name] = node.$ref.includes('#')
      ? (node.$ref.split('#') as [string, string])
      : [file, node.$ref];
    const target = files.get(otherFile)?.[name];
    if (target === undefined) throw new Error(`$ref ${node.$ref} names no schema`);
    const step = `${otherFile}#${name}`;
    if (trail.includes(step)) return { description: `${name}, again` };
    const { $ref: _, ...beside } = node;
    return { ...resolveReferences(target, otherFile, files, [...trail, step]), ...beside };
  }
  const into = (inner: JsonSchema) => resolveReferences(inner, file, files, trail);
  const { properties, items, additionalProperties } = node;
  return {
    ...node,
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, inner]) => [name, into(inner)]),
          ),
        }),
    ...(items === undefined ? {} : { items: into(items) }),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: into(additionalProperties) } : {}),
  };
}
