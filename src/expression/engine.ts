import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { charge, TooCostly } from './meter.ts';
import { compilePattern, PatternLimit } from './pattern.ts';

/**
 * The CEL engine as this language has it. Two environments: a typed one that only checks, cloned for each
 * expression, and an untyped one that only evaluates, so that no object is converted but where it is read.
 */

export type { ASTNode };

/** Limits that keep parsing and checking an expression short, whatever it says. */
const limits = {
  maxAstNodes: 2000,
  maxDepth: 64,
  maxListElements: 1000,
  maxMapEntries: 1000,
  maxCallArguments: 32,
} as const;

/** What an expression may ask beside its values: how earlier steps ended, and the totals of a plan. */
export interface Questions {
  succeeded(id: string): boolean;
  count(operation: string): number;
  sum(operation: string, path: string): number;
}

/** Functions of the engine see no context, and evaluation is synchronous: who answers is set around it. */
let answering: Questions | undefined;

/** Runs `work` with the answers to what its expressions ask. */
export function withAnswers<T>(questions: Questions, work: () => T): T {
  const outer = answering;
  answering = questions;
  try {
    return work();
  } finally {
    answering = outer;
  }
}

/** The type of `plan` in guards; it has functions and no fields. */
class PlanTotals {}
export const planTotals: unknown = new PlanTotals();

/** A function of our own has no value for what it was given; its message says why. */
export class NoValue extends Error {}

const textMax = 1_000_000;

/** Every occurrence replaced; refuses before it builds a text that is out of all proportion. */
function replaceAll(text: string, from: string, to: string): string {
  const found = from === '' ? text.length + 1 : text.split(from).length - 1;
  if (text.length + found * to.length > textMax) throw new NoValue('the text becomes too long');
  return text.replaceAll(from, () => to);
}

type Numeric = bigint | number;

/** CEL has no way to add up a list. Nothing but numbers can be: a text among them would make a text of the sum. */
function sum(list: readonly unknown[]): number {
  return list.reduce<number>((total, item) => {
    if (typeof item !== 'number' && typeof item !== 'bigint')
      throw new NoValue(`sum() of a list that holds ${item === null ? 'null' : `a ${typeof item}`}`);
    return total + Number(item);
  }, 0);
}

/** Money is shown with so many decimals; halves go away from zero, as on an invoice. */
function round(number: Numeric, decimals: bigint): number {
  const value = Number(number);
  const places = Number(decimals);
  if (!(places >= 0 && places <= 15))
    throw new NoValue(`round() to ${places} decimals; 0 to 15 are possible`);
  const shifted = Number(`${Math.abs(value)}e${places}`); // by its text: 1.005 * 100 is 100.49999999999999
  return Number.isFinite(shifted) ? Math.sign(value) * Number(`${Math.round(shifted)}e-${places}`) : value;
}

function registerOperators(environment: Environment): void {
  const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
  };
  for (const [sign, apply] of Object.entries(arithmetic)) {
    const mixed = (a: Numeric, b: Numeric) => apply(Number(a), Number(b));
    environment.registerOperator(`int ${sign} double: double`, mixed);
    environment.registerOperator(`double ${sign} int: double`, mixed);
  }
  environment.registerOperator('int == double', (a: bigint, b: number) => Number(a) === b);
  for (const type of ['string', 'int', 'double', 'bool', 'list', 'map']) {
    environment.registerOperator(`${type} == null`, () => false);
  }
}

function registerFunctions(environment: Environment): void {
  const register = (signature: string, handler: (...args: never[]) => unknown) =>
    environment.registerFunction(signature, handler, { async: false });
  environment.registerType('PlanTotals', { ctor: PlanTotals, fields: {} });
  register('succeeded(string): bool', (id: string) => answering?.succeeded(id) === true);
  register('PlanTotals.count(string): int', (_: unknown, operation: string) =>
    BigInt(Math.round(answering?.count(operation) ?? 0)),
  );
  register(
    'PlanTotals.sum(string, string): double',
    (_: unknown, operation: string, path: string) => answering?.sum(operation, path) ?? 0,
  );
  register('string.lower(): string', (text: string) => text.toLowerCase());
  register('string.upper(): string', (text: string) => text.toUpperCase());
  register('list.sum(): double', sum);
  register('double.round(int): double', round);
  register('int.round(int): double', round);
  register('string.replace(string, string): string', replaceAll);
  register('string(google.protobuf.Timestamp): string', (time: Date) => time.toISOString());
  register('int(google.protobuf.Timestamp): int', (time: Date) => BigInt(Math.floor(time.getTime() / 1000)));
}

function newEnvironment(unlistedVariablesAreDyn: boolean): Environment {
  const environment = new Environment({
    unlistedVariablesAreDyn,
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits,
  });
  registerOperators(environment);
  registerFunctions(environment);
  return environment;
}

/** The pattern may be a value of a row, too. */
function matches(text: string, source: string): boolean {
  try {
    const pattern = compilePattern(source);
    charge((text.length * pattern.size) / 64); // its steps are small ones
    return pattern.test(text);
  } catch (error) {
    if (error instanceof TooCostly) throw error;
    throw new NoValue(
      error instanceof PatternLimit
        ? error.message
        : `the pattern cannot be used: ${(error as Error).message}`,
    );
  }
}

let typed: Environment | undefined;
let untyped: Environment | undefined;

/** A fresh environment for checking one expression; variables are registered by the caller. */
export function checkingEnvironment(): Environment {
  typed ??= newEnvironment(false);
  return typed.clone();
}

/** The environment that evaluates. */
export function evaluatingEnvironment(): Environment {
  untyped ??= newEnvironment(true).registerFunction(
    // Nobody can write it, since checking does not know it: `matches` is turned into it (adapt.ts).
    'string.re2(string): bool',
    matches,
    { async: false },
  );
  return untyped;
}
