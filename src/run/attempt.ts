import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { type Answered, type Intended, LeaseLost } from '../journal/journal.ts';
import type { Answer } from '../partner-center/answer.ts';
import { wrapSecrets } from '../plan/secrets.ts';
import { readBase } from './base.ts';
import { Interrupted, type RunContext } from './context.ts';
import { TimedOut } from './deadline.ts';
import { type Settlement, settleDoubt } from './doubt.ts';
import { requestEvent, tenantOf } from './reader.ts';
import { requestIdOf } from './request-id.ts';
import { decide, type Failure, waitOf } from './retry.ts';
import {
  type Attempt,
  type Beginning,
  errorOf,
  giveUp,
  inDoubt,
  lookupOf,
  type Performed,
  refusalOf,
  saysDone,
  type Write,
} from './write.ts';

/**
 * The only sender of writes. At every await these hold, so that a crash anywhere loses nothing and repeats nothing:
 *
 *  A1. A request leaves only after its intent is durable in the journal.
 *  A2. Between the durable intent and the send, the lease and the halt are looked at again; nothing is awaited
 *      between that look and the send. Where nothing is sent, the journal says so (`notSent`).
 *  A3. What came back is given to the journal before anything else is done with it; later entries cover it (J3).
 *  A4. One request id means one logical attempt with one input. Only a business answer, or the surety that no
 *      request of the attempt can have happened, ends it; the next attempt has a new id.
 *  A5. Once a request of an attempt may have happened, the attempt stays in doubt in the journal (`unknown`, never
 *      `throttled`, `notSent` or `refused`) until an answer or a look-up settles it; what to do is the table's word.
 *  A6. A slot of the limiter is held from before the intent until after the answer, never during a wait.
 */

type Refusal = Extract<Answer, { type: 'refused' }>;
type Again = { readonly type: 'again'; readonly newId: boolean };

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
      const base = await readBase(context, write);
      if (base.type === 'failed') return giveUp(write, attempt, base.error);
      const answer = await sendOnce(context, write, attempt, base.object, tries);
      const next = await digest(context, write, attempt, answer, tries);
      if (next.type !== 'again') return next;
      if (next.newId) attempt = newAttempt(context, write, attempt.number + 1);
    }
  } catch (error) {
    if (!(error instanceof TimedOut)) throw error;
    return giveUp(write, attempt, errorOf(write, attempt, 'TIMEOUT', error.message));
  }
}

function newAttempt(context: RunContext, write: Write, number: number): Attempt {
  const requestId = requestIdOf(context.run.id, write.recordKey, write.path, number);
  return { number, requestId, intendedAt: undefined, sentAt: 0, doubt: false, ask: false };
}

