import type { MapNode, Node } from '../load/document.ts';
import { headOf, type Problems, placeOf } from './problems.ts';

/** Where a step id stands, so that messages can tell a later step from one that never was. */
export interface IdPlace {
  /** Ids of the forEach blocks around it, outermost first. */
  readonly loops: readonly string[];
  /** A block without forEach has no result of its own, nor has an assertion. */
  readonly kind: 'operation' | 'block' | 'loop' | 'assert';
}

export type Ids = ReadonlyMap<string, IdPlace>;

/** A name that expressions can write: `steps.<id>`, `params.<name>`, the `as` name; none that every object has. */
export const identifier = /^(?!(?:__proto__|constructor|prototype)$)[A-Za-z_][A-Za-z0-9_]*$/u;

/** Every step id of the file; reports those that are missing, unfit or used twice. */
export function collectIds(root: Node | undefined, problems: Problems): Ids {
  const ids = new Map<string, IdPlace>();
  const first = new Map<string, Node>();
  const visit = (node: Node | undefined, loops: readonly string[]): void => {
    if (node?.type !== 'list') return;
    for (const step of node.items) {
      if (step.type !== 'map') continue;
      const idNode = fieldOf(step, 'id');
      const id = idNode?.type === 'scalar' ? String(idNode.value) : '';
      if (idNode === undefined) problems.error('MISSING_FIELD', "a step needs 'id'", headOf(step));
      else if (!identifier.test(id))
        problems.error('WRONG_VALUE', `'${id}' is no id`, placeOf(idNode), {
          expected: 'letters, digits and _, not a digit first, and no name that JavaScript keeps for itself',
        });
      else if (ids.has(id))
        problems.error('DUPLICATE_ID', `two steps have the id '${id}'`, placeOf(idNode), {
          related: [{ message: 'the first one is here', at: placeOf(first.get(id)!) }],
        });
      else {
        ids.set(id, { loops, kind: kindOfStep(step) });
        first.set(id, idNode);
      }
      const inner = fieldOf(step, 'forEach') === undefined ? loops : [...loops, id];
      for (const list of ['steps', 'rescue', 'finally']) visit(fieldOf(step, list), inner);
    }
  };
  visit(root, []);
  return ids;
}

function kindOfStep(step: MapNode): IdPlace['kind'] {
  if (fieldOf(step, 'steps') !== undefined) return fieldOf(step, 'forEach') === undefined ? 'block' : 'loop';
  const uses = fieldOf(step, 'uses');
  return uses?.type === 'scalar' && uses.value === 'assert' ? 'assert' : 'operation';
}

/** A field of a map as it was written. */
export function fieldOf(node: Node, name: string): Node | undefined {
  return node.type === 'map' ? node.entries.find(({ key }) => key === name)?.value : undefined;
}

/** The id of a step as it was written, where it is text. */
export function idOf(node: Node): string | undefined {
  const id = fieldOf(node, 'id');
  return id?.type === 'scalar' && typeof id.value === 'string' ? id.value : undefined;
}

/** The steps that a step says it needs, and where it says so. */
export function needsOf(node: Node): readonly { readonly id: string; readonly node: Node }[] {
  const needs = fieldOf(node, 'needs');
  const items = needs?.type === 'list' ? needs.items : needs === undefined ? [] : [needs];
  return items.flatMap((item) =>
    item.type === 'scalar' && typeof item.value === 'string' ? [{ id: item.value, node: item }] : [],
  );
}
