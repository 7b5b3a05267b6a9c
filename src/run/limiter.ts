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

export function makeLimiter(parts: LimiterParts): Limiter {
  return new AdaptiveLimiter(parts);
}

class AdaptiveLimiter implements Limiter {
  readonly health: Health;
  readonly #clock: World['clock'];
  readonly #listener: Listener;
  /** Requests in flight at once, however well the service does. */
  readonly #most: number;
  readonly #perCustomer: number;
  readonly #total: Gate;
  readonly #operations: ReadonlyMap<string, Gate>;
  readonly #tenants = new Map<string, Gate>();
  readonly #groups = new Map<string, Group>();
  readonly #pauses = makePauses();
  readonly #ceiling: (now: number) => number;
  #waiting = 0;

  constructor({ limits, world: { clock }, listener }: LimiterParts) {
    this.#clock = clock;
    this.#listener = listener;
    this.#most = limits.concurrency;
    this.#perCustomer = limits.perCustomer;
    this.#total = makeGate(limits.concurrency);
    this.#operations = new Map(
      Object.entries(limits.operations).map(([name, slots]) => [name, makeGate(slots)]),
    );
    this.#ceiling = makeCeiling(limits.requestsPerSecond);
    this.health = makeHealth(() => clock.monotonic());
  }

  async acquire(operation: Operation, tenant: string | undefined, signal?: AbortSignal): Promise<Release> {
    this.#waiting += 1;
    try {
      const release = await this.#admit(operation, tenant, signal);
      this.health.sent();
      return release;
    } finally {
      this.#waiting -= 1;
    }
  }

  observe(operation: Operation, tenant: string | undefined, answer: Answer): void {
    this.health.observe(answer);
    const group = this.#groupOf(operation);
    if (answer.type === 'ok') return this.#allow(group, group.allowed + 1 / group.allowed);
    const overloaded =
      answer.type === 'throttled' || (answer.type === 'unknown' && answer.error?.status === 503);
    if (!overloaded) return;
    const now = this.#clock.monotonic();
    if (now - group.loweredAt >= burstMs) {
      group.loweredAt = now;
      this.#allow(group, group.allowed / 2);
    }
    if (answer.retryAfterMs === undefined) return;
    this.#pauses.pause(pauseKey(operation, tenant), now + answer.retryAfterMs);
    this.#listener({
      event: 'throttled',
      at: this.#clock.now(),
      group: operation.throttle.group,
      waitMs: answer.retryAfterMs,
    });
  }

  snapshot(): LimiterSnapshot {
    const { requests, retries, throttled } = this.health;
    return {
      requests,
      retries,
      throttled,
      inFlight: this.#total.active,
      waiting: this.#waiting,
      limit: Math.min(this.#most, ...[...this.#groups.values()].map(({ allowed }) => Math.floor(allowed))),
      tenants: this.#tenants.size,
    };
  }

  #groupOf(operation: Operation): Group {
    const name = operation.throttle.group;
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = { gate: makeGate(this.#most), allowed: this.#most, loweredAt: Number.NEGATIVE_INFINITY };
      this.#groups.set(name, group);
    }
    return group;
  }

  #allow(group: Group, allowed: number): void {
    const before = Math.floor(group.allowed);
    group.allowed = Math.min(this.#most, Math.max(1, allowed));
    const now = Math.floor(group.allowed);
    if (now === before) return;
    group.gate.resize(now);
    this.#listener({
      event: 'limiter',
      at: this.#clock.now(),
      inFlight: this.#total.active,
      waiting: this.#waiting,
      limit: now,
    });
  }

  /** A pause may begin while a slot is waited for, so what was granted is looked at again before it is used. */
  async #admit(operation: Operation, tenant: string | undefined, signal?: AbortSignal): Promise<Release> {
    for (;;) {
      for (let ms = this.#pausedFor(operation, tenant); ms > 0; ms = this.#pausedFor(operation, tenant))
        await this.#clock.sleep(ms, signal);
      const release = await this.#takeSlots(operation, tenant, signal);
      try {
        const ms = this.#pausedFor(operation, tenant) > 0 ? 0 : this.#ceiling(this.#clock.monotonic());
        if (ms > 0) await this.#clock.sleep(ms, signal);
        signal?.throwIfAborted();
      } catch (error) {
        release();
        throw error;
      }
      if (this.#pausedFor(operation, tenant) === 0) return release;
      release();
    }
  }

  #pausedFor(operation: Operation, tenant: string | undefined): number {
    const now = this.#clock.monotonic();
    return Math.max(0, this.#pauses.until(now, operation.throttle.group, pauseKey(operation, tenant)) - now);
  }

  /** Slots in a fixed order, the narrowest first, so that nobody holds a wide one while waiting for a narrow one. */
  async #takeSlots(operation: Operation, tenant: string | undefined, signal?: AbortSignal): Promise<Release> {
    const held: Release[] = [];
    const release = () => {
      for (const give of held.splice(0).reverse()) give();
    };
    try {
      if (tenant !== undefined)
        held.push(await enterTenant(this.#tenants, tenant, this.#perCustomer, signal));
      const own = this.#operations.get(operation.name);
      if (own !== undefined) held.push(await own.acquire(signal));
      held.push(await this.#groupOf(operation).gate.acquire(signal));
      held.push(await this.#total.acquire(signal));
      return release;
    } catch (error) {
      release();
      throw error;
    }
  }
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
