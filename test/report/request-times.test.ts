import { describe, expect, it } from 'vitest';
import type { Answered, JournalEntry } from '../../src/journal/journal.ts';
import { stretchesOf } from '../../src/report/html/timeline.ts';
import { RequestTimes } from '../../src/report/request-times.ts';

const place = { record: 0, path: 'user', attempt: 1 } as const;
const intended: JournalEntry = {
  ...place,
  type: 'intended',
  requestId: 'r',
  operation: 'users.create',
  with: {},
  at: 0,
};
const answered = (answer: Answered['answer'], more: Partial<Answered> = {}): JournalEntry => ({
  ...place,
  type: 'answered',
  answer,
  at: 1_000,
  ...more,
});

function timesOf(answers: readonly JournalEntry[]) {
  const times = new RequestTimes();
  times.add(answers.flatMap((answer) => [intended, answer]));
  return times;
}

describe('requests by operation', () => {
  it('are told apart by what came back', () => {
    const times = timesOf([
      answered('ok', { status: 201, ms: 10 }),
      answered('refused', { status: 400, ms: 10 }),
      answered('throttled', { status: 429, ms: 1 }),
      answered('unknown', { status: 429, ms: 1 }), // throttled while an earlier one was in doubt
      answered('unknown', { ms: 60_000 }),
      answered('ok'), // found done by a look-up: nothing came back
      answered('notSent'), // nothing left
    ]);
    expect(times.operations()).toMatchObject([
      {
        operation: 'users.create',
        requests: 5,
        ok: 1,
        refused: 1,
        throttled: 2,
        unanswered: 1,
        maxMs: 60_000,
      },
    ]);
    expect(times.seconds()).toEqual([{ at: 1, ok: 1, refused: 1, throttled: 2, unanswered: 1 }]);
  });

  it('took so long, to within a twentieth', () => {
    const times = timesOf(
      Array.from({ length: 1000 }, (_, index) => answered('ok', { status: 200, ms: index + 1 })),
    );
    const [{ medianMs, p95Ms, maxMs } = {}] = times.operations();
    expect(Math.abs(medianMs! - 500)).toBeLessThan(25);
    expect(Math.abs(p95Ms! - 950)).toBeLessThan(48);
    expect(maxMs).toBe(1000);
  });

  it('of older journals have no durations', () => {
    expect(timesOf([answered('ok', { status: 200 })]).operations()).toEqual([
      { operation: 'users.create', requests: 1, ok: 1, refused: 0, throttled: 0, unanswered: 0 },
    ]);
  });
});

describe('the timeline', () => {
  const second = (at: number) => ({ at, ok: 1, refused: 0, throttled: 0, unanswered: 0 });
  const all = (stretches: ReturnType<typeof stretchesOf>['stretches']) =>
    stretches.flatMap(({ columns }) => columns).reduce((sum, { ok }) => sum + ok, 0);

  it('has a column a second while they fit', () => {
    const { length, stretches } = stretchesOf([second(100), second(102)]);
    expect(length).toBe(1);
    expect(stretches).toMatchObject([{ from: 100, columns: [{ ok: 1 }, { ok: 0 }, { ok: 1 }] }]);
  });

  it('never has more than 120, and loses none', () => {
    const seconds = Array.from({ length: 100_000 }, (_, index) => second(index));
    const { length, stretches } = stretchesOf(seconds);
    expect(length).toBe(900);
    expect(stretches[0]?.columns.length).toBeLessThanOrEqual(120);
    expect(all(stretches)).toBe(100_000);
  });

  it('leaves pauses out: a run that goes on days later has two stretches', () => {
    const { length, stretches } = stretchesOf([second(0), second(1), second(500_000)]);
    expect(length).toBe(1);
    expect(stretches.map(({ from, columns }) => [from, columns.length])).toEqual([
      [0, 2],
      [500_000, 1],
    ]);
  });
});
