import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { DiagnosticsError } from '../../src/diagnostics/diagnostic.ts';

/** Nothing may keep the machine busy for longer, whatever it is given. */
const busyMaxMs = 2_000;
/** Waiting is no work, and other processes take their time too. */
const waitMaxMs = 20_000;

/** Runs `work` and fails where it took too long: by the processor's time, so that a busy machine fails nothing. */
export async function watched<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  const before = process.cpuUsage();
  const began = performance.now();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  const busyMs = (user + system) / 1_000;
  const ms = performance.now() - began;
  if (Math.min(busyMs, ms) > busyMaxMs || ms > waitMaxMs)
    throw new Error(`${what} took ${busyMs.toFixed(0)} ms of work in ${ms.toFixed(0)} ms`);
  return result;
}

/** What became of it: `ok`, or the codes that it was refused with. Anything else that is thrown is a bug. */
export async function verdict(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'ok';
  } catch (error) {
    if (!(error instanceof DiagnosticsError)) throw error;
    return [...new Set(error.diagnostics.map(({ code }) => code))].join(' ');
  }
}
