import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { loadOperations } from '../../src/operations/read.ts';
import { coverageOf, readOmitted } from '../../tools/coverage.ts';
import { documentedOperations, hasReferenceData } from '../../tools/reference-data.ts';

/** The catalogue beside the documentation: `npm run coverage:operations` prints what these tests compare. */

it('has the reference data beside the project, in CI at least', () => {
  expect(hasReferenceData || process.env.CI !== 'true', 'there is no ../shared/partner-center').toBe(true);
});

describe.runIf(hasReferenceData)('the catalogue beside the documentation', () => {
  const coverage = () => coverageOf(loadOperations(), documentedOperations(), readOmitted());

  it('misses nothing but what docs/operations/omitted.md leaves out with a reason', () => {
    expect(coverage().missing).toEqual([]);
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

describe('the comparison', () => {
  const operations = loadOperations();
  const documented = {
    key: 'users.get',
    id: 'users.get',
    page: 'get-a-user-account-by-id',
    method: 'GET',
    path: '/v1/customers/{customerTenantId}/Users/{userId}',
    auth: operations.get('users.get')!.auth,
    clouds: operations.get('users.get')!.clouds,
  };
  const nothing = {
    omitted: new Set<string>(),
    same: new Map(),
    requests: new Map(),
    different: new Set<string>(),
  };

  it('finds an operation by its request, whatever places are called and however it is written', () => {
    const { found, missing, different } = coverageOf(operations, [documented], nothing);
    expect(found.get('users.get')).toEqual(['users.get']);
    expect([...missing, ...different]).toEqual([]);
  });

  it('tells what is missing, what is more, what is different, and which exception is no longer so', () => {
    const rows = [
      { ...documented, success: 202, repeatable: false },
      { ...documented, key: 'users.praise', id: 'users.praise', method: 'POST' },
    ];
    const { missing, extra, different, stale } = coverageOf(operations, rows, {
      ...nothing,
      omitted: new Set(['users.get']),
    });
    expect(missing).toEqual(['users.praise']);
    expect(extra).toContain('orders.get');
    expect(different.map(({ field }) => field)).toEqual(['success', 'repeatable']);
    expect(stale).toEqual(['users.get']);
  });
});
