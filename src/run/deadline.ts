import type { Clock } from '../world/world.ts';

/** How long a step may still take, and the signal that ends its waiting. */
export interface Deadline {
  /** Aborted with TimedOut when the time is up, or with the run's own reason when the run halts. */
  readonly signal: AbortSignal;
  /** Milliseconds left; Infinity where there is no limit. */
  leftMs(): number;
  /** To be called when the step is over. */
  dispose(): void;
}

export class TimedOut extends Error {
  constructor(ms: number) {
    super(`not done within ${ms / 1_000} s`);
    this.name = 'TimedOut';
  }
}

export function noDeadline(halt: AbortSignal): Deadline {
  return { signal: halt, leftMs: () => Number.POSITIVE_INFINITY, dispose: () => {} };
}

/** A deadline within another one: the earlier of the two counts. */
export function makeDeadline(clock: Clock, outer: Deadline, timeoutMs: number): Deadline {
  const own = new AbortController();
  const cancel = new AbortController();
  const end = clock.monotonic() + timeoutMs;
  const inherit = () => own.abort(outer.signal.reason);
  if (outer.signal.aborted) inherit();
  outer.signal.addEventListener('abort', inherit, { once: true });
  clock.sleep(timeoutMs, cancel.signal).then(
    () => own.abort(new TimedOut(timeoutMs)),
    () => {}, // disposed
  );
  return {
    signal: own.signal,
    leftMs: () => Math.min(end - clock.monotonic(), outer.leftMs()),
    dispose: () => {
      outer.signal.removeEventListener('abort', inherit);
      cancel.abort();
    },
  };
}
