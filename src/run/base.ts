import type { StepError } from '../journal/journal.ts';
import { fill } from '../operations/template.ts';
import type { RunContext } from './context.ts';
import { refusalOf, type Write } from './write.ts';

/** The object that an update is merged into, where the operation wants the whole resource back. */
export type Base =
  | { readonly type: 'base'; readonly object?: unknown }
  | { readonly type: 'failed'; readonly error: StepError };

/** Reads what an update is merged into: afresh for every send, for somebody may have changed it since. */
export async function readBase(context: RunContext, write: Write): Promise<Base> {
  const { merge } = write.operation;
  if (merge === undefined) return { type: 'base' };
  const operation = context.operations.get(merge.operation);
  if (operation === undefined)
    throw new Error(`the catalogue names ${merge.operation} and has no such operation`);
  const input = fill(merge.with, { input: write.input }) as Readonly<Record<string, unknown>>;
  const answer = await context.reader.read(operation, input, { fresh: true, signal: write.deadline.signal });
  switch (answer.type) {
    case 'ok':
      return { type: 'base', object: answer.result };
    case 'refused':
      return { type: 'failed', error: refusalOf(write.path, answer.error) };
    case 'unknown':
      return {
        type: 'failed',
        error: { step: write.path, code: 'UNAVAILABLE', message: `${operation.name}: ${answer.reason}` },
      };
  }
}
