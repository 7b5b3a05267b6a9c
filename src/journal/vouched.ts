import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Checking a state file whole takes time by its size, many seconds for a million records. So a large file that was sound
 * when this program closed it is not checked again while it is the very same file and nobody has written to it: what
 * it was like stands beside it, in FILE-sound. A copy, a file put back from a backup, one that any program has
 * written to (the system notes each write in ctime, which nobody can set back), one whose run was killed, and every file
 * after the machine has been started anew is checked whole. What is missed is a disk that gives back other bytes than it was
 * given; then the stamps speak for each text, and `open-database.ts` still counts what must not be lost.
 */

/** A smaller file is checked each time: that takes less than starting up. */
export const alwaysChecked = 16 * 1024 * 1024;

/** Two writes within one tick of the file system's clock have the same time; this is longer than a tick. */
const tickMs = 20;

/** Files in which this process has met damage. */
const doubted = new Set<string>();

/** True where the file was sound when it was closed, and nothing has happened to it since. */
export function isVouchedFor(file: string): boolean {
  const like = likeness(file);
  if (like === undefined || existsSync(`${file}-wal`)) return false;
  try {
    return readFileSync(besides(file), 'utf8') === like;
  } catch {
    return false;
  }
}

/** Which file it is, whatever its name is later. */
export function identityOf(file: string): string {
  const { dev, ino } = statSync(file, { bigint: true });
  return `${dev} ${ino}`;
}

/**
 * Notes what a file is like that was opened, found sound, and closed again.
 * @param identity of the file that was opened
 */
export async function vouchFor(file: string, identity: string): Promise<void> {
  const like = likeness(file);
  if (doubted.has(file)) return rmSync(besides(file), { force: true });
  // Where there is a -wal file, others have it open still.
  if (like === undefined || !like.startsWith(`${identity} `) || existsSync(`${file}-wal`)) return;
  await sleep(tickMs);
  if (likeness(file) !== like) return;
  try {
    writeFileSync(besides(file), like, { mode: 0o600 });
  } catch {
    // Then it is checked the next time, as ever.
  }
}

/** Damage was met in the file: the next who opens it checks all of it. */
export function doubt(file: string): void {
  doubted.add(file);
}

function besides(file: string): string {
  return `${file}-sound`;
}

/** What changes when anybody writes to the file or puts another in its place; undefined where it is small or gone. */
function likeness(file: string): string | undefined {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined || stat.size < alwaysChecked) return undefined;
  const started = Math.round((Date.now() / 1000 - uptime()) / 60);
  return `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs} ${started}`;
}
