import type { Operation } from '../operations/operation.ts';
import { type Gate, makeGate } from './gate.ts';
import { burstMs, makePacer, type Pacer } from './pacer.ts';

/**
 * Whose allowance is it? A 429 does not say whether the customer's, the throttle group's or the whole service's ran
 * out. The narrowest is taken to be meant, until another one beside it is refused at the same time: then it is
 * the wider one that both share, and what the narrow ones were taught is forgotten. One that is kept to is taken to be
 * meant from then on, unless all its refusals come of one and the same below it.
 */
export interface Throttles {
  /** The allowances that a request counts against, the narrowest first. */
  keysOf(operation: Operation, tenant: string | undefined): readonly string[];
  /** Milliseconds until one more may leave by that key; see `Pacer`. */
  take(key: string, now: number): number;
  /** One at a time waits for a key's pace, in order of asking; undefined where nothing is paced. */
  turn(key: string): Gate | undefined;
  admitted(keys: readonly string[], now: number, ms?: number): void;
  /** @returns the key that learned */
  refused(keys: readonly string[], now: number, retryAfterMs: number | undefined, ms?: number): string;
  rate(key: string): number | undefined;
  /** What was learned, in requests a second, by key. */
  readonly rates: Readonly<Record<string, number>>;
  readonly size: number;
}

/** The key of everything that is asked of the service. */
export const everything = '*';

interface Throttle {
  readonly pacer: Pacer;
  readonly turn: Gate;
  /** The last one below it that was refused. */
  below: { readonly key: string; readonly at: number } | undefined;
  /** Lessons in a row that came of that one alone. */
  inARow: number;
  /** When it was found out to be meant by what was refused below it. */
  meantAt: number;
  usedAt: number;
}

/** So many lessons in a row from one and the same, and what was inferred is doubted. */
const doubtedAfter = 3;

/** Beyond so many keys those are dropped that nobody used for so long: customers come and go over a long run. */
const sweepAt = 64;
const keptMs = 120_000;

export function makeThrottles(): Throttles {
  const known = new Map<string, Throttle>();
  return {
    keysOf: (operation, tenant) => {
      const { group, perCustomer } = operation.throttle;
      return perCustomer && tenant !== undefined
        ? [`${group} ${tenant}`, group, everything]
        : [group, everything];
    },
    take: (key, now) => {
      const throttle = known.get(key);
      if (throttle === undefined) return 0;
      throttle.usedAt = now;
      return throttle.pacer.take(now);
    },
    turn: (key) => {
      const throttle = known.get(key);
      return throttle?.pacer.paced === true ? throttle.turn : undefined;
    },
    admitted: (keys, now, ms) => {
      for (const key of keys) known.get(key)?.pacer.admitted(now, ms);
    },
    refused: (keys, now, retryAfterMs, ms) => {
      sweep(known, now);
      const throttles = keys.map((key) => throttleOf(known, key, now));
      const meant = meantBy(keys, throttles, now);
      for (const key of keys.slice(0, meant)) known.delete(key);
      throttles[meant]!.pacer.refused(now, retryAfterMs, ms);
      return keys[meant]!;
    },
    rate: (key) => known.get(key)?.pacer.rate,
    get rates() {
      const paced = [...known].filter(([, { pacer }]) => pacer.rate !== undefined);
      return Object.fromEntries(paced.map(([key, { pacer }]) => [key, Math.round(pacer.rate! * 10) / 10]));
    },
    get size() {
      return known.size;
    },
  };

  function meantBy(keys: readonly string[], throttles: readonly Throttle[], now: number): number {
    let meant = 0;
    throttles.forEach((throttle, index) => {
      if (index === 0) return;
      const key = keys[index - 1]!;
      const { below } = throttle;
      const another = below !== undefined && below.key !== key;
      if (another && now - below.at < burstMs) {
        throttle.meantAt = now;
        known.delete(below.key);
      }
      if (another) throttle.inARow = 0;
      else if (below !== undefined && now - below.at >= burstMs) throttle.inARow += 1;
      const paced = throttle.pacer.paced && throttle.inARow < doubtedAfter;
      if (paced || now - throttle.meantAt < burstMs) meant = index;
      throttle.below = { key, at: now };
    });
    return meant;
  }
}

function throttleOf(known: Map<string, Throttle>, key: string, now: number): Throttle {
  let throttle = known.get(key);
  if (throttle === undefined) {
    throttle = {
      pacer: makePacer(),
      turn: makeGate(1),
      below: undefined,
      inARow: 0,
      meantAt: Number.NEGATIVE_INFINITY,
      usedAt: now,
    };
    known.set(key, throttle);
  }
  throttle.usedAt = Math.max(throttle.usedAt, now);
  return throttle;
}

function sweep(known: Map<string, Throttle>, now: number): void {
  if (known.size <= sweepAt) return;
  for (const [key, { usedAt, turn }] of known)
    if (now - usedAt > keptMs && turn.active + turn.waiting === 0) known.delete(key);
}
