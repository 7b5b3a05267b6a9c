import path from 'node:path';
import type { Document, Node, ScalarNode } from '../load/document.ts';
import { fieldOf } from './ids.ts';

/**
 * Playbooks that a playbook uses as steps, by their place: the path from the folder of the playbook that is run, with
 * `/` between its folders. Below that folder lies everything that one review has to see.
 */
export type PlaybookFiles = ReadonlyMap<string, Document>;

/** So many playbooks may lie inside each other. */
export const depthMax = 8;

/** So many steps may a record go through in all, those of used playbooks counted each time. */
export const stepsMax = 10_000;

/** So many files may one playbook be made of. */
export const filesMax = 100;

/** Whether `uses` names a file and no operation. */
export function namesFile(uses: string): boolean {
  return uses.startsWith('./') || uses.startsWith('../');
}

/** Where a file lies that is named in another; undefined where that is not below the playbook's folder, or no YAML file. */
export function placeNamed(uses: string, from: string): string | undefined {
  if (/[\\\0]/u.test(uses) || !/\.ya?ml$/u.test(uses)) return undefined;
  const place = path.posix.normalize(path.posix.join(path.posix.dirname(from), uses));
  return isPlace(place) ? place : undefined;
}

/** Whether a path stays below the folder that it starts from. */
export function isPlace(place: string): boolean {
  return (
    !/[\\\0]/u.test(place) &&
    !/^(?:\.\.)?\/|^\.\.$|^[a-z]:/iu.test(place) &&
    path.posix.normalize(place) === place
  );
}

/** Every `uses` of a playbook that names a file. */
export function filesNamedIn(root: Node): readonly ScalarNode[] {
  return stepsBelow(root).flatMap((step) => {
    const uses = fieldOf(step, 'uses');
    return uses?.type === 'scalar' && typeof uses.value === 'string' && namesFile(uses.value) ? [uses] : [];
  });
}

function stepsBelow(node: Node): readonly Node[] {
  return ['steps', 'rescue', 'finally'].flatMap((name) => {
    const list = fieldOf(node, name);
    return list?.type === 'list' ? list.items.flatMap((step) => [step, ...stepsBelow(step)]) : [];
  });
}
