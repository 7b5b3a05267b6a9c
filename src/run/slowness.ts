/** Does the service answer more slowly than it can? Then fewer requests at once get as much done. */
export interface Slowness {
  /** @returns whether answers of this operation have been slow lately */
  observe(operation: string, ms: number, now: number): boolean;
}

/** Twice as long as it has lately been at its quickest, and by so much that it is neither noise nor our own delay. */
const slowTimes = 2;
const slowMs = 250;
/** So much of the last answer goes into the average: one slow answer among good ones says nothing. */
const weight = 0.1;
/** What is quickest is looked for anew this often: what stays slow is how the service is, and no longer a sign. */
const windowMs = 30_000;

interface Pace {
  average: number;
  /** The quickest answer in this window and in the one before. */
  quickest: number;
  before: number;
  until: number;
}

export function makeSlowness(): Slowness {
  const paces = new Map<string, Pace>();
  return {
    observe: (operation, ms, now) => {
      let pace = paces.get(operation);
      if (pace === undefined) {
        pace = { average: ms, quickest: ms, before: ms, until: now + windowMs };
        paces.set(operation, pace);
      }
      if (now >= pace.until) {
        pace.before = pace.quickest;
        pace.quickest = ms;
        pace.until = now + windowMs;
      }
      pace.quickest = Math.min(pace.quickest, ms);
      pace.average += weight * (ms - pace.average);
      const usual = Math.min(pace.quickest, pace.before);
      return pace.average > Math.max(slowTimes * usual, usual + slowMs);
    },
  };
}
