import { httpName } from '../operations/http.ts';
import type { Operation, Operations } from '../operations/operation.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { httpInputs } from './http-inputs.ts';
import { limitsSchema } from './limits-schema.ts';
import { shareRepeated } from './shared-schemas.ts';
import { acceptExpressions, expression } from './step-inputs.ts';

export type Draft = '2020-12' | 'draft-07';

type Json = Readonly<Record<string, unknown>>;

const duration: Json = {
  type: 'string',
  pattern: '^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$',
  description: 'A length of time: 500ms, 30s, 10m, 2h.',
};

/**
 * The JSON Schema of a playbook, so that an editor completes `uses:` and each operation's `with:` and marks what is
 * wrong. It says less than `tenantry validate`: expressions are only known to be expressions.
 *
 * @param operations the catalogue that the schema is made from
 * @param draft the dialect; editors that know no 2020-12 want draft-07
 */
export function playbookSchema(operations: Operations, draft: Draft): object {
  const catalogue = operations.names
    .map((name) => operations.get(name))
    .filter((entry) => entry !== undefined);
  const { shared, root } = shareRepeated({ ...inputsOf(catalogue), ...structure(catalogue) });
  const schema = {
    $schema:
      draft === '2020-12'
        ? 'https://json-schema.org/draft/2020-12/schema'
        : 'http://json-schema.org/draft-07/schema#',
    title: 'Tenantry playbook',
    ...playbook(catalogue),
    $defs: { ...root, ...shared },
  };
  return draft === '2020-12' ? schema : (inDraft07(schema) as object);
}

function playbook(catalogue: readonly Operation[]): Json {
  return {
    description: 'What one input record is, and which steps every record goes through.',
    type: 'object',
    required: ['tenantry', 'name', 'input', 'steps'],
    additionalProperties: false,
    properties: {
      tenantry: { const: 1, description: 'Version of the playbook language.' },
      name: { type: 'string', minLength: 1, description: 'Name of the playbook, shown in plans and runs.' },
      description: { type: 'string', description: 'What the playbook is for.' },
      parameters: {
        type: 'object',
        description:
          'Values of a whole run, set with --param name=value or --params FILE: a JSON Schema each.',
        additionalProperties: { $ref: '#/$defs/schema' },
      },
      input: { $ref: '#/$defs/input' },
      limits: limitsSchema(catalogue),
      guards: {
        type: 'array',
        description:
          'Conditions that the plan must meet before anything is sent: plan.count("…"), plan.sum("…", "…").',
        items: {
          type: 'object',
          required: ['check', 'message'],
          additionalProperties: false,
          properties: {
            check: { $ref: '#/$defs/expression' },
            message: { type: 'string', description: 'Said when the check fails.' },
          },
        },
      },
      steps: { $ref: '#/$defs/steps', description: 'What every record goes through, in order.' },
      outputs: {
        type: 'object',
        description: 'Columns of the results file, one row a record.',
        additionalProperties: { $ref: '#/$defs/output' },
      },
    },
  };
}

/** Every operation's inputs under the name that `then` refers to. */
function inputsOf(catalogue: readonly Operation[]): Record<string, JsonSchema> {
  return Object.fromEntries(
    catalogue.map((operation) => [
      `with-${operation.name}`,
      { description: operation.summary, ...acceptExpressions(operation.input) } as JsonSchema,
    ]),
  );
}

function structure(catalogue: readonly Operation[]): Record<string, JsonSchema> {
  return {
    expression,
    duration,
    schema: {
      type: 'object',
      description: 'A JSON Schema (2020-12); `secret: true` marks a value to hide.',
      properties: {
        type: { description: 'string, integer, number, boolean, object or array.' },
        description: { type: 'string' },
        secret: { type: 'boolean' },
        required: { type: 'array', items: { type: 'string' } },
        properties: { type: 'object', additionalProperties: { $ref: '#/$defs/schema' } },
      },
    },
    input: {
      type: 'object',
      description: 'What one record is.',
      required: ['key', 'record'],
      additionalProperties: false,
      properties: {
        key: {
          $ref: '#/$defs/expression',
          description: 'Identifies a record in every run; unique in the file.',
        },
        record: { $ref: '#/$defs/schema', description: 'JSON Schema of one row.' },
        related: {
          type: 'object',
          description: 'Rows of other files, joined into the record as a list of this name.',
          additionalProperties: {
            type: 'object',
            required: ['by', 'record'],
            additionalProperties: false,
            properties: {
              by: { type: 'string', description: 'Column that both files have.' },
              record: { $ref: '#/$defs/schema' },
            },
          },
        },
      },
    },
    output: {
      anyOf: [
        { type: ['string', 'number', 'boolean'] },
        {
          type: 'object',
          required: ['value'],
          additionalProperties: false,
          properties: {
            value: {},
            secret: { type: 'boolean', description: 'Redacted everywhere; encrypted in the state.' },
          },
        },
      ],
    },
    steps: { type: 'array', minItems: 1, items: { $ref: '#/$defs/step' } },
    step: step(catalogue),
    ...builtins(catalogue),
  };
}

/** What is done without the service. */
function builtins(catalogue: readonly Operation[]): Record<string, JsonSchema> {
  return {
    'with-assert': {
      type: 'object',
      description: 'Fails the record where the check does not hold.',
      required: ['check', 'message'],
      additionalProperties: false,
      properties: { check: { $ref: '#/$defs/expression' }, message: { type: 'string' } },
    },
    'with-wait': wait(catalogue),
    [`with-${httpName}`]: httpInputs,
    'with-approve': {
      type: 'object',
      description: 'The record waits until a person has approved what the message says.',
      required: ['message'],
      additionalProperties: false,
      properties: { message: { type: 'string', description: 'What is to be approved.' } },
    },
  };
}

