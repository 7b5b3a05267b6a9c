/** A token bucket: so many requests a second, and so many at once. */
export interface Bucket {
  /** 0 where the request may pass; else the milliseconds until one may. Refused requests count, too, as the service has it. */
  take(): number;
}

/** @param perSecond allowance, which is also the burst; Infinity for none */
export function makeBucket(perSecond: number, now: () => number): Bucket {
  let tokens = perSecond;
  let filledAt = now();
  return {
    take: () => {
      if (!Number.isFinite(perSecond)) return 0;
      const at = now();
      tokens = Math.min(perSecond, tokens + ((at - filledAt) / 1000) * perSecond);
      filledAt = at;
      if (tokens >= 1) {
        tokens -= 1;
        return 0;
      }
      return Math.ceil(((1 - tokens) / perSecond) * 1000);
    },
  };
}
