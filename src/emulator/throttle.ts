import { isRead, type Operation } from '../operations/operation.ts';

/** A token bucket: so many requests a second, and so many at once. */
export interface Bucket {
  /** 0 where the request may pass; else the milliseconds until one may. Refused requests cost nothing here; the service counts them, too. */
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

/** What the service's own allowances say to one request. */
export interface Allowances {
  /** 0 where the request may pass; else the milliseconds until the next one of its key may. */
  take(operation: Operation, customerId: string | undefined): number;
}

const windowMs = 60_000;

/** A write costs more than a read: by how much is not published. */
const writeCost = 2;

/**
 * The documented allowances (pages api-throttling-guidance, partner-center-webhooks): so many requests a minute for
 * each throttle group that names a figure. The key is the partner tenant, or partner tenant and customer tenant, so
 * that one customer's requests hold up nobody else's. Requests that are refused count, too.
 */
export function makeAllowances(now: () => number): Allowances {
  const windows = new Map<string, { readonly until: number; spent: number }>();
  return {
    take: (operation, customerId) => {
      const { group, perMinute, perCustomer } = operation.throttle;
      if (perMinute === undefined) return 0;
      const key = perCustomer && customerId !== undefined ? `${group} ${customerId.toLowerCase()}` : group;
      const at = now();
      const known = windows.get(key);
      const window = known === undefined || known.until <= at ? { until: at + windowMs, spent: 0 } : known;
      windows.set(key, window);
      window.spent += isRead(operation) ? 1 : writeCost;
      // An allowance of two is two writes: what costs more is counted against what allows many.
      const allowed = perMinute < 10 ? perMinute * writeCost : perMinute;
      return window.spent <= allowed ? 0 : window.until - at;
    },
  };
}
