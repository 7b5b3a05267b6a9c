import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect, it } from 'vitest';
import { mutants } from './mutants.ts';

/** A simulation that cannot fail proves nothing: the program is built without one safeguard after another. */
it('notices each safeguard that is taken out, within 600 seeds', async () => {
  const tool = path.join(import.meta.dirname, '../../tools/simulate-mutants.ts');
  const child = spawn(process.execPath, [tool, '--seeds', '600'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [status] = (await once(child, 'close')) as [number | null];
  expect(said).toContain(`${mutants.length} of ${mutants.length} noticed`);
  expect(said).not.toContain('NOT NOTICED');
  expect(status).toBe(0);
}, 1_800_000);
