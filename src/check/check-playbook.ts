import path from 'node:path';
import type { Checked } from '../diagnostics/diagnostic.ts';
import type { Document } from '../load/document.ts';
import type { Operations } from '../operations/operation.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { checkBlock, checkSteps } from './check-block.ts';
import { type Checking, checkExpression, checkKey } from './check-expression.ts';
import { checkRollout, portionOf } from './check-rollout.ts';
import type { StepChecking } from './check-step.ts';
import { checkUsed, refuseTooManySteps } from './check-used.ts';
import { checkValue } from './check-value.ts';
import type { UsablePlaybook } from './checked-step.ts';
import { collectIds } from './ids.ts';
import { checkSchema } from './json-schema.ts';
import {
  type Guard,
  joinedRecord,
  type Limits,
  type Output,
  type Playbook,
  type PlaybookInput,
} from './playbook.ts';
import type { PlaybookFiles } from './playbook-files.ts';
import { type OpenedLibrary, openLibrary } from './playbook-library.ts';
import { Fields, headOf, kindOf, meant, Problems, placeOf } from './problems.ts';
import { type StepScope, scopeOf } from './scope.ts';

const languageVersion = 1;
const defaults = { concurrency: 25, perCustomer: 1 };
const run: JsonSchema = {
  type: 'object',
  required: ['id', 'startedAt'],
  properties: { id: { type: 'string' }, startedAt: { type: 'string' } },
};
/** Every field of a playbook, in the order in which it is written. */
export const fieldNames = [
  'tenantry',
  'name',
  'description',
  'parameters',
  'input',
  'limits',
  'guards',
  'steps',
  'outputs',
];

/**
 * Checks a playbook against the language and the catalogue, and with it those that it uses as steps. Pure.
 * @param files the playbooks that are used, by their place
 * @returns the checked tree, or every error of the file; warnings accompany either
 */
export function checkPlaybook(
  document: Document,
  operations: Operations,
  files: PlaybookFiles = new Map(),
): Checked<Playbook> {
  const library = openLibrary(files, (used, place, uses) => checkFile(used, place, operations, uses));
  const problems = new Problems();
  const own = path.basename(document.file);
  const checked = checkFile(document, own, operations, library.of(problems, [own]));
  if (checked !== undefined) refuseTooManySteps(checked.playbook.steps, headOf(document.root), problems);
  if (checked === undefined || problems.failed) return { ok: false, diagnostics: problems.found };
  const guards = [...checked.playbook.guards, ...library.guards()];
  return {
    ok: true,
    value: { ...checked.playbook, guards, used: library.texts() },
    diagnostics: problems.found,
  };
}

/** Checks one file; undefined where it cannot be used. */
function checkFile(
  document: Document,
  place: string,
  operations: Operations,
  library: OpenedLibrary,
): UsablePlaybook | undefined {
  const { problems } = library;
  if (document.root.type !== 'map') {
    problems.error('WRONG_TYPE', `a playbook is ${kindOf(document.root)}`, placeOf(document.root), {
      expected: 'a map with tenantry, name, input and steps',
    });
    return undefined;
  }
  const fields = new Fields(document.root, 'a playbook', problems);
  checkVersion(fields, problems);
  const name = fields.required('name');
  const parameters = checkParameterSchemas(fields, problems);
  const ids = collectIds(fields.get('steps'), problems);
  const checking: StepChecking = {
    problems,
    ids,
    operations,
    block: checkBlock,
    place,
    use: checkUsed,
    used: library.used,
  };
  const params = scopeOf({ params: parameters, run });
  const input = checkInput(fields, params, checking);
  const recordScope: StepScope = {
    ...params,
    variables: { ...params.variables, record: input?.joined ?? {} },
  };
  const limits = checkLimits(fields, operations, problems);
  const guards = checkGuards(fields, params, checking);
  const stepNodes = fields.required('steps') === undefined ? [] : (fields.list('steps') ?? []);
  const { checked, scope } = checkSteps(stepNodes, recordScope, checking, false);
  const outputs = checkOutputs(fields, scope, checking);
  const description = fields.text('description');
  fields.end(fieldNames);
  if (problems.failed || input === undefined) return undefined;
  const playbook = {
    file: document.file,
    source: document.text,
    name: fields.text('name', name) ?? '',
    ...(description === undefined ? {} : { description }),
    parameters,
    input: input.value,
    limits,
    guards,
    steps: checked.map(({ step }) => step),
    outputs,
    used: {},
  };
  return { playbook, scope };
}

function checkVersion(fields: Fields, problems: Problems): void {
  const node = fields.get('tenantry');
  if (node === undefined)
    return problems.error(
      'PLAYBOOK_VERSION',
      'the playbook does not say its language version',
      headOf(fields.node),
      { help: `begin it with: tenantry: ${languageVersion}` },
    );
  if (node.type === 'scalar' && node.value === languageVersion) return;
  problems.error('PLAYBOOK_VERSION', 'this version of the language is not known', placeOf(node), {
    expected: String(languageVersion),
  });
}

function checkParameterSchemas(fields: Fields, problems: Problems): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const node = fields.map('parameters');
  for (const { key, value } of node?.entries ?? []) {
    const schema = checkSchema(value, problems);
    if (schema !== undefined) properties[key] = schema;
    else properties[key] = {};
  }
  // Every parameter has a value once they are checked: given, or its default.
  return { type: 'object', properties, required: Object.keys(properties) };
}

