import type { Operation } from '../../src/operations/operation.ts';
import type { Listener } from '../../src/run/event.ts';
import { makeLimiter } from '../../src/run/limiter.ts';
import { waitOf } from '../../src/run/retry.ts';
import type { Clock } from '../../src/world/world.ts';
import { Timeline } from '../simulation/timeline.ts';
import { throttled } from './service.ts';

/** An allowance of a service: so many a second from so many milliseconds on, which is also the most at once. */
export type Levels = readonly { readonly from: number; readonly perSecond: number }[];

/**
 * A bucket of tokens. A change of the allowance begins with a full one.
 * @param strict refused requests take tokens, too, into a second's debt; else they cost nothing
 */
export function makeBucket(levels: Levels, strict: boolean) {
  let level = levels[0]!;
  let tokens = level.perSecond;
  let filledAt = 0;
  return {
    /** 0, or the seconds of the Retry-After. */
    take: (now: number): number => {
      const current = levels.findLast(({ from }) => from <= now)!;
      if (current !== level) {
        level = current;
        tokens = level.perSecond;
        filledAt = now;
      }
      tokens = Math.min(level.perSecond, tokens + ((now - filledAt) / 1_000) * level.perSecond);
      filledAt = now;
      if (tokens >= 1) {
        tokens -= 1;
        return 0;
      }
      if (strict) tokens = Math.max(-level.perSecond, tokens - 1);
      return Math.ceil((1 - tokens) / level.perSecond);
    },
  };
}

/** Seconds that so many requests take at the least: every allowance used up, and the burst at the beginning of each. */
export function idealSeconds(levels: Levels, requests: number): number {
  let left = requests;
  for (const [index, { from, perSecond }] of levels.entries()) {
    const until = levels[index + 1]?.from ?? Number.POSITIVE_INFINITY;
    left -= perSecond;
    const able = ((until - from) / 1_000) * perSecond;
    if (left <= able) return from / 1_000 + left / perSecond;
    left -= able;
  }
  return Number.POSITIVE_INFINITY;
}

export interface Work {
  readonly levels: Levels;
  readonly strict: boolean;
  readonly latencyMs: number;
  readonly records: number;
  readonly callsEach: number;
  readonly concurrency: number;
  /** What the call of a record is and whom it is about. */
  readonly onEvent?: Listener;
  call(record: number, step: number): { readonly operation: Operation; readonly tenant: string | undefined };
  readonly processes?: number;
}

export interface Outcome {
  readonly seconds: number;
  readonly ideal: number;
  /** Every answer of the service. */
  readonly answers: readonly { readonly at: number; readonly refused: boolean; readonly process: number }[];
  /** The longest that one call took from asking to its good answer, in milliseconds. */
  readonly slowestMs: number;
  readonly endedAt: readonly number[];
}

/** Does work against the bucket under the real limiter, with the real waits after a refusal, on virtual time. */
export async function work(parts: Work): Promise<Outcome> {
  const timeline = new Timeline();
  const clock = clockOf(timeline);
  const { levels, strict, records, callsEach, processes = 1 } = parts;
  const bucket = makeBucket(levels, strict);
  const answers: { at: number; refused: boolean; process: number }[] = [];
  const random = dice();
  let slowestMs = 0;
  const send = async (process: number) => {
    await clock.sleep(parts.latencyMs * (0.4 + 0.2 * random()));
    const seconds = bucket.take(clock.monotonic());
    answers.push({ at: clock.monotonic(), refused: seconds > 0, process });
    await clock.sleep(parts.latencyMs * (0.4 + 0.2 * random()));
    return seconds;
  };
  const process = async (number: number) => {
    const { concurrency } = parts;
    const limits = { concurrency, perCustomer: concurrency, operations: {} };
    const limiter = makeLimiter({ limits, world: { clock }, listener: parts.onEvent ?? (() => {}) });
    const call = async (record: number, step: number) => {
      const began = clock.monotonic();
      const { operation, tenant } = parts.call(record, step);
      for (let tries = 1; ; tries += 1) {
        const release = await limiter.acquire(operation, tenant);
        const sent = clock.monotonic();
        const seconds = await send(number);
        const answer =
          seconds === 0
            ? ({ type: 'ok', status: 200, result: {}, headers: {} } as const)
            : throttled(seconds * 1_000);
        limiter.observe(operation, tenant, answer, clock.monotonic() - sent);
        release();
        if (answer.type === 'ok') break;
        await clock.sleep(waitOf({ answer, tries, retry: {}, repeatable: true }, random(), true));
      }
      slowestMs = Math.max(slowestMs, clock.monotonic() - began);
    };
    let next = 0;
    const worker = async () => {
      for (let record = next++; record < records; record = next++)
        for (let step = 0; step < callsEach; step += 1) await call(record, step);
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    return clock.monotonic();
  };
  const endedAt = await timeline.until(
    Promise.all(Array.from({ length: processes }, (_, index) => process(index))),
    10_000_000,
  );
  const ideal = idealSeconds(levels, records * callsEach * processes);
  return { seconds: Math.max(...endedAt) / 1_000, ideal, answers, slowestMs, endedAt };
}

/** The share of refusals among the answers that came later than two seconds after each change of the allowance. */
export function refusedShare({ answers }: Outcome, levels: Levels): number {
  const settled = answers.filter(({ at }) => levels.every(({ from }) => at < from || at >= from + 2_000));
  return settled.filter(({ refused }) => refused).length / settled.length;
}

/** A clock without epochs; nothing here is aborted. */
function clockOf(timeline: Timeline): Clock {
  return {
    now: () => timeline.now,
    monotonic: () => timeline.now,
    sleep: (ms) => new Promise((resolve) => void timeline.after(ms, resolve)),
  };
}

function dice(): () => number {
  let state = 12_345;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
