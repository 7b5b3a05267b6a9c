import type { Action, PlannedAction } from './plan.ts';
import { isUnknown } from './resolve.ts';

/**
 * The plan is a ceiling. What applying is about to do must be what was planned, or less:
 *
 * | planned | may become |
 * | --- | --- |
 * | create | create, unchanged, update (somebody made it meanwhile) |
 * | update | update, unchanged |
 * | delete | delete, unchanged |
 * | act | act |
 * | unchanged | unchanged |
 * | conditional | whatever its operation does |
 * | skip, refuse, read | nothing that changes the service |
 */
const allowed: Readonly<Record<Action, readonly Action[]>> = {
  create: ['create', 'unchanged', 'update'],
  update: ['update', 'unchanged'],
  delete: ['delete', 'unchanged'],
  act: ['act'],
  unchanged: ['unchanged'],
  conditional: ['create', 'update', 'delete', 'act', 'unchanged'],
  skip: ['unchanged'],
  refuse: ['unchanged'],
  read: ['unchanged'],
  assert: [],
  wait: [],
  approve: [],
};

/** What applying is about to do. */
export interface Doing {
  readonly uses: string;
  readonly action: Action;
  readonly with: unknown;
}

/**
 * Whether what is about to be done was reviewed.
 * @returns undefined where it was; else what has changed since, in words
 */
export function agrees(planned: PlannedAction | undefined, now: Doing): string | undefined {
  if (planned === undefined)
    return `the plan has no such step: ${now.uses} would ${words[now.action]} what nobody reviewed`;
  if (planned.uses !== now.uses) return `the plan says ${planned.uses} here, and it is ${now.uses} now`;
  if (!allowed[planned.action].includes(now.action))
    return `the plan says ${planned.action}, and it would be ${now.action} now: what exists has changed since`;
  const path = difference(planned.with ?? {}, now.with, '');
  return path === undefined
    ? undefined
    : `${path || 'its input'} is not what was reviewed: what it is made from has changed since the plan`;
}

const words: Readonly<Record<Action, string>> = {
  create: 'create',
  update: 'change',
  delete: 'remove',
  act: 'do',
  unchanged: 'leave',
  conditional: 'do',
  skip: 'skip',
  refuse: 'refuse',
  read: 'read',
  assert: 'check',
  wait: 'wait for',
  approve: 'ask for',
};

/** The first path at which known planned values differ; what was unknown or hidden matches anything. */
function difference(planned: unknown, now: unknown, path: string): string | undefined {
  if (isUnknown(planned) || isHidden(planned)) return undefined;
  if (typeof planned !== 'object' || planned === null) return planned === now ? undefined : path;
  if (typeof now !== 'object' || now === null) return path;
  if (Array.isArray(planned) && Array.isArray(now) && planned.length !== now.length) return path;
  const more = Object.keys(now).filter((name) => !Object.hasOwn(planned, name));
  for (const name of [...Object.keys(planned), ...more]) {
    const inner = (value: object) => (value as Readonly<Record<string, unknown>>)[name];
    const found = difference(inner(planned), inner(now), path === '' ? name : `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isHidden(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && (value as { readonly $secret?: unknown }).$secret === true
  );
}
