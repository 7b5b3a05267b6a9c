import type { Finding } from '../plan/finding.ts';
import { look } from '../plan/look.ts';
import type { RunContext } from './context.ts';
import { backoffMs, mostTries } from './retry.ts';
import { type Lag, type Patience, policyOf, type Sight, settle } from './settle.ts';
import { type Attempt, lookupOf, type Write } from './write.ts';

export type Settlement =
  | { readonly type: 'resend' }
  | { readonly type: 'adopt'; readonly result: unknown }
  | { readonly type: 'fail'; readonly reason: string }
  | { readonly type: 'hold'; readonly reason: string };

/**
 * Milliseconds for which a request that was cut off may still be on its way: until then, that nothing is found proves
 * nothing. What the service does later than that it does under a request id that it has seen.
 */
export const onItsWayMs = 10_000;

/** Milliseconds between the durable intent of a request and the moment at which it leaves, at most. */
export const leavesWithinMs = 5_000;

/** Milliseconds for which a look-up that says nothing clear is repeated. */
const unclearMs = 120_000;

/** Where a look-up has said nothing yet, the policy itself is the reason to hold. */
const held = 'its policy is to ask a person rather than to guess';

/**
 * Asks the service, as often as the doubt table wants it, what became of an attempt in doubt.
 * @param tries requests of this step so far in this process
 * @throws TimedOut, Interrupted from a wait
 */
export async function settleDoubt(
  context: RunContext,
  write: Write,
  attempt: Attempt,
  tries: number,
): Promise<Settlement> {
  const { client } = context;
  const lookup = lookupOf(write.operation);
  const policy = policyOf(write.operation, write.policy, lookup !== undefined);
  const began = client.now();
  let seen: Finding | undefined;
  let sight: Sight = 'notLooked';
  for (let looks = 0; ; ) {
    const now = client.now();
    const lagEnds = attempt.sentAt + (lookup?.lagSeconds ?? 0) * 1_000 + onItsWayMs;
    const lag: Lag = now < lagEnds ? 'running' : 'over';
    const waitMs = lag === 'running' ? Math.min(backoffMs(looks), lagEnds - now) : backoffMs(looks);
    const waiting = sight === 'unclear' || (sight === 'absent' && lag === 'running');
    const patience = waiting
      ? patienceToWait(write, attempt, { seen, began, now, waitMs })
      : patienceToSend(write, tries);
    const verdict = settle(policy, sight, lag, patience);
    const reason = seen !== undefined && 'reason' in seen ? seen.reason : held;
    switch (verdict) {
      case 'adopt':
        return { type: 'adopt', result: seen?.type === 'found' ? seen.result : undefined };
      case 'resend':
        return { type: 'resend' };
      case 'hold':
        return { type: 'hold', reason };
      case 'fail':
        return { type: 'fail', reason: 'it was not answered, and looking shows that it did not happen' };
      case 'wait':
        await context.world.clock.sleep(waitMs, write.deadline.signal);
        sight = 'notLooked';
        break;
      case 'look':
        looks += 1;
        seen = await look(
          { reader: context.reader, operations: context.operations, signal: write.deadline.signal },
          {
            lookup: lookup!,
            input: write.input,
            intendedAt: attempt.intendedAt ?? attempt.sentAt,
            taken: write.taken,
          },
        );
        sight = seen.type;
    }
  }
}

/** Another send is limited by the tries that the step has. */
function patienceToSend({ retry }: Write, tries: number): Patience {
  return tries < (retry.attempts ?? mostTries) ? 'left' : 'spent';
}

interface Waiting {
  readonly seen: Finding | undefined;
  readonly began: number;
  readonly now: number;
  readonly waitMs: number;
}

/** Another look is limited by the step's time and by how long the answer may lag. */
function patienceToWait(
  { deadline }: Write,
  attempt: Attempt,
  { seen, began, now, waitMs }: Waiting,
): Patience {
  if (waitMs >= deadline.leftMs()) return 'spent';
  if (seen?.type !== 'unclear') return 'left';
  const until =
    seen.lagSeconds === undefined ? began + unclearMs : attempt.sentAt + seen.lagSeconds * 1_000 + onItsWayMs;
  return now < until ? 'left' : 'spent';
}
