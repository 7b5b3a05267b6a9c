import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import process from 'node:process';

/** A small disk of one's own: a tmpfs in a mount namespace that ends with its keeper. */
export interface Disk {
  /** Words that a command is put behind so that it sees the disk. */
  readonly within: readonly string[];
  /** Leaves no room on it. */
  fill(): void;
  makeRoom(): void;
  readOnly(yes: boolean): void;
  close(): Promise<void>;
}

const root = process.getuid?.() === 0;
const unshare = ['unshare', root ? '-m' : '-rm'];

/** Whether this machine lets us have one: some forbid namespaces to those who are not root. */
export function canMount(): boolean {
  const [command, ...args] = [...unshare, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'];
  return spawnSync(command!, args).status === 0;
}

/** Mounts it at a folder; commands start in another one. */
export async function openDisk(folder: string, start: string): Promise<Disk> {
  await mkdir(folder, { recursive: true });
  const script = 'mount -t tmpfs -o size=16m tmpfs "$0" && echo ready && exec sleep 600';
  const [command, ...args] = [...unshare, 'sh', '-c', script, folder];
  const keeper = spawn(command!, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await Promise.race([
    once(keeper.stdout, 'data'),
    once(keeper, 'exit').then(() => Promise.reject(new Error('the disk cannot be mounted'))),
  ]);
  const user = root ? [] : ['-U', '--preserve-credentials'];
  const enter = ['-t', String(keeper.pid), '-m', ...user, '--', 'sh', '-c'];
  const inside = (words: string) => spawnSync('nsenter', [...enter, words, folder]);
  return {
    // Entering a namespace leads to its root.
    within: ['nsenter', ...enter, 'cd "$0" && exec "$@"', start],
    fill: () => void inside('dd if=/dev/zero of="$0/ballast" bs=4k; sync'),
    makeRoom: () => void inside('rm "$0/ballast"'),
    readOnly: (yes) => void inside(`mount -o remount,${yes ? 'ro' : 'rw'} "$0"`),
    close: async () => {
      keeper.kill('SIGKILL');
      await once(keeper, 'exit');
    },
  };
}
