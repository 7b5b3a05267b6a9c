import type { Diagnostic } from '../diagnostics/diagnostic.ts';

/**
 * What a plan says of one step. A vocabulary that is its own symbol; the words stand beside it in every output,
 * so colour and sign never stand alone.
 */
export type Action =
  | 'create' // + the thing does not exist and will be created
  | 'update' // ~ it exists and differs
  | 'unchanged' // = it exists as wanted; nothing is sent
  | 'delete' // - it will be removed
  | 'act' // ! done once: an order, an agreement, a password reset
  | 'read' // < asked for again when applied
  | 'skip' // the step's `if` is false
  | 'conditional' // ? known after apply whether it happens at all, or what it is
  | 'assert' // a check, nothing is sent
  | 'wait'
  | 'approve' // | the record waits here until a person approves
  | 'refuse'; // x it would fail: the service or a check said so while planning

export const symbols: Readonly<Record<Action, string>> = {
  create: '+',
  update: '~',
  unchanged: '=',
  delete: '-',
  act: '!',
  read: '<',
  skip: '.',
  conditional: '?',
  assert: '.',
  wait: '.',
  approve: '|',
  refuse: 'x',
};

/** Marks, inside a planned request or result, what is known only after apply. Serialised as `{"$unknown": why}`. */
export interface Unknown {
  readonly $unknown: string;
}

/** Marks a secret inside a planned request. Serialised as `{"$secret": true}`; the value is not in the plan. */
export interface Hidden {
  readonly $secret: true;
}

export interface PlannedAction {
  /** `people[ana@x].licence`: the path of the step in its record. */
  readonly path: string;
  /** Operation name, or `assert`, `wait`, `approve`. */
  readonly uses: string;
  readonly action: Action;
  /** The step's inputs with Unknown and Hidden marks; the exact request follows from them and the catalogue entry. */
  readonly with?: Readonly<Record<string, unknown>>;
  /** For `update`: path → [is, shall be]. */
  readonly changes?: Readonly<Record<string, readonly [unknown, unknown]>>;
  /** Id of what was found, for `unchanged` and `update`. */
  readonly found?: string;
  /** Why: the `if` that decided, the error that would come, what it waits for. */
  readonly reason?: string;
  /** Calls that this action will cost when applied, retries not counted (look-ups and polls included). */
  readonly calls: number;
}

export interface PlannedRecord {
  readonly index: number;
  readonly key: string;
  /** Row in the input. */
  readonly row: number;
  /** SHA-256 of the row's text and of its related rows, hex, first 16 digits. */
  readonly digest: string;
  readonly actions: readonly PlannedAction[];
  /** Set where the row is invalid: the plan holds no actions for it and apply refuses (or skips it). */
  readonly invalid?: readonly Diagnostic[];
  readonly revision?: Revision;
}

/** How a record of a revised plan stands to what its run has done. */
export interface Revision {
  /** `done`: it stays as it ended; `again`: it goes on by this plan; `closed`: its row is gone, nothing more is done. */
  readonly what: 'done' | 'again' | 'new' | 'closed';
  /** Paths of the steps whose outcome stays: nothing is sent for them. */
  readonly kept: readonly string[];
  /** Fields of the row: [value that the run has, value that the row has now]. Of what is done the run's value stays. */
  readonly changes?: Readonly<Record<string, readonly [unknown, unknown]>>;
  /** What cannot be, after what the run has done: the plan cannot be applied. */
  readonly refused?: readonly string[];
}

/** The run that a plan belongs to, and how far it had come when the plan was made: applied later, the plan is refused. */
export interface PlanOfRun {
  readonly run: string;
  readonly position: number;
}

/** What a run did and an undo does not take back, with the reason. */
export interface StandingGroup {
  readonly uses: string;
  readonly reason: string;
  readonly count: number;
  /** Some of them: the record's key and the step's path. */
  readonly examples: readonly string[];
}

