import type { Limits } from '../check/playbook.ts';
import type { Operation } from '../operations/operation.ts';
import type { Answer } from '../partner-center/answer.ts';
import type { World } from '../world/world.ts';
import type { Listener } from './event.ts';
import { type Gate, makeGate, type Release } from './gate.ts';
import { type Health, makeHealth } from './health.ts';
import { makePauses } from './pauses.ts';

/** May this request leave now? The one place that decides, for reads and writes, planning and running. */
export interface Limiter {
  /**
   * Waits until the request may leave: slots of its customer tenant, operation, throttle group and of the run
   * are free, its group is not paused and the ceiling of requests a second allows it.
   * @param tenant the customer tenant that the request is about
   * @throws the signal's reason when it is aborted first
   */
  acquire(operation: Operation, tenant: string | undefined, signal?: AbortSignal): Promise<Release>;
  /** Learns from an answer: grows and shrinks the group's limit, pauses it where the service asked for that. */
  observe(operation: Operation, tenant: string | undefined, answer: Answer): void;
  snapshot(): LimiterSnapshot;
  readonly health: Health;
}

export interface LimiterSnapshot {
  readonly requests: number;
  readonly retries: number;
  readonly throttled: number;
  readonly inFlight: number;
  readonly waiting: number;
  /** Requests that may be in flight at once, as the run has learned so far. */
  readonly limit: number;
  /** Customer tenants that have a request in flight or waiting. */
  readonly tenants: number;
}

export interface LimiterParts {
  readonly limits: Pick<Limits, 'concurrency' | 'perCustomer' | 'operations' | 'requestsPerSecond'>;
  readonly world: Pick<World, 'clock'>;
  readonly listener: Listener;
}

/** What a throttle group has taught: additive increase, multiplicative decrease. */
interface Group {
  readonly gate: Gate;
  allowed: number;
  /** Answers to requests that left before this say nothing new about the limit. */
  loweredAt: number;
}

/** One burst of 429s lowers the limit once: answers within so many milliseconds belong to one burst. */
const burstMs = 1_000;

