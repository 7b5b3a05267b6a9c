import { describe, expect, it } from 'vitest';
import type {
  Answered,
  Intended,
  JournalEntry,
  Settled,
  StepOutcomeName,
} from '../../src/journal/journal.ts';
import { replay, sinceRevised } from '../../src/journal/replay.ts';

const intended = (attempt = 1, path = 'order'): Intended => ({
  type: 'intended',
  record: 0,
  path,
  attempt,
  requestId: `r${attempt}`,
  operation: 'orders.create',
  with: { a: 1 },
  at: attempt,
});
const answered = (answer: Answered['answer'], attempt = 1): Answered => ({
  type: 'answered',
  record: 0,
  path: 'order',
  attempt,
  answer,
  at: 5,
});
const settled = (outcome: StepOutcomeName, path = 'order'): Settled => ({
  type: 'settled',
  record: 0,
  path,
  outcome,
  at: 9,
});
const whole = (outcome: StepOutcomeName): Settled => settled(outcome, '');

/** State of the step and number of its next attempt, after these entries. */
function state(...entries: readonly JournalEntry[]): string {
  const step = replay(entries).steps.get('order');
  if (step === undefined) return 'absent';
  const detail =
    step.type === 'intended'
      ? ` ${step.intended.requestId}`
      : step.type === 'answered'
        ? ` ${step.answered.answer}`
        : step.type === 'settled'
          ? ` ${step.settled.outcome}`
          : '';
  return `${step.type}${detail}, next ${step.nextAttempt}`;
}

const revised = (...keep: readonly string[]): JournalEntry => ({
  type: 'revised',
  record: 0,
  path: '',
  keep,
  at: 10,
});

describe('a revised record', () => {
  it('keeps the steps that are named, and begins all others anew, with request ids that nobody has used', () => {
    const done = [intended(), answered('ok'), settled('succeeded')];
    expect(state(...done, whole('failed'), revised('order'))).toBe('settled succeeded, next 2');
    expect(state(...done, whole('failed'), revised())).toBe('nothing, next 2');
    expect(state(...done, revised(), intended(2))).toBe('intended r2, next 3');
    expect(state(intended(), answered('refused'), settled('failed'), revised())).toBe('nothing, next 2');
    expect(state(settled('skipped'), revised())).toBe('nothing, next 1');
  });

  it('is open again, and remembers only what came since', () => {
    const entries = [intended(), settled('succeeded'), whole('failed'), revised('order'), whole('succeeded')];
    expect(replay(entries.slice(0, 4)).settled).toBeUndefined();
    expect(replay(entries).settled?.outcome).toBe('succeeded');
    expect(sinceRevised(entries)).toEqual(entries.slice(4));
    expect(sinceRevised(entries.slice(0, 3))).toEqual(entries.slice(0, 3));
  });
});

describe('a step after its entries is', () => {
  it.each<[string, readonly JournalEntry[]]>([
    ['absent', []],
    ['absent', [whole('failed')]],
    ['intended r1, next 2', [intended()]],
    ['answered ok, next 2', [intended(), answered('ok')]],
    ['answered refused, next 2', [intended(), answered('refused')]],
    ['nothing, next 2', [intended(), answered('throttled')]],
    ['nothing, next 2', [intended(), answered('notSent')]],
    ['intended r1, next 2', [intended(), answered('unknown')]],
    ['settled succeeded, next 2', [intended(), answered('ok'), settled('succeeded')]],
    ['settled succeeded, next 1', [settled('succeeded')]],
    ['settled unchanged, next 1', [settled('unchanged')]],
    ['settled skipped, next 1', [settled('skipped')]],
    ['settled failed, next 2', [intended(), answered('refused'), settled('failed')]],
    ['settled blocked, next 1', [settled('blocked')]],
    // in doubt: to be looked at again
    ['intended r1, next 2', [intended(), settled('inDoubt')]],
    ['intended r1, next 2', [intended(), answered('unknown'), settled('inDoubt')]],
    ['nothing, next 1', [settled('inDoubt')]],
    // several attempts
    ['intended r2, next 3', [intended(), answered('throttled'), intended(2)]],
    ['answered ok, next 3', [intended(), answered('throttled'), intended(2), answered('ok', 2)]],
    [
      'nothing, next 4',
      [
        intended(),
        answered('throttled'),
        intended(2),
        answered('notSent', 2),
        intended(3),
        answered('throttled', 3),
      ],
    ],
    ['intended r1, next 2', [intended(), answered('unknown'), intended(1)]],
    ['answered ok, next 2', [intended(), answered('unknown'), intended(1), answered('ok')]],
    ['intended r3, next 4', [intended(3)]],
    // an answer that nobody asked for changes nothing
    ['nothing, next 1', [answered('ok')]],
    ['settled succeeded, next 2', [intended(), settled('succeeded'), answered('unknown')]],
    // another pass over the record
    ['nothing, next 2', [intended(), answered('refused'), settled('failed'), whole('failed')]],
    ['nothing, next 1', [settled('blocked'), whole('blocked')]],
    ['nothing, next 1', [settled('skipped'), whole('failed')]],
    ['settled succeeded, next 2', [intended(), answered('ok'), settled('succeeded'), whole('failed')]],
    ['settled unchanged, next 1', [settled('unchanged'), whole('failed')]],
    ['intended r1, next 2', [intended(), settled('inDoubt'), whole('inDoubt')]],
    [
      'intended r2, next 3',
      [intended(), answered('refused'), settled('failed'), whole('failed'), intended(2)],
    ],
    [
      'settled succeeded, next 3',
      [
        intended(),
        answered('refused'),
        settled('failed'),
        whole('failed'),
        intended(2),
        answered('ok', 2),
        settled('succeeded'),
        whole('succeeded'),
      ],
    ],
    ['intended r2, next 3', [intended(), answered('refused'), settled('failed'), intended(2)]],
  ])('%s', (expected, entries) => {
    expect(state(...entries)).toBe(expected);
  });
});

describe('a record', () => {
  it('is settled by the last word on it', () => {
    expect(replay([]).settled).toBeUndefined();
    expect(replay([settled('failed')]).settled).toBeUndefined();
    expect(replay([whole('failed'), whole('succeeded')]).settled?.outcome).toBe('succeeded');
  });

  it('has a state for each of its steps', () => {
    const { steps } = replay([intended(1, 'a'), settled('skipped', 'people[ana@x].b'), intended(1, 'c')]);
    expect([...steps].map(([path, { type }]) => `${path}: ${type}`)).toEqual([
      'a: intended',
      'people[ana@x].b: settled',
      'c: intended',
    ]);
  });

  it('keeps what an attempt was to send', () => {
    expect(replay([intended()]).steps.get('order')).toMatchObject({
      intended: { with: { a: 1 }, operation: 'orders.create', at: 1 },
    });
  });
});
