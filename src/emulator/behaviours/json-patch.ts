import type { Fields } from '../reply.ts';

/**
 * Applies JSON Patch (RFC 6902) as far as the page patch-a-referral allows it: replace and add, `/-` at the end of a
 * list. Undefined where an operation is another or leads nowhere; what was given stays as it was.
 */
export function patched<T extends Fields>(thing: T, operations: readonly Fields[]): T | undefined {
  const result = structuredClone(thing);
  return operations.every((operation) => apply(result, operation)) ? result : undefined;
}

function apply(thing: Fields, { op, path, value }: Fields): boolean {
  if ((op !== 'replace' && op !== 'add') || typeof path !== 'string' || !path.startsWith('/')) return false;
  const names = path
    .slice(1)
    .split('/')
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = names.pop()!;
  let parent: unknown = thing;
  for (const name of names) {
    if (typeof parent !== 'object' || parent === null || !Object.hasOwn(parent, name)) return false;
    parent = (parent as Fields)[name];
  }
  if (Array.isArray(parent)) return setItem(parent, op, last, value);
  if (typeof parent !== 'object' || parent === null || last === '__proto__') return false;
  if (op === 'replace' && !Object.hasOwn(parent, last)) return false;
  (parent as Fields)[last] = value;
  return true;
}

function setItem(list: unknown[], op: 'replace' | 'add', last: string, value: unknown): boolean {
  if (op === 'add' && last === '-') return list.push(value) > 0;
  const index = /^\d+$/u.test(last) ? Number(last) : -1;
  if (index < 0 || index >= list.length + (op === 'add' ? 1 : 0)) return false;
  list.splice(index, op === 'replace' ? 1 : 0, value);
  return true;
}