export function makeLimiter({ limits, world: { clock }, listener }: LimiterParts): Limiter {
  const most = limits.concurrency;
  const total = makeGate(most);
  const operations = new Map(
    Object.entries(limits.operations).map(([name, slots]) => [name, makeGate(slots)]),
  );
  const tenants = new Map<string, Gate>();
  const groups = new Map<string, Group>();
  const pauses = makePauses();
  const health = makeHealth(() => clock.monotonic());
  const ceiling = makeCeiling(limits.requestsPerSecond);
  let waiting = 0;

  function groupOf(operation: Operation): Group {
    const name = operation.throttle.group;
    let group = groups.get(name);
    if (group === undefined) {
      group = { gate: makeGate(most), allowed: most, loweredAt: Number.NEGATIVE_INFINITY };
      groups.set(name, group);
    }
    return group;
  }

  function setAllowed(group: Group, allowed: number): void {
    const before = Math.floor(group.allowed);
    group.allowed = Math.min(most, Math.max(1, allowed));
    const now = Math.floor(group.allowed);
    if (now === before) return;
    group.gate.resize(now);
    listener({ event: 'limiter', at: clock.now(), inFlight: total.active, waiting, limit: now });
  }

  /** Slots in a fixed order, the narrowest first, so that nobody holds a wide one while waiting for a narrow one. */
  async function takeSlots(
    operation: Operation,
    tenant: string | undefined,
    signal?: AbortSignal,
  ): Promise<Release> {
    const held: Release[] = [];
    const release = () => {
      for (const give of held.splice(0).reverse()) give();
    };
    try {
      if (tenant !== undefined) held.push(await enterTenant(tenants, tenant, limits.perCustomer, signal));
      const own = operations.get(operation.name);
      if (own !== undefined) held.push(await own.acquire(signal));
      held.push(await groupOf(operation).gate.acquire(signal));
      held.push(await total.acquire(signal));
      return release;
    } catch (error) {
      release();
      throw error;
    }
  }

  const pausedFor = (operation: Operation, tenant: string | undefined): number => {
    const now = clock.monotonic();
    const until = pauses.until(now, operation.throttle.group, pauseKey(operation, tenant));
    return Math.max(0, until - now);
  };

  /** A pause may begin while a slot is waited for, so what was granted is looked at again before it is used. */
  async function admit(
    operation: Operation,
    tenant: string | undefined,
    signal?: AbortSignal,
  ): Promise<Release> {
    for (;;) {
      for (let ms = pausedFor(operation, tenant); ms > 0; ms = pausedFor(operation, tenant))
        await clock.sleep(ms, signal);
      const release = await takeSlots(operation, tenant, signal);
      try {
        const ms = pausedFor(operation, tenant) > 0 ? 0 : ceiling(clock.monotonic());
        if (ms > 0) await clock.sleep(ms, signal);
        signal?.throwIfAborted();
      } catch (error) {
        release();
        throw error;
      }
      if (pausedFor(operation, tenant) === 0) return release;
      release();
    }
  }

  return {
    health,
    acquire: async (operation, tenant, signal) => {
      waiting += 1;
      try {
        const release = await admit(operation, tenant, signal);
        health.sent();
        return release;
      } finally {
        waiting -= 1;
      }
    },
    observe: (operation, tenant, answer) => {
      health.observe(answer);
      const group = groupOf(operation);
      if (answer.type === 'ok') return setAllowed(group, group.allowed + 1 / group.allowed);
      const overloaded =
        answer.type === 'throttled' || (answer.type === 'unknown' && answer.error?.status === 503);
      if (!overloaded) return;
      const now = clock.monotonic();
      if (now - group.loweredAt >= burstMs) {
        group.loweredAt = now;
        setAllowed(group, group.allowed / 2);
      }
      if (answer.retryAfterMs === undefined) return;
      pauses.pause(pauseKey(operation, tenant), now + answer.retryAfterMs);
      listener({
        event: 'throttled',
        at: clock.now(),
        group: operation.throttle.group,
        waitMs: answer.retryAfterMs,
      });
    },
    snapshot: () => ({
      requests: health.requests,
      retries: health.retries,
      throttled: health.throttled,
      inFlight: total.active,
      waiting,
      limit: Math.min(most, ...[...groups.values()].map(({ allowed }) => Math.floor(allowed))),
      tenants: tenants.size,
    }),
  };
}

/** Where the allowance is a customer's own, the other customers are not held up ("API throttling guidance"). */
function pauseKey(operation: Operation, tenant: string | undefined): string {
  const { group, perCustomer } = operation.throttle;
  return perCustomer && tenant !== undefined ? `${group} ${tenant}` : group;
}

/** A tenant has a gate only while it has requests: gates must not pile up over a long run. */
async function enterTenant(
  gates: Map<string, Gate>,
  tenant: string,
  slots: number,
  signal?: AbortSignal,
): Promise<Release> {
  let gate = gates.get(tenant);
  if (gate === undefined) {
    gate = makeGate(slots);
    gates.set(tenant, gate);
  }
  const own = gate;
  const forget = () => {
    if (own.active + own.waiting === 0 && gates.get(tenant) === own) gates.delete(tenant);
  };
  try {
    const release = await own.acquire(signal);
    // p-limit counts the slot as free some microtasks after it was given back.
    return () => {
      release();
      setImmediate(forget);
    };
  } catch (error) {
    setImmediate(forget);
    throw error;
  }
}

/** Spaces requests evenly: given the time, how long this one must still wait. */
function makeCeiling(perSecond: number | undefined): (now: number) => number {
  if (perSecond === undefined) return () => 0;
  const spacing = 1_000 / perSecond;
  let next = 0;
  return (now) => {
    const at = Math.max(now, next);
    next = at + spacing;
    return at - now;
  };
}
