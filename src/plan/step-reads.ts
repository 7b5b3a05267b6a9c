import type { Playbook } from '../check/playbook.ts';
import type { Expression } from '../expression/expression.ts';
import { pathOf } from '../operations/template.ts';

/** Paths inside a step's result that expressions of the playbook read. `[]` is the whole of it. */
export type StepReads = (id: string) => readonly (readonly string[])[];

/** Finds out what the expressions of a playbook read of each step's result. */
export function stepReadsOf({ steps, outputs }: Pick<Playbook, 'steps' | 'outputs'>): StepReads {
  const reads = new Map<string, (readonly string[])[]>();
  let all = false;
  for (const { references } of expressionsIn([steps, outputs])) {
    for (const { path } of references) {
      const [root, id, ...rest] = path;
      if (root !== 'steps') continue;
      if (id === undefined) all = true;
      else reads.set(id, [...(reads.get(id) ?? []), rest]);
    }
  }
  return (id) => (all ? [[]] : (reads.get(id) ?? []));
}

function* expressionsIn(value: unknown): Generator<Expression> {
  if (typeof value !== 'object' || value === null) return;
  if ('references' in value) yield value as Expression;
  else
    for (const [name, inner] of Object.entries(value)) if (name !== 'operation') yield* expressionsIn(inner);
}

/** Whether a thing, of which a list may show a part only, has all that is read of it. Of what lies deeper it may show a part, too. */
export function shows(thing: unknown, reads: readonly (readonly string[])[]): boolean {
  return reads.every((path) => {
    const value = path.length === 0 ? undefined : pathOf(thing, path.join('.'));
    return value !== undefined && value !== null && typeof value !== 'object';
  });
}
