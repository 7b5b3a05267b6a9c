import type { At } from '../diagnostics/diagnostic.ts';
import type { Node } from '../load/document.ts';
import type { JsonSchema } from '../schema/schema.ts';
import type { StepChecking } from './check-step.ts';
import { checkEntries } from './check-value.ts';
import type { CheckedStep, CommonFields } from './checked-step.ts';
import { outputsSchema } from './output-schema.ts';
import { type Block, joinedRecord, type Playbook, type Step, type Value } from './playbook.ts';
import { placeNamed, stepsMax } from './playbook-files.ts';
import { type Fields, type Problems, placeOf } from './problems.ts';
import type { StepScope } from './scope.ts';

/** `uses: ./other.yaml`: the steps of another playbook, with a record of their own. */
export function checkUsed(
  uses: string,
  node: Node,
  fields: Fields,
  common: CommonFields,
  scope: StepScope,
  checking: StepChecking,
): CheckedStep | undefined {
  const { problems } = checking;
  if (fields.get('inDoubt') !== undefined)
    problems.error('UNKNOWN_FIELD', "'inDoubt' goes with an operation", fields.keyAt('inDoubt'), {
      help: `the steps of ${uses} say it of themselves`,
    });
  const place = placeNamed(uses, checking.place);
  if (place === undefined) {
    problems.error('WRONG_VALUE', `'${uses}' is no playbook that can be used`, placeOf(node), {
      expected:
        'a .yaml file in the folder of the playbook that is run, or below it; the path counts from this file',
    });
    return undefined;
  }
  const used = checking.used(place, placeOf(node));
  const given = checkGiven('with', used && joinedRecord(used.playbook.input), fields, scope, checking);
  const params = checkGiven('params', used && needed(used.playbook.parameters), fields, scope, checking);
  if (used === undefined || given === undefined || params === undefined) return undefined;
  const { playbook } = used;
  const step: Block = {
    ...common,
    type: 'block',
    parallel: false,
    steps: playbook.steps,
    rescue: [],
    finally: [],
    used: {
      place,
      name: playbook.name,
      record: joinedRecord(playbook.input),
      with: given,
      parameters: playbook.parameters,
      params,
      outputs: playbook.outputs,
    },
  };
  return { step, result: outputsSchema(used), inside: [] };
}

/** What the user's step gives: every field against the other playbook's own schema. */
function checkGiven(
  name: 'with' | 'params',
  schema: JsonSchema | undefined,
  fields: Fields,
  scope: StepScope,
  checking: StepChecking,
): Readonly<Record<string, Value>> | undefined {
  const node = fields.map(name);
  const what = name === 'with' ? 'its input' : 'its parameters';
  if (node !== undefined) return checkEntries(node, schema ?? {}, what, scope, checking);
  if (fields.get(name) !== undefined || schema === undefined) return undefined;
  const missing = (schema.required ?? []).filter(
    (field) => schema.properties?.[field]?.default === undefined,
  );
  if (missing.length === 0) return {};
  const listed = missing.map((field) => `'${field}'`).join(', ');
  checking.problems.error('MISSING_FIELD', `the playbook needs ${listed}`, fields.keyAt('uses'), {
    help: `give them under \`${name}:\``,
  });
  return undefined;
}

/** Nobody is asked for the parameters of a playbook that is used: all that it names are its own. */
function needed(parameters: JsonSchema): JsonSchema {
  return { ...parameters, additionalProperties: false };
}

/** Whether every record would go through too many steps; told where the playbook that is run uses the one too many. */
export function refuseTooManySteps(steps: readonly Step[], at: At, problems: Problems): void {
  const count = countSteps(steps);
  if (count > stepsMax)
    problems.error('WRONG_VALUE', `a record would go through ${count} steps`, at, {
      expected: `at most ${stepsMax}, those of used playbooks counted each time`,
    });
}

const counted = new WeakMap<readonly Step[], number>();

/** Used playbooks share their lists of steps, so each is counted once. */
function countSteps(steps: readonly Step[]): number {
  let count = counted.get(steps);
  if (count === undefined) {
    count = steps.reduce(
      (sum, step) =>
        sum +
        1 +
        (step.type === 'block'
          ? countSteps(step.steps) + countSteps(step.rescue) + countSteps(step.finally)
          : 0),
      0,
    );
    counted.set(steps, count);
  }
  return count;
}

/** The guards of a playbook that is used hold for the whole plan, so they can ask for nothing that is a record's own. */
export function guardsOfUsed(playbook: Playbook, at: At, problems: Problems): Playbook['guards'] {
  for (const guard of playbook.guards)
    if (guard.check.references.some(({ path: [root] }) => root === 'params'))
      problems.error('WRONG_VALUE', 'its guard reads parameters, which every step may give otherwise', at, {
        help: 'give the guard a number, or move it to the playbook that is run',
        related: [{ message: 'the guard is here', at: guard.at }],
      });
  return playbook.guards;
}
