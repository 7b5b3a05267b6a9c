/**
 * What starting costs over bare Node.js, each in turn. `node bench/start-up.ts [ROUNDS]` prints the table.
 */
import path from 'node:path';
import { type Cost, costOf, median, type Row } from './measure.ts';

const root = path.join(import.meta.dirname, '..');
const built = path.join(root, 'dist/tenantry.js');

const commands: Readonly<Record<string, readonly string[]>> = {
  bare: ['-e', '0'],
  help: [built, '--help'],
  validate: [built, 'validate', 'workflows/onboard-customers/playbook.yaml'],
};

/** `tenantry --help` and `tenantry validate` of the largest workflow; medians of what they take beyond `node -e 0`. */
export async function startUp(rounds: number): Promise<readonly Row[]> {
  const costs: Record<string, Cost[]> = { bare: [], help: [], validate: [] };
  for (let round = 0; round < rounds; round += 1)
    for (const [name, args] of Object.entries(commands))
      costs[name]!.push(await costOf(process.execPath, args, root));
  const of = (name: string, part: keyof Cost) => median(costs[name]!.map((cost) => cost[part]));
  const over = (name: string) => {
    const beyond = (part: keyof Cost) => (of(name, part) - of('bare', part)).toFixed(0);
    return `${beyond('cpuMs')} of the processor, ${beyond('wallMs')} by the clock`;
  };
  const bare = `bare Node: ${of('bare', 'cpuMs').toFixed(0)} and ${of('bare', 'wallMs').toFixed(0)}`;
  return [
    { what: `\`tenantry --help\`, ms over bare Node (${bare})`, measured: over('help'), target: '≤ 60' },
    {
      what: '`tenantry validate` of onboard-customers, ms over bare Node',
      measured: over('validate'),
      target: '≤ 150',
    },
  ];
}

if (import.meta.main)
  for (const { what, measured, target } of await startUp(Number(process.argv[2] ?? 15)))
    process.stdout.write(`| ${what} | ${measured} | ${target} |\n`);
