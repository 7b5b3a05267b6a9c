import type { UsedPlaybook, Value } from '../check/playbook.ts';
import { evaluate, type Functions } from '../expression/evaluate.ts';
import type { Expression } from '../expression/expression.ts';
import type { StepError, StepOutcomeName } from '../journal/journal.ts';
import { resolve } from '../plan/resolve.ts';
import { givenTo } from '../plan/used.ts';

/** What the expressions of a step may see. A block's items each have their own, with the names of the outer one. */
export interface Scope {
  /** record, params, run, steps, `as` names, failure. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The results that `steps` shows; filled as steps end. */
  readonly steps: Record<string, unknown>;
  /** Step id → how it ended, for `needs` and `succeeded()`. */
  readonly outcomes: Map<string, StepOutcomeName>;
  readonly functions: Functions;
  /** Path of the block, `people[ana@x].`; '' at the top. */
  readonly prefix: string;
}

function makeScope(
  values: Readonly<Record<string, unknown>>,
  steps: Record<string, unknown>,
  outcomes: Map<string, StepOutcomeName>,
  prefix: string,
): Scope {
  const functions: Functions = { succeeded: (id) => isGood(outcomes.get(id)) };
  return { values: { ...values, steps }, steps, outcomes, functions, prefix };
}

export function rootScope(values: Readonly<Record<string, unknown>>): Scope {
  return makeScope(values, {}, new Map(), '');
}

/** The scope of a block that is done once: its steps are seen from outside, too. */
export function blockScope(outer: Scope, prefix: string): Scope {
  return makeScope(outer.values, outer.steps, outer.outcomes, prefix);
}

/** The scope of one item of a `forEach`: it sees what is outside, and its own steps are its own. */
export function itemScope(outer: Scope, as: string, item: unknown, prefix: string): Scope {
  return makeScope({ ...outer.values, [as]: item }, { ...outer.steps }, new Map(outer.outcomes), prefix);
}

/**
 * The scope of another playbook's steps: they see what they are given, and the run.
 * @throws EvaluationError where what they are given is not what they take
 */
export function usedScope(outer: Scope, used: UsedPlaybook, prefix: string): Scope {
  const { record, params } = givenTo(used, namesOf(outer));
  return makeScope({ record, params, run: outer.values.run }, {}, new Map(), prefix);
}

/** The scope of `rescue` steps: they see why the block failed. */
export function rescueScope(outer: Scope, failure: StepError): Scope {
  return makeScope({ ...outer.values, failure }, outer.steps, outer.outcomes, outer.prefix);
}

/** @throws EvaluationError */
export function evaluateIn(
  scope: Scope,
  expression: Expression,
  more: Readonly<Record<string, unknown>> = {},
): unknown {
  return evaluate(expression, { ...scope.values, ...more }, scope.functions);
}

/** @throws EvaluationError */
export function resolveIn(scope: Scope, value: Value): unknown {
  return resolve(value, namesOf(scope));
}

/** As planning's functions want it: when a step runs, everything is known. */
export function namesOf(scope: Scope) {
  return { values: scope.values, unknown: [], functions: scope.functions };
}

/** A step that ended so gives what later steps count on. */
export function isGood(outcome: StepOutcomeName | undefined): boolean {
  return outcome === 'succeeded' || outcome === 'unchanged';
}
