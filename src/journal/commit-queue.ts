import type { DatabaseSync } from 'node:sqlite';
import { LeaseLost } from './journal.ts';
import { inTransaction } from './transaction.ts';

interface Waiting {
  readonly write: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: all writes of one turn of the event loop become one transaction, committed when the turn is over
 * (never on a timer: an idle run waits for nothing). A write resolves when its commit is durable (J1).
 * Once a commit has failed nothing more is written: a later entry is never durable without an earlier one (J3).
 */
export class CommitQueue {
  readonly #database: DatabaseSync;
  readonly #fence: () => void;
  readonly #explain: (error: unknown) => Error;
  #waiting: Waiting[] = [];
  #failure: Error | undefined;
  #last: Promise<void> = Promise.resolve();

  /**
   * @param fence throws where this process may not write any more
   * @param explain turns the database's errors into words
   */
  constructor(
    database: DatabaseSync,
    { fence, explain }: { readonly fence: () => void; readonly explain: (error: unknown) => Error },
  ) {
    this.#database = database;
    this.#fence = fence;
    this.#explain = explain;
  }

  /** Queues a write for the commit of this turn; rejects with LeaseLost or with what the database said. */
  add(write: () => void): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#waiting.length === 0) setImmediate(() => this.#commit());
    const done = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject });
    });
    this.#last = done.catch(() => {});
    return done;
  }

  /** Resolves when everything queued so far is durable or has failed. */
  settled(): Promise<void> {
    return this.#last;
  }

  #commit(): void {
    const group = this.#waiting;
    this.#waiting = [];
    try {
      this.#write(group);
      for (const { resolve } of group) resolve();
    } catch (error) {
      this.#failure = error instanceof LeaseLost ? error : this.#explain(error);
      for (const { reject } of group) reject(this.#failure);
    }
  }

  #write(group: readonly Waiting[]): void {
    inTransaction(this.#database, () => {
      this.#fence();
      for (const { write } of group) write();
    });
  }
}
