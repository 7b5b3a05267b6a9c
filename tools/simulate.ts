/**
 * The deterministic simulation: `npm run simulate -- --seeds N [--from SEED]`. Prints seeds a second and every seed that
 * breaks a promise, with the command that replays it. See docs/reliability.md.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { clearFolder, type SeedResult, simulate } from '../test/simulation/simulate.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
    most: { type: 'string', default: '10' },
  },
});
const from = Number(values.from);
const to = from + Number(values.seeds);
const began = performance.now();
const failed: SeedResult[] = [];
let requests = 0;
let lives = 0;
for (let seed = from; seed < to && failed.length < Number(values.most); seed += 1) {
  const result = await simulate(seed);
  if (values.trace) process.stdout.write(`${result.told.join('\n')}\n`);
  requests += result.requests;
  lives += result.lives;
  if (result.broken.length === 0) continue;
  failed.push(result);
  process.stdout.write(
    `seed ${seed} (${result.scene}):\n${result.broken.map((line) => `    ${line}\n`).join('')}`,
  );
  process.stdout.write(`    replay: npm run simulate -- --from ${seed} --seeds 1\n`);
}
clearFolder();
const seconds = (performance.now() - began) / 1_000;
process.stdout.write(
  `${to - from} seeds, ${(Number(values.seeds) / seconds).toFixed(0)} seeds/s, ${lives} processes, ${requests} requests, ${failed.length} broken\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
