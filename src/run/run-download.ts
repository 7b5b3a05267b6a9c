import { fill } from '../operations/template.ts';
import type { Answer } from '../partner-center/answer.ts';
import { asText } from '../schema/as-text.ts';
import { ownerOf } from './downloads.ts';
import type { Place, StepEnd } from './record-run.ts';
import { failed, refusalOf } from './write.ts';

type Input = Readonly<Record<string, unknown>>;

/**
 * Fetches a file and saves it. The place is claimed first, so that nothing is fetched for a place that is another
 * record's. A file that is there without a word in the journal (a cut between the two) is fetched again.
 */
export async function runDownload(place: Place, input: Input): Promise<StepEnd> {
  const { run, path } = place;
  const { downloads } = run.context;
  const saveAs = asText(input.saveAs);
  const why = await downloads.claim(saveAs, ownerOf(run.key, path));
  if (why !== undefined) return failed(path, 'SAVE_AS', why);
  let saved = false;
  try {
    const answer = await fetched(place, input);
    if (answer.type !== 'ok') return refused(place, answer);
    const result = await downloads.save(saveAs, answer.result as Uint8Array);
    saved = true;
    return { outcome: 'succeeded', result };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    return failed(path, 'SAVE_AS', `${saveAs} cannot be written: ${(error as Error).message}`);
  } finally {
    if (!saved) downloads.release(saveAs);
  }
}

type ReadAnswer = Exclude<Answer, { type: 'throttled' }>;

/** Where the file lies elsewhere, its address is read anew every time: the query that opens it does not live long. */
async function fetched({ run, step, deadline }: Place, input: Input): Promise<ReadAnswer> {
  const { reader, operations } = run.context;
  const { operation } = step;
  const { signal } = deadline;
  if (operation.elsewhere === undefined) return reader.read(operation, input, { signal });
  const told = operations.get(operation.elsewhere.operation);
  if (told === undefined)
    throw new Error(`the catalogue names ${operation.elsewhere.operation} and has no such operation`);
  const asked = fill(operation.elsewhere.with, { input }) as Input;
  const answer = await reader.read(told, asked, { fresh: true, signal });
  return answer.type === 'ok' ? reader.read(operation, input, { base: answer.result, signal }) : answer;
}

function refused({ path, step }: Place, answer: Exclude<ReadAnswer, { type: 'ok' }>): StepEnd {
  return answer.type === 'refused'
    ? { outcome: 'failed', error: refusalOf(path, answer.error) }
    : failed(path, 'UNAVAILABLE', `${step.operation.name}: ${answer.reason}`);
}
