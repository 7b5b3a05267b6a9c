import { onAbort } from '../world/abort.ts';

/** Gives a slot back; calling it twice does nothing more. */
export type Release = () => void;

/** A number of slots, handed out in order of asking. */
export interface Gate {
  /** Gives the way to give the slot back, at once where one is free; rejects with the signal's reason when that comes first. */
  acquire(signal?: AbortSignal): Release | Promise<Release>;
  /** Takes effect at once for those who wait; those inside stay. */
  resize(slots: number): void;
  readonly active: number;
  readonly waiting: number;
}

/** Every request passes several gates and seldom waits: a slot that is free costs neither a promise nor a queue. */
export function makeGate(slots: number): Gate {
  const waiting = new Set<() => void>(); // in order of asking
  let most = slots;
  let active = 0;
  const enter = (): Release => {
    let inside = true;
    active += 1;
    return () => {
      if (!inside) return;
      inside = false;
      active -= 1;
      admit();
    };
  };
  const admit = () => {
    for (const next of waiting) {
      if (active >= most) return;
      waiting.delete(next);
      next();
    }
  };
  const wait = (signal: AbortSignal | undefined) =>
    new Promise<Release>((resolve, reject) => {
      const next = () => {
        unlink?.();
        resolve(enter());
      };
      const leave = () => {
        waiting.delete(next);
        reject(signal?.reason);
      };
      const unlink = signal && onAbort(signal, leave);
      waiting.add(next);
    });
  return {
    acquire: (signal) => {
      if (signal?.aborted === true) return Promise.reject(signal.reason);
      return active < most && waiting.size === 0 ? enter() : wait(signal);
    },
    resize: (wanted) => {
      most = wanted;
      admit();
    },
    get active() {
      return active;
    },
    get waiting() {
      return waiting.size;
    },
  };
}
