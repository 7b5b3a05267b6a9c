import type { DatabaseSync } from 'node:sqlite';
import { LeaseLost } from './journal.ts';
import { inTransaction } from './transaction.ts';

/** The writes of one turn of the event loop, and whether they are durable. */
interface Turn {
  readonly writes: (() => void)[];
  readonly durable: PromiseWithResolvers<void>;
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
  #turn: Turn | undefined;
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
    this.#turn ??= this.#begin();
    this.#turn.writes.push(write);
    return this.#turn.durable.promise;
  }

  /** Resolves when everything queued so far is durable or has failed. */
  settled(): Promise<void> {
    return this.#last;
  }

  #begin(): Turn {
    const turn: Turn = { writes: [], durable: Promise.withResolvers() };
    this.#last = turn.durable.promise.catch(() => {});
    setImmediate(() => this.#commit(turn));
    return turn;
  }

  #commit({ writes, durable }: Turn): void {
    this.#turn = undefined;
    try {
      this.#write(writes);
      durable.resolve();
    } catch (error) {
      this.#failure = error instanceof LeaseLost ? error : this.#explain(error);
      durable.reject(this.#failure);
    }
  }

  #write(writes: Turn['writes']): void {
    inTransaction(this.#database, () => {
      this.#fence();
      for (const write of writes) write();
    });
  }
}
