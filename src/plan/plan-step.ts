import type { OperationStep, WaitStep } from '../check/playbook.ts';
import { isRead, type Operations } from '../operations/operation.ts';
import { misplaced } from '../operations/save-as.ts';
import { fill, pathOf } from '../operations/template.ts';
import type { Reader } from '../partner-center/reader.ts';
import { changesBetween, differences } from './compare.ts';
import { callsOf, pagesOf } from './estimate.ts';
import type { Existing } from './existing.ts';
import type { Action, PlannedAction } from './plan.ts';
import { containsUnknown, isUnknown, type Names, resolveExpression, resolveInput } from './resolve.ts';
import { hide } from './secrets.ts';
import type { StepReads } from './step-reads.ts';

/** What a step's plan is made with; without a reader nothing is asked. */
export interface Asking {
  readonly reader: Reader | undefined;
  readonly existing: Existing | undefined;
  readonly operations: Operations;
  readonly stepReads: StepReads;
  readonly signal?: AbortSignal;
}

/** What a plan says of a step, and what later steps may know of its result (absent: only after apply). */
export interface PlannedStep {
  readonly action: PlannedAction;
  readonly result?: { readonly value: unknown };
}

type Input = Readonly<Record<string, unknown>>;

/**
 * Plans one operation step whose `if` holds (or may hold: `conditional`).
 * @throws EvaluationError from its expressions
 */
export async function planOperation(
  step: OperationStep,
  path: string,
  names: Names,
  asking: Asking,
  conditional: string | undefined,
): Promise<PlannedStep> {
  const input = resolveInput(step.operation, step.with, names);
  const describe = (action: Action, more: Partial<PlannedAction> = {}): PlannedAction => ({
    path,
    uses: step.operation.name,
    action,
    with: hide(input, step.operation.input) as Input,
    calls: callsOf(step.operation, action, asking.operations),
    ...more,
    ...noted(step.operation.note, more.reason),
  });
  if (conditional !== undefined) return { action: describe('conditional', { reason: conditional }) };
  if (step.operation.download !== undefined) return planDownload(input, describe);
  if (isRead(step.operation)) return planRead(step, input, asking, describe);
  switch (step.operation.kind) {
    case 'create':
      return step.operation.lookup === undefined
        ? { action: describe('create') }
        : planCreate(step, path, input, asking, describe);
    case 'update':
    case 'delete':
      return planChange(step, step.operation.kind, input, asking, describe);
    default:
      return { action: describe('act') };
  }
}

/** A reason, with what is said of the operation in every plan. */
function noted(note: string | undefined, reason: string | undefined): { readonly reason?: string } {
  const said = [reason, note].filter((part) => part !== undefined);
  return said.length === 0 ? {} : { reason: said.join('; ') };
}

function asked({ signal }: Asking): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

type Describe = (action: Action, more?: Partial<PlannedAction>) => PlannedAction;

async function planRead(
  step: OperationStep,
  input: Input,
  asking: Asking,
  describe: Describe,
): Promise<PlannedStep> {
  const { reader } = asking;
  if (reader === undefined || containsUnknown(input)) return { action: describe('read') };
  const answer = await reader.read(step.operation, input, asked(asking));
  switch (answer.type) {
    case 'ok':
      return {
        action: describe('read', { calls: pagesOf(step.operation, answer.result) }),
        result: { value: answer.result },
      };
    case 'refused':
      return {
        action: describe('refuse', {
          reason: `${answer.error.status} ${answer.error.code}: ${answer.error.description}`.replace(
            / : /u,
            ': ',
          ),
        }),
      };
    case 'unknown':
      return { action: describe('read', { reason: `not answered while planning: ${answer.reason}` }) };
  }
}

/** A file is fetched when the plan is applied, not before; where it would go can be judged now. */
function planDownload({ saveAs }: Input, describe: Describe): PlannedStep {
  if (typeof saveAs !== 'string') return { action: describe('read') };
  const why = misplaced(saveAs);
  return {
    action:
      why === undefined
        ? describe('read', { reason: `saved as ${saveAs}` })
        : describe('refuse', { reason: `it cannot be saved as ${JSON.stringify(saveAs)}: ${why}` }),
  };
}

async function planCreate(
  { id, operation }: OperationStep,
  path: string,
  input: Input,
  asking: Asking,
  describe: Describe,
): Promise<PlannedStep> {
  const lookup = operation.lookup!;
  // What hangs on a thing that does not exist yet cannot exist itself.
  if (containsUnknown(fill(lookup.with, { input }))) return { action: describe('create') };
  if (asking.existing === undefined) return { action: describe('create', { reason: 'not looked up' }) };
  // What is compared is more than a list shows; of the items of a loop others read by other paths.
  const known = path === id && operation.update === undefined;
  const found = await asking.existing.find(operation, lookup, input, {
    ...asked(asking),
    ...(known ? { reads: asking.stepReads(id) } : {}),
  });
  switch (found.type) {
    case 'absent':
      return { action: describe('create') };
    case 'unclear':
    case 'impossible':
      return { action: describe('refuse', { reason: `cannot tell whether it exists: ${found.reason}` }) };
    case 'found': {
      const id = pathOf(found.result, 'id');
      const named = typeof id === 'string' ? { found: id } : {};
      const changes =
        operation.update === undefined ? {} : changesBetween(found.result, input, operation.update.fields);
      const differing = Object.entries(changes).filter(([, [, shall]]) => !isUnknown(shall));
      const action =
        differing.length === 0
          ? describe('unchanged', named)
          : describe('update', { ...named, changes: Object.fromEntries(differing) });
      return { action, result: { value: found.result } };
    }
  }
}

async function planChange(
  step: OperationStep,
  kind: 'update' | 'delete',
  input: Input,
  asking: Asking,
  describe: Describe,
): Promise<PlannedStep> {
  const { satisfied } = step.operation;
  if (
    satisfied === undefined ||
    asking.existing === undefined ||
    containsUnknown(fill(satisfied.with, { input }))
  )
    return { action: describe(kind) };
  const found = await asking.existing.find(step.operation, satisfied, input, asked(asking));
  if (found.type === 'absent' && found.seen !== undefined) {
    const wanted = fill(satisfied.equal, { input: hide(input, step.operation.input) });
    return { action: describe(kind, { changes: differences(found.seen, wanted as Input) }) };
  }
  if (found.type !== 'found') return { action: describe(kind) };
  return { action: describe('unchanged'), result: { value: found.result } };
}

/** A wait for a time costs nothing; one for a state is asked once while planning, for later steps may need its answer. */
export async function planWait(
  step: WaitStep,
  path: string,
  names: Names,
  asking: Asking,
): Promise<PlannedStep> {
  const { reader } = asking;
  const action: PlannedAction = {
    path,
    uses: 'wait',
    action: 'wait',
    calls: step.read === undefined ? 0 : 1,
  };
  if (step.read === undefined) return { action, result: { value: undefined } };
  const input = resolveInput(step.read.operation, step.read.with, names);
  const waits: PlannedAction = {
    ...action,
    reason: `${step.read.operation.name} until ${step.read.until.source}`,
  };
  if (reader === undefined || containsUnknown(input)) return { action: waits };
  const answer = await reader.read(step.read.operation, input, asked(asking));
  if (answer.type !== 'ok') return { action: waits };
  const holds = resolveExpression(step.read.until, {
    ...names,
    values: { ...names.values, result: answer.result },
  });
  return holds === true ? { action: waits, result: { value: answer.result } } : { action: waits };
}
