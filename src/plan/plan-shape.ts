import { validatorOf } from '../check/json-schema.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { symbols } from './plan.ts';

/** What a plan file's lines must have before anything of them is used: a seal says that nobody edited it, not who wrote it. */

const text: JsonSchema = { type: 'string' };
const count: JsonSchema = { type: 'integer', minimum: 0 };
const seconds: JsonSchema = { type: 'number', minimum: 0 };
const mapOf = (inner: JsonSchema): JsonSchema => ({ type: 'object', additionalProperties: inner });
const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
const whole = (properties: Readonly<Record<string, JsonSchema>>, optional = {}): JsonSchema => ({
  type: 'object',
  required: Object.keys(properties),
  properties: { ...properties, ...optional },
});

const at = whole({ file: text, offset: count, length: count });
const cell = whole({ file: text, row: count }, { column: text, value: text });
const place = { at, cell };
const diagnostic = whole(
  { code: text, severity: { enum: ['error', 'warning'] }, message: text },
  {
    ...place,
    expected: text,
    didYouMean: text,
    help: text,
    related: listOf(whole({ message: text }, place)),
  },
);

const selection = whole(
  {},
  { only: listOf(text), exclude: whole({ file: text, keys: count }), limit: count },
);

const ofRun = { run: text, position: count };
const header = whole(
  {
    version: text,
    createdAt: text,
    playbook: whole({ file: text, name: text }),
    input: whole({ file: text, related: mapOf(text) }),
    parameters: mapOf({}),
    secretParameters: listOf(text),
    target: text,
    offline: { type: 'boolean' },
    digests: whole(
      {
        playbook: text,
        input: text,
        related: mapOf(text),
        parameters: text,
        operations: text,
        target: text,
      },
      { used: mapOf(text), catalogues: listOf(text), selection: text },
    ),
  },
  {
    catalogues: listOf(text),
    selection,
    policy: whole({ file: text, name: text, digest: text }),
    revises: whole({ ...ofRun, ownPlaybook: { type: 'boolean' } }),
    undoes: whole({
      ...ofRun,
      standing: listOf(whole({ uses: text, reason: text, count, examples: listOf(text) })),
    }),
  },
);

const action = whole(
  { path: text, uses: text, action: { enum: Object.keys(symbols) }, calls: count },
  {
    with: mapOf({}),
    changes: mapOf({ type: 'array', minItems: 2, maxItems: 2 }),
    found: text,
    reason: text,
  },
);

const pairs = mapOf({ type: 'array', minItems: 2, maxItems: 2 });
const revision = whole(
  { what: { enum: ['done', 'again', 'new', 'closed'] }, kept: listOf(text) },
  { changes: pairs, refused: listOf(text) },
);

const record = whole(
  { index: count, key: text, row: count, digest: text, actions: listOf(action) },
  { invalid: listOf(diagnostic), revision },
);

const unusual = whole({
  kind: { enum: ['quantity', 'country', 'exists'] },
  message: text,
  records: count,
  examples: listOf(whole({ key: text, row: count }, { note: text })),
});

const summary = whole(
  {
    records: count,
    invalid: count,
    operations: mapOf(mapOf(count)),
    calls: mapOf(whole({ calls: count, seconds })),
    totalCalls: count,
    totalSeconds: seconds,
    planningCalls: count,
    warnings: listOf(diagnostic),
    seal: text,
  },
  {
    unusual: listOf(unusual),
    countries: mapOf(count),
    waves: listOf(count),
    revision: mapOf(count),
    signature: whole({ by: text, value: text }),
  },
);

const schemas = { header, record, summary };
const validators = new Map<keyof typeof schemas, (value: unknown) => boolean>();

/** Whether a value can be that line of a plan file. */
export function hasShape(line: keyof typeof schemas, value: unknown): boolean {
  const known = validators.get(line) ?? validatorOf(schemas[line]);
  validators.set(line, known);
  return known(value);
}
