import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { type Intended, LeaseLost } from '../journal/journal.ts';
import type { Answer } from '../partner-center/answer.ts';
import { wrapSecrets } from '../plan/secrets.ts';
import type { Clock } from '../world/world.ts';
import { digest, finish, note } from './after-answer.ts';
import { readBase } from './base.ts';
import type { RunContext } from './context.ts';
import { TimedOut } from './deadline.ts';
import { leavesWithinMs, onItsWayMs, settleDoubt } from './doubt.ts';
import { requestEvent, tenantOf } from './reader.ts';
import { requestIdOf } from './request-id.ts';
import { type Attempt, type Beginning, errorOf, giveUp, type Performed, type Write } from './write.ts';

/**
 * The only sender of writes. At every await these hold, so that a crash anywhere loses nothing and repeats nothing:
 *
 *  A1. A request leaves only after its intent is durable in the journal.
 *  A2. Between the durable intent and the send, the halt is looked at again, and the lease immediately before
 *      anything leaves, also again after a token was waited for. Where nothing is sent, the journal says so (`notSent`).
 *      A request leaves within `leavesWithinMs` of its intent or not at all: a process that slept in between writes
 *      another intent first, so that whoever goes on with the run knows how late it can have left.
 *  A3. What came back is given to the journal before anything else is done with it; later entries cover it (J3).
 *  A4. One request id means one logical attempt with one input. Only a business answer, or the surety that no
 *      request of the attempt can have happened, ends it; the next attempt has a new id.
 *  A5. Once a request of an attempt may have happened, the attempt stays in doubt in the journal (`unknown`, never
 *      `throttled`, `notSent` or `refused`) until an answer or a look-up settles it; what to do is the table's word.
 *  A6. A slot of the limiter is held from before the intent until after the answer, never during a wait.
 */

/**
 * Sends a write until the service has answered it or nobody can tell.
 * @throws Interrupted where the run halts; LeaseLost; whatever the journal threw; DiagnosticsError without a token
 */
export async function performWrite(
  context: RunContext,
  write: Write,
  beginning: Beginning,
): Promise<Performed> {
  let attempt =
    beginning.type === 'new' ? newAttempt(context, write, beginning.attempt) : resumed(write, beginning);
  try {
    for (let tries = 1; ; tries += 1) {
      if (attempt.ask) {
        const settled = await settleDoubt(context, write, attempt, tries - 1);
        if (settled.type !== 'resend') return finish(context, write, attempt, settled);
        attempt.ask = false;
      }
      const against = policyAgainst(context, write);
      if (against !== undefined) return giveUp(write, attempt, errorOf(write, attempt, 'POLICY', against));
      const base = await readBase(context, write);
      if (base.type === 'failed') return giveUp(write, attempt, base.error);
      const answer = await sendOnce(context, write, attempt, base.object, tries);
      const next = await digest(context, write, attempt, answer, tries);
      if (next.type !== 'again') {
        await letLateOnesArrive(context, write, attempt);
        return next;
      }
      if (next.newId) attempt = newAttempt(context, write, attempt.number + 1);
    }
  } catch (error) {
    if (!(error instanceof TimedOut)) throw error;
    return giveUp(write, attempt, errorOf(write, attempt, 'TIMEOUT', error.message));
  }
}

/** The word of the run's policies on a request that is about to leave, again for every try. */
function policyAgainst({ policies = [] }: RunContext, { judged, ...write }: Write): string | undefined {
  for (const policy of policies) {
    const against = judged && policy.against({ ...write, ...judged });
    if (against !== undefined) return against;
  }
  return undefined;
}

/**
 * An earlier request of the attempt that was cut off may still arrive. Where it carries a whole object as it was read
 * then, it would undo what later steps make of that object: they wait until it cannot.
 */
