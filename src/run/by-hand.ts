import type { Intended, RecordWithEntries } from '../journal/journal.ts';
import { replay, type StepState, sinceRevised } from '../journal/replay.ts';
import type { Operation, Operations } from '../operations/operation.ts';
import type { Reader } from '../partner-center/reader.ts';
import { look } from '../plan/look.ts';
import { unwrapSecrets } from '../plan/secrets.ts';
import { takenIds } from './record-run.ts';
import { lookupOf } from './write.ts';

/** A request that left and of which nobody can tell whether it happened. */
export interface Doubtful {
  readonly opened: RecordWithEntries;
  readonly path: string;
  readonly intended: Intended;
}

/** The requests of a record that are in doubt. */
export function doubtfulOf(opened: RecordWithEntries): readonly Doubtful[] {
  return [...replay(opened.entries).steps].flatMap(([path, state]) =>
    state.type === 'intended' ? [{ opened, path, intended: state.intended }] : [],
  );
}

/** How a thing is read that a person says was made: by what the request names, or with its id beside that. */
export interface ById {
  readonly read: Operation;
  /** The input that takes the id; absent where the request names all that is needed. */
  readonly id?: string;
}

/**
 * The read that answers what the operation answers: the resource's `get`, with the inputs of the operation and at most one
 * more. Another schema is another thing, and later steps could not rely on it.
 */
export function readerOf(operation: Operation, operations: Operations): ById | undefined {
  const read = operations.get(`${operation.resource}.get`);
  if (read?.kind !== 'read' || JSON.stringify(read.result) !== JSON.stringify(operation.result))
    return undefined;
  const missing = (read.input.required ?? []).filter(
    (name) => operation.input.properties?.[name] === undefined,
  );
  if (missing.length > 1) return undefined;
  return missing[0] === undefined ? { read } : { read, id: missing[0] };
}

export type Word =
  /** What the step's result is; undefined where nothing tells. */
  | { readonly type: 'known'; readonly result: unknown }
  /** The service does not bear it out. */
  | { readonly type: 'notSeen'; readonly reason: string }
  /** Several could be meant: the person has to name it. */
  | { readonly type: 'unnamed' };

export interface ByHandParts {
  readonly operations: Operations;
  readonly reader: Reader;
}

/**
 * What the result of a step is of which a person says that it happened. Reads only: by the operation's look-up, else by
 * the resource's own read, else nothing is known of it.
 * @param id what the person says that the thing is called at the service
 */
export async function resultByHand(
  parts: ByHandParts,
  doubtful: Doubtful,
  id: string | undefined,
): Promise<Word> {
  const { intended, opened } = doubtful;
  const operation = parts.operations.get(intended.operation);
  if (operation === undefined)
    return { type: 'notSeen', reason: `there is no operation ${intended.operation} any more` };
  const input = unwrapSecrets(intended.with) as Readonly<Record<string, unknown>>;
  const lookup = lookupOf(operation);
  if (id === undefined && lookup !== undefined) {
    const first = sinceRevised(opened.entries).find(
      (entry) => entry.type === 'intended' && entry.path === doubtful.path,
    );
    const found = await look(parts, {
      lookup,
      input,
      intendedAt: first?.at ?? intended.at,
      taken: takenIds({ results: resultsOf(opened) }),
    });
    if (found.type === 'found') return { type: 'known', result: found.result };
    return {
      type: 'notSeen',
      reason: found.type === 'absent' ? `${lookup.operation} does not show it` : found.reason,
    };
  }
  const reading = readerOf(operation, parts.operations);
  if (id !== undefined && reading?.id === undefined)
    return { type: 'notSeen', reason: `${operation.name} makes nothing that could be read by an id` };
  if (reading === undefined) return { type: 'known', result: undefined };
  if (reading.id !== undefined && id === undefined) return { type: 'unnamed' };
  return readThing(parts, reading, { ...input, ...(reading.id === undefined ? {} : { [reading.id]: id }) });
}

async function readThing(
  { reader }: ByHandParts,
  { read }: ById,
  names: Readonly<Record<string, unknown>>,
): Promise<Word> {
  const known = Object.entries(names).filter(([name]) => read.input.properties?.[name] !== undefined);
  const answer = await reader.read(read, Object.fromEntries(known), { fresh: true });
  switch (answer.type) {
    case 'ok':
      return { type: 'known', result: answer.result };
    case 'refused':
      return { type: 'notSeen', reason: `${read.name}: ${answer.error.description}` };
    case 'unknown':
      return { type: 'notSeen', reason: `${read.name}: ${answer.reason}` };
  }
}

/** What other steps of the record have made: it is not theirs a second time. */
function resultsOf({ entries }: RecordWithEntries): ReadonlyMap<string, unknown> {
  return new Map([...replay(entries).steps].map(([path, state]) => [path, unwrapSecrets(resultOf(state))]));
}

function resultOf(state: StepState): unknown {
  if (state.type === 'settled') return state.settled.result;
  return state.type === 'answered' && state.answered.answer === 'ok' ? state.answered.body : undefined;
}
