import type { StepError } from '../journal/journal.ts';
import type { Poll } from '../operations/operation.ts';
import { fill, pathOf } from '../operations/template.ts';
import { sameAs } from '../plan/same-as.ts';
import { asText } from '../schema/as-text.ts';
import type { RunContext } from './context.ts';
import { type Deadline, makeDeadline, TimedOut } from './deadline.ts';
import { paceMs } from './pace.ts';
import { refusalOf } from './write.ts';

export interface Polling {
  readonly input: unknown;
  /** What the accepted request was answered with. */
  readonly result: unknown;
  readonly path: string;
  readonly deadline: Deadline;
}

export type Polled =
  | { readonly type: 'done'; readonly status: unknown }
  | { readonly type: 'failed'; readonly error: StepError };

/**
 * Asks an accepted request's status until it is terminal. Nothing of this is journaled: a resume asks again, and
 * its time begins anew.
 */
export async function poll(
  context: RunContext,
  polling: Poll,
  { input, result, path, deadline }: Polling,
): Promise<Polled> {
  const { reader, operations, world } = context;
  const operation = operations.get(polling.operation);
  if (operation === undefined)
    throw new Error(`the catalogue names ${polling.operation} and has no such operation`);
  const own = makeDeadline(world.clock, deadline, polling.timeoutSeconds * 1_000);
  const fail = (code: string, message: string): Polled => ({
    type: 'failed',
    error: { step: path, code, message },
  });
  let last: unknown;
  try {
    for (let looks = 0; ; looks += 1) {
      const filled = fill(polling.with, { input, result }) as Readonly<Record<string, unknown>>;
      const answer = await reader.read(operation, filled, { fresh: true, signal: own.signal });
      if (answer.type === 'refused' && answer.error.status !== 404)
        return { type: 'failed', error: refusalOf(path, answer.error) };
      if (answer.type === 'ok') {
        last = pathOf(answer.result, polling.path);
        const is = (word: unknown) => sameAs(last, word);
        if (polling.done?.some(is) === true) return { type: 'done', status: answer.result };
        if (polling.failed.some(is)) return fail('ENDED_BADLY', `the service says ${asText(last)}`);
        if (last !== undefined && polling.pending !== undefined && !polling.pending.some(is))
          return { type: 'done', status: answer.result };
      }
      await world.clock.sleep(paceMs(polling.everySeconds * 1_000, looks), own.signal);
    }
  } catch (error) {
    if (!(error instanceof TimedOut)) throw error;
    return fail('TIMEOUT', `accepted, but ${error.message}; the service last said ${asText(last)}`);
  } finally {
    own.dispose();
  }
}
