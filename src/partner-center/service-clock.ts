import type { Clock, WireAnswer } from '../world/world.ts';

/** What time it is at the service: dates of orders, and how long ago something was sent, are judged by it. */
export interface ServiceClock {
  /** Milliseconds since the Unix epoch; by our own clock until the service has told its time. */
  now(): number;
  /** Learns from the answer's `Date`. */
  observe(answer: WireAnswer): void;
}

/**
 * A clock that the service sets. In between it goes by our monotonic clock, so that somebody who sets this machine's
 * clock, or a machine whose clock is wrong, changes nothing of what is decided.
 */
export function makeServiceClock(clock: Pick<Clock, 'now' | 'monotonic'>): ServiceClock {
  let ahead: number | undefined; // of the monotonic clock
  return {
    now: () => (ahead === undefined ? clock.now() : Math.floor(clock.monotonic() + ahead)),
    observe: ({ status, headers }) => {
      // A proxy on the way has a clock of its own, and answers with errors.
      const told = status < 500 ? Date.parse(headers.date ?? '') : Number.NaN;
      if (!Number.isNaN(told)) ahead = told - clock.monotonic();
    },
  };
}
