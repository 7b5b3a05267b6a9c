import { afterAll, describe, expect, it } from 'vitest';
import { simulate } from './simulate.ts';
import { clearFolder } from './state-file.ts';

/**
 * The promise, by simulation: the real planner, runner, limiter and state file, on virtual time, with faults, deaths and
 * stopped processes by seed. `npm run simulate -- --seeds N` lives through more of them.
 */

afterAll(clearFolder);

describe('each thing once', () => {
  it.each([1, 101, 201, 301])('holds for the hundred seeds from %i on', async (from) => {
    for (let seed = from; seed < from + 100; seed += 1) {
      const { broken, scene } = await simulate(seed);
      expect(broken, `seed ${seed} (${scene})`).toEqual([]);
    }
  });

  it('is told the same by the same seed', async () => {
    for (const seed of [7, 42, 99]) expect((await simulate(seed)).told).toEqual((await simulate(seed)).told);
  });
});
