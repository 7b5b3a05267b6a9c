/**
 * How near a run comes to what the service allows: real processes and a real clock, against the emulator with an allowance.
 * `node bench/pace.ts [constant | changing | four]` prints wall time ÷ ideal and the share of requests refused.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { readyToken } from '../src/emulator/server.ts';

const executable = path.join(import.meta.dirname, '../dist/tenantry.js');
const steps = 5;
const customers = 100;
const latencyMs = 50;
const settlingMs = 2_000;

export interface PaceRow {
  readonly what: string;
  readonly measured: string;
  readonly target: string;
}

interface Level {
  /** Milliseconds after the first answer. */
  readonly from: number;
  readonly perSecond: number;
}

interface Pass {
  /** When each answer came, and whether it was a refusal. */
  readonly answers: readonly { readonly at: number; readonly refused: boolean }[];
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Runs the parts that are named, or all. */
export async function pace(names: readonly string[] = Object.keys(parts)): Promise<readonly PaceRow[]> {
  const rows: PaceRow[] = [];
  for (const name of names) rows.push(...(await inFolder((folder) => parts[name]!(folder))));
  return rows;
}

const parts: Readonly<Record<string, (folder: string) => Promise<readonly PaceRow[]>>> = {
  constant: (folder) => one(folder, 'allowance 100/s', [{ from: 0, perSecond: 100 }], 1_200),
  changing: (folder) =>
    one(
      folder,
      'allowance 100 → 20 → 200/s, a minute each',
      [
        { from: 0, perSecond: 100 },
        { from: 60_000, perSecond: 20 },
        { from: 120_000, perSecond: 200 },
      ],
      3_900,
    ),
  four: async (folder) => {
    const records = 300;
    const levels = [{ from: 0, perSecond: 100 }];
    const passes = await withEmulator(folder, levels, (url, ids) =>
      Promise.all(Array.from({ length: 4 }, () => apply(folder, url, ids, records))),
    );
    const seconds = spanS(passes);
    const ideal = idealS(levels, records * steps * 4);
    const half = Math.min(...passes.map(({ startedAt }) => startedAt)) + (seconds * 1_000) / 2;
    const done = passes.map(
      ({ answers }) => answers.filter(({ at, refused }) => !refused && at < half).length,
    );
    const mean = done.reduce((sum, count) => sum + count, 0) / done.length;
    const farthest = Math.max(...done.map((count) => Math.abs(count / mean - 1)));
    return [
      {
        what: 'four processes, one allowance of 100/s: wall time ÷ ideal',
        measured: (seconds / ideal).toFixed(3),
        target: '≤ 1.08',
      },
      {
        what: 'four processes: farthest from the mean at half time',
        measured: percent(farthest),
        target: '≤ 20%',
      },
      { what: 'four processes: refused', measured: percent(refusedShare(passes, levels)), target: '' },
    ];
  },
};

async function one(
  folder: string,
  what: string,
  levels: readonly Level[],
  records: number,
): Promise<readonly PaceRow[]> {
  const pass = await withEmulator(folder, levels, (url, ids) => apply(folder, url, ids, records));
  const ratio = spanS([pass]) / idealS(levels, records * steps);
  return [
    { what: `${what}: wall time ÷ ideal`, measured: ratio.toFixed(3), target: '≤ 1.05' },
    {
      what: `${what}: refused, but for 2 s after each change`,
      measured: percent(refusedShare([pass], levels)),
      target: '≤ 1%',
    },
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`;
}

function spanS(passes: readonly Pass[]): number {
  const from = Math.min(...passes.map(({ startedAt }) => startedAt));
  return (Math.max(...passes.map(({ endedAt }) => endedAt)) - from) / 1_000;
}

/** Every allowance used up, and the full bucket at the beginning of each. */
function idealS(levels: readonly Level[], requests: number): number {
  let left = requests;
  for (const [index, { from, perSecond }] of levels.entries()) {
    const until = levels[index + 1]?.from ?? Number.POSITIVE_INFINITY;
    left -= perSecond;
    const able = ((until - from) / 1_000) * perSecond;
    if (left <= able) return from / 1_000 + left / perSecond;
    left -= able;
  }
  return Number.POSITIVE_INFINITY;
}

function refusedShare(passes: readonly Pass[], levels: readonly Level[]): number {
  const start = Math.min(...passes.map(({ startedAt }) => startedAt));
  const settled = passes
    .flatMap(({ answers }) => answers)
    .filter(({ at }) => levels.every(({ from }) => at < start + from || at >= start + from + settlingMs));
  return settled.filter(({ refused }) => refused).length / settled.length;
}

/** An emulator with customers in it; its allowance begins with the first request, and changes from then on. */
async function withEmulator<T>(
  folder: string,
  levels: readonly Level[],
  work: (url: string, ids: readonly string[]) => Promise<T>,
): Promise<T> {
  const emulator = spawn(
    process.execPath,
    [executable, 'emulator', '--json', '--latency', String(latencyMs)],
    { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const timers: NodeJS.Timeout[] = [];
  try {
    const line = await new Promise<string>((resolve) =>
      createInterface({ input: emulator.stdout }).once('line', resolve),
    );
    const { url } = JSON.parse(line) as { url: string };
    const ids = await Promise.all(Array.from({ length: customers }, (_, index) => customer(url, index)));
    const before = await requestsOf(url);
    await behave(url, { rate: levels[0]!.perSecond });
    const watch = setInterval(async () => {
      if ((await requestsOf(url)) === before || timers.length > 1) return;
      clearInterval(watch);
      for (const { from, perSecond } of levels.slice(1))
        timers.push(setTimeout(() => void behave(url, { rate: perSecond }), from));
    }, 20);
    timers.push(watch);
    return await work(url, ids);
  } finally {
    for (const timer of timers) clearTimeout(timer);
    await end(emulator);
  }
}

async function requestsOf(url: string): Promise<number> {
  return ((await (await fetch(`${url}/_emulator/stats`)).json()) as { requests: number }).requests;
}

async function behave(url: string, options: Readonly<Record<string, unknown>>): Promise<void> {
  await fetch(`${url}/_emulator/options`, { method: 'POST', body: JSON.stringify(options) });
}

async function customer(url: string, index: number): Promise<string> {
  const name = `Bench ${index}`;
  const answer = await fetch(`${url}/v1/customers`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${readyToken}` },
    body: JSON.stringify({
      companyProfile: { domain: `bench${index}.onmicrosoft.com` },
      billingProfile: {
        culture: 'en-US',
        email: 'bench@example.com',
        language: 'en',
        companyName: name,
        defaultAddress: {
          country: 'US',
          city: 'Redmond',
          state: 'WA',
          postalCode: '98052',
          addressLine1: '1 Way',
          firstName: 'A',
          lastName: 'B',
          phoneNumber: '4255550100',
        },
      },
    }),
  });
  const body = (await answer.json()) as { id?: string };
  if (body.id === undefined) throw new Error(`no customer: ${JSON.stringify(body)}`);
  return body.id;
}

