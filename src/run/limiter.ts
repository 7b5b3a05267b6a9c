import type { Limits } from '../check/playbook.ts';
import type { Operation } from '../operations/operation.ts';
import type { Answer } from '../partner-center/answer.ts';
import type { World } from '../world/world.ts';
import { makeCeiling } from './ceiling.ts';
import type { Listener } from './event.ts';
import { type Gate, makeGate, type Release } from './gate.ts';
import { type Health, makeHealth } from './health.ts';
import { type InFlight, makeInFlight } from './in-flight.ts';
import { makePauses } from './pauses.ts';
import { makeTenantGates, type TenantGates } from './tenant-gates.ts';
import { makeThrottles } from './throttles.ts';

/** May this request leave now? The one place that decides, for reads and writes, planning and running. */
export interface Limiter {
  /**
   * Waits until the request may leave: slots of its customer tenant, operation, throttle group and of the run
   * are free, none of its allowances is paused, and their pace and the ceiling of requests a second allow it.
   * @param tenant the customer tenant that the request is about
   * @throws the signal's reason when it is aborted first
   */
  acquire(operation: Operation, tenant: string | undefined, signal?: AbortSignal): Promise<Release>;
  /**
   * Learns from an answer: how fast requests may leave, how many at once; pauses where the service asked for that.
   * @param ms how long this one answer took, where it is known
   */
  observe(operation: Operation, tenant: string | undefined, answer: Answer, ms?: number): void;
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
  /** Requests a second that may leave, by throttle group (`*`: all, `GROUP CUSTOMER`: one customer's), as learned. */
  readonly rates: Readonly<Record<string, number>>;
  /** Customer tenants that have a request in flight or waiting. */
  readonly tenants: number;
}

export interface LimiterParts {
  readonly limits: Pick<Limits, 'concurrency' | 'perCustomer' | 'operations' | 'requestsPerSecond'>;
  readonly world: Pick<World, 'clock'>;
  readonly listener: Listener;
}

/** A pause of an allowance that is only inferred to be meant is no longer than this; what was refused waits in full. */
const inferredPauseMs = 2_000;

export function makeLimiter(parts: LimiterParts): Limiter {
  return new AdaptiveLimiter(parts);
}

class AdaptiveLimiter implements Limiter {
  readonly health: Health;
  readonly #clock: World['clock'];
  readonly #listener: Listener;
  readonly #total: Gate;
  readonly #operations: ReadonlyMap<string, Gate>;
  readonly #tenants: TenantGates;
  readonly #inFlight: InFlight;
  readonly #throttles = makeThrottles();
  readonly #pauses = makePauses();
  readonly #ceiling: (now: number) => number;
  #waiting = 0;

  constructor({ limits, world: { clock }, listener }: LimiterParts) {
    this.#clock = clock;
    this.#listener = listener;
    this.#inFlight = makeInFlight(limits.concurrency, (limit) => this.#tell(limit));
    this.#tenants = makeTenantGates(limits.perCustomer);
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

  observe(operation: Operation, tenant: string | undefined, answer: Answer, ms?: number): void {
    this.health.observe(answer);
    const now = this.#clock.monotonic();
    const { group } = operation.throttle;
    const keys = this.#throttles.keysOf(operation, tenant);
    if (answer.type === 'throttled') {
      this.#refused(group, keys, now, answer.retryAfterMs, ms);
    } else {
      this.#throttles.admitted(keys, now, ms);
      if (answer.type === 'ok') this.#inFlight.answered(group, operation.name, now, ms);
      else if (answer.type === 'unknown' && answer.error?.status === 503)
        this.#inFlight.overloaded(group, now);
      else return;
    }
    if (!('retryAfterMs' in answer) || answer.retryAfterMs === undefined) return;
    this.#pauses.pause(keys[0]!, now + answer.retryAfterMs);
    this.#listener({
      event: 'throttled',
      at: this.#clock.now(),
      group,
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
      limit: this.#inFlight.lowest,
      rates: this.#throttles.rates,
      tenants: this.#tenants.size,
    };
  }

  /** Refused for its pace: where that is known, it is corrected; the number in flight is not to blame. */
  #refused(
    group: string,
    keys: readonly string[],
    now: number,
    retryAfterMs: number | undefined,
    ms?: number,
  ): void {
    const before = this.#throttles.rates;
    const key = this.#throttles.refused(keys, now, retryAfterMs, ms);
    if (retryAfterMs !== undefined && key !== keys[0])
      this.#pauses.pause(key, now + Math.min(retryAfterMs, inferredPauseMs));
    const rate = this.#throttles.rate(key);
    if (rate === undefined) this.#inFlight.overloaded(group, now);
    else if (Math.round(rate * 10) / 10 !== before[key]) this.#tell(this.#inFlight.limit(group), key, rate);
  }

  #tell(limit: number, pace?: string, perSecond?: number): void {
    this.#listener({
      event: 'limiter',
      at: this.#clock.now(),
      inFlight: this.#total.active,
      waiting: this.#waiting,
      limit,
      ...(pace === undefined || perSecond === undefined ? {} : { pace, perSecond }),
    });
  }

  /**
   * The pace first, then the slots: nobody holds a slot while waiting for a pace. A pause may begin while a slot is
   * waited for, so what was granted is looked at again before it is used.
   */
  async #admit(operation: Operation, tenant: string | undefined, signal?: AbortSignal): Promise<Release> {
    const keys = this.#throttles.keysOf(operation, tenant);
    for (;;) {
      await this.#inPace(keys, signal);
      const release = await this.#takeSlots(operation, tenant, signal);
      try {
        const ms = this.#pausedFor(keys) > 0 ? 0 : this.#ceiling(this.#clock.monotonic());
        if (ms > 0) await this.#clock.sleep(ms, signal);
        signal?.throwIfAborted();
      } catch (error) {
        release();
        throw error;
      }
      if (this.#pausedFor(keys) === 0) return release;
      release();
    }
  }

  /** In order of asking, key by key: only the first in line waits for the clock. */
  async #inPace(keys: readonly string[], signal?: AbortSignal): Promise<void> {
    for (let ms = this.#pausedFor(keys); ms > 0; ms = this.#pausedFor(keys))
      await this.#clock.sleep(ms, signal);
    for (const key of keys) {
      const turn = this.#throttles.turn(key);
      if (turn === undefined) continue;
      const leave = await turn.acquire(signal);
      try {
        for (;;) {
          const ms = this.#pausedFor(keys) || this.#throttles.take(key, this.#clock.monotonic());
          if (ms <= 0) break;
          await this.#clock.sleep(ms, signal);
        }
      } finally {
        leave();
      }
    }
  }

  #pausedFor(keys: readonly string[]): number {
    const now = this.#clock.monotonic();
    return Math.max(0, this.#pauses.until(now, ...keys) - now);
  }

  /** Slots in a fixed order, the narrowest first, so that nobody holds a wide one while waiting for a narrow one. */
  async #takeSlots(operation: Operation, tenant: string | undefined, signal?: AbortSignal): Promise<Release> {
    const held: Release[] = [];
    const release = () => {
      for (const give of held.splice(0).reverse()) give();
    };
    try {
      if (tenant !== undefined) held.push(await this.#tenants.enter(tenant, signal));
      const own = this.#operations.get(operation.name);
      if (own !== undefined) held.push(await own.acquire(signal));
      held.push(await this.#inFlight.gate(operation.throttle.group).acquire(signal));
      held.push(await this.#total.acquire(signal));
      return release;
    } catch (error) {
      release();
      throw error;
    }
  }
}
