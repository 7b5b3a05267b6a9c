/**
 * Safeguards, each with the change that takes it out. A simulation that cannot tell the difference proves nothing:
 * `npm run simulate:mutants` builds the program without each of them and wants a seed to fail.
 */
export interface Mutant {
  /** What is taken out. */
  readonly without: string;
  /** File under src/, the text there, and what stands there instead. A text that is not found is an error. */
  readonly file: string;
  readonly text: string;
  readonly instead: string;
}

export const mutants: readonly Mutant[] = [
  {
    without: 'a durable intent before the request leaves',
    file: 'run/attempt.ts',
    text: 'await log.durable(intentOf(write, attempt)); // A1',
    instead: '',
  },
  {
    without: 'a look-up before a doubtful request is sent again',
    file: 'run/settle.ts',
    text: "notLooked: { over: 'look', running: 'look' },",
    instead: "notLooked: { over: 'resend', running: 'resend' },",
  },
  {
    without: 'one request id for all requests of an attempt',
    file: 'run/attempt.ts',
    text: 'if (next.newId) attempt = newAttempt(context, write, attempt.number + 1);',
    instead:
      'if (next.newId) attempt = newAttempt(context, write, attempt.number + 1); else attempt = { ...attempt, requestId: crypto.randomUUID() };',
  },
  {
    without: 'asking the doubt table after a timeout: sends again whatever the operation',
    file: 'run/retry.ts',
    text: "return repeatable && worthwhile ? 'sameAgain' : 'settle';",
    instead: "return 'sameAgain';",
  },
  {
    without: 'the outcome after the answer: it is written before the request leaves',
    file: 'run/attempt.ts',
    text: 'await log.durable(intentOf(write, attempt)); // A1',
    instead:
      "await log.durable(intentOf(write, attempt)); note(context, write, attempt, 'ok', 200, wrapSecrets({}, write.operation.result));",
  },
  {
    without: 'a look at the lease, and at the time since the intent, before anything leaves',
    file: 'run/attempt.ts',
    text: 'if (!log.owned()) throw new LeaseLost(run.id); // A2\n      if (awake() > leavesWithinMs) throw new Overslept();',
    instead: '',
  },
  {
    without: 'the fence around every commit',
    file: 'journal/commit-queue.ts',
    text: 'this.#fence();',
    instead: '',
  },
  {
    without: 'Retry-After',
    file: 'partner-center/answer.ts',
    text: "return { type: 'throttled', error: serviceError(wire), retryAfterMs: retryAfter(headers, now) };",
    instead: "return { type: 'throttled', error: serviceError(wire), retryAfterMs: undefined };",
  },
  {
    without: 'holding what only a person can settle',
    file: 'run/settle.ts',
    text: "    notLooked: { over: 'hold', running: 'hold' },",
    instead: "    notLooked: { over: 'resend', running: 'resend' },",
  },
  {
    without: 'the lag of lists: finding nothing is proof at once',
    file: 'run/settle.ts',
    text: "absent: { over: 'resend', running: 'wait' },",
    instead: "absent: { over: 'resend', running: 'resend' },",
  },
  {
    without: 'waiting for requests that may still be on their way',
    file: 'run/doubt.ts',
    text: 'const onItsWayMs = 10_000;',
    instead: 'const onItsWayMs = 0;',
  },
  {
    without: 'keeping an attempt in doubt once it may have happened',
    file: 'run/after-answer.ts',
    text: 'attempt.doubt = true;\n        attempt.cutOffAt',
    instead: 'attempt.cutOffAt',
  },
  {
    without: 'the limit of requests in flight for one customer',
    file: 'run/limiter.ts',
    text: 'if (tenant !== undefined) held.push(await this.#tenants.enter(tenant, signal));',
    instead: '',
  },
  {
    without: 'what the record saw: a resume begins every step afresh',
    file: 'journal/replay.ts',
    text: "case 'settled':\n      return afterSettled(state, entry);",
    instead: "case 'settled':\n      return { type: 'nothing', nextAttempt: state.nextAttempt };",
  },
];
