import type { JsonSchema } from '../schema/schema.ts';

/** Shorter schemas are not worth a reference. */
const worthSharing = 120;

/**
 * Gives schemas that occur several times a name of their own, so that the file stays small.
 *
 * @returns the same definitions with references (`root`), and the definitions that those point to (`shared`)
 */
export function shareRepeated(definitions: Readonly<Record<string, JsonSchema>>): {
  readonly root: Readonly<Record<string, unknown>>;
  readonly shared: Readonly<Record<string, unknown>>;
} {
  const uses = new Map<string, number>();
  for (const definition of Object.values(definitions)) count(definition, uses);
  const shared: Record<string, unknown> = {};
  const names = new Map<string, string>();

  function replace(node: unknown, name: string, top: boolean): unknown {
    if (Array.isArray(node)) return node.map((item) => replace(item, name, false));
    if (typeof node !== 'object' || node === null) return node;
    const text = JSON.stringify(node);
    if (top || text.length < worthSharing || (uses.get(text) ?? 0) < 2 || !isSchema(node))
      return inner(node, name);
    const known = names.get(text);
    if (known !== undefined) return { $ref: `#/$defs/${known}` };
    const fresh = freshName(name, (taken) => taken in definitions || taken in shared);
    names.set(text, fresh);
    shared[fresh] = {};
    shared[fresh] = inner(node, name);
    return { $ref: `#/$defs/${fresh}` };
  }

  function inner(node: object, name: string): unknown {
    return Object.fromEntries(
      Object.entries(node).map(([key, value]) => [
        key,
        replace(value, keywords.has(key) ? name : key, false),
      ]),
    );
  }

  const root = Object.fromEntries(
    Object.entries(definitions).map(([name, node]) => [name, replace(node, name, true)]),
  );
  return { root, shared };
}

const keywords = new Set([
  'properties',
  'items',
  'anyOf',
  'oneOf',
  'allOf',
  'additionalProperties',
  'if',
  'then',
]);

function isSchema(node: object): boolean {
  return 'type' in node || 'anyOf' in node || 'enum' in node;
}

function count(node: unknown, uses: Map<string, number>): void {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) {
    const text = JSON.stringify(node);
    const before = uses.get(text) ?? 0;
    uses.set(text, before + 1);
    // What a repeated schema holds is written once, in the definition that they share.
    if (before > 0) return;
  }
  for (const value of Object.values(node)) count(value, uses);
}

function freshName(wanted: string, taken: (name: string) => boolean): string {
  let name = wanted;
  for (let number = 2; taken(name); number += 1) name = `${wanted}${number}`;
  return name;
}
