/**
 * Finds out how many requests a second one allowance of the service lets through, and keeps to it.
 *
 * What the service has is taken to be a bucket that tokens flow into: a refusal says that it is empty. What it let
 * through between two refusals, over the time between them, is what flows in. The first refusal begins a ramp, slow
 * at first: runs that share an allowance are refused together, ramp alike, and so begin with like shares. Then the
 * pacer keeps a bucket of its own, a little behind the service's, at a rate that begins below what was measured and
 * grows by the same for all, so that shares draw level and an allowance that has grown is found.
 */
export interface Pacer {
  /** Milliseconds until one more may leave; 0: it leaves now, and is counted. */
  take(now: number): number;
  /** The service let one through. @param ms how long its answer took, where that is known */
  admitted(now: number, ms?: number): void;
  /** The service refused one. Answers within a burst teach once. */
  refused(now: number, retryAfterMs: number | undefined, ms?: number): void;
  /** Requests a second; undefined until two refusals have told. */
  readonly rate: number | undefined;
  /** Whether requests wait for it: from the first refusal on. */
  readonly paced: boolean;
}

/** Refusals within so many milliseconds of the first are one lesson: they were on their way together. */
export const burstMs = 1_000;
/** Fewer requests let through between two refusals say little about a rate. */
const fewest = 10;
/** What the own bucket stays behind the service's, in seconds of the rate: room for the estimate's error. */
const reserveS = 0.15;
/** Requests saved up during a pause leave at twice the rate: all at once they would overrun a smaller bucket. */
const catchUp = 2;
/** Timers wake late on a busy machine: what they were late by is made up for, so far back. */
const lateMs = 100;
/** Requests a second at the beginning, and how soon twice as many. A run that was never refused in so long begins with half of what it did. */
const ramp = { perSecond: 20, doublingMs: 450, knownMs: 2_000, share: 0.5 };
/** What was measured lately counts for so long; a rate found by a ramp, or guessed, for less. */
const memoryMs = 10_000;
const guessMs = 2_000;
/** The rate begins so much below what was measured, and is as much above after one cycle: the bucket evens that out. */
const cut = 0.08;
/** By so much the rate grows each second: the same for runs that share an allowance, less for slow ones. */
const growth = { perSecond: 0.5, share: 0.03 };
/**
 * Seconds-long cycles cost few refusals. Finding the limit costs the requests that leave until the refusal is heard
 * of, so where those were many the cycle is longer, and they stay this share of all.
 */
const cycle = { leastMs: 6_000, mostMs: 20_000, refusedShare: 0.016, refusedMostMs: 30_000, ofRamp: 0.7 };
/** Not refused for longer than a cycle: the allowance has grown. The rate gains this times the seconds cubed. */
const search = { afterCycles: 1.1, perSecond: 0.5, share: 0.025 };
/** Grown to twice what was learned: what was let through since the last refusal says too little. */
const outgrown = 2;
/** Far fewer were let through than before: others may have been quicker, once. Each time in a row it counts more. */
const fallen = { below: 0.5, keeps: 0.8 };
/** Refused ones count against the allowance, too ("API throttling guidance"); but a burst of them is no measure. */
const refusedCounted = 0.1;
/** So much of the last answer goes into the average. */
const answerWeight = 0.1;

export function makePacer(): Pacer {
  return new LearningPacer();
}

class LearningPacer implements Pacer {
  /** The rate as it was measured, or what the ramp begins with; undefined while every request may leave. */
  #learned: number | undefined;
  #ramping = false;
  /** What was let through over what time, as far as it is remembered. */
  #measured = { count: 0, ms: 0 };
  #cut = 0;
  #cycleMs = 0;
  /** How long requests have had to wait since: only then is more worth trying for. */
  #pressedMs = 0;
  /** The last one that asked had to wait for the rate. */
  #waited = false;
  #level = 0;
  #filledAt = 0;
  #leftAt = Number.NEGATIVE_INFINITY;
  #startedAt: number | undefined;
  #heardAt = Number.NEGATIVE_INFINITY;
  /** When the refused request was at the service: half an answer's time before that was heard of. */
  #refusedAt = Number.NEGATIVE_INFINITY;
  #admitted = 0;
  #refusals = 0;
  #fallenInARow = 0;
  /** How long answers take, on the average of the last ones. */
  #answerMs = 0;
  #pauseMs = burstMs;

  get paced(): boolean {
    return this.#learned !== undefined;
  }

  get rate(): number | undefined {
    return this.#ramping ? undefined : this.#rate();
  }

