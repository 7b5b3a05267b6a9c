import pLimit from 'p-limit';

/** Gives a slot back; calling it twice does nothing more. */
export type Release = () => void;

/** A number of slots, handed out in order of asking. */
export interface Gate {
  /** Resolves with the way to give the slot back; rejects with the signal's reason when that comes first. */
  acquire(signal?: AbortSignal): Promise<Release>;
  /** Takes effect at once for those who wait; those inside stay. */
  resize(slots: number): void;
  readonly active: number;
  readonly waiting: number;
}

/** A gate on p-limit, whose concurrency can be set while it runs. */
export function makeGate(slots: number): Gate {
  const limit = pLimit(slots);
  const enter = (admit: (release: Release) => void) => new Promise<void>(admit);
  return {
    acquire: (signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason);
        let left = false;
        const leave = () => {
          left = true;
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', leave, { once: true });
        void limit(enter, (release) => {
          signal?.removeEventListener('abort', leave);
          if (left) return release(); // gave up while waiting: the slot goes to the next at once
          resolve(release);
        });
      }),
    resize: (wanted) => {
      limit.concurrency = wanted;
    },
    get active() {
      return limit.activeCount;
    },
    get waiting() {
      return limit.pendingCount;
    },
  };
}
