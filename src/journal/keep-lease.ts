import type { Clock } from '../world/world.ts';
import { LeaseLost } from './journal.ts';

/** Who owns a run, for how long. Where the journal keeps it is the lease; the token is its fence. */
export interface Lease {
  readonly token: string;
  /**
   * True while no other process can have taken the run: by the monotonic clock, which does not step, and by the token where
   * looking is cheap, since others judge by a wall clock that may.
   */
  owned(): boolean;
  readonly lost: Promise<LeaseLost>;
  /** Said by whoever finds the token gone. */
  lose(): LeaseLost;
  /** Ends the heartbeat and leaves the lease to run out. */
  stop(): void;
  release(): void | Promise<void>;
}

/** The lease where the journal keeps it. */
export interface KeptLease {
  /** Whether the token is there still, where that can be seen at once. */
  held?(): boolean;
  /** Puts its end off by a lease; false where the token is not there any more. */
  renew(): boolean | Promise<boolean>;
  /** Gives it back. */
  release(): void | Promise<void>;
}

/** Sends stop this long before the lease can be taken over: a request must not leave at its very end. */
const marginShare = 0.2;

/**
 * Keeps a lease that was taken just now with a heartbeat three times a lease.
 * @param run its id, for words
 * @param leaseMs milliseconds that the lease lasts without a heartbeat
 */
export function keepLease(
  run: string,
  token: string,
  { clock, leaseMs }: { readonly clock: Clock; readonly leaseMs: number },
  kept: KeptLease,
): Lease {
  const ended = new AbortController();
  let renewedAt = clock.monotonic();
  let gone: LeaseLost | undefined;
  let tell: (error: LeaseLost) => void = () => {};
  const lost = new Promise<LeaseLost>((resolve) => {
    tell = resolve;
  });
  const lose = (): LeaseLost => {
    gone ??= new LeaseLost(run);
    ended.abort();
    tell(gone);
    return gone;
  };
  const beat = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await clock.sleep(leaseMs / 3, ended.signal).catch(() => {});
      if (ended.signal.aborted) return;
      // The stamp is taken before the write: if that takes long, the lease ends sooner for us than for others.
      const before = clock.monotonic();
      if (await kept.renew()) renewedAt = before;
      else if (!ended.signal.aborted) lose();
    }
  };
  void beat().catch(lose);
  return {
    token,
    owned: () => {
      if (gone !== undefined || clock.monotonic() - renewedAt >= leaseMs * (1 - marginShare)) return false;
      if (kept.held?.() !== false) return true;
      lose();
      return false;
    },
    lost,
    lose,
    stop: () => ended.abort(),
    release: () => {
      if (ended.signal.aborted) return;
      ended.abort();
      return kept.release();
    },
  };
}
