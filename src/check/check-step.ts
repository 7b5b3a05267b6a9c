import type { Node } from '../load/document.ts';
import type { Doubt, Operation } from '../operations/operation.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { checkAssert, checkWait } from './check-builtin.ts';
import { checkExpression } from './check-expression.ts';
import { checkDuration, checkInputs, type OperationChecking } from './check-inputs.ts';
import type { CheckedStep, CommonFields } from './checked-step.ts';
import type { OperationStep, Retry, Step } from './playbook.ts';
import { Fields, headOf, meant, placeOf } from './problems.ts';
import { holding, mayBeMissing, type StepScope, withVariables } from './scope.ts';

/** What checking steps needs beside the scope. */
export interface StepChecking extends OperationChecking {
  /** Checks the steps of a block; given in by the block's own file, so that the two files form no ring. */
  readonly block: (
    fields: Fields,
    common: CommonFields,
    scope: StepScope,
    checking: StepChecking,
  ) => CheckedStep | undefined;
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
