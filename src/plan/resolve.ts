import type { Value } from '../check/playbook.ts';
import { evaluate, type Functions } from '../expression/evaluate.ts';
import type { Expression } from '../expression/expression.ts';
import type { Operation } from '../operations/operation.ts';
import type { JsonSchema } from '../schema/schema.ts';
import type { Unknown } from './plan.ts';

/** What the expressions of a step see. While planning some of it is known only after apply. */
export interface Names {
  readonly values: Readonly<Record<string, unknown>>;
  /** Paths whose values are not known yet: `['steps', 'customer']`. Empty while running. */
  readonly unknown: readonly (readonly string[])[];
  readonly functions?: Functions;
}

export function isUnknown(value: unknown): value is Unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, '$unknown');
}

/** Whether a value is not known, or holds something that is not. */
export function containsUnknown(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return isUnknown(value) || Object.values(value).some(containsUnknown);
}

/**
 * The value of an expression; an Unknown where it reads what is known only after apply.
 * @throws EvaluationError
 */
export function resolveExpression(expression: Expression, names: Names): unknown {
  const unknown = names.unknown.length === 0 ? undefined : unknownBehind(expression, names.unknown);
  return unknown === undefined
    ? evaluate(expression, names.values, names.functions)
    : ({ $unknown: unknown.join('.') } satisfies Unknown);
}

/** An unknown that is read, passed through, or lies inside what is read. */
function unknownBehind(expression: Expression, unknown: Names['unknown']): readonly string[] | undefined {
  const read = unknown.find((path) =>
    expression.references.some((reference) => overlap(path, reference.path)),
  );
  return (
    read ??
    unknown.find(
      ([root, id]) =>
        root === 'steps' && new RegExp(`succeeded\\(\\s*["']${id}["']`, 'u').test(expression.source),
    )
  );
}

function overlap(a: readonly string[], b: readonly string[]): boolean {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}

/**
 * What a value of a playbook comes to. A path that leads nowhere is undefined, and its field is left out.
 * @throws EvaluationError
 */
export function resolve(value: Value, names: Names): unknown {
  switch (value.type) {
    case 'literal':
      return value.value;
    case 'expression':
      return resolveExpression(value.expression, names);
    case 'text':
      return resolveText(value.parts, names);
    case 'list':
      return value.items.map((item) => resolve(item, names)).filter((item) => item !== undefined);
    case 'map':
      return resolveMap(value.entries, names);
  }
}

function resolveText(parts: readonly (string | Expression)[], names: Names): unknown {
  let text = '';
  for (const part of parts) {
    const value = typeof part === 'string' ? part : resolveExpression(part, names);
    if (isUnknown(value)) return value;
    text +=
      value === undefined || value === null
        ? ''
        : typeof value === 'object'
          ? JSON.stringify(value)
          : String(value);
  }
  return text;
}

function resolveMap(
  entries: Readonly<Record<string, Value>>,
  names: Names,
): Readonly<Record<string, unknown>> {
  const result: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(entries)) {
    const value = resolve(inner, names);
    if (value !== undefined) result[name] = value;
  }
  return result;
}

/**
 * The inputs of an operation, with the defaults of its entry filled in.
 * @throws EvaluationError
 */
export function resolveInput(
  operation: Operation,
  inputs: Readonly<Record<string, Value>>,
  names: Names,
): Readonly<Record<string, unknown>> {
  return resolveFields(inputs, operation.input, names);
}

/** The same for the fields of any object schema. */
export function resolveFields(
  fields: Readonly<Record<string, Value>>,
  schema: JsonSchema,
  names: Names,
): Readonly<Record<string, unknown>> {
  return withDefaults(resolveMap(fields, names), schema) as Readonly<Record<string, unknown>>;
}

const defaulting = new WeakMap<JsonSchema, boolean>();

/** Whether something in a value of this schema has a default. Most schemas have none; the answer is kept. */
function hasDefaults(schema: JsonSchema): boolean {
  let found = defaulting.get(schema);
  if (found === undefined) {
    const inner = Object.values(schema.properties ?? {});
    found = inner.some((property) => property.default !== undefined || hasDefaults(property));
    defaulting.set(schema, found);
  }
  return found;
}

function withDefaults(value: unknown, schema: JsonSchema): unknown {
  if (
    schema.properties === undefined ||
    !hasDefaults(schema) ||
    typeof value !== 'object' ||
    value === null ||
    Array.isArray(value) ||
    isUnknown(value)
  )
    return value;
  const result: Record<string, unknown> = { ...value };
  for (const [name, inner] of Object.entries(schema.properties)) {
    const filled = result[name] === undefined ? inner.default : withDefaults(result[name], inner);
    if (filled !== undefined) result[name] = filled;
  }
  return result;
}
