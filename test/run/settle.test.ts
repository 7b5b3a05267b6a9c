import { describe, expect, it } from 'vitest';
import type { Doubt } from '../../src/operations/operation.ts';
import { type Lag, type Patience, policyOf, type Sight, settle, type Verdict } from '../../src/run/settle.ts';

const policies: readonly Doubt[] = ['resend', 'lookup', 'hold'];
const sights: readonly Sight[] = ['notLooked', 'found', 'absent', 'unclear', 'impossible'];
const lags: readonly Lag[] = ['over', 'running'];
const patiences: readonly Patience[] = ['left', 'spent'];

/** policy sight lag patience → verdict: every row there is. */
const table: readonly (readonly [Doubt, Sight, Lag, Patience, Verdict])[] = [
  ['resend', 'notLooked', 'over', 'left', 'resend'],
  ['resend', 'notLooked', 'over', 'spent', 'hold'],
  ['resend', 'notLooked', 'running', 'left', 'resend'],
  ['resend', 'notLooked', 'running', 'spent', 'hold'],
  ['resend', 'found', 'over', 'left', 'adopt'],
  ['resend', 'found', 'over', 'spent', 'adopt'],
  ['resend', 'found', 'running', 'left', 'adopt'],
  ['resend', 'found', 'running', 'spent', 'adopt'],
  ['resend', 'absent', 'over', 'left', 'resend'],
  ['resend', 'absent', 'over', 'spent', 'hold'],
  ['resend', 'absent', 'running', 'left', 'resend'],
  ['resend', 'absent', 'running', 'spent', 'hold'],
  ['resend', 'unclear', 'over', 'left', 'resend'],
  ['resend', 'unclear', 'over', 'spent', 'hold'],
  ['resend', 'unclear', 'running', 'left', 'resend'],
  ['resend', 'unclear', 'running', 'spent', 'hold'],
  ['resend', 'impossible', 'over', 'left', 'resend'],
  ['resend', 'impossible', 'over', 'spent', 'hold'],
  ['resend', 'impossible', 'running', 'left', 'resend'],
  ['resend', 'impossible', 'running', 'spent', 'hold'],
  ['lookup', 'notLooked', 'over', 'left', 'look'],
  ['lookup', 'notLooked', 'over', 'spent', 'look'],
  ['lookup', 'notLooked', 'running', 'left', 'look'],
  ['lookup', 'notLooked', 'running', 'spent', 'look'],
  ['lookup', 'found', 'over', 'left', 'adopt'],
  ['lookup', 'found', 'over', 'spent', 'adopt'],
  ['lookup', 'found', 'running', 'left', 'adopt'],
  ['lookup', 'found', 'running', 'spent', 'adopt'],
  ['lookup', 'absent', 'over', 'left', 'resend'],
  ['lookup', 'absent', 'over', 'spent', 'fail'],
  ['lookup', 'absent', 'running', 'left', 'wait'],
  ['lookup', 'absent', 'running', 'spent', 'hold'],
  ['lookup', 'unclear', 'over', 'left', 'wait'],
  ['lookup', 'unclear', 'over', 'spent', 'hold'],
  ['lookup', 'unclear', 'running', 'left', 'wait'],
  ['lookup', 'unclear', 'running', 'spent', 'hold'],
  ['lookup', 'impossible', 'over', 'left', 'hold'],
  ['lookup', 'impossible', 'over', 'spent', 'hold'],
  ['lookup', 'impossible', 'running', 'left', 'hold'],
  ['lookup', 'impossible', 'running', 'spent', 'hold'],
  ...sights.flatMap((sight) =>
    lags.flatMap((lag) => patiences.map((patience) => ['hold', sight, lag, patience, 'hold'] as const)),
  ),
];

describe('the doubt table', () => {
  it.each(table)('%s, %s, lag %s, patience %s: %s', (policy, sight, lag, patience, verdict) => {
    expect(settle(policy, sight, lag, patience)).toBe(verdict);
  });

  it('has a row for every combination', () => {
    expect(new Set(table.map((row) => row.slice(0, 4).join())).size).toBe(
      policies.length * sights.length * lags.length * patiences.length,
    );
  });
});

describe('the policy of a step', () => {
  it.each<[Doubt, Doubt | undefined, boolean, Doubt]>([
    ['resend', undefined, false, 'resend'],
    ['resend', 'lookup', true, 'lookup'],
    ['resend', 'hold', true, 'hold'],
    ['lookup', 'resend', true, 'lookup'],
    ['lookup', 'hold', true, 'hold'],
    ['hold', 'resend', true, 'hold'],
    ['hold', 'lookup', true, 'hold'],
    ['lookup', undefined, false, 'hold'],
    ['resend', 'lookup', false, 'hold'],
  ])(
    'of an operation that says %s and a step that says %s (look-up: %s) is %s',
    (doubt, wanted, canLook, policy) => {
      expect(policyOf({ doubt }, wanted, canLook)).toBe(policy);
    },
  );
});
