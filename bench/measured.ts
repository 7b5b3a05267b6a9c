import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Readable } from 'node:stream';

/** What one process used, as it said itself when it ended. */
export interface Used {
  readonly wallMs: number;
  /** User and system time together. */
  readonly cpuMs: number;
  /** Highest resident size (VmHWM; Linux keeps it). */
  readonly peakMiB: number;
  readonly status: number;
  /** The last of what it printed to standard output. */
  readonly tail: string;
}

const executable = path.join(import.meta.dirname, '../dist/tenantry.js');

/** Says at the end of a process what it used, on a channel of its own. */
const saying = `import fs from 'node:fs';
process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  const peak = /VmHWM:\\s+(\\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'));
  fs.writeSync(3, JSON.stringify({ cpuMs: (user + system) / 1000, peakMiB: Number(peak[1]) / 1024 }));
});`;

/**
 * Runs the built command line in a folder and measures it.
 * @param flags of Node.js, for trying one out
 */
export async function measured(
  args: readonly string[],
  folder: string,
  flags: readonly string[] = [],
): Promise<Used> {
  const began = performance.now();
  const loaded = ['--import', `data:text/javascript,${encodeURIComponent(saying)}`];
  const child = spawn(process.execPath, [...flags, ...loaded, executable, ...args], {
    cwd: folder,
    env: { ...process.env, TENANTRY_ACCESS_TOKEN: 'ready', TENANTRY_STATE_KEY: 'bench' },
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  });
  let tail = '';
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-4000);
  });
  (child.stdio[3] as Readable).on('data', (text: Buffer) => {
    said += text.toString();
  });
  const [status] = (await once(child, 'close')) as [number];
  const used = JSON.parse(said) as { cpuMs: number; peakMiB: number };
  return { ...used, wallMs: performance.now() - began, status, tail };
}