function checkInput(
  fields: Fields,
  params: StepScope,
  checking: Checking,
): { readonly value: PlaybookInput; readonly joined: JsonSchema } | undefined {
  const { problems } = checking;
  const node = fields.required('input') === undefined ? undefined : fields.map('input');
  if (node === undefined) return undefined;
  const input = new Fields(node, 'input', problems);
  const recordNode = input.required('record');
  const keyNode = input.required('key');
  const record = recordNode && checkSchema(recordNode, problems);
  const related = checkRelated(input, problems);
  for (const name of Object.keys(related))
    if (record?.properties?.[name] !== undefined)
      problems.error('WRONG_VALUE', `'${name}' is a field of the record already`, input.keyAt('related'));
  const joined = joinedRecord({ record: record ?? {}, related });
  const scope: StepScope = { ...params, variables: { params: params.variables.params!, record: joined } };
  const key =
    keyNode && (record !== undefined || recordNode === undefined)
      ? checkKey(keyNode, scope, checking)
      : undefined;
  input.end(['key', 'record', 'related']);
  if (record === undefined || key === undefined)
    return record === undefined ? undefined : { value: undefined as never, joined };
  return { value: { key, record, related, at: node.at }, joined };
}

function checkRelated(input: Fields, problems: Problems): PlaybookInput['related'] {
  const related: Record<string, { readonly by: string; readonly record: JsonSchema }> = {};
  for (const { key, value } of input.map('related')?.entries ?? []) {
    if (value.type !== 'map') {
      problems.error('WRONG_TYPE', `'${key}' is ${kindOf(value)}`, placeOf(value), {
        expected: '{ by, record }',
      });
      continue;
    }
    const fields = new Fields(value, `related '${key}'`, problems);
    const byNode = fields.required('by');
    const recordNode = fields.required('record');
    const by = byNode && fields.text('by', byNode);
    const record = recordNode && checkSchema(recordNode, problems);
    fields.end(['by', 'record']);
    if (by !== undefined && record !== undefined) related[key] = { by, record };
  }
  return related;
}

function checkLimits(fields: Fields, operations: Operations, problems: Problems): Limits {
  const node = fields.map('limits');
  if (node === undefined) return { ...defaults, operations: {} };
  const limits = new Fields(node, 'limits', problems);
  const rollout = checkRollout(limits, problems);
  const failuresNode = limits.get('maxFailures');
  const maxFailures =
    failuresNode &&
    portionOf(
      failuresNode,
      { least: 0, what: "'maxFailures'", example: '5, or a share, such as 5%' },
      problems,
    );
  const requestsPerSecond = limits.integer('requestsPerSecond', 1);
  const operationLimits = limits.map('operations');
  const each: Record<string, number> = {};
  if (operationLimits !== undefined) {
    const inner = new Fields(operationLimits, 'limits.operations', problems);
    for (const { key, keyAt } of operationLimits.entries) {
      if (operations.get(key) === undefined)
        problems.error(
          'UNKNOWN_OPERATION',
          `unknown operation '${key}'`,
          keyAt,
          meant(key, operations.names),
        );
      const limit = inner.integer(key, 1);
      if (limit !== undefined) each[key] = limit;
    }
  }
  const concurrency = limits.integer('concurrency', 1) ?? defaults.concurrency;
  const perCustomer = limits.integer('perCustomer', 1) ?? defaults.perCustomer;
  limits.end(['concurrency', 'perCustomer', 'operations', 'maxFailures', 'requestsPerSecond', 'rollout']);
  return {
    concurrency,
    perCustomer,
    operations: each,
    ...(maxFailures === undefined ? {} : { maxFailures }),
    ...(rollout === undefined ? {} : { rollout }),
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
  };
}

function checkGuards(fields: Fields, params: StepScope, checking: Checking): readonly Guard[] {
  const scope: StepScope = {
    ...params,
    variables: { params: params.variables.params!, plan: { 'x-cel': 'PlanTotals' } },
  };
  return (fields.list('guards') ?? []).flatMap((node) => {
    if (node.type !== 'map') {
      checking.problems.error('WRONG_TYPE', 'a guard is not a map', placeOf(node), {
        expected: '{ check, message }',
      });
      return [];
    }
    const guard = new Fields(node, 'a guard', checking.problems);
    const checkNode = guard.required('check');
    const messageNode = guard.required('message');
    const check = checkNode && checkExpression(checkNode, '`check`', { type: 'boolean' }, scope, checking);
    const message = messageNode && guard.text('message', messageNode);
    guard.end(['check', 'message']);
    return check === undefined || message === undefined ? [] : [{ check, message, at: node.at }];
  });
}

/** Outputs may read what was skipped: a results file has empty cells anyway. */
function checkOutputs(fields: Fields, scope: StepScope, checking: Checking): readonly Output[] {
  const steps = new Map([...scope.steps].map(([id, { schema }]) => [id, { schema, layers: [] }]));
  const lenient: StepScope = { ...scope, steps };
  return (fields.map('outputs')?.entries ?? []).flatMap(({ key, value }) => {
    const named =
      value.type === 'map' && value.entries.some((entry) => entry.key === 'value')
        ? new Fields(value, `output '${key}'`, checking.problems)
        : undefined;
    const secret = named?.boolean('secret') ?? false;
    const node = named?.get('value') ?? value;
    named?.end(['value', 'secret']);
    const checked = checkValue(
      node,
      {
        schema: secret ? { secret: true } : {},
        required: false,
        name: key,
        secretHelp: `write it as { value: …, secret: true }: the results file then shows it only with --secrets`,
      },
      lenient,
      checking,
    );
    return checked === undefined ? [] : [{ name: key, value: checked, secret, at: value.at }];
  });
}
