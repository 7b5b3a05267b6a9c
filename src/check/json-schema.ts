import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { compilePattern, PatternLimit } from '../expression/pattern.ts';
import { type Node, plain } from '../load/document.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { nameOf } from './check-expression.ts';
import { kindOf, meant, type Problems, placeOf } from './problems.ts';

/** Formats that records may use; more would have to be explained to people who read a plan. */
const formats = ['email', 'uuid', 'date', 'date-time', 'uri'] as const;

let ajv: Ajv2020 | undefined;

/** Compiles a schema. Schemas of the catalogue and of playbooks are checked elsewhere, so ajv does not check them again. */
export function validatorOf(schema: JsonSchema): ValidateFunction {
  if (ajv === undefined) {
    ajv = new Ajv2020({
      strict: false,
      allErrors: true,
      validateSchema: false,
      meta: false,
      useDefaults: false,
      ownProperties: true,
      code: { regExp: linear },
    });
    (addFormats as unknown as (instance: Ajv2020, names: readonly string[]) => void)(ajv, formats);
  }
  return ajv.compile(schema as object);
}

/** Patterns as ajv wants them. It tells them apart by their text; what is too long to be matched does not fit. */
const linear = Object.assign(
  (source: string) => {
    const pattern = compilePattern(source);
    const test = (text: string) => {
      try {
        return pattern.test(text);
      } catch (error) {
        if (error instanceof PatternLimit) return false;
        throw error;
      }
    };
    return { test, toString: () => source };
  },
  { code: 'linear' },
);

const leafValidators = new WeakMap<JsonSchema, ValidateFunction>();
const simpleKeywords: ReadonlySet<string> = new Set(['type', 'description', 'secret', 'default', 'title']);

/** Why a literal does not fit a schema, in words; undefined where it does. */
export function misfit(value: unknown, schema: JsonSchema): string | undefined {
  // Most literals stand where only a type is asked for; that needs no compiled validator.
  if (Object.keys(schema).every((keyword) => simpleKeywords.has(keyword)))
    return isOfType(value, schema) ? undefined : nameOf(schema);
  let validate = leafValidators.get(schema);
  if (validate === undefined) {
    validate = validatorOf(schema);
    leafValidators.set(schema, validate);
  }
  return validate(value) ? undefined : expectedBy(validate.errors ?? [], schema);
}

function isOfType(value: unknown, schema: JsonSchema): boolean {
  if (schema.type === undefined) return true;
  const types = Array.isArray(schema.type) ? (schema.type as readonly string[]) : [schema.type as string];
  return types.some((type) => {
    if (type === 'integer') return Number.isInteger(value);
    if (type === 'array') return Array.isArray(value);
    if (type === 'null') return value === null;
    if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
    return typeof value === type;
  });
}

/** What would have been right, from ajv's errors on one value. */
export function expectedBy(errors: readonly ErrorObject[], schema: JsonSchema): string {
  const [error] = errors;
  if (error === undefined) return nameOf(schema);
  const { params } = error;
  switch (error.keyword) {
    case 'enum':
      return `one of ${(schema.enum ?? []).map(String).join(', ')}`;
    case 'pattern':
      return `text like ${String(params.pattern)}`;
    case 'minLength':
      return params.limit === 1 ? 'text that is not empty' : `at least ${params.limit} characters`;
    case 'maxLength':
      return `at most ${params.limit} characters`;
    case 'minimum':
      return `${nameOf(schema)} of at least ${params.limit}`;
    case 'maximum':
      return `${nameOf(schema)} of at most ${params.limit}`;
    case 'format':
      return `${withArticle(String(params.format))}`;
    case 'type':
      return nameOf(schema);
    default:
      return error.message ?? nameOf(schema);
  }
}

function withArticle(format: string): string {
  const words: Readonly<Record<string, string>> = {
    email: 'an e-mail address',
    uuid: 'a GUID',
    date: 'a date, 2026-11-23',
    'date-time': 'a date with time, 2026-11-23T10:00:00Z',
    uri: 'a URL',
  };
  return words[format] ?? format;
}

const keywords = [
  'type',
  'properties',
  'required',
  'items',
  'enum',
  'const',
  'default',
  'description',
  'title',
  'secret',
  'pattern',
  'format',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
  'uniqueItems',
  'additionalProperties',
  'examples',
] as const;
const types = ['string', 'integer', 'number', 'boolean', 'array', 'object', 'null'];

/** Reads a schema that an author wrote, judging each keyword at its place; undefined where it cannot be used. */
export function checkSchema(node: Node, problems: Problems): JsonSchema | undefined {
  const before = problems.found.length;
  judge(node, problems);
  return problems.found.length === before ? (plain(node) as JsonSchema) : undefined;
}

function judge(node: Node, problems: Problems): void {
  if (node.type !== 'map')
    return problems.error('SCHEMA_INVALID', `a schema is ${kindOf(node)}`, placeOf(node), {
      expected: 'a map such as { type: string }',
    });
  for (const { key, keyAt, value } of node.entries) {
    if (!(keywords as readonly string[]).includes(key)) {
      problems.error('SCHEMA_INVALID', `a schema has no keyword '${key}'`, keyAt, {
        expected: keywords.join(', '),
        ...meant(key, keywords),
      });
    } else if (key === 'properties' && value.type === 'map')
      for (const property of value.entries) judge(property.value, problems);
    else if (key === 'items' || (key === 'additionalProperties' && value.type === 'map'))
      judge(value, problems);
    else judgeKeyword(key, value, problems);
  }
}

function judgeKeyword(key: string, node: Node, problems: Problems): void {
  const value = plain(node);
  const invalid = (expected: string, names: readonly string[] = []) =>
    problems.error(
      'SCHEMA_INVALID',
      `'${key}' is ${typeof value === 'string' ? JSON.stringify(value) : kindOf(node)}`,
      placeOf(node),
      { expected, ...meant(String(value), names) },
    );
  if (key === 'type' && ![value].flat().every((type) => types.includes(String(type))))
    invalid(types.join(', '), types);
  if (key === 'format' && !(formats as readonly unknown[]).includes(value))
    invalid(formats.join(', '), formats);
  if ((key === 'properties' || key === 'default') && key === 'properties' && node.type !== 'map')
    invalid('a map of names and schemas');
  if ((key === 'required' || key === 'enum') && !Array.isArray(value)) invalid('a list');
  if (key === 'secret' && typeof value !== 'boolean') invalid('true or false');
  if (/^m(?:in|ax)/u.test(key) && typeof value !== 'number') invalid('a number');
  const flaw = key === 'pattern' ? flawOf(value) : undefined;
  if (flaw !== undefined) invalid(`a regular expression of RE2, which cannot run away: ${flaw}`);
}

/** Why a pattern cannot be used. */
function flawOf(pattern: unknown): string | undefined {
  if (typeof pattern !== 'string') return 'it is no text';
  try {
    compilePattern(pattern);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
