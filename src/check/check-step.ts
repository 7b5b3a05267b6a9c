import type { At } from '../diagnostics/diagnostic.ts';
import type { Expression } from '../expression/expression.ts';
import type { Node } from '../load/document.ts';
import { httpName } from '../operations/http.ts';
import type { Doubt } from '../operations/operation.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { checkApprove, checkAssert, checkWait } from './check-builtin.ts';
import { type Checking, checkExpression, checkKey } from './check-expression.ts';
import { checkHttp } from './check-http.ts';
import { checkDuration, checkInputs, checkInputsOfUnknown } from './check-inputs.ts';
import type { CheckedStep, CommonFields, UsablePlaybook } from './checked-step.ts';
import { identifier, needsOf } from './ids.ts';
import type { OperationStep, Retry, Step } from './playbook.ts';
import { namesFile } from './playbook-files.ts';
import { Fields, headOf, isText, meant, placeOf } from './problems.ts';
import { holding, mayBeMissing, needing, type StepScope, withVariables } from './scope.ts';

/** What checking steps needs beside the scope. */
export interface StepChecking extends Checking {
  /** Checks the steps of a block; given in by the block's own file, so that the two files form no ring. */
  readonly block: (
    fields: Fields,
    common: CommonFields,
    scope: StepScope,
    checking: StepChecking,
  ) => CheckedStep | undefined;
  /** Where this playbook lies, seen from the folder of the one that is run. */
  readonly place: string;
  /** `uses: ./other.yaml`; given in for the same reason. */
  readonly use: (
    uses: string,
    node: Node,
    fields: Fields,
    common: CommonFields,
    scope: StepScope,
    checking: StepChecking,
  ) => CheckedStep | undefined;
  /** The playbook at a place, checked; undefined where something in it, or in using it, was reported. */
  readonly used: (place: string, at: At) => UsablePlaybook | undefined;
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
  'params',
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
  const needs = checkNeeds(id, fields, scope, checking);
  const { condition, forEach, inner } = checkOccasion(fields, needing(scope, needs), checking);
  const retry = checkRetry(fields, checking);
  const timeoutMs = checkDuration(fields, 'timeout', checking) ?? retry.timeoutMs;
  return {
    common: {
      id,
      at: fields.node.at,
      ...(condition === undefined ? {} : { if: condition }),
      ...(forEach === undefined ? {} : { forEach }),
      needs,
      onError: fields.choice('onError', ['fail', 'continue', 'stopRun']) ?? 'fail',
      retry: retry.retry,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    },
    inner,
  };
}

interface Occasion {
  readonly condition: Expression | undefined;
  readonly forEach?: NonNullable<Step['forEach']>;
  readonly inner: StepScope;
}

/** `if` and `forEach`. A condition that reads the item is asked for each item, else once before the list is read. */
function checkOccasion(fields: Fields, scope: StepScope, checking: StepChecking): Occasion {
  const node = fields.get('if');
  const check = (names: StepScope) => node && checkExpression(node, '`if`', boolean, names, checking);
  if (!readsItem(fields)) {
    const condition = check(scope);
    return { condition, ...checkForEach(fields, holding(scope, condition), checking) };
  }
  const loop = checkForEach(fields, scope, checking);
  const condition = check(loop.inner);
  return { ...loop, condition, inner: holding(loop.inner, condition) };
}

const defaultAs = 'item';

function readsItem(fields: Fields): boolean {
  const condition = fields.get('if');
  if (fields.get('forEach') === undefined || condition === undefined || !isText(condition)) return false;
  const asNode = fields.get('as');
  const as = asNode !== undefined && isText(asNode) ? asNode.value : defaultAs;
  return identifier.test(as) && new RegExp(`(?<![.\\w"'])${as}\\b`, 'u').test(condition.value);
}

/** Names that an item cannot have. */
const taken: ReadonlySet<string> = new Set(['steps', 'record', 'params', 'run', 'failure', 'result', 'plan']);

function checkForEach(
  fields: Fields,
  scope: StepScope,
  checking: StepChecking,
): { readonly forEach?: NonNullable<Step['forEach']>; readonly inner: StepScope } {
  const { problems } = checking;
  const node = fields.get('forEach');
  const keyNode = fields.get('key');
  const as = fields.text('as') ?? defaultAs;
  if (node === undefined) {
    for (const name of ['as', 'key'])
      if (fields.get(name) !== undefined)
        problems.error('UNKNOWN_FIELD', `'${name}' goes with 'forEach'`, fields.keyAt(name));
    return { inner: scope };
  }
  const list = checkExpression(node, '`forEach`', { type: 'array' }, scope, checking);
  if (!identifier.test(as) || taken.has(as) || Object.hasOwn(scope.variables, as))
    problems.error(
      'WRONG_VALUE',
      identifier.test(as) ? `'${as}' is the name of something else` : `'${as}' is no name`,
      fields.keyAt('as'),
      { help: 'name the item otherwise with `as`' },
    );
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
  const key = checkKey(keyNode, inner, checking);
  const keyless = key?.pure === undefined ? undefined : mayBeMissing(key.pure, inner);
  if (keyless !== undefined)
    problems.error('MAYBE_MISSING', `${keyless.join('.')} may have no value`, placeOf(keyNode), {
      help: 'every item needs a key of its own: make the field required in its schema',
    });
  return list === undefined || key === undefined ? { inner } : { forEach: { list, as, key }, inner };
}

