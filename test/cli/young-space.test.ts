import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';

const module = path.join(import.meta.dirname, '../../src/cli/young-space.ts');

/** MiB that V8 gives to young objects in a program that makes many and keeps each for a while. */
function youngMiB(before: string): number {
  const program = `
    import { getHeapSpaceStatistics } from 'node:v8';
    import { limitYoungSpace } from ${JSON.stringify(module)};
    ${before}
    const kept = [];
    for (let turn = 0; turn < 200; turn += 1) {
      for (let index = 0; index < 10_000; index += 1) kept[index + (turn % 5) * 10_000] = { index, text: 'record ' + index };
      await new Promise(setImmediate);
    }
    const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
    console.log(young.space_size / 1024 / 1024);`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  return Number(stdout);
}

it('the room for young objects stays small, where V8 alone would let it grow', () => {
  expect(youngMiB('')).toBeGreaterThan(32);
  expect(youngMiB('limitYoungSpace();')).toBeLessThanOrEqual(32);
});
