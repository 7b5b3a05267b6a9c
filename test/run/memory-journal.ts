import {
  type Approval,
  everyIndex,
  type IndexRange,
  type JournalEntry,
  type LeaseLost,
  noRecords,
  type RecordWithEntries,
  type RunHeader,
  type RunJournal,
  type RunRecord,
  type RunState,
  type StepOutcomeName,
  wholeRun,
} from '../../src/journal/journal.ts';
import { replay } from '../../src/journal/replay.ts';

/** The process is gone: what is thrown at every place where it might have been killed. */
export class Crash extends Error {}

/** Counts the places where a crash may come, and makes it come at one of them. */
export interface Fuse {
  /** Throws Crash when its time has come, and ever after. `before`: what follows does not happen. */
  step(place: string): void;
  readonly steps: number;
  readonly burnt: boolean;
}

/** @param at number of the step at which it crashes; Infinity: never */
export function makeFuse(at = Number.POSITIVE_INFINITY): Fuse {
  let steps = 0;
  let burnt = false;
  return {
    step: (place) => {
      steps += 1;
      if (steps >= at) burnt = true;
      if (burnt) throw new Crash(place);
    },
    get steps() {
      return steps;
    },
    get burnt() {
      return burnt;
    },
  };
}

/** What stays when the process dies. */
export interface Stored {
  readonly header: RunHeader;
  readonly records: readonly RunRecord[];
  readonly entries: JournalEntry[];
  state: RunState;
}

export interface MemoryJournal extends RunJournal {
  counts(): Record<StepOutcomeName | 'open', number>;
  /** The lease is lost, and this process has been told. */
  lose(reason: LeaseLost): void;
  /** The lease is over by this process's own clock, and nobody has told it. */
  freeze(): void;
}

/** A journal in memory: durable when its promise resolves, and it takes a turn of the event loop to get there. */
export function memoryJournal(
  stored: Stored,
  fuse: Fuse = makeFuse(),
  trace: { push(place: string): unknown } = [],
): MemoryJournal {
  let owned = true;
  let lose = (_reason: LeaseLost) => {};
  const lost = new Promise<LeaseLost>((resolve) => {
    lose = (reason) => {
      owned = false;
      resolve(reason);
    };
  });
  const outcome = (index: number) =>
    replay(stored.entries.filter(({ record }) => record === index)).settled?.outcome;
  async function* open(retryFailed: boolean, { from, to }: IndexRange): AsyncGenerator<RecordWithEntries> {
    for (const record of stored.records.filter(({ index }) => index >= from && index <= to)) {
      const was = outcome(record.index);
      const wanted =
        was === undefined ||
        was === 'inDoubt' ||
        was === 'waiting' ||
        (retryFailed && (was === 'failed' || was === 'blocked'));
      if (wanted)
        yield structuredClone({
          record,
          entries: stored.entries.filter((entry) => entry.record === record.index),
        });
    }
  }
  const countsIn = ({ from, to }: IndexRange) => {
    const counts = noRecords();
    for (const { index } of stored.records)
      if (index >= from && index <= to) counts[outcome(index) ?? 'open'] += 1;
    return counts;
  };
  return {
    header: stored.header,
    addRecords: async () => {},
    revise: () => Promise.reject(new Error('a journal in memory is not revised')),
    begin: async () => {},
    append: async (entry) => {
      const copy = JSON.parse(JSON.stringify(entry)) as JournalEntry; // in the caller's turn, as on disk
      fuse.step(`before ${entry.type} ${entry.path}`);
      trace.push(`${entry.type} ${entry.path}`);
      stored.entries.push(copy);
      fuse.step(`after ${entry.type} ${entry.path}`);
      await new Promise(setImmediate);
      trace.push(`durable ${entry.type} ${entry.path}`);
    },
    open: ({ retryFailed = false, range = everyIndex } = {}) => open(retryFailed, range),
    words: async () =>
      stored.entries.filter(
        (entry): entry is Approval => entry.record === wholeRun && entry.type === 'approval',
      ),
    owned: () => owned,
    setState: async (state) => {
      if (!fuse.burnt) stored.state = state;
    },
    lost,
    lose: (reason) => lose(reason),
    freeze: () => {
      owned = false;
    },
    release: async () => {},
    countsIn: async (range) => countsIn(range),
    counts: () => countsIn(everyIndex),
  };
}
