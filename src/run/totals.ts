import type { RunState, RunStatus, StepOutcomeName } from '../journal/journal.ts';
import type { RunTotals } from './event.ts';
import type { LimiterSnapshot } from './limiter.ts';

export type Counts = RunStatus['counts'];

/** What became of the records of a run so far: what earlier passes left, moved along by this one. */
export interface Totals {
  /** Records that this pass goes through. */
  readonly open: number;
  /** Records that failed in this pass. */
  readonly failedNow: number;
  /** Records that wait for a person. */
  readonly waiting: number;
  /** @param before how the record had ended in an earlier pass */
  count(before: StepOutcomeName | undefined, now: StepOutcomeName): void;
  sum(
    run: {
      readonly id: string;
      readonly status: RunState;
      readonly reason: string | undefined;
      readonly elapsedMs: number;
    },
    from: LimiterSnapshot,
    to: LimiterSnapshot,
  ): RunTotals;
}

/** @param before counts of the whole run when this pass began */
export function makeTotals(before: Counts, retryFailed: boolean): Totals {
  const counts = { ...before };
  let failedNow = 0;
  return {
    open: before.open + before.inDoubt + before.waiting + (retryFailed ? before.failed + before.blocked : 0),
    get failedNow() {
      return failedNow;
    },
    get waiting() {
      return counts.waiting;
    },
    count: (was, now) => {
      counts[was ?? 'open'] -= 1;
      counts[now] += 1;
      if (now === 'failed') failedNow += 1;
    },
    sum: ({ id, status, reason, elapsedMs }, from, to) => {
      const { succeeded, unchanged, skipped, failed, blocked, inDoubt, waiting, open } = counts;
      const good = succeeded + unchanged + skipped;
      return {
        id,
        status,
        ...(reason === undefined ? {} : { reason }),
        records: {
          total: good + failed + blocked + inDoubt + waiting + open,
          succeeded: good,
          failed,
          blocked,
          inDoubt,
          waiting,
          open,
        },
        requests: to.requests - from.requests,
        retries: to.retries - from.retries,
        throttled: to.throttled - from.throttled,
        limiter: { limit: to.limit, rates: to.rates },
        elapsedMs,
      };
    },
  };
}
