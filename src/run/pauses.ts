/** Until when nothing may leave, by throttle key. Forgets what has passed, so that it does not grow with the run. */
export interface Pauses {
  /** Extends the pause of a key; a shorter one never cuts a longer one. */
  pause(key: string, until: number): void;
  /** The latest end among the keys, in the clock's milliseconds; 0 where none is paused. */
  until(now: number, ...keys: readonly string[]): number;
  readonly size: number;
}

/** Beyond so many keys the passed ones are looked for and dropped. */
const sweepAt = 64;

export function makePauses(): Pauses {
  const ends = new Map<string, number>();
  return {
    pause: (key, until) => {
      ends.set(key, Math.max(until, ends.get(key) ?? 0));
    },
    until: (now, ...keys) => {
      if (ends.size > sweepAt) for (const [key, end] of ends) if (end <= now) ends.delete(key);
      let latest = 0;
      for (const key of keys) {
        const end = ends.get(key);
        if (end === undefined) continue;
        if (end <= now) ends.delete(key);
        else latest = Math.max(latest, end);
      }
      return latest;
    },
    get size() {
      return ends.size;
    },
  };
}
