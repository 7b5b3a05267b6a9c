import type { Expression } from '../expression/expression.ts';
import type { MapNode, Node } from '../load/document.ts';
import { type Doubt, isRead, type Operation, type Operations } from '../operations/operation.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { type Checking, checkExpression } from './check-expression.ts';
import { checkEntries, checkValue } from './check-value.ts';
import { durationMs } from './duration.ts';
import type { OnError, OperationStep, Retry, Step, Value, WaitStep } from './playbook.ts';
import { Fields, headOf, meant, placeOf } from './problems.ts';
import { holding, mayBeMissing, type StepScope, withVariables } from './scope.ts';

/** What checking steps needs beside the scope. */
export interface StepChecking extends Checking {
  readonly operations: Operations;
  /** Checks the steps of a block; given in by the block's own file, so that the two files form no ring. */
  readonly block: (
    fields: Fields,
    common: CommonFields,
    scope: StepScope,
    checking: StepChecking,
  ) => CheckedStep | undefined;
}

/** A step and what later steps see of it. */
export interface CheckedStep {
  readonly step: Step;
  /** Schema of `steps.<id>`; undefined for steps without a result. */
  readonly result: JsonSchema | undefined;
  /** For blocks without `forEach`: the steps inside, which are seen by their own ids. */
  readonly inside?: readonly CheckedStep[];
}

/** The fields that every kind of step has. */
export interface CommonFields {
  readonly id: string;
  readonly at: Step['at'];
  readonly if?: Expression;
  readonly forEach?: NonNullable<Step['forEach']>;
  readonly needs: readonly string[];
  readonly onError: OnError;
  readonly retry: Retry;
  readonly timeoutMs?: number;
}

const boolean: JsonSchema = { type: 'boolean' };

/** Checks one step in the scope of those before it. */
export function checkStep(node: Node, scope: StepScope, checking: StepChecking): CheckedStep | undefined {
  const { problems } = checking;
  if (node.type !== 'map') {
    problems.error('WRONG_TYPE', 'a step is not a map', placeOf(node), {
      expected: 'a map with id and uses, or with id and steps',
    });
    return undefined;
  }
  const fields = new Fields(node, 'a step', problems);
  const { common, inner } = checkCommon(fields, scope, checking);
  const uses = fields.get('uses');
  const block = fields.node.entries.some(({ key }) => key === 'steps');
  if (block && uses !== undefined)
    problems.error('UNKNOWN_FIELD', 'a step has either `uses` or `steps`', fields.keyAt('uses'));
  if (block) return checking.block(fields, common, inner, checking);
  if (uses === undefined) {
    problems.error('MISSING_FIELD', `step '${common.id}' needs 'uses' or 'steps'`, headOf(node));
    return undefined;
  }
  const name = fields.text('uses', uses);
  const step = name === undefined ? undefined : checkUses(name, uses, fields, common, inner, checking);
  fields.end(stepFields);
  return step;
}

const stepFields = [
  'id',
  'uses',
  'with',
  'steps',
  'if',
  'forEach',
  'as',
  'key',
  'needs',
  'onError',
  'retry',
  'timeout',
  'inDoubt',
  'parallel',
  'rescue',
  'finally',
  'name',
  'description',
];

function checkCommon(
  fields: Fields,
  scope: StepScope,
  checking: StepChecking,
): { readonly common: CommonFields; readonly inner: StepScope } {
  const id = fields.text('id') ?? '';
  fields.text('name');
  fields.text('description');
  const conditionNode = fields.get('if');
  const condition = conditionNode && checkExpression(conditionNode, '`if`', boolean, scope, checking);
  const held = holding(scope, condition);
  const loop = checkForEach(fields, held, checking);
  const timeoutMs = checkDuration(fields, 'timeout', checking);
  return {
    common: {
      id,
      at: fields.node.at,
      ...(condition === undefined ? {} : { if: condition }),
      ...(loop.forEach === undefined ? {} : { forEach: loop.forEach }),
      needs: checkNeeds(fields, scope, checking),
      onError: fields.choice('onError', ['fail', 'continue', 'stopRun']) ?? 'fail',
      retry: checkRetry(fields, checking),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    },
    inner: loop.inner,
  };
}

