import type { Expression } from '../expression/expression.ts';
import { splitText } from '../expression/template.ts';
import type { MapNode, Node, ScalarNode } from '../load/document.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { hasSecrets } from '../schema/secret.ts';
import {
  type Checking,
  checkExpressionText,
  conversion,
  fitsType,
  nameOf,
  reportSplit,
} from './check-expression.ts';
import { misfit } from './json-schema.ts';
import type { Value } from './playbook.ts';
import { headOf, isText, kindOf, meant, placeOf } from './problems.ts';
import { mayBeMissing, type StepScope } from './scope.ts';
import { secretIn } from './secret-flow.ts';

export interface Wanted {
  readonly schema: JsonSchema;
  /** Whether leaving the value out is a mistake. */
  readonly required: boolean;
  /** Its name in messages. */
  readonly name: string;
  /** How to mend it where a secret flows into what is none. */
  readonly secretHelp?: string;
}

/**
 * Checks a node of `with:` or `outputs:` against the schema of what it becomes.
 * @returns the value, or undefined where something in it was reported
 */
export function checkValue(
  node: Node,
  wanted: Wanted,
  scope: StepScope,
  checking: Checking,
): Value | undefined {
  if (isText(node) && node.value.includes('${{')) return checkTemplate(node, wanted, scope, checking);
  switch (node.type) {
    case 'scalar':
      return checkLiteral(node, wanted, checking);
    case 'list':
      return checkList(node, wanted, scope, checking);
    case 'map':
      return checkMap(node, wanted, scope, checking);
  }
}

function checkTemplate(
  node: ScalarNode & { readonly value: string },
  wanted: Wanted,
  scope: StepScope,
  checking: Checking,
): Value | undefined {
  const { problems } = checking;
  const split = splitText(node.value);
  if (!split.ok) {
    reportSplit(node, split.problems, problems);
    return undefined;
  }
  const compiled = split.parts.map((part) =>
    part.type === 'text'
      ? part.text
      : checkExpressionText(
          part.source,
          scope,
          node.at,
          (index) => node.offsetOf(part.offset + index),
          checking,
        ),
  );
  if (compiled.some((part) => part === undefined)) return undefined;
  const parts = compiled.filter((part) => part !== undefined);
  if (exposesSecret(node, parts, wanted, scope, checking)) return undefined;
  const [only] = parts;
  if (parts.length === 1 && only !== undefined && typeof only !== 'string') {
    if (!fitsType(only.schema, wanted.schema)) {
      problems.error('EXPRESSION_TYPE', `'${wanted.name}' is ${nameOf(only.schema)}`, placeOf(node), {
        expected: nameOf(wanted.schema),
        ...conversion(only, wanted.schema),
      });
      return undefined;
    }
    const missing = wanted.required && only.pure !== undefined ? mayBeMissing(only.pure, scope) : undefined;
    if (missing !== undefined) {
      const help = `give the step \`if: \${{ has(${missing.join('.')}) }}\`, or make the field required or give it a default in its schema`;
      problems.error(
        'MAYBE_MISSING',
        `'${wanted.name}' is needed, and ${missing.join('.')} may have no value`,
        placeOf(node),
        { help },
      );
      return undefined;
    }
    if (wanted.required && only.nullable) {
      const help = 'null leaves a field out: write a value in its place, or give the step an `if`';
      problems.error('MAYBE_MISSING', `'${wanted.name}' is needed, and may be null here`, placeOf(node), {
        help,
      });
      return undefined;
    }
    return { type: 'expression', expression: only, at: node.at };
  }
  if (!fitsType({ type: 'string' }, wanted.schema)) {
    problems.error('WRONG_TYPE', `'${wanted.name}' is text`, placeOf(node), {
      expected: nameOf(wanted.schema),
    });
    return undefined;
  }
  return { type: 'text', parts, at: node.at };
}

function exposesSecret(
  node: ScalarNode,
  parts: readonly (string | Expression)[],
  { schema, name, secretHelp }: Wanted,
  scope: StepScope,
  { problems }: Checking,
): boolean {
  if (hasSecrets(schema)) return false;
  const secret = parts
    .filter((part) => typeof part !== 'string')
    .map((part) => secretIn(part, scope))
    .find((found) => found !== undefined);
  if (secret === undefined) return false;
  const help =
    secretHelp ??
    'plans and reports show this field: a secret may only go into a field that is secret itself';
  problems.error('SECRET_EXPOSED', `'${name}' is no secret, and ${secret} is one`, placeOf(node), { help });
  return true;
}

