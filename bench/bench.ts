/**
 * `npm run bench`: what the runner costs, each as a ratio to a hand-written script that does the same calls in
 * the same, interleaved session. Medians and spread; the machine's noise is in the spread. Targets stand beside.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { openCatalogue, packCatalogue } from '../src/operations/built.ts';
import { pace } from './pace.ts';
import { peakMemory, runTool, type ToolRun } from './tool-run.ts';

const root = path.join(import.meta.dirname, '..');
const folder = mkdtempSync(path.join(tmpdir(), 'tenantry-bench-'));
const steps = 5;
const inFlight = 50;

interface Row {
  readonly what: string;
  readonly measured: string;
  readonly target: string;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

function spread(values: readonly number[]): string {
  return `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)})`;
}

/** A playbook of five calls, each of which needs the one before; nothing of it can be looked up, so plan makes none. */
function writePlaybook(): string {
  const step = (index: number) => `  - id: cart${index}
    uses: carts.create
    with:
      customerId: \${{ record.customer }}
      lineItems:
        - { catalogItemId: 'product:sku:availability', quantity: 1, billingCycle: monthly, friendlyName: "${index === 0 ? 'none' : `\${{ steps.cart${index - 1}.id }}`}" }
`;
  const text = `tenantry: 1
name: bench
input:
  key: \${{ record.customer }}
  record: { type: object, required: [customer], properties: { customer: { type: string } } }
limits: { concurrency: ${inFlight}, perCustomer: 1 }
steps:
${Array.from({ length: steps }, (_, index) => step(index)).join('')}`;
  const file = path.join(folder, 'bench.yaml');
  writeFileSync(file, text);
  return file;
}

function writeInput(records: number): string {
  const file = path.join(folder, `${records}.csv`);
  writeFileSync(
    file,
    `customer\n${Array.from({ length: records }, (_, index) => `customer-${index}`).join('\n')}\n`,
  );
  return file;
}

async function withStub<T>(latencyMs: number, work: (url: string) => Promise<T>): Promise<T> {
  const stub = spawn(process.execPath, [path.join(root, 'bench/stub.ts'), String(latencyMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [port] = (await once(stub.stdout!, 'data')) as [Buffer];
    return await work(`http://127.0.0.1:${port.toString().trim()}`);
  } finally {
    await end(stub);
  }
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'close');
}

async function script(
  url: string,
  records: number,
): Promise<{ readonly wallMs: number; readonly cpuMs: number }> {
  const child = spawn(
    process.execPath,
    [path.join(root, 'bench/script.ts'), url, String(records), String(steps), String(inFlight)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await once(child, 'close');
  return JSON.parse(text) as { wallMs: number; cpuMs: number };
}

async function tool(url: string, playbook: string, records: number): Promise<ToolRun> {
  return runTool(
    ['apply', playbook, '--input', writeInput(records), '--yes', '--json', '--target', url],
    folder,
  );
}

async function wallTime(playbook: string, rounds: number): Promise<readonly Row[]> {
  const records = 1000;
  return withStub(20, async (url) => {
    const ratios: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const peer = await script(url, records);
      const ours = await tool(url, playbook, records);
      ratios.push(ours.elapsedMs / peer.wallMs);
    }
    return [
      {
        what: `${records} records × ${steps} calls, 20 ms, ${inFlight} in flight: wall time ÷ script's`,
        measured: spread(ratios),
        target: '≤ 1.10',
      },
    ];
  });
}

async function throughput(playbook: string, rounds: number): Promise<readonly Row[]> {
  const records = 4000;
  return withStub(0, async (url) => {
    const rates: number[] = [];
    const cpu: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const peer = await script(url, records);
      const ours = await tool(url, playbook, records);
      rates.push((records * steps) / (ours.elapsedMs / 1000));
      cpu.push(ours.elapsedMs / peer.wallMs);
    }
    return [
      {
        what: 'no latency: journalled steps a second, one core',
        measured: `${Math.round(median(rates))} (${Math.round(Math.min(...rates))}–${Math.round(Math.max(...rates))})`,
        target: '≥ 4,000',
      },
      { what: 'no latency: wall time ÷ script’s', measured: spread(cpu), target: '' },
    ];
  });
}

async function memory(playbook: string): Promise<readonly Row[]> {
  return withStub(0, async (url) => {
    const peaks: number[] = [];
    for (const records of [1000, 100_000]) peaks.push(peakMemory(await tool(url, playbook, records)));
    return [
      {
        what: 'peak memory, 100,000 records − 1,000 records (MiB)',
        measured: `${(peaks[1]! - peaks[0]!).toFixed(0)} (${peaks[0]!.toFixed(0)} → ${peaks[1]!.toFixed(0)})`,
        target: '≤ 50',
      },
    ];
  });
}

async function wall(args: readonly string[]): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, [...args], { cwd: root, stdio: 'ignore' });
  await once(child, 'close');
  return performance.now() - start;
}

async function startUp(rounds: number): Promise<readonly Row[]> {
  const built = path.join(root, 'dist/tenantry.js');
  const bare: number[] = [];
  const help: number[] = [];
  const validate: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    bare.push(await wall(['-e', '0']));
    help.push(await wall([built, '--help']));
    validate.push(await wall([built, 'validate', 'workflows/onboard-customers/playbook.yaml']));
  }
  const over = (values: readonly number[]) =>
    `${(median(values) - median(bare)).toFixed(0)} (bare node ${median(bare).toFixed(0)})`;
  return [
    { what: '`tenantry --help`, ms over bare node', measured: over(help), target: '≤ 80' },
    {
      what: '`tenantry validate` of onboard-customers, ms over bare node',
      measured: over(validate),
      target: '≤ 250',
    },
  ];
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

const playbook = writePlaybook();
process.stdout.write(`Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}\n`);
const parts = [
  () => startUp(11),
  () => wallTime(playbook, 5),
  () => throughput(playbook, 5),
  () => memory(playbook),
  () => catalogue(21),
  () => pace(),
];
const chosen = process.argv[2] === undefined ? parts : [parts[Number(process.argv[2])]!];
for (const part of chosen) {
  for (const { what, measured, target } of await part())
    process.stdout.write(`| ${what} | ${measured} | ${target} |\n`);
}
rmSync(folder, { recursive: true, force: true });