function checkForEach(
  fields: Fields,
  scope: StepScope,
  checking: StepChecking,
): { readonly forEach?: NonNullable<Step['forEach']>; readonly inner: StepScope } {
  const { problems } = checking;
  const node = fields.get('forEach');
  const keyNode = fields.get('key');
  const as = fields.text('as') ?? 'item';
  if (node === undefined) {
    for (const name of ['as', 'key'])
      if (fields.get(name) !== undefined)
        problems.error('UNKNOWN_FIELD', `'${name}' goes with 'forEach'`, fields.keyAt(name));
    return { inner: scope };
  }
  const list = checkExpression(node, '`forEach`', { type: 'array' }, scope, checking);
  if (Object.hasOwn(scope.variables, as) || as === 'steps')
    problems.error('WRONG_VALUE', `'${as}' is taken`, fields.keyAt('as'), {
      help: 'name the item otherwise with `as`',
    });
  const missing = list?.pure === undefined ? undefined : mayBeMissing(list.pure, scope);
  if (missing !== undefined)
    problems.error('MAYBE_MISSING', `${missing.join('.')} may have no value`, placeOf(node), {
      help: 'give it the default [] in its schema',
    });
  const inner = withVariables(scope, { [as]: list?.schema.items ?? {} });
  if (keyNode === undefined) {
    problems.error('MISSING_FIELD', "'forEach' needs 'key'", fields.keyAt('forEach'), {
      help: 'an expression that names each item for good, so that a run that is cut off knows which are done',
    });
    return { inner };
  }
  const key = checkExpression(keyNode, '`key`', { type: ['string', 'integer'] }, inner, checking);
  return list === undefined || key === undefined ? { inner } : { forEach: { list, as, key }, inner };
}

function checkNeeds(fields: Fields, scope: StepScope, { ids, problems }: StepChecking): readonly string[] {
  const node = fields.get('needs');
  if (node === undefined) return [];
  const items = node.type === 'list' ? node.items : [node];
  return items.flatMap((item) => {
    if (item.type !== 'scalar' || typeof item.value !== 'string') {
      problems.error('WRONG_TYPE', '`needs` names a step that is not text', placeOf(item));
      return [];
    }
    if (!ids.has(item.value))
      problems.error(
        'UNKNOWN_STEP',
        `there is no step '${item.value}'`,
        placeOf(item),
        meant(item.value, ids.keys()),
      );
    else if (!scope.steps.has(item.value) && !scope.beside.has(item.value))
      problems.error('STEP_LATER', `step '${item.value}' runs later, or inside a loop`, placeOf(item));
    return [item.value];
  });
}

function checkRetry(fields: Fields, checking: StepChecking): Retry {
  const node = fields.map('retry');
  if (node === undefined) return {};
  const retry = new Fields(node, 'retry', checking.problems);
  const attempts = retry.integer('attempts', 1);
  const reasons = ['throttled', 'unavailable', 'timeout', 'conflict'] as const;
  const on = retry.list('on')?.flatMap((item) => {
    const found = item.type === 'scalar' ? reasons.find((reason) => reason === item.value) : undefined;
    if (found === undefined)
      checking.problems.error('WRONG_VALUE', '`on` names no reason for another try', placeOf(item), {
        expected: reasons.join(', '),
      });
    return found === undefined ? [] : [found];
  });
  retry.end(['attempts', 'on']);
  return { ...(attempts === undefined ? {} : { attempts }), ...(on === undefined ? {} : { on }) };
}

function checkDuration(fields: Fields, name: string, { problems }: StepChecking): number | undefined {
  const node = fields.get(name);
  if (node === undefined) return undefined;
  const ms = node.type === 'scalar' && typeof node.value === 'string' ? durationMs(node.value) : undefined;
  if (ms === undefined)
    problems.error('WRONG_VALUE', `'${name}' is no duration`, placeOf(node), {
      expected: 'a number with its unit: 500ms, 30s, 10m or 2h',
    });
  return ms;
}

const later: Readonly<Record<string, string>> = { approve: 'approve steps', 'http.request': 'http.request' };

function checkUses(
  name: string,
  node: Node,
  fields: Fields,
  common: CommonFields,
  scope: StepScope,
  checking: StepChecking,
): CheckedStep | undefined {
  const { problems, operations } = checking;
  for (const only of ['parallel', 'rescue', 'finally'])
    if (fields.get(only) !== undefined)
      problems.error('UNKNOWN_FIELD', `'${only}' goes with a block's 'steps'`, fields.keyAt(only));
  if (name === 'assert') return checkAssert(fields, common, scope, checking);
  if (name === 'wait') return checkWait(fields, common, scope, checking);
  const unsupported = name.startsWith('./') || name.startsWith('../') ? 'playbooks as steps' : later[name];
  if (unsupported !== undefined) {
    problems.error('WRONG_VALUE', `this version of Tenantry has no ${unsupported}`, placeOf(node));
    return undefined;
  }
  const operation = operations.get(name);
  if (operation === undefined) {
    problems.error('UNKNOWN_OPERATION', `unknown operation '${name}'`, placeOf(node), {
      ...meant(name, [...operations.names, 'assert', 'wait']),
      help: 'tenantry operations lists them',
    });
    fields.get('with');
    fields.get('inDoubt');
    return undefined;
  }
  if (operation.deprecated !== undefined)
    problems.warn('DEPRECATED', `'${name}' is deprecated`, placeOf(node), {
      help: `use ${operation.deprecated}`,
    });
  return checkOperationStep(operation, fields, common, scope, checking);
}

