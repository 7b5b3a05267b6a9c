/**
 * The journal: what was intended, what was answered, how each step and record ended. Append-only.
 *
 * Guarantees that every implementation gives (test/conformance/journal.ts is their suite):
 *  J1. When `append` resolves, the entry is durable: it survives kill -9 and power loss.
 *  J2. Entries of one record come back in the order in which they were appended, and never partly.
 *  J3. Entries appended in one turn of the event loop may share a commit; a later entry is never durable
 *      without an earlier one.
 *  J4. One run has one owner: every append is fenced by the lease. An owner that lost it gets LeaseLost and
 *      nothing is written.
 *  J5. Secrets are encrypted before they are written; without the key everything else still reads.
 *  J6. A journal of a newer version, or a damaged one, is refused when it is opened, with what to do.
 *  J7. A revision counts whole or not at all: header, records and entries of it appear in one commit, and only where
 *      nothing was appended since it was planned.
 */

import type { Catalogue } from '../operations/operation.ts';

/** Where an entry belongs. */
export interface EntryPlace {
  /** Index of the record in its input. */
  readonly record: number;
  /** Path of the step, `people[ana@x].licence`; '' for entries about the whole record. */
  readonly path: string;
}

/** A request is about to leave. Durable before it does. */
export interface Intended extends EntryPlace {
  readonly type: 'intended';
  /** Logical attempt, from 1; a business answer ends it. */
  readonly attempt: number;
  readonly requestId: string;
  readonly operation: string;
  /** What will be sent (secrets inside are encrypted at rest); lets an in-doubt step be explained and settled. */
  readonly with: unknown;
  readonly at: number;
}

/** An answer came (or the surety that none will). */
export interface Answered extends EntryPlace {
  readonly type: 'answered';
  readonly attempt: number;
  readonly answer: 'ok' | 'refused' | 'throttled' | 'unknown' | 'notSent';
  readonly status?: number;
  /** Milliseconds from the request's leaving to its answer, by a clock that is never set; absent where nothing was sent. */
  readonly ms?: number;
  /** The step's result where `ok`; the service's error otherwise. */
  readonly body?: unknown;
  readonly at: number;
}

/** How a step, or (path '') a whole record, ended. */
export interface Settled extends EntryPlace {
  readonly type: 'settled';
  readonly outcome: StepOutcomeName;
  /** `steps.<id>` for later steps; for a record its outputs. Secret fields are encrypted at rest. */
  readonly result?: unknown;
  readonly error?: StepError;
  readonly at: number;
}

/**
 * The record goes on by another row, another plan, perhaps another playbook. What the steps named have done stays;
 * whatever else the journal says of it is history, and its request ids are used up.
 */
export interface Revised extends EntryPlace {
  readonly type: 'revised';
  readonly path: '';
  /** Paths of the steps whose outcome stays. */
  readonly keep: readonly string[];
  readonly at: number;
}

/** `waiting`: for a person's approval; the record goes on once it has it. */
export type StepOutcomeName =
  | 'succeeded'
  | 'unchanged'
  | 'skipped'
  | 'failed'
  | 'blocked'
  | 'inDoubt'
  | 'waiting';

/** Why a step did not succeed, in words and codes that reports and `failure` in rescue steps show. */
export interface StepError {
  readonly step: string;
  readonly code: string;
  readonly message: string;
  readonly status?: number;
  readonly requestId?: string;
  readonly help?: string;
}

/** A person's word on what a step, or the run between two waves, waits for. */
export interface Approval extends EntryPlace {
  readonly type: 'approval';
  readonly verdict: 'approved' | 'rejected';
  /** What the person was shown. The word is on this text: where another one is asked by now, it does not count. */
  readonly what: string;
  readonly by: string;
  readonly comment?: string;
  readonly at: number;
}

/** The record of entries that are about the run as a whole. */
export const wholeRun = -1;

export type JournalEntry = Intended | Answered | Settled | Revised | Approval;

/** `waiting`: all that could be done is done, and the rest waits for a person. */
export type RunState = 'running' | 'interrupted' | 'finished' | 'stopped' | 'waiting';

/** A run as it was begun: all that resuming needs, so that a state file alone is enough. */
export interface RunHeader {
  readonly id: string;
  readonly createdAt: number;
  /** The seal of the plan: while one run of it is owned, no other can begin. */
  readonly seal?: string;
  /** PlanHeader and PlanSummary as JSON, and the playbook's text. */
  readonly plan: unknown;
  readonly summary: unknown;
  readonly playbookSource: string;
  /** Texts of the playbooks that it uses, by their place; absent where it uses none. */
  readonly used?: Readonly<Record<string, string>>;
  /** Operations of a partner's own that it uses: folders with their texts; absent where there are none. */
  readonly catalogues?: readonly Catalogue[];
  /** Header line of the input, for failed.csv. */
  readonly inputHeader: string;
  readonly records: number;
  /** Parameters with secrets (encrypted at rest). */
  readonly parameters: unknown;
  /** Where results go, and other settings that a resume keeps. */
  readonly options: unknown;
}

