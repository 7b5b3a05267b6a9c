import type { Answered, Intended, JournalEntry } from '../journal/journal.ts';

/** Requests of one operation that a run journaled: those that change something. */
export interface OperationTimes {
  readonly operation: string;
  readonly requests: number;
  readonly ok: number;
  readonly refused: number;
  readonly throttled: number;
  /** Cut off, or answered in a way that tells nothing. */
  readonly unanswered: number;
  /** Milliseconds; undefined where the journal does not have them. */
  readonly medianMs?: number;
  readonly p95Ms?: number;
  readonly maxMs?: number;
}

/** What came back in a second of the run. */
export interface Second {
  /** Seconds since 1970. */
  readonly at: number;
  readonly ok: number;
  readonly refused: number;
  readonly throttled: number;
  readonly unanswered: number;
}

type Kind = 'ok' | 'refused' | 'throttled' | 'unanswered';
type Counts = Record<Kind, number>;

/** Two durations within a twentieth of each other are counted as one: memory does not grow with the requests. */
const step = Math.log(1.05);

interface Times extends Counts {
  readonly spread: Map<number, number>;
  timed: number;
  maxMs: number;
}

/** Counts answers by operation and by second. Memory grows with the operations and the seconds in which something came back. */
export class RequestTimes {
  readonly #operations = new Map<string, Times>();
  readonly #seconds = new Map<number, Counts>();

  /** @param entries of one record, in order */
  add(entries: readonly JournalEntry[]): void {
    const sent = new Map<string, Intended>();
    for (const entry of entries) {
      if (entry.type === 'intended') sent.set(entry.path, entry);
      if (entry.type !== 'answered') continue;
      const kind = kindOf(entry);
      const intended = sent.get(entry.path);
      if (kind === undefined || intended === undefined) continue;
      this.#count(intended.operation, kind, entry);
    }
  }

  #count(operation: string, kind: Kind, { at, ms }: Answered): void {
    const times = this.#operations.get(operation) ?? { ...none(), spread: new Map(), timed: 0, maxMs: 0 };
    this.#operations.set(operation, times);
    times[kind] += 1;
    if (ms !== undefined && kind !== 'throttled') {
      const place = Math.round(Math.log(Math.max(1, ms)) / step);
      times.spread.set(place, (times.spread.get(place) ?? 0) + 1);
      times.timed += 1;
      times.maxMs = Math.max(times.maxMs, ms);
    }
    const second = Math.floor(at / 1000);
    const counts = this.#seconds.get(second) ?? none();
    this.#seconds.set(second, counts);
    counts[kind] += 1;
  }

  /** The busiest operation first. */
  operations(): readonly OperationTimes[] {
    return [...this.#operations]
      .map(([operation, { ok, refused, throttled, unanswered, ...times }]) => ({
        operation,
        requests: ok + refused + throttled + unanswered,
        ok,
        refused,
        throttled,
        unanswered,
        ...durationsOf(times),
      }))
      .sort((a, b) => b.requests - a.requests);
  }

  /** In order of time. */
  seconds(): readonly Second[] {
    return [...this.#seconds].map(([at, counts]) => ({ at, ...counts })).sort((a, b) => a.at - b.at);
  }
}

function none(): Counts {
  return { ok: 0, refused: 0, throttled: 0, unanswered: 0 };
}

/** What an answer counts as; undefined where none came: a look-up settled it, or nothing was sent. */
function kindOf({ answer, status, ms }: Answered): Kind | undefined {
  switch (answer) {
    case 'ok':
      return status === undefined ? undefined : 'ok';
    case 'refused':
      return 'refused';
    case 'throttled':
      return 'throttled';
    case 'unknown':
      return status === 429 ? 'throttled' : 'unanswered';
    case 'notSent':
      return ms === undefined ? undefined : 'unanswered'; // a connection that never stood
  }
}

function durationsOf({ spread, timed, maxMs }: Pick<Times, 'spread' | 'timed' | 'maxMs'>) {
  if (timed === 0) return {};
  const places = [...spread].sort(([a], [b]) => a - b);
  const at = (share: number): number => {
    let seen = 0;
    for (const [place, times] of places) {
      seen += times;
      if (seen >= share * timed) return Math.min(maxMs, Math.round(Math.exp(place * step)));
    }
    return maxMs;
  };
  return { medianMs: at(0.5), p95Ms: at(0.95), maxMs };
}
