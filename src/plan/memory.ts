import type { OperationStep, WaitStep } from '../check/playbook.ts';
import { inputOf, judge, type Past, type PastRun, usesOf, type Verdict } from './past.ts';
import type { PlannedAction } from './plan.ts';
import type { PlannedStep } from './plan-step.ts';
import type { Names } from './resolve.ts';
import { hide } from './secrets.ts';

/** What a plan remembers of the run that it goes on with, while it walks through the steps of one record. */
export interface Memory {
  readonly run: PastRun;
  /** What becomes of a step; undefined where the run has not done it. Throws EvaluationError from its expressions. */
  of(step: OperationStep | WaitStep, path: string, names: Names): Verdict | undefined;
  /** Told where a loop's items are known only after apply. */
  unknownItems(path: string): void;
}

/** Walks through the steps as the run did, and notes what each was given. */
export function recalling(
  run: PastRun,
  past: Past,
): Memory & { readonly inputs: Map<string, Readonly<Record<string, unknown>>> } {
  const inputs = new Map<string, Readonly<Record<string, unknown>>>();
  return {
    run,
    inputs,
    of: (step, path, names) => {
      const done = past.get(path);
      if (done === undefined) return undefined;
      const input = inputOf(step, names);
      inputs.set(path, input);
      return { type: 'kept', input, result: done.result };
    },
    unknownItems: () => {},
  };
}

/** Compares what steps would be given with what the run gave them. */
export interface Comparing extends Memory {
  /** Paths of the steps whose outcome stays. */
  readonly kept: readonly string[];
  /** What would happen a second time, in words. */
  readonly refused: readonly string[];
  /** What the run has changed and the playbook, with this row, no longer speaks of. */
  gone(): readonly PlannedAction[];
}

export function comparing(run: PastRun, past: Past): Comparing {
  const kept: string[] = [];
  const refused: string[] = [];
  const met = new Set<string>();
  const isGone = (path: string) => past.get(path)?.changing === true && !met.has(path);
  const fresh: { readonly path: string; readonly uses: string }[] = [];
  const judged = (step: OperationStep | WaitStep, path: string, names: Names): Verdict | undefined => {
    const done = past.get(path);
    if (done === undefined || done.uses !== usesOf(step)) {
      if (happensOnce(step)) fresh.push({ path, uses: usesOf(step) });
      return undefined;
    }
    met.add(path);
    const verdict = judge(step, names, done);
    if (verdict.type === 'kept') kept.push(path);
    if (verdict.type === 'refused') refused.push(`${path}: ${verdict.reason}`);
    return verdict;
  };
  return {
    run,
    kept,
    refused,
    of: judged,
    unknownItems: (path) => {
      const done = [...past.keys()].find((one) => one.startsWith(`${path}[`) && isGone(one));
      if (done !== undefined)
        refused.push(`${path}: what it loops over is known only after apply, and the run has done ${done}`);
    },
    gone: () => {
      const left = [...past].filter(([path]) => isGone(path));
      for (const { path, uses } of fresh) {
        const twin = left.find(([, done]) => done.uses === uses);
        if (twin !== undefined)
          refused.push(
            `${path}: the run has done ${uses} at ${twin[0]}, which is gone: give the step back its id`,
          );
      }
      return left.map(([path, { uses }]) => ({
        path,
        uses,
        action: 'unchanged',
        reason: 'done by this run and no longer wanted: it stays as it is',
        calls: 0,
      }));
    },
  };
}

/** What a second time would do a second time: no natural key finds what the first has made. */
function happensOnce(step: OperationStep | WaitStep): boolean {
  if (step.type === 'wait') return false;
  const { kind, lookup } = step.operation;
  return kind === 'action' || (kind === 'create' && lookup === undefined);
}

/** A step that the run has done with just this: nothing is sent. */
export function keptStep(
  step: OperationStep | WaitStep,
  path: string,
  { input, result }: Extract<Verdict, { type: 'kept' }>,
): PlannedStep {
  const given =
    step.type === 'wait'
      ? {}
      : { with: hide(input, step.operation.input) as Readonly<Record<string, unknown>> };
  return {
    action: {
      path,
      uses: usesOf(step),
      action: 'unchanged',
      ...given,
      reason: 'done by this run',
      calls: 0,
    },
    result: { value: result },
  };
}

/** A step that the run has done with other values: whatever is planned of it, that it was done before is shown. */
export function againStep(
  { action, ...planned }: PlannedStep,
  changes: NonNullable<PlannedAction['changes']>,
): PlannedStep {
  if (action.action === 'read' || action.action === 'wait') return { action, ...planned };
  const before = Object.keys(changes).length === 0 ? {} : { changes: action.changes ?? changes };
  const reason = `done by this run with other values${action.reason === undefined ? '' : `; ${action.reason}`}`;
  return { ...planned, action: { ...action, ...before, reason } };
}
