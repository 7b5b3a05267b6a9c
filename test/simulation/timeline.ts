/** Nothing is waited for, and the end has not come: a promise that nobody will keep. */
export class Stuck extends Error {}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

/** Virtual time, shared by every process of a simulation. It passes only when everybody waits. */
export class Timeline {
  /** Milliseconds since the simulation began. */
  now = 0;
  /** Counts what happens: as long as it grows, somebody is at work and time stands still. */
  activity = 0;
  #order = 0;
  readonly #timers: Timer[] = [];

  /** Calls back once so many milliseconds have passed. */
  after(ms: number, fire: () => void): () => void {
    this.#order += 1;
    const timer = { at: this.now + Math.max(0, ms), order: this.#order, fire };
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#timers[middle]!;
      // The next to fire stands last.
      if (other.at > timer.at || (other.at === timer.at && other.order > timer.order)) low = middle + 1;
      else high = middle;
    }
    this.#timers.splice(low, 0, timer);
    return () => {
      const at = this.#timers.indexOf(timer);
      if (at >= 0) this.#timers.splice(at, 1);
    };
  }

  /**
   * Lets things happen until the work has ended.
   * @param stepsMost so many timers at most: more is a simulation that goes round in circles
   * @throws Stuck; what the work throws
   */
  async until<T>(work: Promise<T>, stepsMost = 200_000): Promise<T> {
    let ended = false;
    const end = () => {
      ended = true;
    };
    work.then(end, end);
    for (let steps = 0, quiet = 0; !ended; ) {
      const before = this.activity;
      await new Promise(setImmediate);
      quiet = this.activity === before ? quiet + 1 : 0;
      // Two turns in which nothing happens: commits are made at the end of a turn, and seen in the next.
      if (ended || quiet < 2) continue;
      const timer = this.#timers.pop();
      steps += 1;
      if (timer === undefined) throw new Stuck('nothing is waited for, and the work has not ended');
      if (steps > stepsMost) throw new Stuck(`the work has not ended after ${stepsMost} steps`);
      this.now = Math.max(this.now, timer.at);
      quiet = 0;
      timer.fire();
    }
    return work;
  }
}
