import type { StepState } from '../journal/replay.ts';
import { isRead, type Lookup, type Operation, type Poll } from '../operations/operation.ts';
import { fill, pathOf } from '../operations/template.ts';
import type { ServiceError } from '../partner-center/answer.ts';
import { agrees } from '../plan/agrees.ts';
import type { Finding } from '../plan/finding.ts';
import { look } from '../plan/look.ts';
import type { Action } from '../plan/plan.ts';
import { resolveInput } from '../plan/resolve.ts';
import { sameAs } from '../plan/same-as.ts';
import { unwrapSecrets } from '../plan/secrets.ts';
import { performWrite } from './attempt.ts';
import { partFailureOf } from './part-failure.ts';
import { poll } from './poll.ts';
import { cartsOf, type Place, type StepEnd, takenIds } from './record-run.ts';
import { runDownload } from './run-download.ts';
import { namesOf, type Scope } from './scope.ts';
import { policyOf } from './settle.ts';
import { beginningOf, failed, lookupOf, type Performed, refusalOf } from './write.ts';

type Input = Readonly<Record<string, unknown>>;

/**
 * Brings about what an operation step wants, going on from whatever the journal holds of it: an answer that was
 * not yet made an outcome is, an attempt in doubt is settled with the input that it was made with, and only
 * where the journal holds nothing does the step begin afresh.
 * @throws EvaluationError from the step's expressions
 */
export async function runOperation(place: Place, scope: Scope): Promise<StepEnd> {
  const state = place.run.stateOf(place.path);
  const { step } = place;
  const wanted = () => resolveInput(step.operation, step.with, namesOf(scope));
  if (state.type === 'intended' || state.type === 'answered') return goOn(place, state, wanted);
  const input = wanted();
  if (step.operation.download !== undefined) return runDownload(place, input);
  if (isRead(step.operation)) return runRead(place, input);
  switch (step.operation.kind) {
    case 'create':
      return step.operation.lookup === undefined
        ? send(place, 'create', input)
        : ensure(place, step.operation.lookup, input);
    case 'update':
    case 'delete':
      return bring(place, step.operation.kind, input);
    default:
      return send(place, 'act', input);
  }
}

/** The journal holds an intent: settle it with the operation and the input of then, whatever they would be now. */
async function goOn(
  place: Place,
  state: Extract<StepState, { type: 'intended' | 'answered' }>,
  wanted: () => Input,
): Promise<StepEnd> {
  const { run, step } = place;
  const { operation: name } = state.intended;
  // The step's own where it is that one: of a request that the catalogue does not list only the playbook knows.
  const operation =
    name === step.operation.name ? step.operation : (run.context.operations.get(name) ?? step.operation);
  const input = unwrapSecrets(state.intended.with) as Input;
  if (state.type === 'intended')
    return after(place, operation, input, await write(place, operation, input), wanted);
  const body = unwrapSecrets(state.answered.body);
  if (state.answered.answer === 'ok')
    // Only what was found by a look-up has no status.
    return after(
      place,
      operation,
      input,
      { type: 'done', result: body, adopted: state.answered.status === undefined },
      wanted,
    );
  return { outcome: 'failed', error: refusalOf(place.path, body as ServiceError) };
}

async function runRead(place: Place, input: Input): Promise<StepEnd> {
  const { run, step, deadline, path } = place;
  const answer = await run.context.reader.read(step.operation, input, { signal: deadline.signal });
  switch (answer.type) {
    case 'ok':
      return { outcome: 'succeeded', result: answer.result };
    case 'refused':
      return { outcome: 'failed', error: refusalOf(path, answer.error) };
    case 'unknown':
      return failed(path, 'UNAVAILABLE', `${step.operation.name}: ${answer.reason}`);
  }
}

/** A create ensures: what exists already is adopted, brought up to date where the operation can, or else made. */
async function ensure(place: Place, lookup: Lookup, input: Input): Promise<StepEnd> {
  const found = await find(place, lookup, input);
  switch (found.type) {
    case 'absent':
      return send(place, 'create', input);
    case 'found':
      return update(place, input, found);
    case 'unclear':
    case 'impossible':
      return failed(place.path, 'UNAVAILABLE', `cannot tell whether it exists already: ${found.reason}`);
  }
}

async function update(
  place: Place,
  input: Input,
  found: Extract<Finding, { type: 'found' }>,
): Promise<StepEnd> {
  const { update: updating } = place.step.operation;
  const differs = updating?.fields.some((field) => {
    const wanted = pathOf(input, field);
    return wanted !== undefined && !sameAs(pathOf(found.result, field), wanted);
  });
  if (updating === undefined || differs !== true) return { outcome: 'unchanged', result: found.result };
  const operation = place.run.context.operations.get(updating.operation);
  if (operation === undefined)
    throw new Error(`the catalogue names ${updating.operation} and has no such operation`);
  const stale = disagreement(place, 'update', input);
  if (stale !== undefined) return stale;
  const changed = fill(updating.with, { input, found: found.result }) as Input;
  return after(place, operation, changed, await write(place, operation, changed), () => input);
}

