import type { Node } from '../load/document.ts';
import { idOf, needsOf } from './ids.ts';
import { type Problems, placeOf } from './problems.ts';

/** The steps of a parallel block, those that others need before these; in a ring, as written. */
export function inOrderOfNeeds(nodes: readonly Node[]): readonly Node[] {
  return [...new Set(nodes.flatMap((node) => [...neededBy(node, nodes), node]))];
}

/** The steps beside it that a step waits for, also by way of others; those that others wait for come first. */
export function neededBy(node: Node, nodes: readonly Node[]): readonly Node[] {
  const seen = new Set([node]);
  const ordered: Node[] = [];
  const visit = (from: Node): void => {
    for (const { id } of needsOf(from)) {
      const needed = nodes.find((other) => idOf(other) === id);
      if (needed === undefined || seen.has(needed)) continue;
      seen.add(needed);
      visit(needed);
      ordered.push(needed);
    }
  };
  visit(node);
  return ordered;
}

/** Steps side by side that need each other in a ring would wait for ever. */
export function refuseCycles(nodes: readonly Node[], problems: Problems): void {
  const done = new Set<string>();
  const visit = (id: string, trail: readonly string[]): void => {
    const node = nodes.find((other) => idOf(other) === id);
    if (node === undefined || done.has(id)) return;
    if (trail.includes(id)) {
      const ring = [...trail.slice(trail.indexOf(id)), id];
      const place = needsOf(node).find((need) => need.id === ring[1])!.node;
      problems.error('STEP_CYCLE', `steps need each other in a circle: ${ring.join(' → ')}`, placeOf(place), {
        help: 'take one of them out of the `needs` of another',
      });
      for (const member of ring) done.add(member);
      return;
    }
    for (const need of needsOf(node)) visit(need.id, [...trail, id]);
    done.add(id);
  };
  for (const node of nodes) visit(idOf(node) ?? '', []);
}
