import type { Retry } from '../check/playbook.ts';
import type { Answer } from '../partner-center/answer.ts';

/** What to do after an answer that is no result. */
export type Decision =
  /** Send again after `waitOf`: the same attempt under the same request id, or a new logical attempt. */
  | 'sameAgain'
  | 'newAttempt'
  /** It may have happened: the doubt table decides. */
  | 'settle'
  /** The answer stands. */
  | 'giveUp';

export type RetryCause = NonNullable<Retry['on']>[number];

export interface Failure {
  readonly answer: Exclude<Answer, { type: 'ok' }>;
  /** Requests of this step so far, this one included. */
  readonly tries: number;
  readonly retry: Retry;
  /** May the same request be sent twice without doing it twice? */
  readonly repeatable: boolean;
}

const firstWaitMs = 1_000;
const longestWaitMs = 30_000;

/** Requests of one step at most that get no answer, where the playbook does not say. */
export const mostTries = 8;

/** Tries at most where the playbook does not say. Throttling is the service's way of pacing us, not a failure. */
const triesOf: Readonly<Record<RetryCause, number>> = {
  throttled: 50,
  unavailable: mostTries,
  timeout: mostTries,
  conflict: mostTries,
};

/** Why an answer might be worth another try. */
export function causeOf(answer: Failure['answer']): RetryCause | undefined {
  switch (answer.type) {
    case 'throttled':
      return 'throttled';
    case 'unknown':
      return answer.error !== undefined || answer.sent === 'no' ? 'unavailable' : 'timeout';
    case 'refused':
      if (!answer.again) return undefined;
      // Told when to ask again is pacing, as throttling is.
      return answer.retryAfterMs === undefined ? 'conflict' : 'throttled';
  }
}

/**
 * Only what may be retried is: throttled requests and those that never left, always; those that may have
 * happened only where repeating does no harm, and then under the same request id; the rest is settled.
 */
export function decide({ answer, tries, retry, repeatable }: Failure): Decision {
  const cause = causeOf(answer);
  if (cause === undefined) return 'giveUp';
  const wanted = retry.on === undefined || retry.on.includes(cause);
  const worthwhile = wanted && tries < (retry.attempts ?? triesOf[cause]);
  if (answer.type === 'unknown' && answer.sent === 'maybe')
    return repeatable && worthwhile ? 'sameAgain' : 'settle';
  return worthwhile ? 'newAttempt' : 'giveUp';
}

/**
 * Milliseconds before the next try: exponential backoff with full jitter, never below what the service asked for
 * ("API throttling guidance"). Told when to come back, come back then; only repeated refusals add to it.
 * @param chance uniform in [0, 1)
 * @param budget false where the run has spent its retries: this one then waits as long as any
 */
export function waitOf({ answer, tries }: Failure, chance: number, budget: boolean): number {
  const asked = answer.retryAfterMs;
  if (!budget) return Math.max(asked ?? 0, longestWaitMs);
  if (asked === undefined) return Math.round(chance * backoffMs(tries));
  return asked + (tries === 1 ? 0 : Math.round(chance * backoffMs(tries - 1)));
}

/** The longest wait after so many tries: 1 s, 2 s, 4 s … 30 s. */
export function backoffMs(tries: number): number {
  return Math.min(longestWaitMs, firstWaitMs * 2 ** Math.max(0, tries - 1));
}
