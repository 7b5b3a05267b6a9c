import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type Failure, waitOf } from '../../src/run/retry.ts';
import { refusal, throttled, unknown } from './service.ts';

type Failed = Failure['answer'];
const conflict: Failed = { ...refusal(409, '800064', 'held'), again: true };
const unavailable: Failed = {
  type: 'unknown',
  reason: '503',
  sent: 'maybe',
  error: refusal(503, '', 'busy').error,
};
const base = { tries: 1, retry: {}, repeatable: false };

describe('what is done after an answer', () => {
  it.each<[string, Partial<Failure> & { answer: Failed }, string]>([
    ['a refusal', { answer: refusal(400, '3000', 'bad') }, 'giveUp'],
    ['a refusal that says "later"', { answer: conflict }, 'newAttempt'],
    ['being throttled', { answer: throttled(1_000) as Failed }, 'newAttempt'],
    ['being throttled for the 50th time', { answer: throttled(1_000) as Failed, tries: 50 }, 'giveUp'],
    ['a request that never left', { answer: unknown('no') as Failed }, 'newAttempt'],
    ['a request that never left, eight times', { answer: unknown('no') as Failed, tries: 8 }, 'giveUp'],
    ['a lost answer', { answer: unknown('maybe') as Failed }, 'settle'],
    [
      'a lost answer of what may be repeated',
      { answer: unknown('maybe') as Failed, repeatable: true },
      'sameAgain',
    ],
    [
      'a lost answer of what may be repeated, eight times',
      { answer: unknown('maybe') as Failed, repeatable: true, tries: 8 },
      'settle',
    ],
    ['an unavailable service', { answer: unavailable }, 'settle'],
    [
      'an unavailable service and what may be repeated',
      { answer: unavailable, repeatable: true },
      'sameAgain',
    ],
    [
      'the last attempt that the step allows',
      { answer: throttled(1) as Failed, tries: 2, retry: { attempts: 2 } },
      'giveUp',
    ],
    [
      'a cause that the step does not retry',
      { answer: throttled(1) as Failed, retry: { on: ['timeout'] } },
      'giveUp',
    ],
    [
      'a lost answer that the step does not retry',
      { answer: unknown('maybe') as Failed, repeatable: true, retry: { on: ['throttled'] } },
      'settle',
    ],
    [
      'a cause that the step retries',
      { answer: unavailable, repeatable: true, retry: { on: ['unavailable'] } },
      'sameAgain',
    ],
  ])('%s: %s', (_name, failure, decision) => {
    expect(decide({ ...base, ...failure })).toBe(decision);
  });
});

describe('the wait', () => {
  const failures = fc.record({
    answer: fc.oneof(
      fc
        .option(fc.integer({ min: 0, max: 600_000 }), { nil: undefined })
        .map((ms) => throttled(ms) as Failed),
      fc.constant(unavailable),
      fc.constant(conflict),
    ),
    tries: fc.integer({ min: 1, max: 60 }),
    retry: fc.constant({}),
    repeatable: fc.boolean(),
  });
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  it('is never below Retry-After and never more than half a minute above it', () => {
    fc.assert(
      fc.property(failures, chance, fc.boolean(), (failure, random, budget) => {
        const asked = failure.answer.type === 'throttled' ? (failure.answer.retryAfterMs ?? 0) : 0;
        const wait = waitOf(failure, random, budget);
        expect(wait).toBeGreaterThanOrEqual(asked);
        expect(wait).toBeLessThanOrEqual(asked + 30_000);
      }),
    );
  });

  it('is Retry-After exactly the first time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 600_000 }),
        chance,
        (ms, random) => waitOf({ ...base, answer: throttled(ms) as Failed }, random, true) === ms,
      ),
    );
  });

  it('doubles its ceiling, and spreads below it', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7].map((tries) =>
      waitOf({ ...base, answer: unavailable, tries }, 0.999_999, true),
    );
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(waitOf({ ...base, answer: unavailable, tries: 4 }, 0, true)).toBe(0);
  });

  it('is the longest where the budget is spent', () => {
    expect(waitOf({ ...base, answer: unavailable }, 0, false)).toBe(30_000);
  });
});
