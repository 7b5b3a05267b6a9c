import type { InputRecord } from '../check/record.ts';
import type { Memory } from './memory.ts';
import type { Action } from './plan.ts';
import type { Names } from './resolve.ts';

/** What steps see at one place: values, what is unknown, and how earlier steps will end. */
export interface Frame {
  readonly values: Readonly<Record<string, unknown>>;
  readonly steps: Record<string, unknown>;
  readonly unknown: (readonly string[])[];
  readonly actions: Map<string, Action>;
  readonly prefix: string;
}

export function rootFrame(
  record: InputRecord,
  parameters: Readonly<Record<string, unknown>>,
  memory: Memory | undefined,
): Frame {
  const steps: Record<string, unknown> = {};
  const run = memory === undefined ? {} : { run: memory.run };
  return {
    values: { record: record.values, params: parameters, ...run, steps },
    steps,
    unknown: memory === undefined ? [['run']] : [],
    actions: new Map(),
    prefix: '',
  };
}

/** The frame of one item of a loop: what is outside is seen, and its own steps are its own. */
export function itemFrame(outer: Frame, as: string, item: unknown, prefix: string): Frame {
  const steps = { ...outer.steps };
  return {
    values: { ...outer.values, [as]: item, steps },
    steps,
    unknown: [...outer.unknown],
    actions: new Map(outer.actions),
    prefix,
  };
}

export function namesOf({ values, unknown, actions }: Frame): Names {
  const good = (action: Action | undefined) =>
    action !== undefined && action !== 'skip' && action !== 'refuse';
  return { values, unknown, functions: { succeeded: (id) => good(actions.get(id)) } };
}
