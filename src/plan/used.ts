import { validatorOf } from '../check/json-schema.ts';
import type { UsedPlaybook } from '../check/playbook.ts';
import { EvaluationError } from '../expression/evaluate.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { hasSecrets } from '../schema/secret.ts';
import { containsUnknown, isUnknown, type Names, resolve, resolveFields } from './resolve.ts';

/** What the steps of a playbook that is used see of the one that uses it. */
export interface Given {
  readonly record: Readonly<Record<string, unknown>>;
  readonly params: Readonly<Record<string, unknown>>;
  /** Paths of what is known only after apply: `['record', 'customerId']`. */
  readonly unknown: readonly (readonly string[])[];
}

/**
 * The record and the parameters that a step gives to the playbook that it uses.
 * @throws EvaluationError from its expressions, and where what they give does not fit the playbook's schemas
 */
export function givenTo(used: UsedPlaybook, names: Names): Given {
  const record = separate(resolveFields(used.with, used.record, names), ['record']);
  const params = separate(resolveFields(used.params, used.parameters, names), ['params']);
  if (record.unknown.length === 0) refuseMisfit(record.known, used.record, `the input of ${used.place}`);
  if (params.unknown.length === 0)
    refuseMisfit(params.known, used.parameters, `the parameters of ${used.place}`);
  return { record: record.known, params: params.known, unknown: [...record.unknown, ...params.unknown] };
}

type Fields = Readonly<Record<string, unknown>>;

/** Takes out what is not known yet; of a list that holds such a thing nothing is known. */
function separate(
  value: Fields,
  path: readonly string[],
): { readonly known: Fields; readonly unknown: readonly (readonly string[])[] } {
  const known: Record<string, unknown> = {};
  const unknown: (readonly string[])[] = [];
  for (const [name, inner] of Object.entries(value)) {
    const here = [...path, name];
    if (isUnknown(inner) || (Array.isArray(inner) && containsUnknown(inner))) unknown.push(here);
    else if (typeof inner === 'object' && inner !== null && containsUnknown(inner)) {
      const inside = separate(inner as Fields, here);
      known[name] = inside.known;
      unknown.push(...inside.unknown);
    } else known[name] = inner;
  }
  return { known, unknown };
}

const validators = new WeakMap<JsonSchema, ReturnType<typeof validatorOf>>();

function refuseMisfit(value: Fields, schema: JsonSchema, what: string): void {
  const validate = validators.get(schema) ?? validatorOf(schema);
  validators.set(schema, validate);
  if (validate(value)) return;
  const [error] = validate.errors ?? [];
  const at = (error?.instancePath ?? '').slice(1).replaceAll('/', '.');
  // Messages of the validator name no value; the names of fields are the playbook's own.
  const why = hasSecrets(schema) ? 'does not fit its schema' : (error?.message ?? 'does not fit its schema');
  throw new EvaluationError(
    `${what} is not what it takes: ${[at, why].filter((word) => word !== '').join(' ')}`,
  );
}

/** Outputs that have a value, or will have one (an Unknown); what they read may have been skipped. */
export function outputsFrom(used: UsedPlaybook, names: Names): Fields {
  const values: Record<string, unknown> = {};
  for (const { name, value } of used.outputs) {
    try {
      const result = resolve(value, names);
      if (result !== undefined) values[name] = result;
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
    }
  }
  return values;
}
