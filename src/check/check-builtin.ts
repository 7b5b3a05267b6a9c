import { httpName } from '../operations/http.ts';
import { isRead } from '../operations/operation.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { type Checking, checkExpression } from './check-expression.ts';
import { checkHttp } from './check-http.ts';
import { checkDuration, checkInputs, checkInputsOfUnknown } from './check-inputs.ts';
import { checkValue } from './check-value.ts';
import type { CheckedStep, CommonFields } from './checked-step.ts';
import type { WaitStep } from './playbook.ts';
import { Fields, headOf, meant, placeOf } from './problems.ts';
import { type StepScope, withVariables } from './scope.ts';

const boolean: JsonSchema = { type: 'boolean' };

/** `uses: assert`. */
export function checkAssert(
  fields: Fields,
  common: CommonFields,
  scope: StepScope,
  checking: Checking,
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

/** `steps.<id>` of an approve step: who approved it, and when. */
const approval: JsonSchema = {
  type: 'object',
  required: ['by', 'at'],
  properties: { by: { type: 'string' }, at: { type: 'string' }, comment: { type: 'string' } },
};

/** `uses: approve`. A person takes as long as a person takes. */
export function checkApprove(
  fields: Fields,
  common: CommonFields,
  scope: StepScope,
  checking: Checking,
): CheckedStep | undefined {
  const { problems } = checking;
  for (const name of ['timeout', 'retry'])
    if (fields.get(name) !== undefined)
      problems.error('UNKNOWN_FIELD', `an approve step has no '${name}'`, fields.keyAt(name), {
        help: 'the run ends while records wait for a person, and a resume goes on with them',
      });
  const node = fields.map('with');
  if (node === undefined) {
    problems.error('MISSING_FIELD', 'approve needs `with: { message }`', fields.keyAt('uses'), {
      help: 'say what the person approves, with the values that matter',
    });
    return undefined;
  }
  const inputs = new Fields(node, 'approve', problems);
  const messageNode = inputs.required('message');
  const message =
    messageNode &&
    checkValue(messageNode, { schema: { type: 'string' }, required: true, name: 'message' }, scope, checking);
  inputs.end(['message']);
  return message === undefined
    ? undefined
    : { step: { ...common, type: 'approve', message }, result: approval };
}

const defaultEveryMs = 10_000;

/** `uses: wait`: for a time, or until a read shows what is waited for. */
export function checkWait(
  fields: Fields,
  common: CommonFields,
  scope: StepScope,
  checking: Checking,
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
    const http = name === httpName ? checkHttp(inputs, scope, checking) : undefined;
    if (name === httpName && http === undefined) return waiting(inputs);
    const operation = http?.operation ?? operations.get(name);
    if (operation === undefined || !isRead(operation) || operation.download !== undefined) {
      problems.error(
        'UNKNOWN_OPERATION',
        operation === undefined
          ? `unknown operation '${name}'`
          : `wait polls only operations that read, and '${name}' does not`,
        placeOf(inputs.get('uses')!),
        meant(name, operations.names),
      );
      checkInputsOfUnknown(inputs, scope, checking);
    } else {
      result = operation.result;
      const read = http?.with ?? checkInputs(operation, inputs, scope, checking);
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
          read: { operation, usesAt: placeOf(inputs.get('uses')!), with: read, until },
        };
    }
  }
  waiting(inputs);
  return step === undefined ? undefined : { step, result };
}

/** Reports what a wait does not have. */
function waiting(inputs: Fields): undefined {
  for (const name of ['with', 'until']) inputs.get(name);
  inputs.end(['for', 'uses', 'with', 'until', 'every']);
}
