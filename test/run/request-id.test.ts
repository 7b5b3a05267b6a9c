import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestIdOf } from '../../src/run/request-id.ts';

describe('a request id', () => {
  it('is a version 5 UUID', () => {
    expect(requestIdOf('run', 'key', 'path', 1)).toMatch(
      /^[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/u,
    );
  });

  it('is the same for the same attempt in every process, for ever', () => {
    expect(requestIdOf('20260101-000000-abcd', 'contoso.onmicrosoft.com', 'people[ana@x].licence', 1)).toBe(
      'f0777fed-8e26-5b9c-b503-42608c99a9b0',
    );
  });

  it('differs where run, record, path or attempt differ, also where their texts run together', () => {
    const part = fc.string({ maxLength: 4 });
    const parts = fc.tuple(part, part, part, fc.integer({ min: 1, max: 3 }));
    fc.assert(
      fc.property(
        parts,
        parts,
        (a, b) => (requestIdOf(...a) === requestIdOf(...b)) === (JSON.stringify(a) === JSON.stringify(b)),
      ),
    );
  });
});
