import fc from 'fast-check';
import { afterAll, describe, it } from 'vitest';
import { clearFolder, targets } from './fuzz.ts';

/**
 * Whatever comes from outside is read or refused in words: it crashes nothing, and keeps nothing busy. The same inputs
 * every time; `npm run fuzz -- --minutes N` makes others.
 */

afterAll(clearFolder);

describe('what comes from outside', () => {
  it.each(targets)('as $name', async ({ property }) => {
    await fc.assert(property(), { numRuns: 250, seed: 20_261_124, endOnFailure: false });
  });
});
