import type { JournalEntry, RunJournal } from '../../src/journal/journal.ts';
import type { Clock, Transport, World } from '../../src/world/world.ts';
import { memoryFiles } from '../run/memory-files.ts';
import type { Dice } from './dice.ts';
import type { Timeline } from './timeline.ts';

/** What befalls a process, counted in the places that it passes: before and after everything that it does to the world. */
export interface Fate {
  /** Number of the place at which it is killed. */
  readonly dies?: number | undefined;
  /** Number of the place at which it is stopped (SIGSTOP), and for how many milliseconds. */
  readonly freezes?: { readonly at: number; readonly ms: number } | undefined;
}

/** When the simulated machines' clocks begin. */
export const epoch = Date.parse('2026-01-01T00:00:00Z');

/** A machine's wall clock: it can be set, also backwards. */
export interface WallClock {
  offsetMs: number;
}

/**
 * One process: its clock, its chance, its network. Killed, nothing that it began comes back to it and nothing that it
 * begins happens. Stopped, everything comes back only when it goes on.
 */
export class Process {
  readonly name: string;
  places = 0;
  alive = true;
  #frozen = false;
  readonly #backlog: (() => void)[] = [];
  readonly #timeline: Timeline;
  readonly #fate: Fate;
  readonly #wall: WallClock;
  readonly #onKilled: (() => void)[] = [];
  readonly #onFrozen: (() => void)[] = [];

  constructor(name: string, timeline: Timeline, wall: WallClock, fate: Fate) {
    this.name = name;
    this.#timeline = timeline;
    this.#wall = wall;
    this.#fate = fate;
  }

  /** Called at the very moment of its death, before anything else happens. */
  atDeath(tell: () => void): void {
    this.#onKilled.push(tell);
  }

  /** Called when it is stopped. */
  atFreeze(tell: () => void): void {
    this.#onFrozen.push(tell);
  }

  /** A place where fate may strike. False: the process is dead, and what follows must not happen. */
  pass({ mayFreeze = true } = {}): boolean {
    this.#timeline.activity += 1;
    if (!this.alive) return false;
    this.places += 1;
    if (this.#fate.dies === this.places) this.kill();
    if (mayFreeze && this.#fate.freezes !== undefined && this.places >= this.#fate.freezes.at) this.#freeze();
    return this.alive;
  }

  kill(): void {
    this.alive = false;
    for (const tell of this.#onKilled) tell();
  }

  #didFreeze = false;

  #freeze(): void {
    if (this.#didFreeze || !this.alive) return;
    this.#didFreeze = true;
    this.#frozen = true;
    for (const tell of this.#onFrozen) tell();
    this.#timeline.after(this.#fate.freezes!.ms, () => {
      this.#frozen = false;
      this.#timeline.activity += 1;
      for (const resume of this.#backlog.splice(0)) if (this.alive) resume();
    });
  }

  /** Lets something come back to the process: at once, when it goes on, or never. */
  comeBack(resume: () => void): void {
    if (!this.pass()) return;
    if (this.#frozen) this.#backlog.push(resume);
    else resume();
  }

  /** The same for something that is waited for. */
  back<T>(value: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      value.then(
        (result) => this.comeBack(() => resolve(result)),
        (error: unknown) => this.comeBack(() => reject(error)),
      );
    });
  }

  get clock(): Clock {
    return {
      now: () => epoch + this.#wall.offsetMs + Math.floor(this.#timeline.now),
      monotonic: () => this.#timeline.now,
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted === true) return reject(signal.reason);
          const cancel = this.#timeline.after(ms, () => {
            signal?.removeEventListener('abort', abort);
            this.comeBack(resolve);
          });
          const abort = () => {
            cancel();
            if (this.alive) reject(signal?.reason);
          };
          signal?.addEventListener('abort', abort, { once: true });
        }),
    };
  }

  world(dice: Dice, transport: Transport): World {
    const { clock } = this;
    return { clock, random: { next: dice.next, uuid: dice.uuid }, transport, files: memoryFiles(clock) };
  }

  /**
   * The journal as this process has it: killed before an entry is given to it, or after it is durable.
   * @param onWritten called when something of this process has become durable
   */
  journal(inner: RunJournal, onWritten: () => void): RunJournal {
    const never = new Promise<never>(() => {});
    const lasting = <T>(work: () => Promise<T>): Promise<T> => {
      if (!this.pass({ mayFreeze: false })) return never;
      return this.back(
        work().then((done) => {
          onWritten();
          return done;
        }),
      );
    };
    return {
      get header() {
        return inner.header;
      },
      addRecords: (records) => lasting(() => inner.addRecords(records)),
      begin: () => lasting(() => inner.begin()),
      revise: async () => {
        const revising = await lasting(() => inner.revise());
        return {
          add: (records) => lasting(() => revising.add(records)),
          commit: (header, position) => lasting(() => revising.commit(header, position)),
        };
      },
      append: (entry: JournalEntry) => lasting(() => inner.append(entry)),
      open: (options) => inner.open(options),
      countsIn: (range) => inner.countsIn(range),
      words: () => inner.words(),
      owned: () => this.alive && inner.owned(),
      setState: (state) => lasting(() => inner.setState(state)),
      lost: inner.lost,
      release: () => lasting(() => inner.release()),
    };
  }
}
