import type { Block, Step } from '../check/playbook.ts';
import { EvaluationError } from '../expression/evaluate.ts';
import type { StepError } from '../journal/journal.ts';
import { outputsFrom } from '../plan/used.ts';
import { asText } from '../schema/as-text.ts';
import { Waiting } from './context.ts';
import { type Deadline, makeDeadline } from './deadline.ts';
import type { RecordRun, StepEnd } from './record-run.ts';
import { runLeaf, settleLeaf, worstOf } from './run-step.ts';
import { blockScope, evaluateIn, itemScope, namesOf, rescueScope, type Scope, usedScope } from './scope.ts';
import { failed } from './write.ts';

/** Runs steps in their order; after one that stands in the way, the rest is blocked. */
export async function runSteps(
  run: RecordRun,
  steps: readonly Step[],
  scope: Scope,
  deadline: Deadline,
): Promise<StepEnd> {
  const ends: StepEnd[] = [];
  let wall: StepEnd | undefined;
  for (const step of steps) {
    const end =
      wall === undefined
        ? await runStep(run, step, scope, deadline)
        : block(run, step, scope.prefix + step.id, scope);
    ends.push(end);
    if (wall === undefined && standsInTheWay(step, end)) wall = end;
  }
  return together(steps, ends);
}

/** Runs steps side by side; `needs` puts one after another. */
async function runSideBySide(
  run: RecordRun,
  steps: readonly Step[],
  scope: Scope,
  deadline: Deadline,
): Promise<StepEnd> {
  const running = new Map<string, Promise<StepEnd>>();
  const runAfterNeeds = async (step: Step): Promise<StepEnd> => {
    await Promise.allSettled(step.needs.map((id) => running.get(id)));
    return runStep(run, step, scope, deadline);
  };
  for (const step of inOrderOfNeeds(steps)) running.set(step.id, runAfterNeeds(step));
  const ended = await Promise.allSettled(steps.map(({ id }) => running.get(id)!)); // nothing runs on behind an error
  const reasons = ended.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  // A step that waits for a person is no end of the record while another one of its steps was cut off.
  if (reasons.length > 0) throw reasons.find((reason) => !(reason instanceof Waiting)) ?? reasons[0];
  return together(
    steps,
    ended.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : [])),
  );
}

/** Needed steps first, else as written; the check has refused circles. */
function inOrderOfNeeds(steps: readonly Step[]): readonly Step[] {
  const ordered = new Set<Step>();
  const add = (step: Step): void => {
    for (const other of steps)
      if (other !== step && step.needs.includes(other.id) && !ordered.has(other)) add(other);
    ordered.add(step);
  };
  steps.forEach(add);
  return [...ordered];
}

function standsInTheWay(step: Step, { outcome }: StepEnd): boolean {
  return (
    step.onError !== 'continue' && (outcome === 'failed' || outcome === 'blocked' || outcome === 'inDoubt')
  );
}

/** Steps whose failure the playbook takes do not fail the whole; what is in doubt is never passed over. */
function together(steps: readonly Step[], ends: readonly StepEnd[]): StepEnd {
  const counted = ends.filter(
    (end, index) =>
      end.outcome === 'inDoubt' ||
      standsInTheWay(steps[index]!, end) ||
      (end.outcome !== 'failed' && end.outcome !== 'blocked'),
  );
  const outcome = worstOf(counted.map((end) => end.outcome));
  const error = counted.find((end) => end.outcome === outcome && end.error !== undefined)?.error;
  return error === undefined ? { outcome } : { outcome, error };
}

/** Runs one step: its condition, its needs, its items, its time limit. */
async function runStep(run: RecordRun, step: Step, scope: Scope, outer: Deadline): Promise<StepEnd> {
  run.context.halt.throwIfAborted();
  const path = scope.prefix + step.id;
  const need = step.needs.find((id) => isBad(scope, id));
  if (need !== undefined) return block(run, step, path, scope);
  const deadline =
    step.timeoutMs === undefined ? outer : makeDeadline(run.context.world.clock, outer, step.timeoutMs);
  try {
    const end = await guarded(
      path,
      () => runItems(run, step, path, scope, deadline),
      (bad) => settleLeaf(run, step, path, bad, { journal: true }),
    );
    keep(run, scope, step.id, path, end);
    if (step.onError === 'stopRun' && standsInTheWay(step, end))
      run.context.stopRun(`${path} of ${run.key} failed, and its onError is stopRun`);
    return end;
  } finally {
    if (deadline !== outer) deadline.dispose();
  }
}

/** What `if`, `forEach` and `key` throw is the step's failure. */
async function guarded(
  path: string,
  work: () => Promise<StepEnd>,
  onBad: (end: StepEnd) => void,
): Promise<StepEnd> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    const end = failed(path, 'EXPRESSION', error.message);
    onBad(end);
    return end;
  }
}

