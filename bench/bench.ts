/**
 * `npm run bench`: what the runner costs, each as a ratio to a hand-written script that does the same calls in
 * the same, interleaved session. Medians and spread; the machine's noise is in the spread. Targets stand beside.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { openCatalogue, packCatalogue } from '../src/operations/built.ts';
import { median, type Row } from './measure.ts';
import { pace } from './pace.ts';
import { startUp } from './start-up.ts';
import { throughput, wallTime } from './throughput.ts';
import { peakMemory, runTool } from './tool-run.ts';
import { withStub, writeInput, writePlaybook } from './work.ts';

const root = path.join(import.meta.dirname, '..');
const folder = mkdtempSync(path.join(tmpdir(), 'tenantry-bench-'));

async function memory(): Promise<readonly Row[]> {
  const playbook = writePlaybook(folder);
  return withStub(0, async (url) => {
    const run = (records: number) =>
      runTool(['apply', playbook, '--input', writeInput(folder, records), '--yes', '--target', url], folder);
    const peaks: number[] = [];
    for (const records of [1000, 100_000]) peaks.push(peakMemory(await run(records)));
    return [
      {
        what: 'peak memory, 100,000 records − 1,000 records (MiB)',
        measured: `${(peaks[1]! - peaks[0]!).toFixed(0)} (${peaks[0]!.toFixed(0)} → ${peaks[1]!.toFixed(0)})`,
        target: '≤ 50',
      },
    ];
  });
}

/** The catalogue as it is, against one that holds nothing but what the playbook uses: the rest should cost nothing. */
async function catalogue(rounds: number): Promise<readonly Row[]> {
  const workflow = readFileSync(path.join(root, 'workflows/onboard-customers/playbook.yaml'), 'utf8');
  const names = [...new Set([...workflow.matchAll(/uses: (\w+\.\w+)/gu)].map(([, name]) => name!))];
  const whole = path.join(root, 'dist/catalogue.jsons');
  const all = openCatalogue(readFileSync(whole));
  const alone = path.join(folder, 'alone.jsons');
  writeFileSync(alone, packCatalogue(Object.fromEntries(names.map((name) => [name, all.get(name)!]))));
  const times: readonly [whole: number[], alone: number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    times[0].push(await opened(whole, names));
    times[1].push(await opened(alone, names));
  }
  const [ours, peer] = times.map(median) as [number, number];
  return [
    {
      what: `catalogue: ${all.names.length} operations opened, ${names.length} used; ms (÷ those ${names.length} alone)`,
      measured: `${ours.toFixed(1)} (${(ours / peer).toFixed(2)})`,
      target: '≤ 30',
    },
  ];
}

async function opened(file: string, names: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [path.join(root, 'bench/catalogue.ts'), file, ...names], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await once(child, 'close');
  return Number(text);
}

process.stdout.write(`Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}\n`);
const parts = [
  () => startUp(11),
  () => wallTime(5),
  () => throughput(5),
  () => memory(),
  () => catalogue(21),
  () => pace(),
];
const chosen = process.argv[2] === undefined ? parts : [parts[Number(process.argv[2])]!];
for (const part of chosen) {
  for (const { what, measured, target } of await part())
    process.stdout.write(`| ${what} | ${measured} | ${target} |\n`);
}
rmSync(folder, { recursive: true, force: true });
