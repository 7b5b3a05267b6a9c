import type { JsonSchema } from '../schema/schema.ts';
import type { Inverse } from './undo.ts';

/**
 * Undoing is a playbook like any other: one block for each step of the run, the last one first, that reads whether the thing is
 * as the run left it and then takes it back. Its records carry what each needs.
 */
export interface UndoPlaybook {
  readonly document: Readonly<Record<string, unknown>>;
  /** The record of its input: a list for each block. */
  recordOf(key: string, inverses: readonly Inverse[]): Readonly<Record<string, unknown>>;
}

/** A step of the run, whatever the items of the loops that it stands in. */
export function formOf(path: string): string {
  return path.replaceAll(/\[.*?\](?=\.|$)/gu, '[]');
}

/**
 * @param order forms of the run's steps, the last one first
 * @param examples an inverse of each form
 */
export function undoPlaybook(
  run: { readonly id: string; readonly playbook: string },
  order: readonly string[],
  examples: ReadonlyMap<string, Inverse>,
): UndoPlaybook {
  const forms = order.filter((form) => examples.has(form));
  const names = new Map(forms.map((form, index) => [form, nameOf(form, index)]));
  const lists = forms.map((form) => [names.get(form)!, listOf(examples.get(form)!)] as const);
  return {
    document: {
      tenantry: 1,
      name: `undo-${run.playbook}`,
      description: `Takes back what run ${run.id} of ${run.playbook} did, as far as it can be.`,
      input: {
        key: '${{ record.key }}',
        record: {
          type: 'object',
          required: ['key', ...lists.map(([name]) => name)],
          properties: { key: { type: 'string' }, ...Object.fromEntries(lists) },
        },
      },
      steps: forms.map((form) => blockOf(names.get(form)!, examples.get(form)!)),
    },
    recordOf: (key, inverses) => ({
      key,
      ...Object.fromEntries(
        forms.map((form) => [
          names.get(form)!,
          inverses
            .filter(({ path }) => formOf(path) === form)
            .map((inverse) => ({
              at: inverse.at,
              with: inverse.with,
              ...(inverse.left === undefined ? {} : { read: inverse.left.with, left: inverse.left.equal }),
            })),
        ]),
      ),
    }),
  };
}

/** `people[].account` → `people_account_1`: a name that expressions can write. */
function nameOf(form: string, index: number): string {
  const word = form.replaceAll(/[^A-Za-z0-9]+/gu, '_').replace(/^_|_$/gu, '');
  return `undo_${word}_${index + 1}`;
}

function listOf({ with: given, back, left }: Inverse): JsonSchema {
  const properties: Record<string, JsonSchema> = {
    at: { type: 'string' },
    with: objectOf(given, back.input),
    ...(left === undefined
      ? {}
      : { read: objectOf(left.with, left.read.input), left: objectOf(left.equal, left.read.result) }),
  };
  return { type: 'array', items: { type: 'object', required: Object.keys(properties), properties } };
}

function objectOf(values: Readonly<Record<string, unknown>>, schema: JsonSchema): JsonSchema {
  const names = Object.keys(values);
  const properties = Object.fromEntries(names.map((name) => [name, bare(schema.properties?.[name] ?? {})]));
  return { type: 'object', required: names, properties };
}

/** The type alone: what the run sent was judged before. */
function bare({ type, items }: JsonSchema): JsonSchema {
  return {
    ...(type === undefined ? {} : { type }),
    ...(items === undefined ? {} : { items: bare(items) }),
  } as JsonSchema;
}

function blockOf(name: string, { with: given, back, left }: Inverse): Readonly<Record<string, unknown>> {
  const pass = (values: Readonly<Record<string, unknown>>, from: string) =>
    Object.fromEntries(Object.keys(values).map((field) => [field, `\${{ thing.${from}.${field} }}`]));
  const looking =
    left === undefined
      ? []
      : [
          { id: `${name}_now`, uses: left.read.name, with: pass(left.with, 'read') },
          {
            id: `${name}_as_left`,
            uses: 'assert',
            with: {
              check: `\${{ ${Object.keys(left.equal)
                .map((field) => sameField(`${name}_now`, field, left))
                .join(' && ')} }}`,
              message: `\${{ thing.at }} is no longer as the run left it`,
            },
          },
        ];
  return {
    id: name,
    forEach: `\${{ record.${name} }}`,
    as: 'thing',
    key: '${{ thing.at }}',
    steps: [...looking, { id: `${name}_back`, uses: back.name, with: pass(given, 'with') }],
  };
}

function sameField(step: string, field: string, { read }: NonNullable<Inverse['left']>): string {
  const same = `steps.${step}.${field} == thing.left.${field}`;
  return read.result.required?.includes(field) === true ? same : `has(steps.${step}.${field}) && ${same}`;
}
