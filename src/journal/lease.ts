import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import process from 'node:process';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../world/world.ts';
import { LeaseHeld } from './journal.ts';
import { type KeptLease, keepLease, type Lease } from './keep-lease.ts';
import { inTransaction } from './transaction.ts';

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
  return holdLease(database, run, token, options);
}

/** Keeps a lease whose token was written with its run. */
export function holdLease(
  database: DatabaseSync,
  run: { readonly n: number; readonly id: string },
  token: string,
  options: LeaseOptions,
): Lease {
  return keepLease(run.id, token, options, inRow(database, run.n, token, options));
}

function claim(
  database: DatabaseSync,
  run: { readonly n: number; readonly id: string },
  token: string,
  { clock, owner, leaseMs }: LeaseOptions,
): void {
  inTransaction(database, () => {
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
  });
}

/** Only a process of this very machine can be seen to be dead; all else waits for the lease to end. */
export function isDead(owner: string): boolean {
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

/** The lease in its row of `runs`. */
function inRow(
  database: DatabaseSync,
  n: number,
  token: string,
  { clock, leaseMs }: LeaseOptions,
): KeptLease {
  const renew = database.prepare('UPDATE runs SET expires_at = ? WHERE n = ? AND token = ?');
  const look = database.prepare('SELECT token FROM runs WHERE n = ?');
  return {
    held: () => (look.get(n) as { token: string | null }).token === token,
    renew: () => inTransaction(database, () => renew.run(clock.now() + leaseMs, n, token)).changes > 0,
    release: () => {
      const give = database.prepare(
        'UPDATE runs SET owner = NULL, token = NULL, expires_at = NULL WHERE n = ? AND token = ?',
      );
      inTransaction(database, () => give.run(n, token));
    },
  };
}
