/**
 * Finds out how many requests a second one allowance of the service lets through, and keeps to it.
 *
 * What the service has is taken to be a bucket that tokens flow into: a refusal says that it is empty. What it took
 * between two refusals, over the time between them, is what flows in. The pacer then fills a bucket of its own at that
 * rate, a little behind the service's. After a while it tries for more, slowly and then faster, until it is refused
 * again: so it finds an allowance that has grown, too.
 */
export interface Pacer {
  /** Milliseconds until one more may leave; 0: it leaves now, and is counted. */
  take(now: number): number;
  /** The service let one through. @param ms how long its answer took, where that is known */
  admitted(ms?: number): void;
  /** The service refused one. Answers within a burst teach once. */
  refused(now: number, retryAfterMs: number | undefined): void;
  /** Requests a second; undefined until two refusals have told. */
  readonly rate: number | undefined;
}

/** Refusals within so many milliseconds of the first are one lesson: they were on their way together. */
export const burstMs = 1_000;
/** Fewer requests let through between two refusals say nothing about a rate. */
const fewest = 10;
/** What the own bucket stays behind the service's, in seconds of the rate: room for the estimate's error. */
const reserveS = 0.1;
/** Requests saved up during a pause leave at twice the rate: all at once they would overrun a smaller bucket. */
const catchUp = 2;
/** Timers wake late on a busy machine: what they were late by is made up for, so far back. */
const lateMs = 100;
/**
 * A rate is held for a while before more is tried for. Trying costs the requests that leave until the refusal is heard
 * of: the longer an answer takes, the longer the hold, so that they stay this share of all. Runs that
 * share an allowance are refused together and hold equally long, so they try together, too, and draw level.
 */
const hold = { leastMs: 4_000, answersShare: 0.006, refusedShare: 0.012, mostMs: 60_000 };
/** A rate measured over a short time is trusted for so many times that long. */
const trust = 3;
/**
 * Then it grows by this, and by twice that every half second (or every few answers). Absolute, for slow rates a share.
 */
const firstStep = { perSecond: 1, share: 0.05 };
const doubling = { leastMs: 500, answers: 4 };
/** Grown by half and not refused: the allowance has changed, and what was let through since the last refusal says little. */
const outgrown = 1.5;

/** So much of the last answer goes into the average. */
const answerWeight = 0.1;

export function makePacer(): Pacer {
  return new LearningPacer();
}

class LearningPacer implements Pacer {
  /** The rate as it was learned; undefined while every request may leave. */
  #learned: number | undefined;
  /** How long requests have had to wait since: only then is more worth trying for. */
  #pressedMs = 0;
  /** The last one that asked had to wait for the rate. */
  #waited = false;
  #level = 0;
  #filledAt = 0;
  #leftAt = Number.NEGATIVE_INFINITY;
  #refusedAt = Number.NEGATIVE_INFINITY;
  /** Between the last two lessons, in milliseconds. */
  #measuredMs = 0;
  #admitted = 0;
  #refusals = 0;
  /** How long answers take, on the average of the last ones. */
  #answerMs = 0;
  #pauseMs = burstMs;

  get rate(): number | undefined {
    const learned = this.#learned;
    if (learned === undefined) return undefined;
    const probedMs = this.#pressedMs - this.#holdMs(learned);
    if (probedMs <= 0) return learned;
    const doublingMs = Math.max(doubling.leastMs, doubling.answers * this.#answerMs);
    const step = Math.min(firstStep.perSecond, learned * firstStep.share);
    return learned + step * (2 ** Math.min(60, probedMs / doublingMs) - 1);
  }

  take(now: number): number {
    const rate = this.rate;
    if (rate === undefined) return 0;
    const passedMs = now - this.#filledAt;
    this.#filledAt = now;
    const most = (rate * Math.max(burstMs, this.#pauseMs)) / 1_000;
    this.#level = Math.min(most, this.#level + (passedMs * rate) / 1_000);
    const short = ((1 - this.#level) / rate) * 1_000;
    const gapMs = 1_000 / (catchUp * rate);
    const spaced = this.#leftAt + gapMs - now;
    // Half of a timer's grain early is nearer than a whole one late.
    const waitMs = Math.max(short, spaced);
    if (this.#waited) this.#pressedMs += Math.min(passedMs, burstMs);
    this.#waited = short > 0;
    if (waitMs >= 0.5) return waitMs;
    this.#level -= 1;
    this.#leftAt = Math.max(this.#leftAt + gapMs, now - lateMs);
    return 0;
  }

  admitted(ms?: number): void {
    this.#admitted += 1;
    if (ms !== undefined) this.#answerMs += answerWeight * (ms - this.#answerMs);
  }

  refused(now: number, retryAfterMs: number | undefined): void {
    if (now - this.#refusedAt < burstMs) {
      this.#refusals += 1;
      this.#level -= 1;
      return;
    }
    this.#learn(now);
    this.#level = -reserveS * (this.#learned ?? 0);
    this.#filledAt = now;
    this.#refusedAt = now;
    this.#refusals = 1;
    this.#admitted = 0;
    this.#pauseMs = retryAfterMs ?? 0;
  }

  #learn(now: number): void {
    const sinceMs = now - this.#refusedAt;
    const { rate } = this;
    const few = this.#admitted < fewest || sinceMs === Number.POSITIVE_INFINITY;
    if (few && rate === undefined) return;
    // Refused ones count against the allowance, too ("API throttling guidance").
    const halved = rate !== undefined && (few || rate > outgrown * this.#learned!);
    this.#learned = halved ? rate / 2 : ((this.#admitted + this.#refusals) / sinceMs) * 1_000;
    this.#measuredMs = halved ? burstMs : sinceMs;
    this.#pressedMs = 0;
  }

  #holdMs(learned: number): number {
    const heardMs = hold.leastMs + this.#answerMs / hold.answersShare;
    const madeUpMs = (this.#refusals / hold.refusedShare / learned) * 1_000;
    return Math.min(hold.mostMs, Math.max(heardMs, madeUpMs), trust * this.#measuredMs);
  }
}
