import type { JsonSchema } from '../schema/schema.ts';

/** A string that holds an expression somewhere. */
export const expression: JsonSchema = {
  type: 'string',
  pattern: '\\$\\{\\{',
  description: 'An expression: ${{ … }}.',
};

const reference: JsonSchema = { $ref: '#/$defs/expression' };

/** Words of a string schema that an expression's own text would not fit. */
const narrowing = ['enum', 'const', 'pattern', 'format', 'maxLength'];

/** An operation's input schema as a playbook may write it: closed, and an expression wherever a value stands. */
export function acceptExpressions(schema: JsonSchema): JsonSchema {
  const inner = Object.fromEntries(
    Object.entries(schema)
      .filter(([keyword]) => keyword !== 'secret')
      .map(([keyword, value]) => [keyword, inside(keyword, value)]),
  ) as JsonSchema;
  if (schema.properties === undefined || schema.additionalProperties !== undefined) return inner;
  return { ...inner, additionalProperties: false };
}

function inside(keyword: string, value: unknown): unknown {
  switch (keyword) {
    case 'properties':
      return Object.fromEntries(
        Object.entries(value as Record<string, JsonSchema>).map(([name, property]) => [
          name,
          orExpression(property),
        ]),
      );
    case 'items':
    case 'additionalProperties':
      return typeof value === 'object' && value !== null ? orExpression(value as JsonSchema) : value;
    case 'anyOf':
    case 'oneOf':
    case 'allOf':
      return (value as readonly JsonSchema[]).map(acceptExpressions);
    default:
      return value;
  }
}

function orExpression(schema: JsonSchema): JsonSchema {
  const inner = acceptExpressions(schema);
  if (schema.type === 'string' && !narrowing.some((keyword) => keyword in schema)) return inner;
  if (schema.type === undefined && Object.keys(schema).length === 0) return inner;
  return { anyOf: [inner, reference] };
}
