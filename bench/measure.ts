import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** A line of the table that a part of the bench prints. */
export interface Row {
  readonly what: string;
  readonly measured: string;
  readonly target: string;
}

/** What some work took, in milliseconds: by the clock, and of the processor (user and system, all threads). */
export interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

/** `1.24 (1.20–1.31)`: median, least and most. */
export function spread(values: readonly number[], digits = 2): string {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)];
  return `${middle.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
}

/** Linux counts what processes use in hundredths of a second. */
const tickMs = 10;

/** What a running process has used so far, in steps of 10 ms (proc_pid_stat(5): utime and stime). */
export function cpuMsOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

/** Runs a program to its end without its output; what it used is told by bash, to the millisecond. */
export async function costOf(program: string, args: readonly string[], cwd: string): Promise<Cost> {
  const script = 'TIMEFORMAT="%3R %3U %3S"; time "$@" >/dev/null 2>&1';
  const child = spawn('bash', ['-c', script, 'bash', program, ...args], {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(child, 'close');
  const [wall = 0, user = 0, system = 0] = text.trim().split(' ').map(Number);
  return { wallMs: wall * 1000, cpuMs: (user + system) * 1000 };
}

export async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'close');
}
