/**
 * The deterministic simulation: `npm run simulate -- --seeds N [--from SEED] [--jobs N]`. Prints seeds a second and every
 * seed that breaks a promise, with the command that replays it. See docs/reliability.md.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { simulate } from '../test/simulation/simulate.ts';
import { clearFolder } from '../test/simulation/state-file.ts';

interface Share {
  readonly from: number;
  readonly to: number;
  /** Every so many seeds: the others belong to other jobs. */
  readonly step: number;
  /** Ends after so many broken seeds. */
  readonly most: number;
  readonly trace: boolean;
}

interface Tally {
  seeds: number;
  lives: number;
  requests: number;
  broken: number;
}

const tellEach = 10_000;

/** Lives through a share of the seeds, telling of each broken one at once. */
async function live({ from, to, step, most, trace }: Share, tell: (text: string) => void): Promise<Tally> {
  const tally: Tally = { seeds: 0, lives: 0, requests: 0, broken: 0 };
  for (let seed = from; seed < to && tally.broken < most; seed += step) {
    const { told, requests, lives, broken, scene } = await simulate(seed);
    tally.seeds += 1;
    tally.requests += requests;
    tally.lives += lives;
    if (trace) tell(`${told.join('\n')}\n`);
    if (tally.seeds % tellEach === 0) tell(`... ${summary(tally)}\n`);
    if (broken.length === 0) continue;
    tally.broken += 1;
    tell(`seed ${seed} (${scene}):\n${broken.map((line) => `    ${line}\n`).join('')}`);
    tell(`    replay: npm run simulate -- --from ${seed} --seeds 1\n`);
  }
  clearFolder();
  return tally;
}

function summary({ seeds, lives, requests, broken }: Tally): string {
  const pace = seeds / (performance.now() / 1_000);
  return `${seeds} seeds, ${pace.toFixed(0)} seeds/s, ${lives} processes, ${requests} requests, ${broken} broken`;
}

/** The same in a thread of its own. */
function liveBeside(share: Share, tell: (text: string) => void): Promise<Tally> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: share });
    worker.on('message', (said: string | Tally) => (typeof said === 'string' ? tell(said) : resolve(said)));
    worker.on('error', reject);
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      jobs: { type: 'string', default: '1' },
      trace: { type: 'boolean', default: false },
      most: { type: 'string', default: '10' },
    },
  });
  const step = Number(values.jobs);
  const from = Number(values.from);
  const to = from + Number(values.seeds);
  const tell = (text: string) => void process.stdout.write(text);
  const shares = Array.from({ length: step }, (_, job) => {
    return { from: from + job, to, step, most: Number(values.most), trace: values.trace };
  });
  const tallies =
    step === 1
      ? [await live(shares[0]!, tell)]
      : await Promise.all(shares.map((share) => liveBeside(share, tell)));
  const total: Tally = { seeds: 0, lives: 0, requests: 0, broken: 0 };
  for (const tally of tallies)
    for (const name of Object.keys(total) as (keyof Tally)[]) total[name] += tally[name];
  tell(`${summary(total)}\n`);
  process.exitCode = total.broken === 0 ? 0 : 1;
}

if (isMainThread) await main();
else parentPort!.postMessage(await live(workerData as Share, (text) => parentPort!.postMessage(text)));
