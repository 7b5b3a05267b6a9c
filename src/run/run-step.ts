import type { ApproveStep, AssertStep, Step, WaitStep } from '../check/playbook.ts';
import { EvaluationError } from '../expression/evaluate.ts';
import type { StepOutcomeName } from '../journal/journal.ts';
import { resolveInput } from '../plan/resolve.ts';
import { unwrapSecrets, wrapSecrets } from '../plan/secrets.ts';
import { asText } from '../schema/as-text.ts';
import { Interrupted, Waiting } from './context.ts';
import { type Deadline, TimedOut } from './deadline.ts';
import { paceMs } from './pace.ts';
import { type RecordRun, type StepEnd, settledEntry } from './record-run.ts';
import { runOperation } from './run-operation.ts';
import { evaluateIn, namesOf, resolveIn, type Scope } from './scope.ts';
import { failed, refusalOf } from './write.ts';

export type Leaf = Exclude<Step, { type: 'block' }>;

/** The name that events and reports give to what a step does. */
export function usesOf(step: Step): string {
  if (step.type === 'block' && step.used !== undefined) return step.used.place;
  return step.type === 'operation' ? step.operation.name : step.type;
}

/**
 * Runs one step that is no block, once: what the journal holds as settled is not done again. What was read is
 * recorded like what was written: a resume must decide by what the record saw, not by what its own writes have made of
 * the service since ("no subscription yet, so order one"). Only checks that held are asked again.
 */
export async function runLeaf(
  run: RecordRun,
  step: Leaf,
  path: string,
  scope: Scope,
  deadline: Deadline,
): Promise<StepEnd> {
  const state = run.stateOf(path);
  if (state.type === 'settled') {
    const { outcome, result, error } = state.settled;
    return {
      outcome,
      ...(result === undefined ? {} : { result: unwrapSecrets(result) }),
      ...(error === undefined ? {} : { error }),
    };
  }
  if (run.context.settleOnly && state.type === 'nothing')
    throw new Interrupted('only what is in doubt is settled');
  const end = await perform(run, step, path, scope, deadline);
  settleLeaf(run, step, path, end, { journal: step.type !== 'assert' || end.outcome === 'failed' });
  return end;
}

/** Journals and tells how a step ended. */
export function settleLeaf(
  run: RecordRun,
  step: Step,
  path: string,
  end: StepEnd,
  { journal }: { readonly journal: boolean },
): void {
  const { context, key } = run;
  if (journal) {
    context.log.note(settledEntry(run, path, { ...end, result: keptOf(step, end) }));
  }
  const { outcome, error } = end;
  const event = {
    event: 'step.settled',
    at: context.world.clock.now(),
    record: key,
    path,
    uses: usesOf(step),
    outcome,
  } as const;
  context.listener(error === undefined ? event : { ...event, error });
}

/** What the journal keeps of a step's result: of a block nothing, for its steps have their own. */
function keptOf(step: Step, { result }: StepEnd): unknown {
  switch (step.type) {
    case 'operation':
      return wrapSecrets(result, step.operation.result);
    case 'wait':
      return step.read === undefined ? undefined : wrapSecrets(result, step.read.operation.result);
    case 'approve':
      return result;
    case 'assert':
    case 'block':
      return undefined;
  }
}

/** Runs a step and turns what its expressions and its time limit throw into an outcome. */
async function perform(
  run: RecordRun,
  step: Leaf,
  path: string,
  scope: Scope,
  deadline: Deadline,
): Promise<StepEnd> {
  try {
    switch (step.type) {
      case 'operation':
        return await runOperation({ run, step, path, deadline }, scope);
      case 'assert':
        return runAssert(step, path, scope);
      case 'wait':
        return await runWait(run, step, path, scope, deadline);
      case 'approve':
        return runApprove(run, step, path, scope);
    }
  } catch (error) {
    if (error instanceof EvaluationError) return failed(path, 'EXPRESSION', error.message);
    if (error instanceof TimedOut) return failed(path, 'TIMEOUT', error.message);
    throw error;
  }
}

function runAssert(step: AssertStep, path: string, scope: Scope): StepEnd {
  if (evaluateIn(scope, step.check) === true) return { outcome: 'succeeded' };
  return failed(path, 'ASSERT', asText(resolveIn(scope, step.message)));
}

/**
 * Goes on by a person's word on the very text that is asked now; without one the record waits.
 * @throws Waiting
 */
function runApprove(run: RecordRun, step: ApproveStep, path: string, scope: Scope): StepEnd {
  const what = asText(resolveIn(scope, step.message));
  const state = run.stateOf(path);
  if (state.type === 'judged' && state.approval.what === what) {
    const { verdict, by, comment, at } = state.approval;
    const said = comment === undefined ? '' : `: ${comment}`;
    return verdict === 'rejected'
      ? failed(path, 'REJECTED', `${by} rejected it${said}`)
      : {
          outcome: 'succeeded',
          result: { by, at: new Date(at).toISOString(), ...(comment === undefined ? {} : { comment }) },
        };
  }
  const error = { step: path, code: 'APPROVAL', message: what };
  if (state.type !== 'waiting' || state.settled.error?.message !== what)
    settleLeaf(run, step, path, { outcome: 'waiting', error }, { journal: true });
  throw new Waiting(error);
}

/** A wait that was cut off is waited again from its beginning: waiting too long harms nothing, too short may. */
async function runWait(
  run: RecordRun,
  step: WaitStep,
  path: string,
  scope: Scope,
  deadline: Deadline,
): Promise<StepEnd> {
  const { reader, world } = run.context;
  if (step.read === undefined) {
    await world.clock.sleep(step.everyMs, deadline.signal);
    return { outcome: 'succeeded' };
  }
  const { operation, until } = step.read;
  const input = resolveInput(operation, step.read.with, namesOf(scope));
  for (let looks = 0; ; looks += 1) {
    const answer = await reader.read(operation, input, { fresh: true, signal: deadline.signal });
    if (answer.type === 'refused') return { outcome: 'failed', error: refusalOf(path, answer.error) };
    if (answer.type === 'ok' && evaluateIn(scope, until, { result: answer.result }) === true)
      return { outcome: 'succeeded', result: answer.result };
    await world.clock.sleep(paceMs(step.everyMs, looks), deadline.signal);
  }
}

/** How several steps ended together: in doubt weighs most, for it wants a person; then failed, then blocked. */
export function worstOf(outcomes: Iterable<StepOutcomeName>): StepOutcomeName {
  const seen = new Set(outcomes);
  for (const outcome of [
    'inDoubt',
    'waiting',
    'failed',
    'blocked',
    'succeeded',
    'unchanged',
    'skipped',
  ] as const)
    if (seen.has(outcome)) return outcome;
  return 'succeeded';
}
