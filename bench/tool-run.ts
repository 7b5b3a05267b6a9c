import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** One run of the built command line, as it measured itself and as the system saw it. */
export interface ToolRun {
  /** From `run.finished`: the run alone, without planning and start-up. */
  readonly elapsedMs: number;
  readonly peakKiB: number;
}

const executable = path.join(import.meta.dirname, '../dist/tenantry.js');

/** Runs `tenantry apply … --json` with a fresh state and reads its last event. Throws where it did not succeed. */
export async function runTool(args: readonly string[], folder: string): Promise<ToolRun> {
  const state = path.join(folder, `state-${process.hrtime.bigint()}.db`);
  const env = { ...process.env, TENANTRY_ACCESS_TOKEN: 'ready', TENANTRY_STATE_KEY: 'bench' };
  const child = spawn(process.execPath, [executable, ...args, '--state', state], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let peakKiB = 0;
  const watch = setInterval(() => {
    peakKiB = Math.max(peakKiB, highWater(child.pid!));
  }, 50);
  let tail = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-4000);
  });
  const [status] = (await once(child, 'close')) as [number];
  clearInterval(watch);
  const last = JSON.parse(tail.trimEnd().split('\n').at(-1)!) as { run?: { elapsedMs: number } };
  if (status !== 0 || last.run === undefined) throw new Error(`the run ended with ${status}: ${tail}`);
  return { elapsedMs: last.run.elapsedMs, peakKiB };
}

/** Linux keeps the highest resident size of a process itself, so watching now and then is enough. */
function highWater(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/u.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Peak memory in MiB. */
export function peakMemory(run: ToolRun): number {
  return run.peakKiB / 1024;
}
