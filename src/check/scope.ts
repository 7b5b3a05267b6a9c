import type { Expression, Reference, Scope } from '../expression/expression.ts';
import type { JsonSchema } from '../schema/schema.ts';

/** One thing that decides whether a step ran: a block around it, or the step itself. */
export interface Layer {
  /** Absent where no step vouches for it: the steps of a block whose failure is rescued. */
  readonly id?: string;
  /** The parts of its `if`. */
  readonly conditions: readonly string[];
  /** It may be absent whatever held: its failure is passed over. */
  readonly mayFail: boolean;
}

/** A step as expressions after it see it. */
export interface VisibleStep {
  readonly schema: JsonSchema;
  /** Outermost block first, the step itself last. */
  readonly layers: readonly Layer[];
}

/** The names that an expression sees at one place of a playbook. Immutable: each step makes the next one's scope. */
export interface StepScope {
  readonly variables: Readonly<Record<string, JsonSchema>>;
  readonly steps: ReadonlyMap<string, VisibleStep>;
  /** Every step and block that ended before, also those without a result, and what must have held for it to run. */
  readonly ended: ReadonlyMap<string, readonly string[]>;
  /** What holds here: the conjuncts of this step's `if` and of those around it. */
  readonly holds: ReadonlySet<string>;
  /** Steps that this one and the blocks around it need: where they failed, it does not run. */
  readonly needed: ReadonlySet<string>;
  /** Ids of the steps at whose side this one runs, and at the side of the blocks around it. */
  readonly beside: ReadonlySet<string>;
  /** Those of them in the same block: `needs` may put one after another. */
  readonly siblings: ReadonlySet<string>;
}

/** A scope of variables alone. */
export function scopeOf(variables: Readonly<Record<string, JsonSchema>>): StepScope {
  return {
    variables,
    steps: new Map(),
    ended: new Map(),
    holds: new Set(),
    needed: new Set(),
    beside: new Set(),
    siblings: new Set(),
  };
}

/** The scope as the expression engine has it. */
export function engineScope(scope: StepScope): Scope {
  const steps = Object.fromEntries([...scope.steps].map(([id, step]) => [id, step.schema]));
  return { variables: { ...scope.variables, steps: { type: 'object', properties: steps } } };
}

export function withVariables(scope: StepScope, variables: Readonly<Record<string, JsonSchema>>): StepScope {
  return { ...scope, variables: { ...scope.variables, ...variables } };
}

/** After a step. Without a schema it has no result that could be read. */
export function withStep(
  scope: StepScope,
  id: string,
  schema: JsonSchema | undefined,
  layers: readonly Layer[],
): StepScope {
  const ended = new Map([...scope.ended, [id, layers.flatMap(({ conditions }) => conditions)]]);
  if (schema === undefined) return { ...scope, ended };
  return { ...scope, ended, steps: new Map([...scope.steps, [id, { schema, layers }]]) };
}

/** Inside something that has an `if`. A step that succeeded vouches for all that it stood under. */
export function holding(scope: StepScope, condition: Expression | undefined): StepScope {
  if (condition === undefined) return scope;
  const holds = new Set([...scope.holds, ...condition.conjuncts]);
  for (const held of holds)
    for (const implied of scope.ended.get(vouchedBy(held) ?? '') ?? []) holds.add(implied);
  return { ...scope, holds };
}

/** Inside something that needs other steps. */
export function needing(scope: StepScope, ids: readonly string[]): StepScope {
  return ids.length === 0 ? scope : { ...scope, needed: new Set([...scope.needed, ...ids]) };
}

/** The step that a condition says to have run: `succeeded("order")`, `has(steps.order.id)`. */
function vouchedBy(condition: string): string | undefined {
  return /^(?:succeeded\("(\w+)"\)|has\(steps\.(\w+)(?:\.[\w.]+)?\)|steps\.\?(\w+)(?:\.\w+)*\.hasValue\(\))$/u
    .exec(condition)
    ?.slice(1)
    .find((id) => id !== undefined);
}

/**
 * Whether a reference to a step reads what may not be there. It is judged by block scope: what holds at the reading
 * place must include every condition of the step and of the blocks around it; `succeeded("id")`, `has(steps.id)` and
 * (for failures) `needs` vouch for a step or block and all that is around it.
 */
export function maySkip(reference: Reference, expression: Expression, scope: StepScope): boolean {
  const [root, id] = reference.path;
  if (root !== 'steps' || id === undefined || reference.optional) return false;
  const layers = scope.steps.get(id)?.layers ?? [];
  const vouched = new Set([...scope.holds].map(vouchedBy));
  if (vouched.has(id) || guardedInside(expression, ['steps', id])) return false;
  const isSure = (layer: Layer): boolean =>
    layer.id !== undefined &&
    (vouched.has(layer.id) || new RegExp(`succeeded\\(\\s*["']${layer.id}["']`, 'u').test(expression.source));
  const sure = layers.findLastIndex(isSure);
  const unfailing = layers.findLastIndex((layer) => layer.id !== undefined && scope.needed.has(layer.id));
  return layers.some(
    ({ mayFail, conditions }, index) =>
      index > sure &&
      ((mayFail && index > unfailing) || conditions.some((condition) => !scope.holds.has(condition))),
  );
}

/** `has(x) ? x : y`, `x != null && …x…`: the same expression asks for what it reads. */
export function guardedInside(expression: Expression, path: readonly string[]): boolean {
  return expression.references.some(({ optional, path: other, offset, length }) => {
    if (!optional || !path.every((part, index) => other[index] === part)) return false;
    const text = expression.source.slice(offset, offset + length);
    // `x.?y.orValue(z)` copes with absence for itself alone; it says nothing about the next `x.y`.
    return !text.includes('?') || expression.source.startsWith('.hasValue()', offset + length);
  });
}

/**
 * Whether a path reads a field of the user's own that may be absent: not required by its schema and without a
 * default; of a playbook that was used, an output that reads what may be skipped. Results of operations are not judged:
 * the documentation says of too few fields that they always come.
 * @returns the part of the path that may be absent
 */
export function mayBeMissing(path: readonly string[], scope: StepScope): readonly string[] | undefined {
  const root = path[0]!;
  if (root === 'result' || root === 'run' || root === 'failure') return undefined;
  const step = root === 'steps' ? scope.steps.get(path[1] ?? '')?.schema : undefined;
  if (root === 'steps' && step?.['x-outputs'] !== true) return undefined;
  let schema = step ?? scope.variables[root];
  for (let index = step === undefined ? 1 : 2; index < path.length; index += 1) {
    const name = path[index]!;
    const inner: JsonSchema | undefined = schema?.properties?.[name];
    if (schema === undefined || inner === undefined) return undefined;
    const here = path.slice(0, index + 1);
    const surely = schema.required?.includes(name) === true || inner.default !== undefined;
    if (!surely && !asked(scope.holds, here)) return here;
    schema = inner;
  }
  return undefined;
}

/** Whether what holds says that a path leads somewhere. */
function asked(holds: ReadonlySet<string>, path: readonly string[]): boolean {
  const text = path.join('.');
  const optional = `${path.slice(0, -1).join('.')}.?${path.at(-1)}`;
  return [...holds].some(
    (held) => held === `has(${text})` || held.startsWith(`has(${text}.`) || held === `${optional}.hasValue()`,
  );
}
