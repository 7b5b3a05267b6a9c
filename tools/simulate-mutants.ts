/**
 * Takes out one safeguard after another and runs the simulation: each time a seed must fail.
 * `npm run simulate:mutants -- [--seeds N] [--only TEXT]`
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { type Mutant, mutants } from '../test/simulation/mutants.ts';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1000' }, only: { type: 'string' } },
});
const root = path.join(import.meta.dirname, '..');
const out = path.join(root, 'dist/mutants');
mkdirSync(out, { recursive: true });
let missed = 0;
for (const [index, mutant] of mutants.entries()) {
  if (values.only !== undefined && !mutant.without.includes(values.only)) continue;
  const file = path.join(out, `${index}.js`);
  await buildWithout(mutant, file);
  const { status, stdout } = spawnSync(process.execPath, [file, '--seeds', values.seeds, '--most', '1'], {
    encoding: 'utf8',
  });
  const seed = /^seed (\d+) .*\n\s+(.*)$/mu.exec(stdout);
  if (status === 0 || seed === null) missed += 1;
  const outcome =
    seed === null ? `NOT NOTICED by ${values.seeds} seeds` : `seed ${seed[1]}: ${seed[2]?.slice(0, 100)}`;
  process.stdout.write(`without ${mutant.without}\n    ${outcome}\n`);
}
rmSync(out, { recursive: true });
process.stdout.write(`${mutants.length - missed} of ${mutants.length} noticed\n`);
process.exitCode = missed === 0 ? 0 : 1;

/** @throws Error where the source no longer holds the text: the mutant must follow it */
async function buildWithout({ file, text, instead, without }: Mutant, to: string): Promise<void> {
  const target = path.join(root, 'src', file);
  await build({
    absWorkingDir: root,
    entryPoints: ['tools/simulate.ts'],
    outfile: to,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: ['fast-check', 'vitest'],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'warning',
    plugins: [
      {
        name: 'take out a safeguard',
        setup: ({ onLoad }) => {
          onLoad({ filter: /\.ts$/ }, ({ path: loaded }) => {
            if (loaded !== target) return undefined;
            const source = readFileSync(loaded, 'utf8');
            if (!source.includes(text))
              throw new Error(`${file} no longer holds the safeguard '${without}': ${text}`);
            return { contents: source.replace(text, instead), loader: 'ts' };
          });
        },
      },
    ],
  });
}
