import type { Answered } from '../journal/journal.ts';
import type { Answer } from '../partner-center/answer.ts';
import { wrapSecrets } from '../plan/secrets.ts';
import { Interrupted, type RunContext } from './context.ts';
import { type Settlement, settleDoubt } from './doubt.ts';
import { decide, type Failure, waitOf } from './retry.ts';
import {
  type Attempt,
  errorOf,
  giveUp,
  inDoubt,
  lookupOf,
  type Performed,
  refusalOf,
  saysDone,
  type Write,
} from './write.ts';

type Refusal = Extract<Answer, { type: 'refused' }>;

/** The write goes on: as the same attempt, or as a new one. */
export type Again = { readonly type: 'again'; readonly newId: boolean };

/** Journals what came back (A3, A5 of attempt.ts) and says what follows from it. */
export async function digest(
  context: RunContext,
  write: Write,
  attempt: Attempt,
  answer: Answer,
  tries: number,
): Promise<Performed | Again> {
  switch (answer.type) {
    case 'ok':
      note(context, write, attempt, 'ok', answer.status, wrapSecrets(answer.result, write.operation.result));
      return { type: 'done', result: answer.result, adopted: false };
    case 'refused':
      return refused(context, write, attempt, answer, tries);
    case 'throttled':
      note(context, write, attempt, attempt.doubt ? 'unknown' : 'throttled', answer.error.status);
      return again(context, write, attempt, answer, tries);
    case 'unknown':
      if (context.stop.aborted) throw context.halt.reason ?? new Interrupted('stopped'); // in doubt, as journaled
      if (answer.sent === 'maybe') {
        attempt.doubt = true;
        attempt.cutOffAt = attempt.sentAt;
      }
      note(context, write, attempt, attempt.doubt ? 'unknown' : 'notSent', answer.error?.status);
      return again(context, write, attempt, answer, tries);
  }
}

/**
 * A refusal is the service's word. But where an earlier request of the attempt may have happened, or the service
 * says that it was done before, the refusal may be the echo of our own success: look before believing it.
 */
async function refused(
  context: RunContext,
  write: Write,
  attempt: Attempt,
  given: Refusal,
  tries: number,
): Promise<Performed | Again> {
  const { error } = given;
  // What was merged into has changed meanwhile: it is read again for every attempt (page error-codes, 412).
  const answer =
    error.status === 412 && write.operation.merge !== undefined ? { ...given, again: true } : given;
  if ((attempt.doubt || saysDone(write.operation, error)) && lookupOf(write.operation) !== undefined) {
    attempt.doubt = true;
    const settled = await settleDoubt(context, { ...write, policy: 'lookup' }, attempt, tries);
    if (settled.type === 'adopt' || settled.type === 'hold') return finish(context, write, attempt, settled);
  }
  const failure = { answer, tries, retry: write.retry, repeatable: false };
  const doubt = attempt.doubt && answer.again; // another request holds the thing: perhaps our own first one
  if (decide(failure) === 'newAttempt') {
    note(context, write, attempt, doubt ? 'unknown' : 'refused', error.status, error);
    return waited(context, write, failure, !doubt);
  }
  if (doubt) return inDoubt(write, attempt, error.description);
  note(context, write, attempt, 'refused', error.status, error);
  return { type: 'failed', error: refusalOf(write.path, error) };
}

/** After an answer that is no word of the service's: again after a wait, by the doubt table, or not at all. */
async function again(
  context: RunContext,
  write: Write,
  attempt: Attempt,
  answer: Failure['answer'],
  tries: number,
): Promise<Performed | Again> {
  const failure = {
    answer,
    tries,
    retry: write.retry,
    repeatable: write.operation.repeatable && write.policy !== 'hold',
  };
  switch (decide(failure)) {
    case 'sameAgain':
      return waited(context, write, failure, false);
    case 'newAttempt':
      return waited(context, write, failure, !attempt.doubt);
    case 'settle':
      attempt.ask = true;
      return { type: 'again', newId: false };
    case 'giveUp': {
      const code = answer.type === 'throttled' ? 'THROTTLED' : 'UNAVAILABLE';
      const words = answer.type === 'unknown' ? answer.reason : answer.error.description;
      return giveUp(write, attempt, errorOf(write, attempt, code, words));
    }
  }
}

async function waited(
  { world, limiter }: RunContext,
  { deadline }: Write,
  failure: Failure,
  newId: boolean,
): Promise<Again> {
  const ms = waitOf(failure, world.random.next(), limiter.health.retry(failure.answer));
  await world.clock.sleep(ms, deadline.signal);
  return { type: 'again', newId };
}

/** What the doubt table decided becomes the step's outcome. */
export function finish(
  context: RunContext,
  write: Write,
  attempt: Attempt,
  settled: Exclude<Settlement, { type: 'resend' }>,
): Performed {
  switch (settled.type) {
    case 'adopt':
      note(context, write, attempt, 'ok', undefined, wrapSecrets(settled.result, write.operation.result));
      return { type: 'done', result: settled.result, adopted: true };
    case 'fail':
      note(context, write, attempt, 'notSent');
      return { type: 'failed', error: errorOf(write, attempt, 'UNAVAILABLE', settled.reason) };
    case 'hold':
      return inDoubt(write, attempt, settled.reason);
  }
}

export function note(
  context: RunContext,
  write: Write,
  attempt: Attempt,
  answer: Answered['answer'],
  status?: number,
  body?: unknown,
): void {
  const { record, path } = write;
  const entry = {
    type: 'answered',
    record,
    path,
    attempt: attempt.number,
    answer,
    at: context.world.clock.now(),
  } as const;
  const { tookMs } = attempt;
  attempt.tookMs = undefined;
  context.log.note({
    ...entry,
    ...(status === undefined ? {} : { status }),
    ...(tookMs === undefined ? {} : { ms: tookMs }),
    ...(body === undefined ? {} : { body }),
  });
}