function step(catalogue: readonly Operation[]): JsonSchema {
  return {
    type: 'object',
    required: ['id'],
    additionalProperties: false,
    anyOf: [{ required: ['uses'] }, { required: ['steps'] }],
    properties: {
      id: {
        type: 'string',
        pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
        description: 'Unique in the file; steps.<id> is its result.',
      },
      uses: {
        description: 'The operation, or the file of another playbook.',
        anyOf: [
          usesOf(catalogue, ['assert', 'wait', 'approve', httpName]),
          { type: 'string', pattern: '^\\.\\.?/.+\\.ya?ml$', description: 'A playbook, from this file.' },
        ],
      },
      with: { description: 'Inputs of the operation, or the record of the playbook.' },
      params: { type: 'object', description: 'Parameters of a playbook that is used.' },
      if: {
        anyOf: [{ type: 'boolean' }, { $ref: '#/$defs/expression' }],
        description: 'Whether the step happens.',
      },
      forEach: { $ref: '#/$defs/expression', description: 'A list; the step happens once for each element.' },
      as: { type: 'string', description: 'Name of the element inside.' },
      key: { $ref: '#/$defs/expression', description: 'Identifies the element, also when the list changes.' },
      needs: { type: 'array', items: { type: 'string' }, description: 'Steps that must have happened.' },
      onError: {
        enum: ['fail', 'continue', 'stopRun'],
        description: 'What a failure means; fail: this record stops.',
      },
      retry: {
        type: 'object',
        additionalProperties: false,
        properties: {
          attempts: { type: 'integer', minimum: 1, description: 'Requests at most, the first counted.' },
          on: { type: 'array', items: { enum: ['throttled', 'unavailable', 'timeout', 'conflict'] } },
        },
      },
      timeout: { $ref: '#/$defs/duration' },
      inDoubt: {
        enum: ['resend', 'lookup', 'hold'],
        description: 'After a lost answer; only more careful than the operation.',
      },
      parallel: { type: 'boolean', description: 'Whether the steps of the block run side by side.' },
      steps: { $ref: '#/$defs/steps', description: 'A block.' },
      rescue: {
        $ref: '#/$defs/steps',
        description: 'Steps for when one of the block fails; `failure` says what.',
      },
      finally: { $ref: '#/$defs/steps', description: 'Steps for the end of the block, failed or not.' },
    },
    allOf: [
      ...catalogue.map((operation) => inputsWhen(operation.name, needsInput(operation))),
      inputsWhen('assert', true),
      inputsWhen('approve', true),
      inputsWhen('wait', true),
      inputsWhen(httpName, true),
      when({ required: ['uses'] }, without('steps', 'parallel', 'rescue', 'finally')),
      when({ required: ['steps'] }, without('uses', 'with', 'params', 'inDoubt')),
    ],
  };
}

function wait(catalogue: readonly Operation[]): JsonSchema {
  const reads = catalogue.filter(({ kind }) => kind === 'read' || kind === 'list');
  return {
    type: 'object',
    description: 'Waits for a time (`for`), or repeats a read until `until` holds.',
    additionalProperties: false,
    properties: {
      for: { $ref: '#/$defs/duration' },
      uses: usesOf(reads, [httpName]),
      with: { description: 'Inputs of the read.' },
      until: { $ref: '#/$defs/expression', description: 'Sees the answer as `result`.' },
      every: { $ref: '#/$defs/duration', description: 'Time between two reads.' },
    },
    anyOf: [
      { required: ['for'], ...without('uses', 'with', 'until', 'every') },
      { required: ['uses', 'until'], ...without('for') },
    ],
    allOf: [
      ...reads.map((operation) => inputsWhen(operation.name, needsInput(operation))),
      inputsWhen(httpName, true),
    ],
  };
}

function usesOf(catalogue: readonly Operation[], others: readonly string[]): Json {
  return {
    description: 'The operation.',
    type: 'string',
    enum: [...catalogue.map((operation) => operation.name), ...others],
  };
}

function inputsWhen(uses: string, required: boolean): Json {
  return when(
    { required: ['uses'], properties: { uses: { const: uses } } },
    { properties: { with: { $ref: `#/$defs/with-${uses}` } }, ...(required ? { required: ['with'] } : {}) },
  );
}

function when(condition: Json, consequence: Json): Json {
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  return { if: condition, then: consequence };
}

function needsInput(operation: Operation): boolean {
  return (operation.input.required ?? []).length > 0;
}

function without(...fields: readonly string[]): Json {
  return { properties: Object.fromEntries(fields.map((field) => [field, false])) };
}

/** The same schema in draft-07, which calls `$defs` `definitions` and sees nothing beside a `$ref`. */
function inDraft07(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(inDraft07);
  if (typeof node !== 'object' || node === null) return node;
  const { $ref, ...rest } = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key === '$defs' ? 'definitions' : key, inDraft07(value)]),
  );
  if (typeof $ref !== 'string') return $ref === undefined ? rest : { ...rest, $ref };
  const reference = { $ref: $ref.replace('#/$defs/', '#/definitions/') };
  return Object.keys(rest).length === 0 ? reference : { ...rest, allOf: [reference] };
}
