/**
 * The README's demo: onboards the 60 sample customers against an emulator that lives as long as this command, and
 * shows the plan, the run and the first lines of what it wrote. `npm run demo`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const folder = await mkdtemp(path.join(tmpdir(), 'tenantry-demo-'));
const sample = 'workflows/onboard-customers';
const args = [
  'apply',
  `${sample}/playbook.yaml`,
  '--input',
  `${sample}/customers.csv`,
  '--related',
  `users=${sample}/users.csv`,
  '--target',
  'emulator',
  '--yes',
  '--state',
  path.join(folder, 'state.db'),
  '--results',
  path.join(folder, 'results'),
];
process.stdout.write(`$ tenantry ${args.slice(0, 9).join(' ')}\n\n`);
const child = spawn(process.execPath, [path.join(root, 'dist/tenantry.js'), ...args], {
  cwd: root,
  stdio: 'inherit',
});
// Ctrl-C reaches the command itself, which drains; this process waits for it.
process.on('SIGINT', () => {});
const [status] = (await once(child, 'close')) as [number | null];
process.exitCode = status ?? 1;
if (status === 0) {
  const rows = (await readFile(path.join(folder, 'results/results.csv'), 'utf8')).split('\n');
  process.stdout.write(`\nThe first rows of results.csv:\n\n${rows.slice(0, 4).join('\n')}\n`);
}