function checkLiteral(node: ScalarNode, wanted: Wanted, { problems }: Checking): Value | undefined {
  const expected = misfit(node.value, wanted.schema);
  if (wanted.schema.secret === true && typeof node.value === 'string')
    problems.warn(
      'SECRET_IN_PLAYBOOK',
      `'${wanted.name}' is a secret, and the playbook holds it in clear`,
      placeOf(node),
      {
        help: 'take it from a secret parameter (TENANTRY_PARAM_name) or from a secret column of the input',
      },
    );
  if (expected === undefined) return { type: 'literal', value: node.value, at: node.at };
  const misread =
    typeof node.value !== 'string' &&
    fitsType({ type: 'string' }, wanted.schema) &&
    node.style === 'plain' &&
    node.text !== '';
  const help = misread
    ? { help: `YAML reads ${node.text} as ${kindOf(node)}; in quotes it is text: "${node.text}"` }
    : {};
  const near =
    typeof node.value === 'string' && wanted.schema.enum !== undefined
      ? meant(node.value, wanted.schema.enum.map(String))
      : {};
  const code =
    typeof node.value === 'string' && fitsType({ type: 'string' }, wanted.schema)
      ? 'WRONG_VALUE'
      : 'WRONG_TYPE';
  problems.error(
    code,
    `'${wanted.name}' is ${node.value === null ? 'empty' : JSON.stringify(node.value)}`,
    placeOf(node),
    { expected, ...help, ...near },
  );
  return undefined;
}

function checkList(
  node: Extract<Node, { type: 'list' }>,
  wanted: Wanted,
  scope: StepScope,
  checking: Checking,
): Value | undefined {
  const { schema, name } = wanted;
  if (!fitsType({ type: 'array' }, schema)) {
    checking.problems.error('WRONG_TYPE', `'${name}' is a list`, placeOf(node), { expected: nameOf(schema) });
    return undefined;
  }
  if (typeof schema.minItems === 'number' && node.items.length < schema.minItems) {
    checking.problems.error('WRONG_VALUE', `'${name}' has ${node.items.length} items`, placeOf(node), {
      expected: `at least ${schema.minItems}`,
    });
    return undefined;
  }
  const items = node.items.map((item, index) =>
    checkValue(
      item,
      { schema: schema.items ?? {}, required: true, name: `${name}[${index}]` },
      scope,
      checking,
    ),
  );
  return items.includes(undefined) ? undefined : { type: 'list', items: items as Value[], at: node.at };
}

function checkMap(node: MapNode, wanted: Wanted, scope: StepScope, checking: Checking): Value | undefined {
  if (!fitsType({ type: 'object' }, wanted.schema)) {
    checking.problems.error('WRONG_TYPE', `'${wanted.name}' is a map`, headOf(node), {
      expected: nameOf(wanted.schema),
    });
    return undefined;
  }
  const entries = checkEntries(node, wanted.schema, wanted.name, scope, checking);
  return entries === undefined ? undefined : { type: 'map', entries, at: node.at };
}

/** The fields of a map against an object schema: unknown, missing and wrong ones are all reported. */
export function checkEntries(
  node: MapNode,
  schema: JsonSchema,
  name: string,
  scope: StepScope,
  checking: Checking,
): Readonly<Record<string, Value>> | undefined {
  const { problems } = checking;
  const known = schema.properties ?? {};
  const entries: Record<string, Value> = {};
  let failed = false;
  for (const { key, keyAt, value } of node.entries) {
    const inner = Object.hasOwn(known, key) ? known[key] : openSchema(schema);
    if (inner === undefined) {
      problems.error('UNKNOWN_FIELD', `${name} has no field '${key}'`, keyAt, {
        expected: Object.keys(known).join(', ') || 'no fields',
        ...meant(key, Object.keys(known)),
      });
      checkValue(value, { schema: {}, required: false, name: key }, scope, checking);
      failed = true;
      continue;
    }
    const checked = checkValue(
      value,
      {
        schema: inner,
        required: schema.required?.includes(key) === true && inner.default === undefined,
        name: key,
      },
      scope,
      checking,
    );
    if (checked === undefined) failed = true;
    else entries[key] = checked;
  }
  for (const key of schema.required ?? []) {
    if (node.entries.some((entry) => entry.key === key) || known[key]?.default !== undefined) continue;
    problems.error(
      'MISSING_FIELD',
      `${name} needs '${key}'`,
      headOf(node),
      known[key]?.description === undefined ? {} : { help: `${key}: ${String(known[key].description)}` },
    );
    failed = true;
  }
  return failed ? undefined : entries;
}

function openSchema(schema: JsonSchema): JsonSchema | undefined {
  if (typeof schema.additionalProperties === 'object') return schema.additionalProperties;
  return schema.additionalProperties === false ||
    (schema.properties !== undefined && schema.additionalProperties !== true)
    ? undefined
    : {};
}
