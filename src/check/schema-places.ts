import type { At } from '../diagnostics/diagnostic.ts';
import type { Node } from '../load/document.ts';
import { placeOf } from './problems.ts';

/** A place in a document, of the key where it is a field and of its value. */
export interface Place {
  readonly at: At;
  readonly keyAt: At;
}

/** The place of what stands at a path, or of the nearest thing around it that is there. */
export function nodeAt(root: Node, path: readonly string[]): Place {
  let node = root;
  let place: Place = { at: placeOf(root), keyAt: placeOf(root) };
  for (const step of path) {
    if (node.type === 'map') {
      const entry = node.entries.find(({ key }) => key === step);
      if (entry === undefined) return place;
      node = entry.value;
      place = { at: placeOf(entry.value), keyAt: entry.keyAt };
    } else if (node.type === 'list') {
      const item = node.items[Number(step)];
      if (item === undefined) return place;
      node = item;
      place = { at: placeOf(item), keyAt: placeOf(item) };
    } else return place;
  }
  return place;
}
