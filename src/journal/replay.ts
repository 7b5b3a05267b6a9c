import type { Answered, Approval, Intended, JournalEntry, Revised, Settled } from './journal.ts';

/**
 * What the journal says of one step. `intended` without an answer is what a crash leaves behind: in doubt.
 * `nextAttempt` is the number of the next logical attempt, whose request id nobody has used.
 */
export type StepState =
  | { readonly type: 'nothing'; readonly nextAttempt: number }
  | { readonly type: 'intended'; readonly intended: Intended; readonly nextAttempt: number }
  | {
      readonly type: 'answered';
      readonly intended: Intended;
      readonly answered: Answered;
      readonly nextAttempt: number;
    }
  | { readonly type: 'waiting'; readonly settled: Settled; readonly nextAttempt: number }
  | { readonly type: 'judged'; readonly approval: Approval; readonly nextAttempt: number }
  | { readonly type: 'settled'; readonly settled: Settled; readonly nextAttempt: number };

/** A step that succeeded, or found all as wanted; with what it sent where it sent something. */
export interface DoneStep {
  readonly settled: Settled;
  readonly intended?: Intended;
}

export interface RecordState {
  readonly steps: ReadonlyMap<string, StepState>;
  /** Every step that was ever done, the newest time, whether a revision kept its outcome or not. */
  readonly done: ReadonlyMap<string, DoneStep>;
  /** The last word on the record as a whole. */
  readonly settled?: Settled;
}

/** The state of a step of which the journal says nothing. */
export const nothing: StepState = { type: 'nothing', nextAttempt: 1 };

/**
 * Replays one record's entries, in their order.
 *
 * | entry | leaves the step |
 * | --- | --- |
 * | intended | intended: in doubt until something answers |
 * | answered ok, refused | answered: the service's word, not yet an outcome (a crash came between) |
 * | answered throttled, notSent | nothing: it surely did not happen; the attempt is over |
 * | answered unknown | intended: still in doubt |
 * | settled inDoubt | as it was before: to be looked at again |
 * | settled waiting | waiting: for a person |
 * | approval | judged: the step goes on by that word |
 * | settled otherwise | settled: not done again in this pass over the record |
 *
 * | revised | the steps that are kept as they were, all others nothing; the record is open |
 *
 * Once the record itself is settled, a later pass (`--retry-failed`, or a look at what is in doubt) begins anew
 * with all that did not succeed: failed, blocked and skipped steps are `nothing` again. A record that waits has not
 * ended: it goes on as it stands.
 */
export function replay(entries: readonly JournalEntry[]): RecordState {
  const steps = new Map<string, StepState>();
  const done = new Map<string, DoneStep>();
  const sent = new Map<string, Intended>();
  let settled: Settled | undefined;
  for (const entry of entries) {
    if (entry.type === 'settled' && entry.path === '') {
      settled = entry;
      if (entry.outcome !== 'waiting') reopen(steps);
      continue;
    }
    if (entry.type === 'revised') {
      settled = undefined;
      revise(steps, done, entry.keep);
      continue;
    }
    steps.set(entry.path, next(steps.get(entry.path) ?? nothing, entry));
    if (entry.type === 'intended') sent.set(entry.path, entry);
    if (entry.type !== 'settled') continue;
    const intended = sent.get(entry.path);
    if (entry.outcome === 'unchanged') done.set(entry.path, { settled: entry });
    if (entry.outcome === 'succeeded')
      done.set(entry.path, { settled: entry, ...(intended === undefined ? {} : { intended }) });
  }
  return settled === undefined ? { steps, done } : { steps, done, settled };
}

/** What is kept is as it was when it was done, also where an earlier revision had let go of it. */
function revise(
  steps: Map<string, StepState>,
  done: ReadonlyMap<string, DoneStep>,
  keep: readonly string[],
): void {
  for (const path of new Set([...steps.keys(), ...keep])) {
    const nextAttempt = steps.get(path)?.nextAttempt ?? 1;
    const kept = keep.includes(path) ? done.get(path) : undefined;
    steps.set(
      path,
      kept === undefined
        ? { type: 'nothing', nextAttempt }
        : { type: 'settled', settled: kept.settled, nextAttempt },
    );
  }
}

/** What the journal says of a record since its row and its plan were last revised. */
export function sinceRevised(entries: readonly JournalEntry[]): readonly JournalEntry[] {
  return entries.slice(entries.findLastIndex(({ type }) => type === 'revised') + 1);
}

function next(state: StepState, entry: Exclude<JournalEntry, Revised>): StepState {
  switch (entry.type) {
    case 'intended':
      return {
        type: 'intended',
        intended: entry,
        nextAttempt: Math.max(state.nextAttempt, entry.attempt + 1),
      };
    case 'answered':
      return afterAnswer(state, entry);
    case 'settled':
      return afterSettled(state, entry);
    case 'approval':
      return { type: 'judged', approval: entry, nextAttempt: state.nextAttempt };
  }
}

function afterAnswer(state: StepState, answered: Answered): StepState {
  if (state.type !== 'intended' && state.type !== 'answered') return state;
  switch (answered.answer) {
    case 'ok':
    case 'refused':
      return { type: 'answered', intended: state.intended, answered, nextAttempt: state.nextAttempt };
    case 'throttled':
    case 'notSent':
      return { type: 'nothing', nextAttempt: state.nextAttempt };
    case 'unknown':
      return { type: 'intended', intended: state.intended, nextAttempt: state.nextAttempt };
  }
}

function afterSettled(state: StepState, settled: Settled): StepState {
  const { nextAttempt } = state;
  if (settled.outcome === 'inDoubt') return state;
  return { type: settled.outcome === 'waiting' ? 'waiting' : 'settled', settled, nextAttempt };
}

function reopen(steps: Map<string, StepState>): void {
  for (const [path, state] of steps) {
    if (state.type !== 'settled') continue;
    const { outcome } = state.settled;
    if (outcome === 'failed' || outcome === 'blocked' || outcome === 'skipped')
      steps.set(path, { type: 'nothing', nextAttempt: state.nextAttempt });
  }
}
