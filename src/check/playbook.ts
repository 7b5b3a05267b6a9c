import type { At } from '../diagnostics/diagnostic.ts';
import type { Expression } from '../expression/expression.ts';
import type { Doubt, Operation } from '../operations/operation.ts';
import type { JsonSchema } from '../schema/schema.ts';

/**
 * The checked tree. Every node carries its place. Whoever holds a Playbook may rely on: every operation exists,
 * every expression compiles against the scope that it stands in, every required input is given.
 */
export interface Playbook {
  readonly file: string;
  /** The text as it was read, for digests and for printing places. */
  readonly source: string;
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of `params`: an object schema, defaults inside. */
  readonly parameters: JsonSchema;
  readonly input: PlaybookInput;
  readonly limits: Limits;
  readonly guards: readonly Guard[];
  readonly steps: readonly Step[];
  readonly outputs: readonly Output[];
  /** Texts of the playbooks that it uses as steps, and of those that they use, by their place (playbook-files.ts). */
  readonly used: Readonly<Record<string, string>>;
}

export interface PlaybookInput {
  readonly key: Expression;
  readonly record: JsonSchema;
  /** Name of the joined list → how its rows join the record (`by`: a column that both have). */
  readonly related: Readonly<Record<string, { readonly by: string; readonly record: JsonSchema }>>;
  readonly at: At;
}

export interface Limits {
  /** Records in flight. */
  readonly concurrency: number;
  /** Calls in flight for one customer tenant. */
  readonly perCustomer: number;
  /** Operation name → calls in flight. */
  readonly operations: Readonly<Record<string, number>>;
  /** More failed records than this stop the run. */
  readonly maxFailures?: Portion;
  /** Records go in waves, and each must pass before the next begins. */
  readonly rollout?: Rollout;
  /** Optional ceiling of requests a second. */
  readonly requestsPerSecond?: number;
}

/** A number of records, or a share of them between 0 and 1. */
export type Portion = { readonly count: number } | { readonly share: number };

export interface Rollout {
  /** Their sizes; what the last one leaves is a wave of its own. */
  readonly waves: readonly Portion[];
  /** So many records of a wave may fail or be in doubt; more stop the run after it. */
  readonly maxFailures: Portion;
  /** A person has to approve every wave before the next begins. */
  readonly approve: boolean;
}

/** One record as expressions see it: its row, with the rows of the related files as lists. */
export function joinedRecord({ record, related }: Pick<PlaybookInput, 'record' | 'related'>): JsonSchema {
  const lists = Object.entries(related).map(
    ([name, { record: row }]) => [name, { type: 'array', items: row }] as const,
  );
  return {
    ...record,
    type: 'object',
    properties: { ...record.properties, ...Object.fromEntries(lists) },
    required: [...(record.required ?? []), ...lists.map(([name]) => name)],
  };
}

export interface Guard {
  readonly check: Expression;
  readonly message: string;
  readonly at: At;
}

export interface Output {
  readonly name: string;
  readonly value: Value;
  readonly secret: boolean;
  readonly at: At;
}

export type OnError = 'fail' | 'continue' | 'stopRun';

export interface Retry {
  /** Requests at most, the first counted. */
  readonly attempts?: number;
  /** Which failures are worth another try. */
  readonly on?: readonly ('throttled' | 'unavailable' | 'timeout' | 'conflict')[];
}

interface StepBase {
  readonly id: string;
  readonly at: At;
  readonly if?: Expression;
  readonly forEach?: { readonly list: Expression; readonly as: string; readonly key: Expression };
  readonly needs: readonly string[];
  readonly onError: OnError;
  readonly retry: Retry;
  /** Milliseconds for the whole step. */
  readonly timeoutMs?: number;
}

export interface OperationStep extends StepBase {
  readonly type: 'operation';
  readonly operation: Operation;
  /** Where the operation is named. */
  readonly usesAt: At;
  readonly with: Readonly<Record<string, Value>>;
  readonly inDoubt: Doubt;
}

/** `uses: assert` with `check` and `message`. */
export interface AssertStep extends StepBase {
  readonly type: 'assert';
  readonly check: Expression;
  readonly message: Value;
}

/** `uses: approve`: the record waits until a person has approved what `message` says. */
export interface ApproveStep extends StepBase {
  readonly type: 'approve';
  readonly message: Value;
}

/** `uses: wait`: for a time, or polling a read until an expression over `result` holds. */
export interface WaitStep extends StepBase {
  readonly type: 'wait';
  /** Milliseconds: the whole wait, or the time between polls. */
  readonly everyMs: number;
  readonly read?: {
    readonly operation: Operation;
    readonly usesAt: At;
    readonly with: Readonly<Record<string, Value>>;
    /** Sees `result` beside the usual names. */
    readonly until: Expression;
  };
}

export interface Block extends StepBase {
  readonly type: 'block';
  readonly parallel: boolean;
  readonly steps: readonly Step[];
  readonly rescue: readonly Step[];
  readonly finally: readonly Step[];
  /** Set where the steps are another playbook's: they see its record, its parameters and each other, nothing else. */
  readonly used?: UsedPlaybook;
}

/** `uses: ./other.yaml`. */
export interface UsedPlaybook {
  readonly place: string;
  readonly name: string;
  /** What its record is: row and related lists. */
  readonly record: JsonSchema;
  readonly with: Readonly<Record<string, Value>>;
  readonly parameters: JsonSchema;
  readonly params: Readonly<Record<string, Value>>;
  /** What the step's result holds, by name. */
  readonly outputs: readonly Output[];
}

export type Step = OperationStep | AssertStep | ApproveStep | WaitStep | Block;

/** What a place in `with:` or `outputs:` holds: a literal, an expression, text with expressions, or a tree of these. */
export type Value =
  | { readonly type: 'literal'; readonly value: unknown; readonly at: At }
  | { readonly type: 'expression'; readonly expression: Expression; readonly at: At }
  | { readonly type: 'text'; readonly parts: readonly (string | Expression)[]; readonly at: At }
  | { readonly type: 'map'; readonly entries: Readonly<Record<string, Value>>; readonly at: At }
  | { readonly type: 'list'; readonly items: readonly Value[]; readonly at: At };
