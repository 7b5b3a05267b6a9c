import type { Clock } from '../../src/world/world.ts';

interface Sleeper {
  readonly at: number;
  readonly order: number;
  wake(): void;
}

/** A clock whose time passes only when everybody waits for it. */
export interface VirtualClock extends Clock {
  /** Lets time pass until the work has ended; throws what it throws. */
  run<T>(work: Promise<T>): Promise<T>;
  /** Lets the time pass that is given, waking who is due. */
  pass(ms: number): Promise<void>;
  /** The process is stopped for as long: time has passed, and nobody was woken meanwhile. */
  stop(ms: number): void;
  /** Lets everything happen that needs no time. */
  idle(): Promise<void>;
}

export function virtualClock(start = Date.parse('2026-01-01T00:00:00Z')): VirtualClock {
  let now = 0;
  let order = 0;
  const sleepers = new Set<Sleeper>();
  const idle = async () => {
    for (let turn = 0; turn < 8; turn += 1) await new Promise(setImmediate);
  };
  const next = (until: number) =>
    [...sleepers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at || a.order - b.order)[0];
  const wakeNext = async (until: number) => {
    const sleeper = next(until);
    if (sleeper === undefined) return false;
    now = Math.max(now, sleeper.at);
    sleepers.delete(sleeper);
    sleeper.wake();
    await idle();
    return true;
  };
  return {
    now: () => start + now,
    monotonic: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason);
        order += 1;
        const sleeper: Sleeper = {
          at: now + ms,
          order,
          wake: () => {
            signal?.removeEventListener('abort', abort);
            resolve();
          },
        };
        const abort = () => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', abort, { once: true });
        sleepers.add(sleeper);
      }),
    run: async (work) => {
      let ended = false;
      const end = () => {
        ended = true;
      };
      work.then(end, end);
      await idle();
      for (let stuck = 0; !ended; ) {
        stuck = (await wakeNext(Number.POSITIVE_INFINITY)) ? 0 : stuck + 1;
        if (stuck > 20) throw new Error('nothing is waited for, and the work has not ended');
        await idle();
      }
      return work;
    },
    pass: async (ms) => {
      const until = now + ms;
      await idle();
      while (await wakeNext(until)) await idle();
      now = until;
    },
    stop: (ms) => {
      now += ms;
    },
    idle,
  };
}
