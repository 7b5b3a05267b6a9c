import type { Doubt } from '../operations/operation.ts';

/** What a look-up said of a request that may have happened. `notLooked`: nobody has asked yet. */
export type Sight = 'notLooked' | 'found' | 'absent' | 'unclear' | 'impossible';

/** Whether finding nothing is a proof yet: lists may lag behind what was done. */
export type Lag = 'over' | 'running';

/** Whether another try or look may still be made: tries, time limits. */
export type Patience = 'left' | 'spent';

export type Verdict =
  /** Send again under the same request id. */
  | 'resend'
  /** Ask the service. */
  | 'look'
  /** Wait, then ask again. */
  | 'wait'
  /** It happened: what was found is the step's result. */
  | 'adopt'
  /** It surely did not happen, and no further try is wanted. */
  | 'fail'
  /** Nobody can tell: a person must settle it. Nothing is sent. */
  | 'hold';

/**
 * The doubt table: what to do about a request that left (or may have) and was never answered.
 * Rows: the policy, then what was seen; columns: whether the lag of the look-up is over.
 */
export const doubtTable: Readonly<Record<Doubt, Readonly<Record<Sight, Readonly<Record<Lag, Verdict>>>>>> = {
  resend: {
    notLooked: { over: 'resend', running: 'resend' },
    found: { over: 'adopt', running: 'adopt' },
    absent: { over: 'resend', running: 'resend' },
    unclear: { over: 'resend', running: 'resend' },
    impossible: { over: 'resend', running: 'resend' },
  },
  lookup: {
    notLooked: { over: 'look', running: 'look' },
    found: { over: 'adopt', running: 'adopt' },
    absent: { over: 'resend', running: 'wait' },
    unclear: { over: 'wait', running: 'wait' },
    impossible: { over: 'hold', running: 'hold' },
  },
  hold: {
    notLooked: { over: 'hold', running: 'hold' },
    found: { over: 'hold', running: 'hold' },
    absent: { over: 'hold', running: 'hold' },
    unclear: { over: 'hold', running: 'hold' },
    impossible: { over: 'hold', running: 'hold' },
  },
};

/** The table's word; where patience is spent nothing is sent or waited for any more, but looking costs nothing. */
export function settle(policy: Doubt, sight: Sight, lag: Lag, patience: Patience): Verdict {
  const verdict = doubtTable[policy][sight][lag];
  if (patience === 'left' || verdict === 'adopt' || verdict === 'look') return verdict;
  return verdict === 'resend' && sight === 'absent' && policy === 'lookup' ? 'fail' : 'hold';
}

const careful: Readonly<Record<Doubt, number>> = { resend: 0, lookup: 1, hold: 2 };

/** The more careful of the operation's policy and the step's. A policy to look without a way to look is to hold. */
export function policyOf(
  operation: { readonly doubt: Doubt },
  wanted: Doubt | undefined,
  canLook: boolean,
): Doubt {
  const policy =
    wanted !== undefined && careful[wanted] > careful[operation.doubt] ? wanted : operation.doubt;
  return policy === 'lookup' && !canLook ? 'hold' : policy;
}
