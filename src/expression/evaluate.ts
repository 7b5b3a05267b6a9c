import type { JsonSchema } from '../schema/schema.ts';
import type { Program } from './compile.ts';
import { PlanTotals, Steps, stepsVariable } from './engine.ts';
import type { Expression } from './expression.ts';
import { propertyOf } from './types.ts';

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
 * @returns plain values; undefined for a pure path (or an optional) that leads nowhere
 */
export function evaluate(expression: Expression, values: Values, functions: Functions = {}): unknown {
  if (expression.pure !== undefined) return valueAt(values, expression.pure);
  const { run, reads } = expression.program as Program;
  const context: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const { path, schema } of reads) place(context, values, path, schema);
  context[stepsVariable] = new Steps(functions.succeeded ?? (() => false));
  if (functions.count !== undefined) context.plan = new PlanTotals(functions.count, functions.sum ?? (() => 0));
  try {
    return outward(run(context));
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
function place(context: Record<string, unknown>, values: Values, path: readonly string[], schema: JsonSchema): void {
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
  if (typeof value === 'number') return Number.isSafeInteger(value) && schema.type !== 'number' ? BigInt(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => inward(item, schema.items ?? {}));
  const copy = (typeof before === 'object' && before !== null ? before : Object.create(null)) as Record<string, unknown>;
  for (const [name, inner] of Object.entries(value)) {
    if (inner !== null && inner !== undefined) copy[name] = inward(inner, propertyOf(schema, name) ?? {});
  }
  return copy;
}

function outward(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(outward);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, inner]) => [String(name), outward(inner)]));
  if (isOptional(value)) return value.hasValue() ? outward(value.value()) : undefined;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, outward(inner)]));
}

function isOptional(value: object): value is { hasValue(): boolean; value(): unknown } {
  return 'hasValue' in value && typeof value.hasValue === 'function';
}

function explained(expression: Expression, error: unknown): EvaluationError {
  const { code, summary, message, range } = error as { code?: string; summary?: string; message: string; range?: { start: number } };
  const text = (summary ?? message).split('\n')[0]!;
  if (code === 'no_such_key') {
    const name = /: (.*)$/u.exec(text)?.[1] ?? '';
    const reference = expression.references.find(({ path }) => path.includes(name));
    const shown = reference === undefined ? name : reference.path.slice(0, reference.path.indexOf(name) + 1).join('.');
    return new EvaluationError(`${shown} has no value here, in: ${expression.source}`, range?.start);
  }
  if (code === 'index_out_of_bounds') return new EvaluationError(`the list is shorter than the index, in: ${expression.source}`, range?.start);
  return new EvaluationError(`${text.charAt(0).toLowerCase()}${text.slice(1)}, in: ${expression.source}`, range?.start);
}
