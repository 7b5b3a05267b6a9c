/**
 * What more records cost: peak memory and processor time of planning and applying, the state file, and opening what a run
 * left. `node bench/scale.ts [RECORDS …]`, 1,000, 10,000 and 100,000 unless given; a million takes a while.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { measured, type Used } from './measured.ts';

/** One call for each record; nothing of a cart can be looked up, so planning asks for nothing. */
export function writePlaybook(folder: string): string {
  const file = path.join(folder, 'scale.yaml');
  writeFileSync(
    file,
    `tenantry: 1
name: scale
input:
  key: \${{ record.customer }}
  record: { type: object, required: [customer], properties: { customer: { type: string } } }
limits: { concurrency: 50, perCustomer: 1 }
steps:
  - id: cart
    uses: carts.create
    with:
      customerId: \${{ record.customer }}
      lineItems: [{ catalogItemId: 'product:sku:availability', quantity: 1, billingCycle: monthly }]
`,
  );
  return file;
}

export async function writeInput(folder: string, records: number): Promise<string> {
  const file = path.join(folder, `${records}.csv`);
  const stream = createWriteStream(file);
  stream.write('customer\n');
  for (let index = 0; index < records; index += 1)
    if (!stream.write(`customer-${index}\n`)) await once(stream, 'drain');
  stream.end();
  await once(stream, 'finish');
  return file;
}

/** A server that answers at once, as a process of its own. */
export async function withStub<T>(work: (url: string) => Promise<T>): Promise<T> {
  const stub = spawn(process.execPath, [path.join(import.meta.dirname, 'stub.ts'), '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [port] = (await once(stub.stdout, 'data')) as [Buffer];
    return await work(`http://127.0.0.1:${port.toString().trim()}`);
  } finally {
    await end(stub);
  }
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'close');
}

/** A plan without a service. Throws where it failed. */
export async function planOffline(
  folder: string,
  records: number,
  flags: readonly string[] = [],
): Promise<Used> {
  const args = ['plan', writePlaybook(folder), '--input', await writeInput(folder, records), '--offline'];
  return succeeded(await measured([...args, '--out', path.join(folder, 'plan')], folder, flags));
}

export interface Applied extends Used {
  /** The state file, left for what comes next. */
  readonly state: string;
  readonly stateBytes: number;
}

/** Plans and applies in one command. Throws where a record failed. */
export async function applyAll(
  folder: string,
  url: string,
  records: number,
  flags: readonly string[] = [],
): Promise<Applied> {
  const state = path.join(folder, `${records}.db`);
  rmSync(state, { force: true });
  const args = ['apply', writePlaybook(folder), '--input', await writeInput(folder, records), '--yes'];
  const used = succeeded(
    await measured([...args, '--target', url, '--state', state, '--json'], folder, flags),
  );
  return { ...used, state, stateBytes: statSync(state).size };
}

function succeeded(used: Used): Used {
  if (used.status !== 0) throw new Error(`it ended with ${used.status}: ${used.tail}`);
  return used;
}

function row(what: string, records: number, { peakMiB, cpuMs, wallMs }: Used, more = ''): string {
  const cells = [
    what,
    records.toLocaleString('en'),
    `${peakMiB.toFixed(0)} MiB`,
    `${(cpuMs / records).toFixed(3)} ms`,
    `${(wallMs / 1000).toFixed(1)} s`,
    more,
    loadavg()[0]!.toFixed(0),
  ];
  return `| ${cells.join(' | ')} |\n`;
}

if (import.meta.main) {
  const given = process.argv.slice(2);
  const flags = given.filter((word) => word.startsWith('--'));
  const sizes = given.filter((word) => !word.startsWith('--')).map(Number);
  const folder = mkdtempSync(path.join(tmpdir(), 'tenantry-scale-'));
  process.stdout.write(
    '| command | records | peak | processor time a record | wall | state file a record | load |\n',
  );
  process.stdout.write('| --- | --- | --- | --- | --- | --- | --- |\n');
  try {
    for (const records of sizes.length === 0 ? [1_000, 10_000, 100_000] : sizes) {
      process.stdout.write(row('plan --offline', records, await planOffline(folder, records, flags)));
      await withStub(async (url) => {
        const applied = await applyAll(folder, url, records, flags);
        process.stdout.write(
          row('apply', records, applied, `${Math.round(applied.stateBytes / records)} bytes`),
        );
      });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
