import { isRead, type Operation, type Operations, type TakeBack } from '../operations/operation.ts';
import { fill, pathOf } from '../operations/template.ts';
import type { Past } from './past.ts';
import type { PlannedAction } from './plan.ts';
import { sameAs } from './same-as.ts';

type Input = Readonly<Record<string, unknown>>;

/** One thing that a run did, and what takes it back. */
export interface Inverse {
  /** Path of the step that did it, with the number of its part where it did several. */
  readonly at: string;
  readonly path: string;
  readonly uses: string;
  readonly back: Operation;
  readonly with: Input;
  /** What is read before: it must be as the run left it. */
  readonly left?: {
    readonly read: Operation;
    readonly with: Input;
    readonly equal: Input;
    readonly until?: string;
  };
}

/** One thing that a run did and that is not taken back. */
export interface Standing {
  readonly path: string;
  readonly uses: string;
  readonly reason: string;
}

export interface TakenBack {
  readonly inverses: readonly Inverse[];
  readonly standing: readonly Standing[];
}

/** What takes back what a run did of one record, the last step first; and what stands, with the reason. Pure. */
export function takeBack(past: Past, planned: readonly PlannedAction[], operations: Operations): TakenBack {
  const inverses: Inverse[] = [];
  const standing: Standing[] = [];
  for (const [path, { uses, outcome, result, input }] of [...past].reverse()) {
    const operation = operations.get(uses);
    // What was found as it was wanted is not the run's doing.
    if (operation === undefined || isRead(operation) || outcome === 'unchanged') continue;
    const stand = (reason: string): void => void standing.push({ path, uses, reason });
    const { undo } = operation;
    if (undo === undefined) stand('the catalogue knows no way back');
    else if ('never' in undo) stand(undo.never);
    else if (input === undefined) stand('what the run brought about by it is not known');
    else {
      const found = foundBefore(planned.find((action) => action.path === path));
      const made = inversesOf(undo, { path, uses, names: { input, result, found } }, operations);
      if (typeof made === 'string') stand(made);
      else inverses.push(...made);
    }
  }
  return { inverses, standing };
}

/** The values that a plan saw before the run changed them. */
function foundBefore(action: PlannedAction | undefined): Input {
  return Object.fromEntries(Object.entries(action?.changes ?? {}).map(([name, [is]]) => [name, is]));
}

interface Done {
  readonly path: string;
  readonly uses: string;
  readonly names: { readonly input: Input; readonly result: unknown; readonly found: Input };
}

function inversesOf(
  undo: TakeBack,
  { path, uses, names }: Done,
  operations: Operations,
): readonly Inverse[] | string {
  const several = undo.single === undefined ? undefined : pathOf(names.input, undo.single);
  if (Array.isArray(several) && several.length > 1)
    return `of several ${undo.single} nobody knows which were there before`;
  const items = itemsOf(undo, names.result);
  const inverses = items.map((item, index): Inverse | undefined => {
    const given = fill(undo.with, { ...names, item }) as Input;
    const back = operations.get(undo.operation);
    const missing = (back?.input.required ?? []).some(
      (name) => given[name] === undefined || given[name] === null,
    );
    if (back === undefined || missing) return undefined;
    const at = items.length === 1 ? path : `${path} ${index + 1}`;
    const left = leftOf(undo, { ...names, item }, operations);
    return { at, path, uses, back, with: given, ...(left === undefined ? {} : { left }) };
  });
  if (inverses.length === 0 || inverses.includes(undefined))
    return 'what it was before, or what it made, is not known';
  return (inverses as Inverse[]).reverse();
}

function itemsOf({ each, inside }: TakeBack, result: unknown): readonly unknown[] {
  if (each === undefined) return [undefined];
  const list = pathOf(result, each);
  const outer = Array.isArray(list) ? (list as readonly unknown[]) : [];
  if (inside === undefined) return outer;
  return outer.flatMap((item) => {
    const inner = pathOf(item, inside);
    return Array.isArray(inner) ? (inner as readonly unknown[]) : [];
  });
}

function leftOf(
  { left }: TakeBack,
  names: Parameters<typeof fill>[1],
  operations: Operations,
): Inverse['left'] {
  const read = left === undefined ? undefined : operations.get(left.operation);
  if (left === undefined || read === undefined) return undefined;
  return {
    read,
    with: fill(left.with, names) as Input,
    equal: fill(left.equal, names) as Input,
    ...(left.until === undefined ? {} : { until: left.until }),
  };
}

/**
 * Why a thing that was read just now is not taken back; undefined where it is as the run left it.
 * @param now epoch milliseconds
 */
export function drift(left: NonNullable<Inverse['left']>, seen: unknown, now: number): string | undefined {
  const changed = Object.entries(left.equal).find(([field, value]) => !sameAs(pathOf(seen, field), value));
  if (changed !== undefined) {
    const [field, value] = changed;
    return `it has changed since: ${field} is ${JSON.stringify(pathOf(seen, field) ?? null)}, and the run left ${JSON.stringify(value)}`;
  }
  const until = left.until === undefined ? undefined : pathOf(seen, left.until);
  if (typeof until !== 'string' || Date.parse(until) > now) return undefined;
  return `the time in which it can be taken back ended at ${until}`;
}