function checkNeeds(
  own: string,
  fields: Fields,
  scope: StepScope,
  { ids, problems }: StepChecking,
): readonly string[] {
  const node = fields.get('needs');
  if (node === undefined) return [];
  for (const item of node.type === 'list' ? node.items : [node])
    if (item.type !== 'scalar' || typeof item.value !== 'string')
      problems.error('WRONG_TYPE', '`needs` names a step that is not text', placeOf(item), {
        expected: 'the id of a step, or a list of ids',
      });
  return needsOf(fields.node).map(({ id, node: item }) => {
    if (id === own) {
      // In a parallel block the ring of one is told with the others.
      if (!scope.siblings.has(id) && scope.siblings.size === 0)
        problems.error('STEP_CYCLE', `step '${id}' needs itself`, placeOf(item));
    } else if (!ids.has(id))
      problems.error('UNKNOWN_STEP', `there is no step '${id}'`, placeOf(item), meant(id, ids.keys()));
    else if (!scope.ended.has(id) && !scope.siblings.has(id))
      problems.error('STEP_LATER', `step '${id}' cannot be waited for here`, placeOf(item), {
        expected: 'a step written above, or one at the side of this in a parallel block',
      });
    return id;
  });
}

interface CheckedRetry {
  readonly retry: Retry;
  readonly timeoutMs?: number;
}

const reasons = ['throttled', 'unavailable', 'timeout', 'conflict'] as const;

/** `retry`. Its `timeout` is the step's own: how long tries may go on in all. */
function checkRetry(fields: Fields, checking: StepChecking): CheckedRetry {
  const { problems } = checking;
  const node = fields.map('retry');
  if (node === undefined) return { retry: {} };
  const retry = new Fields(node, 'retry', problems);
  const attempts = retry.integer('attempts', 1);
  const timeoutMs = checkDuration(retry, 'timeout', checking);
  if (retry.get('timeout') !== undefined && fields.get('timeout') !== undefined)
    problems.error('WRONG_VALUE', 'the step has a `timeout` already', retry.keyAt('timeout'), {
      help: 'say it once: both are the time of all tries together',
    });
  const on = retry.list('on')?.flatMap((item) => {
    const found = item.type === 'scalar' ? reasons.find((reason) => reason === item.value) : undefined;
    if (found === undefined)
      problems.error('WRONG_VALUE', '`on` names no reason for another try', placeOf(item), {
        expected: reasons.join(', '),
        ...meant(item.type === 'scalar' ? String(item.value) : '', reasons),
      });
    return found === undefined ? [] : [found];
  });
  retry.end(['attempts', 'timeout', 'on']);
  return {
    retry: { ...(attempts === undefined ? {} : { attempts }), ...(on === undefined ? {} : { on }) },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

function checkUses(
  name: string,
  node: Node,
  fields: Fields,
  common: CommonFields,
  scope: StepScope,
  checking: StepChecking,
): CheckedStep | undefined {
  const { problems, operations } = checking;
  if (fields.get('params') !== undefined && !namesFile(name))
    problems.error('UNKNOWN_FIELD', "'params' goes with a playbook that is used", fields.keyAt('params'));
  for (const only of ['parallel', 'rescue', 'finally'])
    if (fields.get(only) !== undefined)
      problems.error('UNKNOWN_FIELD', `'${only}' goes with a block's 'steps'`, fields.keyAt(only));
  if (name === 'assert') return checkAssert(fields, common, scope, checking);
  if (name === 'wait') return checkWait(fields, common, scope, checking);
  if (name === httpName) {
    const http = checkHttp(fields, scope, checking);
    return http && checkOperationStep({ ...http, usesAt: placeOf(node) }, fields, common, checking);
  }
  if (name === 'approve') return checkApprove(fields, common, scope, checking);
  if (namesFile(name)) return checking.use(name, node, fields, common, scope, checking);
  const operation = operations.get(name);
  if (operation === undefined) {
    problems.error('UNKNOWN_OPERATION', `unknown operation '${name}'`, placeOf(node), {
      ...meant(name, [...operations.names, 'assert', 'wait', 'approve', httpName]),
      help: 'tenantry operations lists them; operations of your own are added with --catalog DIR',
    });
    checkInputsOfUnknown(fields, scope, checking);
    fields.get('inDoubt');
    return undefined;
  }
  if (operation.deprecated !== undefined)
    problems.warn('DEPRECATED', `'${name}' is deprecated: ${operation.deprecated.reason}`, placeOf(node), {
      ...(operation.deprecated.use === undefined ? {} : { help: `use ${operation.deprecated.use}` }),
    });
  const inputs = checkInputs(operation, fields, scope, checking);
  return checkOperationStep({ operation, usesAt: placeOf(node), with: inputs }, fields, common, checking);
}

const doubts: readonly Doubt[] = ['resend', 'lookup', 'hold'];

function checkOperationStep(
  {
    operation,
    usesAt,
    with: inputs,
  }: Pick<OperationStep, 'operation' | 'usesAt'> & { readonly with: OperationStep['with'] | undefined },
  fields: Fields,
  common: CommonFields,
  checking: StepChecking,
): CheckedStep | undefined {
  const inDoubt = fields.choice('inDoubt', doubts) ?? operation.doubt;
  if (doubts.indexOf(inDoubt) < doubts.indexOf(operation.doubt)) {
    checking.problems.error(
      'WRONG_VALUE',
      `'inDoubt: ${inDoubt}' is less careful than ${operation.name} is by itself`,
      fields.keyAt('inDoubt'),
      { expected: `${operation.doubt}, or what is more careful` },
    );
  }
  if (inDoubt === 'lookup' && (operation.lookup ?? operation.satisfied) === undefined)
    checking.problems.error(
      'WRONG_VALUE',
      `${operation.name} has no way to look whether it happened`,
      fields.keyAt('inDoubt'),
      { expected: 'hold, or no inDoubt' },
    );
  if (inputs === undefined) return undefined;
  const step: OperationStep = { ...common, type: 'operation', operation, usesAt, with: inputs, inDoubt };
  return { step, result: operation.result };
}