function resumed(
  write: Write,
  { attempt, requestId, sentAt }: Extract<Beginning, { type: 'inDoubt' }>,
): Attempt {
  return {
    number: attempt,
    requestId,
    intendedAt: write.firstIntendedAt ?? sentAt,
    sentAt,
    doubt: true,
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
  const { limiter, log, world, client, halt, stop } = context;
  const { operation, input } = write;
  const tenant = tenantOf(input);
  const release = await limiter.acquire(operation, tenant, write.deadline.signal);
  try {
    attempt.sentAt = world.clock.now();
    attempt.intendedAt ??= write.firstIntendedAt ?? attempt.sentAt;
    await log.durable(intentOf(write, attempt)); // A1
    if (!log.owned()) throw new LeaseLost(context.run.id); // A2
    if (halt.aborted) {
      if (!attempt.doubt) note(context, write, attempt, 'notSent');
      throw halt.reason;
    }
    const began = world.clock.monotonic();
    const options = { requestId: attempt.requestId, signal: stop, ...(base === undefined ? {} : { base }) };
    const answer = await client.call(operation, input, options);
    limiter.observe(operation, tenant, answer);
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

/** Journals what came back (A3, A5) and says what follows from it. */
async function digest(
  context: RunContext,
  write: Write,
  attempt: Attempt,
  answer: Answer,
  tries: number,
): Promise<Performed | Again> {
  switch (answer.type) {
    case 'ok':
      note(context, write, attempt, 'ok', answer.status, wrapSecrets(answer.result, write.operation.result));
      return { type: 'done', result: answer.result, adopted: false };
    case 'refused':
      return refused(context, write, attempt, answer, tries);
    case 'throttled':
      note(context, write, attempt, attempt.doubt ? 'unknown' : 'throttled', answer.error.status);
      return again(context, write, attempt, answer, tries);
    case 'unknown':
      if (context.stop.aborted) throw context.halt.reason ?? new Interrupted('stopped'); // in doubt, as journaled
      if (answer.sent === 'maybe') attempt.doubt = true;
      note(context, write, attempt, attempt.doubt ? 'unknown' : 'notSent', answer.error?.status);
      return again(context, write, attempt, answer, tries);
  }
}

/**
 * A refusal is the service's word. But where an earlier request of the attempt may have happened, or the service
 * says that it was done before, the refusal may be the echo of our own success: look before believing it.
 */
async function refused(
  context: RunContext,
  write: Write,
  attempt: Attempt,
  given: Refusal,
  tries: number,
): Promise<Performed | Again> {
  const { error } = given;
  // What was merged into has changed meanwhile: it is read again for every attempt (page error-codes, 412).
  const answer =
    error.status === 412 && write.operation.merge !== undefined ? { ...given, again: true } : given;
  if ((attempt.doubt || saysDone(write.operation, error)) && lookupOf(write.operation) !== undefined) {
    attempt.doubt = true;
    const settled = await settleDoubt(context, { ...write, policy: 'lookup' }, attempt, tries);
    if (settled.type === 'adopt' || settled.type === 'hold') return finish(context, write, attempt, settled);
  }
  const failure = { answer, tries, retry: write.retry, repeatable: false };
  const doubt = attempt.doubt && answer.again; // another request holds the thing: perhaps our own first one
  if (decide(failure) === 'newAttempt') {
    note(context, write, attempt, doubt ? 'unknown' : 'refused', error.status, error);
    return waited(context, write, failure, !doubt);
  }
  if (doubt) return inDoubt(write, attempt, error.description);
  note(context, write, attempt, 'refused', error.status, error);
  return { type: 'failed', error: refusalOf(write.path, error) };
}

/** After an answer that is no word of the service's: again after a wait, by the doubt table, or not at all. */
async function again(
  context: RunContext,
  write: Write,
  attempt: Attempt,
  answer: Failure['answer'],
  tries: number,
): Promise<Performed | Again> {
  const failure = {
    answer,
    tries,
    retry: write.retry,
    repeatable: write.operation.repeatable && write.policy !== 'hold',
  };
  switch (decide(failure)) {
    case 'sameAgain':
      return waited(context, write, failure, false);
    case 'newAttempt':
      return waited(context, write, failure, !attempt.doubt);
    case 'settle':
      attempt.ask = true;
      return { type: 'again', newId: false };
    case 'giveUp': {
      const code = answer.type === 'throttled' ? 'THROTTLED' : 'UNAVAILABLE';
      const words = answer.type === 'unknown' ? answer.reason : answer.error.description;
      return giveUp(write, attempt, errorOf(write, attempt, code, words));
    }
  }
}

async function waited(
  { world, limiter }: RunContext,
  { deadline }: Write,
  failure: Failure,
  newId: boolean,
): Promise<Again> {
  const ms = waitOf(failure, world.random.next(), limiter.health.retry(failure.answer));
  await world.clock.sleep(ms, deadline.signal);
  return { type: 'again', newId };
}

/** What the doubt table decided becomes the step's outcome. */
function finish(
  context: RunContext,
  write: Write,
  attempt: Attempt,
  settled: Exclude<Settlement, { type: 'resend' }>,
): Performed {
  switch (settled.type) {
    case 'adopt':
      note(context, write, attempt, 'ok', undefined, wrapSecrets(settled.result, write.operation.result));
      return { type: 'done', result: settled.result, adopted: true };
    case 'fail':
      note(context, write, attempt, 'notSent');
      return { type: 'failed', error: errorOf(write, attempt, 'UNAVAILABLE', settled.reason) };
    case 'hold':
      return inDoubt(write, attempt, settled.reason);
  }
}

function note(
  context: RunContext,
  write: Write,
  attempt: Attempt,
  answer: Answered['answer'],
  status?: number,
  body?: unknown,
): void {
  const { record, path } = write;
  const entry = {
    type: 'answered',
    record,
    path,
    attempt: attempt.number,
    answer,
    at: context.world.clock.now(),
  } as const;
  context.log.note({
    ...entry,
    ...(status === undefined ? {} : { status }),
    ...(body === undefined ? {} : { body }),
  });
}
