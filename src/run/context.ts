import type { Playbook } from '../check/playbook.ts';
import type { JournalEntry, RunJournal, StepError } from '../journal/journal.ts';
import type { Operations } from '../operations/operation.ts';
import type { Client } from '../partner-center/client.ts';
import type { Reader } from '../partner-center/reader.ts';
import type { World } from '../world/world.ts';
import type { Downloads } from './downloads.ts';
import type { Listener } from './event.ts';
import type { Limiter } from './limiter.ts';
import type { RunPolicy } from './policy.ts';

/** What every record of a run shares. */
export interface RunContext {
  readonly run: { readonly id: string; readonly startedAt: number };
  readonly playbook: Playbook;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly operations: Operations;
  readonly client: Client;
  readonly limiter: Limiter;
  readonly reader: Reader;
  readonly downloads: Downloads;
  readonly world: Pick<World, 'clock' | 'random'>;
  readonly listener: Listener;
  readonly log: Log;
  /** What an organisation allows, whatever the playbook says; each write is judged by all of them. */
  readonly policies?: readonly RunPolicy[];
  /** Settles what is in doubt and begins nothing: a record stays open at its first step that would be new. */
  readonly settleOnly: boolean;
  /** Aborted with an Interrupted: no new requests; what is in flight is waited for and recorded. */
  readonly halt: AbortSignal;
  /** Aborted: what is in flight is let go, too. */
  readonly stop: AbortSignal;
  /** A step asked for the whole run to stop. */
  stopRun(reason: string): void;
}

/** Ends the work on a record without an outcome: the record stays open, a resume goes on with it. */
export class Interrupted extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'Interrupted';
  }
}

/** Ends the work on a record until a person has approved what it came to. */
export class Waiting extends Error {
  readonly error: StepError;

  constructor(error: StepError) {
    super(error.message);
    this.name = 'Waiting';
    this.error = error;
  }
}

/** The journal as steps use it. */
export interface Log {
  /** Appends without waiting. The order of calls is the order of entries, so a later `durable` covers it (J3). */
  note(entry: JournalEntry): void;
  /** Resolves once the entry is durable; throws what any append before it threw. */
  durable(entry: JournalEntry): Promise<void>;
  owned(): boolean;
}

/** @param onBroken told once, when an append fails: nothing more can be recorded, so nothing more may be sent */
export function makeLog(journal: RunJournal, onBroken: (error: unknown) => void): Log {
  let broken: { readonly error: unknown } | undefined;
  const breakOff = (error: unknown) => {
    if (broken !== undefined) return;
    broken = { error };
    onBroken(error);
  };
  const note = async (entry: JournalEntry) => {
    if (broken === undefined) await journal.append(entry).catch(breakOff);
  };
  return {
    durable: async (entry) => {
      await note(entry);
      if (broken !== undefined) throw broken.error;
    },
    note: (entry) => void note(entry), // what it throws is kept: the next `durable` throws it
    owned: () => broken === undefined && journal.owned(),
  };
}
