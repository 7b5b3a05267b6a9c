import type { Retry } from '../check/playbook.ts';
import type { StepError } from '../journal/journal.ts';
import type { StepState } from '../journal/replay.ts';
import type { Doubt, Lookup, Operation } from '../operations/operation.ts';
import type { ServiceError } from '../partner-center/answer.ts';
import type { Deadline } from './deadline.ts';
import type { Leaving } from './policy.ts';

/** One write of one step: what the journal needs to know of it and how it may be repeated. */
export interface Write {
  readonly record: number;
  readonly recordKey: string;
  readonly path: string;
  readonly operation: Operation;
  readonly input: Readonly<Record<string, unknown>>;
  readonly policy: Doubt;
  readonly retry: Retry;
  readonly deadline: Deadline;
  /** Ids that other steps of this record have adopted or made. */
  readonly taken: ReadonlySet<unknown>;
  /** When a request of this step was first about to leave, in an earlier attempt or pass. */
  readonly firstIntendedAt: number | undefined;
  /** What policies judge it by, beside itself. */
  readonly judged?: Pick<Leaving, 'planned' | 'carts'>;
}

/** Where a write begins: afresh with a new attempt, or at an attempt that may have left already. */
export type Beginning =
  | { readonly type: 'new'; readonly attempt: number }
  | {
      readonly type: 'inDoubt';
      readonly attempt: number;
      readonly requestId: string;
      readonly sentAt: number;
    };

/** How a write ended. Everything but `inDoubt` is certain. */
export type Performed =
  | { readonly type: 'done'; readonly result: unknown; readonly adopted: boolean }
  | { readonly type: 'failed'; readonly error: StepError }
  | { readonly type: 'inDoubt'; readonly error: StepError };

/** Where an unfinished write goes on, by what the journal holds. */
export function beginningOf(state: StepState): Beginning {
  if (state.type !== 'intended') return { type: 'new', attempt: state.nextAttempt };
  const { attempt, requestId, at } = state.intended;
  return { type: 'inDoubt', attempt, requestId, sentAt: at };
}

/** An attempt while it is being made. */
export interface Attempt {
  readonly number: number;
  readonly requestId: string;
  /** When a request of this step was first about to leave, in epoch milliseconds. */
  intendedAt: number | undefined;
  /** When one last was. */
  sentAt: number;
  /** Milliseconds that the last request took, until the journal has them. */
  tookMs: number | undefined;
  /** Some request of this attempt may have happened. */
  doubt: boolean;
  /** When the last request that was cut off had left: it may still arrive. */
  cutOffAt: number | undefined;
  /** The doubt table is to be asked before anything is sent. */
  ask: boolean;
}

/** The service says that what was asked for had been done before. */
export function saysDone({ errors }: Operation, { status, code }: ServiceError): boolean {
  return errors.some(
    (row) => row.then === 'done' && row.status === status && (row.code === undefined || row.code === code),
  );
}

/** How to find out whether a write happened. */
export function lookupOf(operation: Operation): Lookup | undefined {
  return operation.lookup ?? operation.satisfied;
}

/** The end of trying: certain where nothing can have happened, else in doubt. */
export function giveUp(write: Write, attempt: Attempt, error: StepError): Performed {
  return attempt.doubt ? inDoubt(write, attempt, error.message) : { type: 'failed', error };
}

export function inDoubt(write: Write, attempt: Attempt, reason: string): Performed {
  const message = `${write.operation.name} was sent and nobody can tell whether it happened: ${reason}`;
  const help = `look at the service, then say what is true:\n    tenantry resume --settle ${write.recordKey}=done\n    tenantry resume --settle ${write.recordKey}=not-done`;
  return { type: 'inDoubt', error: { ...errorOf(write, attempt, 'IN_DOUBT', message), help } };
}

export function errorOf(
  write: Pick<Write, 'path'>,
  attempt: Pick<Attempt, 'requestId'>,
  code: string,
  message: string,
): StepError {
  return { step: write.path, code, message, requestId: attempt.requestId };
}

/** A refusal in the service's own words. */
export function refusalOf(path: string, error: ServiceError): StepError {
  const code = error.code === '' ? `HTTP_${error.status}` : error.code;
  return { step: path, code, message: error.description, status: error.status, requestId: error.requestId };
}

export function failed(
  step: string,
  code: string,
  message: string,
): { readonly outcome: 'failed'; readonly error: StepError } {
  return { outcome: 'failed', error: { step, code, message } };
}