const doubts: readonly Doubt[] = ['resend', 'lookup', 'hold'];

function checkOperationStep(
  operation: Operation,
  fields: Fields,
  common: CommonFields,
  scope: StepScope,
  checking: StepChecking,
): CheckedStep | undefined {
  const inputs = checkInputs(operation, fields, scope, checking);
  const inDoubt = fields.choice('inDoubt', doubts) ?? operation.doubt;
  if (doubts.indexOf(inDoubt) < doubts.indexOf(operation.doubt)) {
    checking.problems.error(
      'WRONG_VALUE',
      `'inDoubt: ${inDoubt}' is less careful than ${operation.name} is by itself`,
      fields.keyAt('inDoubt'),
      { expected: `${operation.doubt}, or what is more careful` },
    );
  }
  if (inputs === undefined) return undefined;
  const step: OperationStep = { ...common, type: 'operation', operation, with: inputs, inDoubt };
  return { step, result: operation.result };
}

/** The inputs of an operation in `with:`. */
function checkInputs(
  operation: Operation,
  fields: Fields,
  scope: StepScope,
  checking: StepChecking,
): Readonly<Record<string, Value>> | undefined {
  const node: MapNode | undefined = fields.map('with');
  if (node !== undefined) return checkEntries(node, operation.input, operation.name, scope, checking);
  const missing = (operation.input.required ?? []).filter(
    (name) => operation.input.properties?.[name]?.default === undefined,
  );
  if (missing.length === 0) return {};
  if (fields.get('with') === undefined)
    checking.problems.error(
      'MISSING_FIELD',
      `${operation.name} needs ${missing.map((name) => `'${name}'`).join(', ')}`,
      fields.keyAt('uses'),
      { help: 'give them under `with:`' },
    );
  return undefined;
}

function checkAssert(
  fields: Fields,
  common: CommonFields,
  scope: StepScope,
  checking: StepChecking,
): CheckedStep | undefined {
  const node = fields.map('with');
  if (node === undefined) {
    checking.problems.error('MISSING_FIELD', 'assert needs `with: { check, message }`', fields.keyAt('uses'));
    return undefined;
  }
  const inputs = new Fields(node, 'assert', checking.problems);
  const checkNode = inputs.required('check');
  const messageNode = inputs.required('message');
  const check = checkNode && checkExpression(checkNode, '`check`', boolean, scope, checking);
  const message =
    messageNode &&
    checkValue(messageNode, { schema: { type: 'string' }, required: true, name: 'message' }, scope, checking);
  inputs.end(['check', 'message']);
  return check === undefined || message === undefined
    ? undefined
    : { step: { ...common, type: 'assert', check, message }, result: undefined };
}

const defaultEveryMs = 10_000;

function checkWait(
  fields: Fields,
  common: CommonFields,
  scope: StepScope,
  checking: StepChecking,
): CheckedStep | undefined {
  const { problems, operations } = checking;
  const node = fields.map('with');
  if (node === undefined) {
    problems.error(
      'MISSING_FIELD',
      'wait needs `with: { for }` or `with: { uses, with, until }`',
      fields.keyAt('uses'),
    );
    return undefined;
  }
  const inputs = new Fields(node, 'wait', problems);
  const forMs = checkDuration(inputs, 'for', checking);
  const everyMs = checkDuration(inputs, 'every', checking);
  const name = inputs.text('uses');
  const untilNode = inputs.get('until');
  let step: WaitStep | undefined;
  let result: JsonSchema | undefined;
  if (name === undefined) {
    if (inputs.get('for') === undefined)
      problems.error('MISSING_FIELD', "wait needs 'for', or 'uses' and 'until'", headOf(node));
    if (forMs !== undefined) step = { ...common, type: 'wait', everyMs: forMs };
  } else {
    const operation = operations.get(name);
    if (operation === undefined || !isRead(operation)) {
      problems.error(
        'UNKNOWN_OPERATION',
        operation === undefined
          ? `unknown operation '${name}'`
          : `wait polls only operations that read, and '${name}' does not`,
        placeOf(inputs.get('uses')!),
        meant(name, operations.names),
      );
    } else {
      result = operation.result;
      const read = checkInputs(operation, inputs, scope, checking);
      const until =
        untilNode &&
        checkExpression(
          untilNode,
          '`until`',
          boolean,
          withVariables(scope, { result: operation.result }),
          checking,
        );
      if (untilNode === undefined) problems.error('MISSING_FIELD', "wait needs 'until'", headOf(node));
      if (read !== undefined && until !== undefined)
        step = {
          ...common,
          type: 'wait',
          everyMs: everyMs ?? defaultEveryMs,
          read: { operation, with: read, until },
        };
    }
  }
  inputs.get('with');
  inputs.end(['for', 'uses', 'with', 'until', 'every']);
  return step === undefined ? undefined : { step, result };
}
