import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { uptime } from 'node:os';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Checking a state file whole takes time by its size, many seconds for a million records. So a large file that was sound
 * when this program closed it is not checked again while it is the very same file and nobody has written to it: what
 * it was like stands beside it, in FILE-sound. A run that is killed closes nothing, so the note is renewed with its first
 * commit and whenever one has changed the file (SQLite moves what is in the -wal file over, every four megabytes or so); what the -wal file
 * holds on top of that is guarded by SQLite's checksums. A copy, a file put back from a backup or without its -wal file, one
 * that any other program has written to (the system notes each write in ctime, which nobody can set back), one that was
 * killed while SQLite moved things over, and every file after the machine has been started anew is checked whole. What is
 * missed is a disk that gives back other bytes than it was given; then the stamps speak for each text, and
 * `open-database.ts` still counts what must not be lost.
 */

/** A smaller file is checked each time: that takes less than starting up. */
export const alwaysChecked = 16 * 1024 * 1024;

/** Two writes within one tick of the file system's clock have the same time; this is longer than a tick. */
const tickMs = 20;

/** Files in which this process has met damage. */
const doubted = new Set<string>();

/** True where the file was sound when it was noted, and nothing has happened to it since. */
export function isVouchedFor(file: string): boolean {
  const like = likeness(file);
  if (like === undefined) return false;
  try {
    return readFileSync(besides(file), 'utf8') === noteOf(file, like);
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
  if (likeness(file) === like) note(file, like);
}

/** What open files were like after the last of our own commits. */
const followed = new WeakMap<DatabaseSync, Followed>();

interface Followed {
  readonly file: string;
  like: string | undefined;
  /** Whether the note tells of the -wal file that this process writes to. */
  noted: boolean;
  /** Others have written, too. */
  others: boolean;
}

/** Vouches for a file that is open and sound while this process writes to it. */
export function followWrites(database: DatabaseSync, file: string): void {
  followed.set(database, { file, like: likeness(file, 0), noted: false, others: false });
}

/**
 * Does all that this process does to a file that it follows. Where the file changes in between, others write, and nobody
 * vouches for it any more.
 */
export function following<T>(database: DatabaseSync, write: () => T): T {
  const known = followed.get(database);
  if (known === undefined) return write();
  const { file } = known;
  known.others ||= likeness(file, 0) !== known.like;
  try {
    return write();
  } finally {
    const before = known.like;
    known.like = likeness(file, 0);
    if (before !== known.like) setTimeout(() => noteFollowed(known), tickMs).unref();
    else if (!known.noted) noteFollowed(known);
  }
}

function noteFollowed(known: Followed): void {
  const { file } = known;
  const like = likeness(file);
  if (like === undefined || like !== known.like || known.others || doubted.has(file)) return;
  note(file, like);
  known.noted = true;
}

/** Damage was met in the file: the next who opens it checks all of it. */
export function doubt(file: string): void {
  doubted.add(file);
}

function note(file: string, like: string): void {
  try {
    writeFileSync(besides(file), noteOf(file, like), { mode: 0o600 });
  } catch {
    // Then it is checked the next time, as ever.
  }
}

function besides(file: string): string {
  return `${file}-sound`;
}

/** What changes when anybody writes to the file or puts another in its place; undefined where it is small or gone. */
function likeness(file: string, smallest = alwaysChecked): string | undefined {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined || stat.size < smallest) return undefined;
  return `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
}

/**
 * With the time at which the machine was started, and the -wal file beside it: with none, or with another, the file does not
 * hold what was written last.
 */
function noteOf(file: string, like: string): string {
  const started = Math.round((Date.now() / 1000 - uptime()) / 60);
  const wal = statSync(`${file}-wal`, { bigint: true, throwIfNoEntry: false });
  return `${like} ${started} ${wal === undefined || wal.size === 0n ? 'alone' : wal.ino}`;
}
