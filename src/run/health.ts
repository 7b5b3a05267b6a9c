import type { Answer } from '../partner-center/answer.ts';

/** How the service has been doing: may one more retry be spent, and is there any use in going on? */
export interface Health {
  /** A request is leaving, for the first time or again. */
  sent(): void;
  /**
   * Spends a retry of the budget; being throttled is the service's pacing and spends nothing.
   * @returns false where it is used up: the retry then waits as long as a retry ever waits
   */
  retry(after: Answer): boolean;
  observe(answer: Answer): void;
  readonly requests: number;
  readonly retries: number;
  readonly throttled: number;
  /** Aborted, with the reason in words, once everything fails. */
  readonly broken: AbortSignal;
}

/** Retries that any run may spend, and the share of its requests that it may spend beside them. */
const freeRetries = 100;
const retryShare = 0.2;

/** So many answers in a row that say nothing, over at least so many milliseconds, and the run stops. */
const circuitAnswers = 50;
const circuitMs = 20_000;

/** @param monotonic milliseconds that never step backwards */
export function makeHealth(monotonic: () => number): Health {
  const broken = new AbortController();
  const count = { requests: 0, retries: 0, throttled: 0, spent: 0, silent: 0 };
  let silentSince = 0;
  return {
    sent: () => {
      count.requests += 1;
    },
    retry: (after) => {
      count.retries += 1;
      if (after.type !== 'unknown') return true;
      count.spent += 1;
      return count.spent <= freeRetries + retryShare * count.requests;
    },
    observe: (answer) => {
      if (answer.type === 'throttled') count.throttled += 1;
      if (answer.type !== 'unknown') {
        count.silent = 0;
        return;
      }
      if (count.silent === 0) silentSince = monotonic();
      count.silent += 1;
      if (count.silent < circuitAnswers || monotonic() - silentSince < circuitMs) return;
      broken.abort(
        new Error(`the service has not answered the last ${count.silent} requests: ${answer.reason}`),
      );
    },
    get requests() {
      return count.requests;
    },
    get retries() {
      return count.retries;
    },
    get throttled() {
      return count.throttled;
    },
    broken: broken.signal,
  };
}
