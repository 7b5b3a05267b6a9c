import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type Cost, cpuMsOf } from './measure.ts';

/** One `tenantry apply` of the built command line, as the system saw it. */
export interface ToolRun {
  /** From the first request to the last outcome: without start-up, planning and result files. */
  readonly run: Cost;
  readonly peakKiB: number;
}

const executable = path.join(import.meta.dirname, '../dist/tenantry.js');

/**
 * Runs `tenantry apply …` with a fresh state, as in a CI log: no terminal and no `--json`.
 * @param node options of Node.js itself, `--cpu-prof` and the like
 */
export async function runTool(
  args: readonly string[],
  folder: string,
  node: readonly string[] = [],
): Promise<ToolRun> {
  const state = path.join(folder, `state-${process.hrtime.bigint()}.db`);
  const child = spawn(process.execPath, [...node, executable, ...args, '--state', state], {
    cwd: folder,
    env: { ...process.env, TENANTRY_ACCESS_TOKEN: 'ready', TENANTRY_STATE_KEY: 'bench' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const now = (): Cost => ({ wallMs: performance.now(), cpuMs: cpuMsOf(child.pid!) });
  let began: Cost | undefined;
  let ended: Cost | undefined;
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    if (line.startsWith('Run ')) began = now();
    else if (line.startsWith('█'.repeat(24))) ended = now();
  });
  let peakKiB = 0;
  const watch = setInterval(() => {
    peakKiB = Math.max(peakKiB, highWater(child.pid!));
  }, 50);
  const [status] = (await once(child, 'close')) as [number];
  clearInterval(watch);
  if (status !== 0 || began === undefined || ended === undefined)
    throw new Error(`the run ended with ${status}: ${lines.slice(-20).join('\n')}`);
  return {
    run: { wallMs: ended.wallMs - began.wallMs, cpuMs: ended.cpuMs - began.cpuMs },
    peakKiB,
  };
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
