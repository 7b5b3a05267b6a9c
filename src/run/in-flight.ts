import { type Gate, makeGate } from './gate.ts';
import { burstMs } from './pacer.ts';
import { makeSlowness } from './slowness.ts';

/** How many requests of a throttle group may be in flight at once: additive increase, multiplicative decrease. */
export interface InFlight {
  gate(group: string): Gate;
  limit(group: string): number;
  /** A good answer: one more a round, or somewhat fewer where answers have become slow. */
  answered(group: string, operation: string, now: number, ms: number | undefined): void;
  /** 503, or refused before a pace is known: half as many, once for all that were on their way together. */
  overloaded(group: string, now: number): void;
  /** The limit of the group that may have the fewest. */
  readonly lowest: number;
}

interface Group {
  readonly gate: Gate;
  allowed: number;
  /** Answers to requests that left before this say nothing new about the limit. */
  loweredAt: number;
}

const overloadedShare = 0.5;
/** Gentler than for refusals, since slowness may have other reasons; a few rounds still make a great difference. */
const slowShare = 0.9;

/**
 * @param most requests in flight at once, however well the service does
 * @param tell hears of every change
 */
export function makeInFlight(most: number, tell: (limit: number) => void): InFlight {
  const groups = new Map<string, Group>();
  const slowness = makeSlowness();
  const groupOf = (name: string): Group => {
    let group = groups.get(name);
    if (group === undefined) {
      group = { gate: makeGate(most), allowed: most, loweredAt: Number.NEGATIVE_INFINITY };
      groups.set(name, group);
    }
    return group;
  };
  const allow = (group: Group, allowed: number) => {
    const before = Math.floor(group.allowed);
    group.allowed = Math.min(most, Math.max(1, allowed));
    const now = Math.floor(group.allowed);
    if (now === before) return;
    group.gate.resize(now);
    tell(now);
  };
  const lower = (group: Group, share: number, now: number, togetherMs: number) => {
    if (now - group.loweredAt < togetherMs) return;
    group.loweredAt = now;
    allow(group, group.allowed * share);
  };
  return {
    gate: (group) => groupOf(group).gate,
    limit: (group) => Math.floor(groupOf(group).allowed),
    answered: (name, operation, now, ms) => {
      const group = groupOf(name);
      if (ms !== undefined && slowness.observe(operation, ms, now)) lower(group, slowShare, now, ms);
      else allow(group, group.allowed + 1 / group.allowed);
    },
    overloaded: (group, now) => lower(groupOf(group), overloadedShare, now, burstMs),
    get lowest() {
      return Math.min(most, ...[...groups.values()].map(({ allowed }) => Math.floor(allowed)));
    },
  };
}
