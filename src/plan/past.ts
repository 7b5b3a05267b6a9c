import type { OperationStep, WaitStep } from '../check/playbook.ts';
import { isRead, type Lookup } from '../operations/operation.ts';
import { fill } from '../operations/template.ts';
import { differences } from './compare.ts';
import { canonical } from './fits.ts';
import type { PlannedAction } from './plan.ts';
import { containsUnknown, type Names, resolveInput } from './resolve.ts';
import { hide } from './secrets.ts';

type Input = Readonly<Record<string, unknown>>;

/** A step that a run has done: what later steps see of it, and what it was given. */
export interface PastStep {
  readonly uses: string;
  readonly outcome: 'succeeded' | 'unchanged';
  readonly result: unknown;
  /** With its secrets; undefined where nobody knows any more. */
  readonly input?: Input;
  /** Whether it is an operation that changes something. */
  readonly changing: boolean;
}

/** What a run has done of one record, by the paths of its steps. */
export type Past = ReadonlyMap<string, PastStep>;

/** What `run` is in expressions: known, since the run has begun. */
export interface PastRun {
  readonly id: string;
  readonly startedAt: string;
}

/** What a plan makes of a step that the run has done. */
export type Verdict =
  /** The request would be the one that was made: nothing is sent, and its result is known. */
  | { readonly type: 'kept'; readonly input: Input; readonly result: unknown }
  /** It would be given other values, and may be: it is planned like any other step, and shown as one done before. */
  | { readonly type: 'again'; readonly changes: NonNullable<PlannedAction['changes']> }
  /** It would happen a second time. */
  | { readonly type: 'refused'; readonly reason: string };

/**
 * Judges a step that the run has done by what it would be given now.
 *
 * | operation | given other values |
 * | --- | --- |
 * | read, wait | asks again |
 * | update, delete | again: the state is set anew |
 * | create, found by the same natural key | again: it is found, and updated where it can be |
 * | create of another thing, action | refused: it would happen twice |
 *
 * @throws EvaluationError from the step's expressions
 */
export function judge(step: OperationStep | WaitStep, names: Names, done: PastStep): Verdict {
  const input = inputOf(step, names);
  if (done.input !== undefined && !containsUnknown(input) && canonical(input) === canonical(done.input))
    return { type: 'kept', input, result: done.result };
  if (step.type === 'wait') return { type: 'again', changes: {} };
  const { operation } = step;
  const is = hide(done.input ?? {}, operation.input);
  const changes = differences(is, hide(input, operation.input) as Input);
  if (isRead(operation)) return { type: 'again', changes: {} };
  if (operation.kind === 'update' || operation.kind === 'delete') return { type: 'again', changes };
  if (operation.kind === 'create' && operation.lookup !== undefined && done.input !== undefined) {
    const now = keyOf(operation.lookup, input);
    if (!containsUnknown(now) && canonical(now) === canonical(keyOf(operation.lookup, done.input)))
      return { type: 'again', changes };
  }
  return { type: 'refused', reason: `${operation.name} ${whatDiffers(changes)}` };
}

function keyOf({ with: given, equal }: Lookup, input: Input): unknown {
  return fill({ with: given, equal }, { input });
}

function whatDiffers(changes: NonNullable<PlannedAction['changes']>): string {
  const [[path, [is, now]] = ['', [undefined, undefined]]] = Object.entries(changes);
  if (path === '') return 'was done by this run, and would be given something else now';
  return `was done by this run with ${path} ${JSON.stringify(is)}, and would be done again with ${JSON.stringify(now)}`;
}

/** What a step is given: for a wait, what its read is. */
export function inputOf(step: OperationStep | WaitStep, names: Names): Input {
  if (step.type === 'operation') return resolveInput(step.operation, step.with, names);
  if (step.read === undefined) return {};
  return { read: resolveInput(step.read.operation, step.read.with, names), until: step.read.until.source };
}

export function usesOf(step: OperationStep | WaitStep): string {
  return step.type === 'operation' ? step.operation.name : 'wait';
}
