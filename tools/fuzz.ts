/**
 * Fuzzing of all that comes from outside: `npm run fuzz -- --minutes N [--target NAME] [--seed SEED]`. Goes round the targets of
 * test/hostile/fuzz.ts with a new seed each time; a failure is shrunk, and printed with the command that replays it.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { clearFolder, targets } from '../test/hostile/fuzz.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    target: { type: 'string' },
    seed: { type: 'string' },
    runs: { type: 'string', default: '500' },
  },
});
const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target);
if (chosen.length === 0) throw new Error(`targets: ${targets.map(({ name }) => name).join(', ')}`);
const numRuns = Number(values.runs);
const end = performance.now() + Number(values.minutes) * 60_000;
let seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
let inputs = 0;
let failures = 0;
process.stdout.write(`first seed ${seed}\n`);
do {
  for (const { name, property } of chosen) {
    const result = await fc.check(property(), { seed, numRuns });
    inputs += result.numRuns;
    if (!result.failed) continue;
    failures += 1;
    process.stdout.write(
      `${name}: seed ${seed}\n    ${JSON.stringify(result.counterexample)?.slice(0, 2_000)}\n    ${String(result.errorInstance)}\n    replay: npm run fuzz -- --minutes 0 --target '${name}' --seed ${seed} --runs ${numRuns}\n`,
    );
  }
  seed += 1;
} while (performance.now() < end && values.seed === undefined);
clearFolder();
process.stdout.write(`${inputs} inputs, ${failures} failures, last seed ${seed - 1}\n`);
process.exitCode = failures === 0 ? 0 : 1;