  #rate(): number | undefined {
    const learned = this.#learned;
    if (learned === undefined) return undefined;
    if (this.#ramping)
      return learned * 2 ** Math.min(20, this.#pressedMs / Math.max(ramp.doublingMs, this.#answerMs));
    const grownMs = Math.min(this.#pressedMs, search.afterCycles * this.#cycleMs);
    const searchedS = Math.max(0, this.#pressedMs - grownMs - this.#answerMs) / 1_000;
    const searched = Math.min(search.perSecond, search.share * learned) * searchedS ** 3;
    return learned * (1 - this.#cut + (2 * this.#cut * grownMs) / this.#cycleMs) + searched;
  }

  take(now: number): number {
    const rate = this.#rate();
    if (rate === undefined) return 0;
    const passedMs = now - this.#filledAt;
    this.#filledAt = now;
    // At least one request: else a rate that has fallen far would never let one go.
    const most = Math.max(1, (rate * Math.max(burstMs, this.#pauseMs)) / 1_000);
    this.#level = Math.min(most, this.#level + (passedMs * rate) / 1_000);
    const short = ((1 - this.#level) / rate) * 1_000;
    const gapMs = 1_000 / (catchUp * rate);
    const spaced = this.#leftAt + gapMs - now;
    // Half of a timer's grain early is nearer than a whole one late.
    const waitMs = Math.max(short, spaced);
    if (this.#waited) this.#pressedMs += Math.max(0, Math.min(passedMs, burstMs));
    this.#waited = short > 0 || this.#ramping;
    if (waitMs >= 0.5) return waitMs;
    this.#level -= 1;
    this.#leftAt = Math.max(this.#leftAt + gapMs, now - lateMs);
    return 0;
  }

  admitted(now: number, ms = 0): void {
    this.#startedAt ??= now - ms;
    this.#answerMs += answerWeight * (ms - this.#answerMs);
    // Let through before the refusal and heard of after it. What left unpaced tells less exactly when it got there.
    if (now - (this.#ramping ? ms : ms / 2) >= this.#refusedAt) this.#admitted += 1;
  }

  refused(now: number, retryAfterMs: number | undefined, ms = 0): void {
    this.#startedAt ??= now - ms;
    if (now - this.#heardAt < burstMs) {
      this.#refusals += 1;
      if (!this.#ramping) this.#level -= 1;
      return;
    }
    const at = now - ms / 2;
    this.#learn(at);
    this.#pressedMs = 0;
    this.#level = this.#ramping ? 1 : -reserveS * this.#rate()!;
    this.#filledAt = this.#ramping ? now + (retryAfterMs ?? 0) : now;
    this.#heardAt = now;
    this.#refusedAt = at;
    this.#refusals = 1;
    this.#admitted = 0;
    this.#pauseMs = retryAfterMs ?? 0;
  }

  #learn(at: number): void {
    const rate = this.#rate();
    if (rate === undefined) {
      const sinceMs = at - this.#startedAt!;
      const known = sinceMs < ramp.knownMs ? 0 : (ramp.share * 1_000 * this.#admitted) / sinceMs;
      this.#learned = Math.max(ramp.perSecond, known);
      this.#ramping = true;
      return;
    }
    const ramped = this.#ramping;
    const ms = at - this.#refusedAt;
    const count = this.#admitted + Math.min(this.#refusals, refusedCounted * this.#admitted);
    this.#learned = this.#judge(rate, count, ms);
    this.#plan(this.#learned, ramped);
  }

  /** @returns the rate to go on with, of the one that was refused and what was let through in so long */
  #judge(rate: number, count: number, ms: number): number {
    const measured = (count / ms) * 1_000;
    const few = this.#admitted < fewest;
    if (this.#ramping && !few) {
      this.#ramping = false;
      return this.#remember(count, ms, 0);
    }
    if (few || measured < fallen.below * this.#learned!) {
      this.#fallenInARow += 1;
      const kept = rate * fallen.keeps ** (2 ** (this.#fallenInARow - 1));
      return this.#guess(Math.max(measured, kept));
    }
    this.#fallenInARow = 0;
    if (rate > outgrown * this.#learned!) return this.#guess(Math.max(measured, rate / 2));
    return this.#remember(count, ms, Math.min(1, memoryMs / this.#measured.ms));
  }

  #remember(count: number, ms: number, before: number): number {
    const { count: countBefore, ms: msBefore } = this.#measured;
    this.#measured = { count: countBefore * before + count, ms: msBefore * before + ms };
    return (this.#measured.count / this.#measured.ms) * 1_000;
  }

  #guess(rate: number): number {
    this.#measured = { count: (rate * guessMs) / 1_000, ms: guessMs };
    return rate;
  }

  /** How the rate goes on from here until the next refusal. */
  #plan(learned: number, ramped: boolean): void {
    const grownMs = (2_000 * cut * learned) / Math.min(growth.perSecond, growth.share * learned);
    const madeUpMs = (this.#refusals / cycle.refusedShare / learned) * 1_000;
    const wholeMs = Math.max(
      cycle.leastMs,
      Math.min(cycle.mostMs, grownMs),
      Math.min(cycle.refusedMostMs, madeUpMs),
    );
    // A ramp measures over a short time, in which the bucket may have been full: more is tried for soon.
    this.#cycleMs = ramped ? Math.min(wholeMs, cycle.ofRamp * this.#measured.ms) : wholeMs;
    this.#cut = ramped ? 0 : cut;
  }
}
