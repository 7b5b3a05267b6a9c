import type { Expression } from '../expression/expression.ts';
import type { JsonSchema } from '../schema/schema.ts';
import type { Output, Playbook, Value } from './playbook.ts';
import { mayBeMissing, maySkip, type StepScope } from './scope.ts';

/** What `steps.<id>` holds after a playbook that was used: its outputs, required where they always have a value. */
export function outputsSchema({
  playbook: { outputs },
  scope,
}: {
  readonly playbook: Pick<Playbook, 'outputs'>;
  readonly scope: StepScope;
}): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(outputs.map((output) => [output.name, schemaOf(output)])),
    required: outputs.filter(({ value }) => isSure(value, scope)).map(({ name }) => name),
    additionalProperties: false,
    'x-outputs': true,
  };
}

function schemaOf({ value, secret }: Output): JsonSchema {
  return secret ? { ...typeOf(value), secret: true } : typeOf(value);
}

function typeOf(value: Value): JsonSchema {
  switch (value.type) {
    case 'expression':
      return value.expression.schema;
    case 'text':
      return { type: 'string' };
    case 'literal':
      return { const: value.value, ...typeOfLiteral(value.value) };
    case 'list':
      return { type: 'array' };
    case 'map':
      return {
        type: 'object',
        properties: Object.fromEntries(
          Object.entries(value.entries).map(([name, inner]) => [name, typeOf(inner)]),
        ),
      };
  }
}

function typeOfLiteral(value: unknown): JsonSchema {
  if (value === null) return {};
  return { type: Number.isInteger(value) ? 'integer' : typeof value };
}

function isSure(value: Value, scope: StepScope): boolean {
  switch (value.type) {
    case 'literal':
      return true;
    case 'expression':
      return reads(value.expression, scope);
    case 'text':
      return value.parts.every((part) => typeof part === 'string' || reads(part, scope));
    case 'list':
      return value.items.every((item) => isSure(item, scope));
    case 'map':
      return Object.values(value.entries).every((item) => isSure(item, scope));
  }
}

/** Whether an expression surely finds what it reads. */
function reads(expression: Expression, scope: StepScope): boolean {
  return expression.references.every(
    (reference) =>
      !maySkip(reference, expression, scope) &&
      (reference.optional ||
        expression.pure === undefined ||
        mayBeMissing(reference.path, scope) === undefined),
  );
}
