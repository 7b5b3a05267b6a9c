import type { JsonSchema } from '../schema/schema.ts';
import { isAbsence } from './adapt.ts';
import { NoValue, planTotals, withAnswers } from './engine.ts';
import type { Expression, Program } from './expression.ts';
import { metered, TooCostly } from './meter.ts';
import { propertyOf, typeOf } from './types.ts';

/** Answers to what an expression may ask beside its values. */
export interface Functions {
  readonly succeeded?: (id: string) => boolean;
  readonly count?: (operation: string) => number;
  readonly sum?: (operation: string, path: string) => number;
}

/** Why an expression has no value. `offset` counts in its own text. */
export class EvaluationError extends Error {
  readonly offset: number | undefined;

  constructor(message: string, offset?: number) {
    super(message);
    this.name = 'EvaluationError';
    this.offset = offset;
  }
}

type Values = Readonly<Record<string, unknown>>;

/**
 * Evaluates a compiled expression. Total: gives a plain value, or throws EvaluationError.
 * @param values the scope's variables as plain JSON-like values
 * @returns plain values; undefined for null, and for a pure path (or an optional) that leads nowhere
 */
export function evaluate(expression: Expression, values: Values, functions: Functions = {}): unknown {
  if (expression.pure !== undefined) return valueAt(values, expression.pure);
  const { run, reads } = expression.program as Program;
  const context = Object.create(null) as Record<string, unknown>;
  for (const { path, schema } of reads) place(context, values, path, schema);
  if (functions.count !== undefined) context.plan = planTotals;
  const answers = {
    succeeded: functions.succeeded ?? (() => false),
    count: functions.count ?? (() => 0),
    sum: functions.sum ?? (() => 0),
  };
  try {
    return outward(metered(() => withAnswers(answers, () => run(context)))) ?? undefined;
  } catch (error) {
    throw explained(expression, error);
  }
}

function valueAt(values: Values, path: readonly string[]): unknown {
  let value: unknown = values;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Values)[name];
  }
  return value ?? undefined;
}

/** Puts what is read at one path into the engine's context, leaving out all that is not read. */
function place(
  context: Record<string, unknown>,
  values: Values,
  path: readonly string[],
  schema: JsonSchema,
): void {
  let from: unknown = values;
  let into = context;
  for (const [index, name] of path.entries()) {
    if (typeof from !== 'object' || from === null || !Object.hasOwn(from, name)) return;
    from = (from as Values)[name];
    // A field of null is a field that is not there: Partner Center leaves such fields out itself.
    if (from === null || from === undefined) return;
    if (index === path.length - 1) {
      into[name] = inward(from, schema, into[name]);
      return;
    }
    if (typeof into[name] !== 'object' || into[name] === null) into[name] = Object.create(null);
    into = into[name] as Record<string, unknown>;
  }
}

/** Plain values as the engine has them: whole numbers are BigInt unless the schema says `number`. */
function inward(value: unknown, schema: JsonSchema, before?: unknown): unknown {
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && typeOf(schema) !== 'number' ? BigInt(value) : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => inward(item, schema.items ?? {}));
  const isObject = typeof before === 'object' && before !== null;
  const copy = (isObject ? before : Object.create(null)) as Record<string, unknown>;
  for (const [name, inner] of Object.entries(value)) {
    if (inner !== null && inner !== undefined) copy[name] = inward(inner, propertyOf(schema, name) ?? {});
  }
  return copy;
}

/** The engine's values as plain ones. Throws where JSON has no word for one. */
function outward(value: unknown): unknown {
  if (typeof value === 'bigint') return safe(Number(value), Number.isSafeInteger(Number(value)));
  if (typeof value === 'number') return safe(value, Number.isFinite(value));
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(outward);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (isOptional(value)) return value.hasValue() ? outward(value.value()) : undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) {
    // The engine's own classes: unsigned numbers, durations, names of types.
    const own: unknown = value.valueOf();
    return typeof own === 'bigint' ? outward(own) : String(value);
  }
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, outward(inner)]));
}

function safe(value: number, isSafe: boolean): number {
  if (!isSafe) throw new EvaluationError('the number is too large to be exact, or is none');
  return value;
}

function isOptional(value: object): value is { hasValue(): boolean; value(): unknown } {
  return 'hasValue' in value && typeof value.hasValue === 'function';
}

interface EngineError {
  readonly code?: string;
  readonly summary?: string;
  readonly message: string;
  readonly node?: { readonly start: number; readonly end: number };
}

function explained({ source }: Expression, error: unknown): EvaluationError {
  const { node } = error as EngineError;
  return new EvaluationError(`${reasonOf(error, source)}, in: ${source}`, node?.start);
}

/** What went wrong, in words about the expression and never about the engine. */
function reasonOf(error: unknown, source: string): string {
  if (error instanceof EvaluationError || error instanceof TooCostly || error instanceof NoValue)
    return error.message;
  const { code, summary, message, node } = error as EngineError;
  if (code === undefined) return 'it has no value';
  if (isAbsence(error))
    return `${node === undefined ? 'something' : source.slice(node.start, node.end)} has no value here`;
  const text = (summary ?? message).split('\n')[0]!.replaceAll('dyn<', '').replaceAll('>', '');
  switch (code) {
    case 'index_out_of_bounds':
      return 'the list is shorter than the index';
    case 'no_such_overload':
      return `these values do not go together: ${text.replace('no such overload: ', '')}`;
    case 'no_matching_overload':
      return `a function does not take this value: ${text.replace('found no matching overload for ', '')}`;
    default:
      return text.charAt(0).toLowerCase() + text.slice(1);
  }
}