/** Carts, since nothing of one can be looked up: the plan then asks for nothing. */
function playbook(folder: string): string {
  const file = path.join(folder, 'pace.yaml');
  const line = "{ catalogItemId: 'product:sku:availability', quantity: 1, billingCycle: monthly }";
  const step = (index: number) =>
    `  - id: cart${index}\n    uses: carts.create\n    with: { customerId: "\${{ record.customer }}", lineItems: [${line}] }\n`;
  writeFileSync(
    file,
    `tenantry: 1
name: pace
input:
  key: \${{ record.key }}
  record: { type: object, required: [key, customer], properties: { key: { type: string }, customer: { type: string } } }
limits: { concurrency: 50, perCustomer: 5 }
steps:
${Array.from({ length: steps }, (_, index) => step(index)).join('')}`,
  );
  return file;
}

async function apply(folder: string, url: string, ids: readonly string[], records: number): Promise<Pass> {
  const name = `${process.hrtime.bigint()}`;
  const input = path.join(folder, `${name}.csv`);
  const row = (index: number) => `${name}-${index},${ids[index % ids.length]}`;
  writeFileSync(
    input,
    `key,customer\n${Array.from({ length: records }, (_, index) => row(index)).join('\n')}\n`,
  );
  const args = ['apply', playbook(folder), '--input', input, '--yes', '--json', '--target', url];
  const child = spawn(process.execPath, [executable, ...args, '--state', path.join(folder, `${name}.db`)], {
    cwd: folder,
    env: { ...process.env, TENANTRY_ACCESS_TOKEN: readyToken, TENANTRY_STATE_KEY: 'bench' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const answers: { at: number; refused: boolean }[] = [];
  let startedAt = 0;
  let endedAt = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line) as { event: string; at: number; answer?: string };
    if (event.event === 'request') answers.push({ at: event.at, refused: event.answer === 'throttled' });
    if (event.event === 'run.started') startedAt = event.at;
    if (event.event === 'request') endedAt = event.at;
  });
  const [status] = (await once(child, 'close')) as [number];
  if (status !== 0) throw new Error(`the run ended with ${status}`);
  return { answers, startedAt, endedAt };
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'close');
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tenantry-pace-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const named = process.argv.slice(2);
  for (const { what, measured, target } of await pace(named.length === 0 ? undefined : named))
    process.stdout.write(`| ${what} | ${measured} | ${target} |\n`);
}