async function runItems(
  run: RecordRun,
  step: Step,
  path: string,
  scope: Scope,
  deadline: Deadline,
): Promise<StepEnd> {
  const { forEach } = step;
  const perItem =
    forEach !== undefined && step.if?.references.some(({ path: [root] }) => root === forEach.as) === true;
  if (!perItem && !holds(run, step, path, scope)) return skip(run, step, path);
  if (forEach === undefined) return runOne(run, step, path, scope, deadline);
  const items = evaluateIn(scope, forEach.list);
  if (!Array.isArray(items))
    throw new EvaluationError(`forEach wants a list, and ${forEach.list.source} is none`);
  const results = Object.create(null) as Record<string, unknown>; // a key may be any text of a row
  const ends: StepEnd[] = [];
  let wall = false;
  for (const item of items as readonly unknown[]) {
    const key = asText(evaluateIn(scope, forEach.key, { [forEach.as]: item }));
    if (Object.hasOwn(results, key)) throw new EvaluationError(`two items of ${path} have the key ${key}`);
    const itemPath = `${path}[${key}]`;
    const inner = itemScope(scope, forEach.as, item, `${itemPath}.`);
    const end = wall
      ? block(run, step, itemPath, inner)
      : perItem && !holds(run, step, itemPath, inner)
        ? skip(run, step, itemPath)
        : await runOne(run, step, itemPath, inner, deadline);
    results[key] = step.type === 'block' && step.used === undefined ? ownSteps(step, inner) : end.result;
    ends.push(end);
    wall ||= standsInTheWay(step, end);
  }
  const outcome = worstOf(ends.map((end) => end.outcome));
  const error = ends.find((end) => end.outcome === outcome)?.error;
  return { outcome, result: results, ...(error === undefined ? {} : { error }) };
}

/** The journal's word on whether a step was skipped counts; else its `if` is asked. */
function holds(run: RecordRun, step: Step, path: string, scope: Scope): boolean {
  const state = run.stateOf(path);
  if (state.type === 'settled' && state.settled.outcome === 'skipped') return false;
  if (state.type !== 'nothing') return true;
  return step.if === undefined || evaluateIn(scope, step.if) === true;
}

function runOne(
  run: RecordRun,
  step: Step,
  path: string,
  scope: Scope,
  deadline: Deadline,
): Promise<StepEnd> {
  return step.type === 'block'
    ? runBlock(run, step, path, scope, deadline)
    : runLeaf(run, step, path, scope, deadline);
}

/**
 * A block with its `rescue` and `finally`. What failed can be rescued; what is in doubt cannot, for nobody knows
 * what there is to make good. `finally` is for every end but a halt of the run.
 */
async function runBlock(
  run: RecordRun,
  block: Block,
  path: string,
  scope: Scope,
  deadline: Deadline,
): Promise<StepEnd> {
  const { used } = block;
  const inner =
    used !== undefined
      ? usedScope(scope, used, `${path}.`)
      : block.forEach === undefined
        ? blockScope(scope, `${path}.`)
        : scope;
  const tried = await (block.parallel ? runSideBySide : runSteps)(run, block.steps, inner, deadline);
  const failure = tried.error ?? {
    step: path,
    code: 'BLOCKED',
    message: 'a step that it needs did not succeed',
  };
  const rescued =
    tried.outcome === 'failed' && block.rescue.length > 0
      ? await runSteps(run, block.rescue, rescueScope(inner, failure), deadline)
      : tried;
  const last = await runSteps(run, block.finally, inner, deadline);
  const outcome = worstOf(
    block.finally.length === 0 ? [rescued.outcome] : [rescued.outcome, ...(bad(last) ? [last.outcome] : [])],
  );
  const error: StepError | undefined = bad({ outcome })
    ? rescued.outcome === outcome
      ? rescued.error
      : last.error
    : undefined;
  const result = used === undefined ? ownSteps(block, inner) : outputsFrom(used, namesOf(inner));
  return { outcome, result, ...(error === undefined ? {} : { error }) };
}

function bad({ outcome }: StepEnd): boolean {
  return outcome === 'failed' || outcome === 'blocked' || outcome === 'inDoubt';
}

/** The results of a block's own steps, by their ids. */
function ownSteps({ steps, rescue, finally: last }: Block, scope: Scope): Readonly<Record<string, unknown>> {
  const own: Record<string, unknown> = {};
  for (const { id } of [...steps, ...rescue, ...last])
    if (Object.hasOwn(scope.steps, id)) own[id] = scope.steps[id];
  return own;
}

function isBad(scope: Scope, id: string): boolean {
  const outcome = scope.outcomes.get(id);
  return outcome === 'failed' || outcome === 'blocked' || outcome === 'inDoubt';
}

function skip(run: RecordRun, step: Step, path: string): StepEnd {
  return passOver(run, step, path, 'skipped');
}

function block(run: RecordRun, step: Step, path: string, scope: Scope): StepEnd {
  scope.outcomes.set(step.id, 'blocked');
  return passOver(run, step, path, 'blocked');
}

/** Nothing is done; said once in the journal, however often the record is resumed. */
function passOver(run: RecordRun, step: Step, path: string, outcome: 'skipped' | 'blocked'): StepEnd {
  const state = run.stateOf(path);
  if (state.type !== 'settled' || state.settled.outcome !== outcome)
    settleLeaf(run, step, path, { outcome }, { journal: state.type === 'nothing' });
  return { outcome };
}

function keep(run: RecordRun, scope: Scope, id: string, path: string, { outcome, result }: StepEnd): void {
  scope.outcomes.set(id, outcome);
  if (result === undefined) return;
  scope.steps[id] = result;
  run.results.set(path, result);
}