/** What must still be true when the plan is applied. */
export interface Digests {
  readonly playbook: string;
  /** Of the playbooks that it uses, by their place; absent where it uses none. */
  readonly used?: Readonly<Record<string, string>>;
  readonly input: string;
  readonly related: Readonly<Record<string, string>>;
  readonly parameters: string;
  readonly operations: string;
  /** Of the folders of entries, in their order; absent where there are none. */
  readonly catalogues?: readonly string[];
  readonly target: string;
  /** Of what was chosen of the input, with the keys to leave out; absent where every row is meant. */
  readonly selection?: string;
}

/** Which rows of the input a plan is about. */
export interface ChosenRows {
  readonly only?: readonly string[];
  readonly exclude?: { readonly file: string; readonly keys: number };
  /** Of the rows that are meant, the first so many. */
  readonly limit?: number;
}

export interface PlanHeader {
  readonly tenantryPlan: 1;
  readonly version: string;
  readonly createdAt: string;
  readonly playbook: { readonly file: string; readonly name: string };
  readonly input: { readonly file: string; readonly related: Readonly<Record<string, string>> };
  /** Absent where every row is meant. */
  readonly selection?: ChosenRows;
  /** The policy that it was made under, with the digest of what that says. */
  readonly policy?: { readonly file: string; readonly name: string; readonly digest: string };
  /** Parameters given, secrets left out (their names are in `secretParameters`). */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly secretParameters: readonly string[];
  readonly target: string;
  readonly offline: boolean;
  /** Folders of entries that were added to the catalogue; absent where there were none. */
  readonly catalogues?: readonly string[];
  readonly digests: Digests;
  /** Set where the plan goes on with a run: `ownPlaybook` where its playbook is the one that the run keeps. */
  readonly revises?: PlanOfRun & { readonly ownPlaybook: boolean };
  /** Set where the plan undoes a run. */
  readonly undoes?: PlanOfRun & { readonly standing: readonly StandingGroup[] };
}

/** Nothing is wrong with it, and a reviewer should look at it first. */
export interface Unusual {
  /** A quantity that stands out in this plan; a country that is new or rare; a customer that exists already. */
  readonly kind: 'quantity' | 'country' | 'exists';
  /** One sentence, no full stop. */
  readonly message: string;
  /** How often it occurs. */
  readonly records: number;
  /** Some of the records, the most unusual first. */
  readonly examples: readonly UnusualExample[];
}

export interface UnusualExample {
  readonly key: string;
  readonly row: number;
  /** The value that is unusual, the id of what exists. */
  readonly note?: string;
}

/** Who has reviewed a plan (signature.ts). */
export interface PlanSignature {
  /** Fingerprint of the public key. */
  readonly by: string;
  /** Ed25519, base64. */
  readonly value: string;
}

/** Totals of a plan, at its end: what guards and the summary read. */
export interface PlanSummary {
  readonly records: number;
  readonly invalid: number;
  /** Operation → action → count. */
  readonly operations: Readonly<Record<string, Readonly<Partial<Record<Action, number>>>>>;
  /** Calls by throttle group when applied, and the seconds they need at the service's known limits. */
  readonly calls: Readonly<Record<string, { readonly calls: number; readonly seconds: number }>>;
  readonly totalCalls: number;
  readonly totalSeconds: number;
  /** Calls that planning itself made. */
  readonly planningCalls: number;
  readonly warnings: readonly Diagnostic[];
  /** Sizes of the waves that the records go in, where the playbook has a rollout. */
  readonly waves?: readonly number[];
  /** Records of a revised plan by what becomes of them. */
  readonly revision?: Readonly<Partial<Record<Revision['what'], number>>>;
  /** What to look at first; plans of earlier versions do not have it. */
  readonly unusual?: readonly Unusual[];
  /** Country → records that name it; plans of earlier versions do not have it. */
  readonly countries?: Readonly<Record<string, number>>;
  /** SHA-256 over the header (without times) and every record line: an edited plan file is refused. */
  readonly seal: string;
  /** Covers all of the plan, this summary included. */
  readonly signature?: PlanSignature;
}
