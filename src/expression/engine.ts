import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';

/**
 * The CEL engine as this language has it. Two environments: a typed one that only checks, cloned for each
 * expression, and an untyped one that only evaluates, so that no object is converted but where it is read.
 */

export type { ASTNode };

/** Limits that keep checking and evaluating an expression short, whatever it says. */
const limits = { maxAstNodes: 2000, maxDepth: 64, maxListElements: 1000, maxMapEntries: 1000, maxCallArguments: 32 } as const;

/** Questions about a record's earlier steps (`succeeded("id")`); a value, since functions of the engine see no context. */
export class Steps {
  readonly succeeded: (id: string) => boolean;

  constructor(succeeded: (id: string) => boolean) {
    this.succeeded = succeeded;
  }
}

/** Questions about a whole plan (`plan.count("op")`). */
export class PlanTotals {
  readonly count: (operation: string) => number;
  readonly sum: (operation: string, path: string) => number;

  constructor(count: (operation: string) => number, sum: (operation: string, path: string) => number) {
    this.count = count;
    this.sum = sum;
  }
}

/** The hidden variable behind `succeeded(…)`. */
export const stepsVariable = '__steps';

type Arithmetic = (a: number, b: number) => number;

function withLanguage(environment: Environment): Environment {
  const arithmetic: Readonly<Record<string, Arithmetic>> = { '+': (a, b) => a + b, '-': (a, b) => a - b, '*': (a, b) => a * b, '/': (a, b) => a / b };
  for (const [sign, apply] of Object.entries(arithmetic)) {
    const mixed = (a: number | bigint, b: number | bigint) => apply(Number(a), Number(b));
    environment.registerOperator(`int ${sign} double: double`, mixed);
    environment.registerOperator(`double ${sign} int: double`, mixed);
  }
  environment.registerOperator('int == double', (a: bigint, b: number) => Number(a) === b);
  for (const type of ['string', 'int', 'double', 'bool', 'list', 'map']) environment.registerOperator(`${type} == null`, () => false);
  environment.registerType('Steps', { ctor: Steps, fields: {} } as never);
  environment.registerType('PlanTotals', { ctor: PlanTotals, fields: {} } as never);
  environment.registerFunction('Steps.succeeded(string): bool', (steps: Steps, id: string) => steps.succeeded(id));
  environment.registerFunction('PlanTotals.count(string): int', (plan: PlanTotals, operation: string) => BigInt(Math.round(plan.count(operation))));
  environment.registerFunction('PlanTotals.sum(string, string): double', (plan: PlanTotals, operation: string, path: string) => plan.sum(operation, path));
  // RE2 is linear in time; JavaScript's own RegExp took 1.4 s for 28 characters.
  environment.registerFunction('string.re2(string): bool', (text: string, pattern: string) => compilePattern(pattern).matcher(text).find());
  environment.registerFunction('string.lower(): string', (text: string) => text.toLowerCase());
  environment.registerFunction('string.upper(): string', (text: string) => text.toUpperCase());
  environment.registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) => text.replaceAll(from, to));
  return environment;
}

const patterns = new Map<string, RE2JS>();

/** A pattern of RE2's syntax. Throws where it is none (look-around and back references are not). */
export function compilePattern(pattern: string): RE2JS {
  let compiled = patterns.get(pattern);
  if (compiled === undefined) {
    compiled = RE2JS.compile(pattern);
    if (patterns.size < 1000) patterns.set(pattern, compiled);
  }
  return compiled;
}

let typed: Environment | undefined;
let untyped: Environment | undefined;

/** A fresh environment for checking one expression; variables are registered by the caller. */
export function checkingEnvironment(): Environment {
  typed ??= withLanguage(new Environment({ unlistedVariablesAreDyn: false, enableOptionalTypes: true, homogeneousAggregateLiterals: false, limits }));
  return typed.clone();
}

/** The environment that evaluates. */
export function evaluatingEnvironment(): Environment {
  untyped ??= withLanguage(new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: true, homogeneousAggregateLiterals: false, limits }));
  return untyped;
}
