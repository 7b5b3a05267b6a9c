/**
 * Real processes killed with SIGKILL: `npm run kill -- --moments N [--seed SEED]`. Prints after every run what was killed,
 * sent and found, and at the end what is there twice or missing. See docs/reliability.md.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { type Figures, kill } from '../test/scenarios/killing.ts';

const { values } = parseArgs({
  options: {
    moments: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    customers: { type: 'string', default: '20' },
  },
});
const seed = Number(values.seed);
const began = performance.now();
const figures = await kill({
  moments: Number(values.moments),
  seed,
  customers: Number(values.customers),
  killsPerRun: 100,
  tell: (sum) => process.stdout.write(`${inWords(sum)}\n`),
});
for (const line of [...figures.duplicates, ...figures.gaps]) process.stdout.write(`    ${line}\n`);
process.stdout.write(`seed ${seed}; again: npm run kill -- --moments ${values.moments} --seed ${seed}\n`);
process.exitCode = figures.duplicates.length + figures.gaps.length === 0 ? 0 : 1;

function inWords({ kills, runs, processes, requests, repeated, faults, duplicates, gaps }: Figures): string {
  const seconds = Math.round((performance.now() - began) / 1_000);
  return `${kills} kills of ${processes} processes in ${runs} runs: ${requests} requests, ${repeated} with an id seen before, ${faults} faults, ${duplicates.length} duplicates, ${gaps.length} gaps, ${seconds} s`;
}
