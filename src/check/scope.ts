import type { Expression, Reference, Scope } from '../expression/expression.ts';
import type { JsonSchema } from '../schema/schema.ts';

/** A step as expressions after it see it. */
export interface VisibleStep {
  readonly schema: JsonSchema;
  /** Conditions (`if` of the step and of blocks around it) that must have held for it to have run. */
  readonly conditions: readonly string[];
  /** It may be absent whatever held: its failure is passed over. */
  readonly mayFail: boolean;
}

/** The names that an expression sees at one place of a playbook. Immutable: each step makes the next one's scope. */
export interface StepScope {
  readonly variables: Readonly<Record<string, JsonSchema>>;
  readonly steps: ReadonlyMap<string, VisibleStep>;
  /** What holds here: the conjuncts of this step's `if` and of those around it. */
  readonly holds: ReadonlySet<string>;
  /** Ids of the steps at whose side this one runs. */
  readonly beside: ReadonlySet<string>;
}

/** The scope as the expression engine has it. */
export function engineScope(scope: StepScope): Scope {
  const steps = Object.fromEntries([...scope.steps].map(([id, step]) => [id, step.schema]));
  return { variables: { ...scope.variables, steps: { type: 'object', properties: steps } } };
}

export function withVariables(scope: StepScope, variables: Readonly<Record<string, JsonSchema>>): StepScope {
  return { ...scope, variables: { ...scope.variables, ...variables } };
}

export function withStep(scope: StepScope, id: string, step: VisibleStep): StepScope {
  return { ...scope, steps: new Map([...scope.steps, [id, step]]) };
}

/** Inside something that has an `if`. */
export function holding(scope: StepScope, condition: Expression | undefined): StepScope {
  return condition === undefined
    ? scope
    : { ...scope, holds: new Set([...scope.holds, ...condition.conjuncts]) };
}

/**
 * Whether a reference to a step reads what may not be there. It is judged by block scope: what holds at the reading
 * place must include every condition of the step; `succeeded("id")` and `has(steps.id)` vouch for it.
 */
export function maySkip(reference: Reference, expression: Expression, scope: StepScope): boolean {
  const [root, id] = reference.path;
  if (root !== 'steps' || id === undefined || reference.optional) return false;
  const step = scope.steps.get(id);
  if (step === undefined) return false;
  const vouched =
    scope.holds.has(`succeeded("${id}")`) ||
    asks(scope.holds, id) ||
    guardedInside(expression, ['steps', id]);
  if (vouched) return false;
  return step.mayFail || step.conditions.some((condition) => !scope.holds.has(condition));
}

function asks(holds: ReadonlySet<string>, id: string): boolean {
  return [...holds].some((held) => held === `has(steps.${id})` || held.startsWith(`has(steps.${id}.`));
}

/** `has(x) ? x : y` and `has(x) && …x…`: the same expression asks for what it reads. */
export function guardedInside(expression: Expression, path: readonly string[]): boolean {
  return (
    expression.references.some(
      (other) => other.optional && path.every((part, index) => other.path[index] === part),
    ) || expression.source.includes(`succeeded("${path[1]}")`)
  );
}

/**
 * Whether a path reads a field of the user's own that may be absent: not required by its schema and without a
 * default. Results of operations are not judged: the documentation says of too few fields that they always come.
 * @returns the part of the path that may be absent
 */
export function mayBeMissing(path: readonly string[], scope: StepScope): readonly string[] | undefined {
  const root = path[0]!;
  if (root === 'steps' || root === 'result' || root === 'run' || root === 'failure') return undefined;
  let schema = scope.variables[root];
  for (let index = 1; index < path.length; index += 1) {
    const name = path[index]!;
    const inner: JsonSchema | undefined = schema?.properties?.[name];
    if (schema === undefined || inner === undefined) return undefined;
    const surely =
      schema.required?.includes(name) === true ||
      inner.default !== undefined ||
      scope.holds.has(`has(${path.slice(0, index + 1).join('.')})`);
    if (!surely) return path.slice(0, index + 1);
    schema = inner;
  }
  return undefined;
}
