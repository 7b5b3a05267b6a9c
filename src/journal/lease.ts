import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import process from 'node:process';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../world/world.ts';
import { LeaseHeld, LeaseLost } from './journal.ts';

/** Who owns a run, for how long. The row in `runs` is the lease; the token is its fence. */
export interface Lease {
  readonly token: string;
  /** True while no other process can have taken the run, by the monotonic clock: a stepped wall clock changes nothing. */
  owned(): boolean;
  readonly lost: Promise<LeaseLost>;
  /** Said by whoever finds the token gone. */
  lose(): LeaseLost;
  /** Ends the heartbeat and leaves the lease to run out. */
  stop(): void;
  release(): void;
}

export interface LeaseOptions {
  readonly clock: Clock;
  readonly owner: string;
  readonly leaseMs: number;
}

/** `host:pid`: lets another process on the same machine see that an owner is dead. */
export function ownerName(): string {
  return `${hostname()}:${process.pid}`;
}

/**
 * Takes the lease of a run and keeps it with a heartbeat three times a lease.
 * @throws LeaseHeld while another owner's lease runs, unless that owner is a dead process of this machine
 */
export function takeLease(
  database: DatabaseSync,
  run: { readonly n: number; readonly id: string },
  options: LeaseOptions,
): Lease {
  const token = randomUUID();
  claim(database, run, token, options);
  return keepLease(database, run, token, options);
}

function claim(
  database: DatabaseSync,
  run: { readonly n: number; readonly id: string },
  token: string,
  { clock, owner, leaseMs }: LeaseOptions,
): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    const held = database.prepare('SELECT owner, token, expires_at FROM runs WHERE n = ?').get(run.n) as {
      owner: string | null;
      token: string | null;
      expires_at: number | null;
    };
    if (
      held.token !== null &&
      held.owner !== null &&
      (held.expires_at ?? 0) > clock.now() &&
      !isDead(held.owner)
    ) {
      throw new LeaseHeld(run.id, held.owner, held.expires_at ?? 0);
    }
    database
      .prepare('UPDATE runs SET owner = ?, token = ?, expires_at = ? WHERE n = ?')
      .run(owner, token, clock.now() + leaseMs, run.n);
    database.exec('COMMIT');
  } catch (error) {
    // A full disk may have rolled back already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Only a process of this very machine can be seen to be dead; all else waits for the lease to end. */
function isDead(owner: string): boolean {
  const at = owner.lastIndexOf(':');
  if (owner.slice(0, at) !== hostname()) return false;
  const pid = Number(owner.slice(at + 1));
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  return isZombie(pid);
}

/** Killed, and nobody has asked how it ended: in containers whose first process reaps nothing it stays so for ever. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.charAt(stat.lastIndexOf(')') + 2) === 'Z';
  } catch {
    return false; // no Linux, or gone this very moment: the lease runs out by itself
  }
}

/** Sends stop this long before the lease can be taken over: a request must not leave at its very end. */
const marginShare = 0.2;

function keepLease(
  database: DatabaseSync,
  run: { readonly n: number; readonly id: string },
  token: string,
  { clock, leaseMs }: LeaseOptions,
): Lease {
  const ended = new AbortController();
  let renewedAt = clock.monotonic();
  let gone: LeaseLost | undefined;
  let tell: (error: LeaseLost) => void = () => {};
  const lost = new Promise<LeaseLost>((resolve) => {
    tell = resolve;
  });
  const lose = (): LeaseLost => {
    gone ??= new LeaseLost(run.id);
    ended.abort();
    tell(gone);
    return gone;
  };
  const renew = database.prepare('UPDATE runs SET expires_at = ? WHERE n = ? AND token = ?');
  const beat = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await clock.sleep(leaseMs / 3, ended.signal).catch(() => {});
      if (ended.signal.aborted) return;
      // The stamp is taken before the write: if that takes long, the lease ends sooner for us than for others.
      const before = clock.monotonic();
      if (renew.run(clock.now() + leaseMs, run.n, token).changes === 0) lose();
      else renewedAt = before;
    }
  };
  void beat().catch(lose);
  return {
    token,
    owned: () => gone === undefined && clock.monotonic() - renewedAt < leaseMs * (1 - marginShare),
    lost,
    lose,
    stop: () => ended.abort(),
    release: () => {
      if (ended.signal.aborted) return;
      ended.abort();
      database
        .prepare('UPDATE runs SET owner = NULL, token = NULL, expires_at = NULL WHERE n = ? AND token = ?')
        .run(run.n, token);
    },
  };
}