async function letLateOnesArrive(
  { client, world }: RunContext,
  { operation, deadline }: Write,
  { cutOffAt }: Attempt,
): Promise<void> {
  if (cutOffAt === undefined || operation.merge === undefined || operation.ifMatch) return;
  const leftMs = cutOffAt + onItsWayMs - client.now();
  if (leftMs <= 0) return;
  await world.clock.sleep(leftMs, deadline.signal).catch((error: unknown) => {
    if (!(error instanceof TimedOut)) throw error; // it is done; the steps after it have no time left anyway
  });
}

function newAttempt(context: RunContext, write: Write, number: number): Attempt {
  const requestId = requestIdOf(context.run.id, write.recordKey, write.path, number);
  return {
    number,
    requestId,
    intendedAt: undefined,
    sentAt: 0,
    tookMs: undefined,
    doubt: false,
    cutOffAt: undefined,
    ask: false,
  };
}

function resumed(
  write: Write,
  { attempt, requestId, sentAt }: Extract<Beginning, { type: 'inDoubt' }>,
): Attempt {
  return {
    number: attempt,
    requestId,
    intendedAt: write.firstIntendedAt ?? sentAt,
    sentAt: sentAt + leavesWithinMs,
    tookMs: undefined,
    doubt: true,
    cutOffAt: sentAt + leavesWithinMs,
    ask: true,
  };
}

/** Slot, intent, lease, request, answer: see A1 to A6. */
async function sendOnce(
  context: RunContext,
  write: Write,
  attempt: Attempt,
  base: unknown,
  tries: number,
): Promise<Answer> {
  const { limiter, world } = context;
  const { operation, input } = write;
  const tenant = tenantOf(input);
  const release = await limiter.acquire(operation, tenant, write.deadline.signal);
  try {
    const { answer, began } = await sendInTime(context, write, attempt, base);
    const tookMs = world.clock.monotonic() - began;
    attempt.tookMs = Math.round(tookMs);
    limiter.observe(operation, tenant, answer, tookMs);
    context.listener(requestEvent(world, operation, answer, began, tries));
    return answer;
  } catch (error) {
    // Without a token nothing left: the client says so before it sends.
    if (error instanceof DiagnosticsError && !attempt.doubt) note(context, write, attempt, 'notSent');
    throw error;
  } finally {
    release();
  }
}

/** Not sent: too long ago was its intent. */
class Overslept extends Error {}

/** Writes the intent and sends, again where the process slept in between. */
async function sendInTime(
  context: RunContext,
  write: Write,
  attempt: Attempt,
  base: unknown,
): Promise<{ readonly answer: Answer; readonly began: number }> {
  const { log, world, client, halt, stop, run } = context;
  const { requestId } = attempt;
  for (;;) {
    const awake = stopwatch(world.clock);
    attempt.sentAt = client.now();
    attempt.intendedAt ??= write.firstIntendedAt ?? attempt.sentAt;
    await log.durable(intentOf(write, attempt)); // A1
    if (halt.aborted) {
      if (!attempt.doubt) note(context, write, attempt, 'notSent');
      throw halt.reason;
    }
    const leaving = () => {
      if (!log.owned()) throw new LeaseLost(run.id); // A2
      if (awake() > leavesWithinMs) throw new Overslept();
      attempt.sentAt = client.now();
    };
    const began = world.clock.monotonic();
    try {
      const options = { requestId, leaving, signal: stop, ...(base === undefined ? {} : { base }) };
      return { answer: await client.call(write.operation, write.input, options), began };
    } catch (error) {
      if (!(error instanceof Overslept)) throw error;
    }
  }
}

/** Milliseconds since now by both clocks: one stands still while a machine is suspended, the other may be set. */
function stopwatch(clock: Clock): () => number {
  const [wall, monotonic] = [clock.now(), clock.monotonic()];
  return () => Math.max(clock.now() - wall, clock.monotonic() - monotonic);
}

function intentOf(write: Write, attempt: Attempt): Intended {
  const { record, path, operation, input } = write;
  const { number, requestId, sentAt } = attempt;
  return {
    type: 'intended',
    record,
    path,
    attempt: number,
    requestId,
    operation: operation.name,
    with: wrapSecrets(input, operation.input),
    at: sentAt,
  };
}