/** An update or a delete of what is as wanted already sends nothing. */
async function bring(place: Place, action: 'update' | 'delete', input: Input): Promise<StepEnd> {
  const { satisfied } = place.step.operation;
  if (satisfied !== undefined) {
    const found = await find(place, satisfied, input);
    if (found.type === 'found') return { outcome: 'unchanged', result: found.result };
  }
  return send(place, action, input);
}

async function send(place: Place, action: Action, input: Input): Promise<StepEnd> {
  const stale = disagreement(place, action, input);
  if (stale !== undefined) return stale;
  const { operation } = place.step;
  return after(place, operation, input, await write(place, operation, input));
}

/** The plan is a ceiling: what was not reviewed is not sent. */
function disagreement({ run, step, path }: Place, action: Action, input: Input): StepEnd | undefined {
  const why = agrees(run.plannedAt(path), { uses: step.operation.name, action, with: input });
  return why === undefined ? undefined : failed(path, 'PLAN_STALE', why);
}

function write({ run, step, path, deadline }: Place, operation: Operation, input: Input): Promise<Performed> {
  const request = {
    record: run.index,
    recordKey: run.key,
    path,
    operation,
    input,
    policy: policyOf(operation, step.inDoubt, lookupOf(operation) !== undefined),
    retry: step.retry,
    deadline,
    taken: operation.lookup?.adopt === undefined ? nobody : takenIds(run),
    firstIntendedAt: run.firstIntendedAt(path),
    ...(run.context.policies === undefined ? {} : { judged: { planned: run.planned, carts: cartsOf(run) } }),
  };
  return performWrite(run.context, request, beginningOf(run.stateOf(path)));
}

const nobody: ReadonlySet<unknown> = new Set();

/** From the answer to the outcome: part failures, the end of what was only accepted, the whole thing after an update. */
async function after(
  place: Place,
  operation: Operation,
  input: Input,
  performed: Performed,
  /** What the step itself was given: an update that stands in for its create is given something else. */
  wanted: () => Input = () => input,
): Promise<StepEnd> {
  if (performed.type !== 'done') return { outcome: performed.type, error: performed.error };
  const { result } = performed;
  const parts = partFailureOf(operation.partFailure, result);
  if (parts !== undefined) return { ...failed(place.path, 'PART_FAILURE', parts), result };
  if (operation.poll !== undefined)
    return performed.adopted && !isAskable(place, operation.poll, input, result)
      ? { outcome: 'succeeded', result }
      : afterPolling(place, operation, operation.poll, input, performed);
  if (operation.name === place.step.operation.name) return { outcome: 'succeeded', result };
  const { lookup } = place.step.operation; // an update stood in for the create: the step's result is the thing itself
  const now = lookup === undefined ? undefined : await find(place, lookup, wanted());
  return { outcome: 'succeeded', result: now?.type === 'found' ? now.result : result };
}

/** What was found does not name the job that made it: its own state is all there is to go by. */
function isAskable({ run }: Place, polling: Poll, input: Input, result: unknown): boolean {
  const asked = fill(polling.with, { input, result }) as Input;
  const needed = run.context.operations.get(polling.operation)?.input.required ?? [];
  return needed.every((name) => asked[name] !== undefined);
}

/**
 * The end of what was only accepted. Answered with nothing but where its status is, the step's result is the thing
 * itself, as if it had been found before; where that cannot be seen, what its status said last.
 */
async function afterPolling(
  place: Place,
  operation: Operation,
  polling: Poll,
  input: Input,
  { result: answer, adopted }: Extract<Performed, { type: 'done' }>,
): Promise<StepEnd> {
  const { path, deadline } = place;
  const polled = await poll(place.run.context, polling, { input, result: answer, path, deadline });
  if (polled.type === 'failed') return { outcome: 'failed', error: polled.error };
  const bare = adopted || isEmpty(answer, operation.location);
  const lookup = bare ? lookupOf(operation) : undefined;
  const thing =
    lookup === undefined || lookup.operation === polling.operation
      ? undefined
      : await find(place, lookup, input);
  const result = thing?.type === 'found' ? thing.result : bare ? polled.status : answer;
  const parts = partFailureOf(polling.partFailure, polled.status);
  return parts === undefined
    ? { outcome: 'succeeded', result }
    : { ...failed(path, 'PART_FAILURE', parts), result };
}

function find({ run, deadline }: Place, lookup: Lookup, input: Input): Promise<Finding> {
  const { reader, operations } = run.context;
  return look({ reader, operations, signal: deadline.signal }, { lookup, input });
}

/** An accepted request is often answered with nothing but the id under which its status is. */
function isEmpty(result: unknown, location: string | undefined): boolean {
  if (typeof result !== 'object' || result === null) return result === undefined || result === null;
  return Object.keys(result).every((name) => name === location);
}
