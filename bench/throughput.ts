/**
 * What the runner itself costs, beside a hand-written script that does the same calls and keeps no state, in one
 * interleaved run. `node bench/throughput.ts [ROUNDS]` prints both tables.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cost, median, type Row, spread } from './measure.ts';
import { runTool } from './tool-run.ts';
import { inFlight, steps, withStub, writeInput, writePlaybook } from './work.ts';

/** The script's own work, as it measured itself: without start-up. */
export async function runScript(url: string, records: number): Promise<Cost> {
  const child = spawn(
    process.execPath,
    [path.join(import.meta.dirname, 'script.ts'), url, String(records), String(steps), String(inFlight)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await once(child, 'close');
  return JSON.parse(text) as Cost;
}

interface Pair {
  readonly ours: Cost;
  readonly script: Cost;
}

/** Both do the same calls in turn, so that both meet the same noise. */
async function inTurn(latencyMs: number, records: number, rounds: number): Promise<readonly Pair[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tenantry-throughput-'));
  try {
    const args = ['apply', writePlaybook(folder), '--input', writeInput(folder, records), '--yes'];
    return await withStub(latencyMs, async (url) => {
      const pairs: Pair[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const script = await runScript(url, records);
        const { run: ours } = await runTool([...args, '--target', url], folder);
        pairs.push({ script, ours });
      }
      return pairs;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** No latency: what a journalled step costs. */
export async function throughput(rounds: number, records = 4000): Promise<readonly Row[]> {
  const calls = records * steps;
  const pairs = await inTurn(0, records, rounds);
  return [
    {
      what: 'no latency: journalled steps a second',
      measured: spread(
        pairs.map(({ ours }) => (calls / ours.wallMs) * 1000),
        0,
      ),
      target: '≥ 8,000',
    },
    {
      what: 'no latency: processor time of a step, ms',
      measured: spread(
        pairs.map(({ ours }) => ours.cpuMs / calls),
        3,
      ),
      target: '',
    },
    {
      what: 'no latency: processor time of a call of the script, ms',
      measured: spread(
        pairs.map(({ script }) => script.cpuMs / calls),
        3,
      ),
      target: '',
    },
    {
      what: 'no latency: processor time ÷ script’s',
      measured: spread(pairs.map(({ ours, script }) => ours.cpuMs / script.cpuMs)),
      target: '≤ 1.30',
    },
  ];
}

/** With the latency of a service: how near the run comes to what waiting alone takes. */
export async function wallTime(rounds: number, records = 5000): Promise<readonly Row[]> {
  const latencyMs = 20;
  const idealMs = ((records * steps) / inFlight) * (await timerMs(latencyMs));
  const pairs = await inTurn(latencyMs, records, rounds);
  const what = `${records} records × ${steps} calls, ${latencyMs} ms, ${inFlight} in flight: wall time`;
  return [
    {
      what: `${what} ÷ what waiting alone takes`,
      measured: spread(
        pairs.map(({ ours }) => ours.wallMs / idealMs),
        3,
      ),
      target: '≤ 1.03',
    },
    {
      what: `${what} of the script ÷ what waiting alone takes`,
      measured: spread(
        pairs.map(({ script }) => script.wallMs / idealMs),
        3,
      ),
      target: '',
    },
  ];
}

/** A timer of 20 ms takes longer: it is this that bounds the time. */
async function timerMs(ms: number): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 100; round += 1) {
    const began = performance.now();
    await sleep(ms);
    times.push(performance.now() - began);
  }
  return median(times);
}

if (import.meta.main) {
  const rounds = Number(process.argv[2] ?? 5);
  for (const part of [throughput, wallTime]) {
    for (const { what, measured, target } of await part(rounds))
      process.stdout.write(`| ${what} | ${measured} | ${target} |\n`);
  }
}
