import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { loadOperations } from '../../src/operations/read.ts';
import { coverageOf, readOmitted, readPending } from '../../tools/coverage.ts';
import { documentedOperations, hasReferenceData } from '../../tools/reference-data.ts';

/** The catalogue beside the documentation: `npm run coverage:operations` prints what these tests compare. */

it.runIf(!hasReferenceData)('has the reference data beside the project', () => {
  if (process.env.CI === 'true') expect.fail('there is no ../shared/partner-center beside the project');
});

describe.runIf(hasReferenceData)('the catalogue beside the documentation', () => {
  const coverage = () => coverageOf(loadOperations(), documentedOperations(), readOmitted());

  it('misses nothing but what docs/operations/omitted.md and the list of pending operations say', () => {
    const pending = new Set(readPending());
    expect(coverage().missing.filter((key) => !pending.has(key))).toEqual([]);
  });

  it('has no pending operation that is there by now: npm run generate takes it out', () => {
    const missing = new Set(coverage().missing);
    expect(readPending().filter((key) => !missing.has(key))).toEqual([]);
  });

  it('differs from the data only where docs/operations/omitted.md says why ("Different from the page")', () => {
    expect(
      coverage().different.map(
        ({ operation, field, documented, ours }) =>
          `${operation} ${field}: documented ${documented}, ours ${ours}`,
      ),
    ).toEqual([]);
  });

  it('has no exception in docs/operations/omitted.md that is no longer so', () => {
    expect(coverage().stale).toEqual([]);
  });
});