/** One record as a run holds it. */
export interface RunRecord {
  readonly index: number;
  readonly key: string;
  /** PlannedRecord as JSON. */
  readonly planned: unknown;
  /** Typed values (secrets encrypted at rest) and the row's own text. */
  readonly values: unknown;
  readonly raw: string;
}

/** Records by how they ended. */
export type RecordCounts = Readonly<Record<StepOutcomeName | 'open', number>>;

/** Counts to begin counting from. */
export function noRecords(): Record<StepOutcomeName | 'open', number> {
  return {
    succeeded: 0,
    unchanged: 0,
    skipped: 0,
    failed: 0,
    blocked: 0,
    inDoubt: 0,
    waiting: 0,
    open: 0,
  };
}

/** Records whose index lies between two, both included. */
export interface IndexRange {
  readonly from: number;
  readonly to: number;
}

/** Every index that a record can have. */
export const everyIndex: IndexRange = { from: 0, to: 2_147_483_647 };

/** What the journal tells of a run as a whole. */
export interface RunReader {
  /** How many records of a range ended how. */
  countsIn(range: IndexRange): Promise<RecordCounts>;
  /** What people said of the run as a whole, oldest first. */
  words(): Promise<readonly Approval[]>;
}

export interface RunStatus extends RunHeader {
  readonly state: RunState;
  readonly finishedAt?: number;
  readonly counts: RecordCounts;
  readonly owner?: { readonly name: string; readonly expiresAt: number };
}

export interface Journal {
  /**
   * Creates the run and takes its lease. Records follow with `addRecords`; `begin` makes the run visible. Throws LeaseHeld
   * while another process owns a run of the same plan: of two who apply it at once, one does.
   */
  createRun(header: RunHeader): Promise<RunJournal>;
  /** Takes the lease of an existing run; throws LeaseHeld while another process owns it. */
  openRun(id: string): Promise<RunJournal>;
  runs(): Promise<readonly RunStatus[]>;
  run(id: string): Promise<RunStatus | undefined>;
  /** How far the journal of a run has come: a number that grows with every entry. */
  position(id: string): Promise<number>;
  /** Reads without owning, in order of the input: each record with its entries. */
  read(
    id: string,
    options?: { readonly only?: readonly StepOutcomeName[]; readonly index?: number },
  ): AsyncIterable<RecordWithEntries>;
  /** Reads of a run as a whole without owning it. */
  reader(id: string): RunReader;
  close(): Promise<void>;
}

export interface RecordWithEntries {
  readonly record: RunRecord;
  readonly entries: readonly JournalEntry[];
}

export interface RunJournal extends RunReader {
  readonly header: RunHeader;
  addRecords(records: readonly RunRecord[]): Promise<void>;
  begin(): Promise<void>;
  append(entry: JournalEntry): Promise<void>;
  /**
   * Records without a final `settled`, those in doubt and those that wait (with `retryFailed` also the failed ones), in
   * order, in batches.
   */
  open(options?: {
    readonly retryFailed?: boolean;
    readonly range?: IndexRange;
  }): AsyncIterable<RecordWithEntries>;
  /** True while this process surely owns the run, by its own monotonic clock: check before every send. */
  owned(): boolean;
  setState(state: RunState): Promise<void>;
  /** Begins a revision of the run; what an earlier one that never counted has left is gone. */
  revise(): Promise<Revising>;
  /** Resolves with the reason once the lease is lost. */
  readonly lost: Promise<LeaseLost>;
  /** Gives the lease back. */
  release(): Promise<void>;
}

/** A record of a revision: in place of the one with its index, or a new one; and the entry that says why. */
export interface RevisedRecord {
  readonly record: RunRecord;
  readonly entry: Revised | Settled;
}

/** A revision while it is made: nothing of it counts until it is committed, however large it is. */
export interface Revising {
  add(records: readonly RevisedRecord[]): Promise<void>;
  /**
   * Makes it count, in one transaction (J7); the journal's `header` is the new one from then on.
   * @param position where the journal was when the revision was planned
   * @returns false where the run has gone on since: nothing counts then
   */
  commit(header: RunHeader, position: number): Promise<boolean>;
}

export class LeaseLost extends Error {
  constructor(run: string) {
    super(`run ${run} is owned by another process now; this one has stopped sending`);
    this.name = 'LeaseLost';
  }
}

export class LeaseHeld extends Error {
  readonly owner: string;
  readonly expiresAt: number;

  constructor(run: string, owner: string, expiresAt: number) {
    super(`run ${run} is being worked on by ${owner}`);
    this.name = 'LeaseHeld';
    this.owner = owner;
    this.expiresAt = expiresAt;
  }
}
