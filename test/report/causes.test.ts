import { describe, expect, it } from 'vitest';
import type { RecordWithEntries, StepError, StepOutcomeName } from '../../src/journal/journal.ts';
import { Causes } from '../../src/report/causes.ts';

function ended(key: string, outcome: StepOutcomeName, error?: Partial<StepError>): RecordWithEntries {
  const planned = { actions: [{ path: 'people[a].user', uses: 'users.create' }] };
  const settled = { type: 'settled', record: 0, path: '', outcome, at: 0 } as const;
  return {
    record: { index: 0, key, planned, values: {}, raw: '' },
    entries: [
      error === undefined
        ? settled
        : { ...settled, error: { step: 'people[b].user', code: '1', message: '', ...error } },
    ],
  };
}

function causesOf(rows: readonly RecordWithEntries[], meaning?: string) {
  const causes = new Causes(() => meaning);
  for (const row of rows) causes.add(row);
  return causes.finish();
}

describe('what went wrong', () => {
  it('is one cause where messages differ by keys, ids, addresses, numbers and quotations only', () => {
    const id = (n: number) => `0000000${n}-1111-2222-3333-444444444444`;
    const causes = causesOf(
      [1, 2, 3].map((n) =>
        ended(`c${n}.example.com`, 'failed', {
          message: `c${n}.example.com: '${n}x' of ${id(n)} for u${n}@x.org is ${n}`,
        }),
      ),
    );
    expect(causes).toMatchObject([
      {
        records: 3,
        step: 'people.user',
        operation: 'users.create',
        examples: ['c1.example.com', 'c2.example.com', 'c3.example.com'],
      },
    ]);
  });

  it('has what is in doubt first, then the most frequent', () => {
    const causes = causesOf([
      ended('a', 'failed', { code: 'A' }),
      ended('b', 'failed', { code: 'B' }),
      ended('c', 'failed', { code: 'B' }),
      ended('d', 'inDoubt', { code: 'IN_DOUBT' }),
      ended('e', 'succeeded'),
    ]);
    expect(causes.map(({ code, records }) => [code, records])).toEqual([
      ['IN_DOUBT', 1],
      ['B', 2],
      ['A', 1],
    ]);
  });

  it('comes with what to do', () => {
    const advice = (error: Partial<StepError>, meaning?: string) =>
      causesOf([ended('a', 'failed', error)], meaning)[0]!.advice.join('\n');
    expect(advice({ status: 503, code: 'UNAVAILABLE' })).toContain('resume --retry-failed');
    expect(advice({ status: 403, code: '1' })).toContain('tenantry whoami');
    expect(advice({ status: 403, code: '1' }, 'not accepted')).not.toContain('whoami');
    expect(advice({ status: 403, code: '1' }, 'not accepted')).toContain('documentation says: not accepted');
    expect(advice({ code: 'ASSERT' })).toContain('failed.csv');
  });

  it('is bounded: beyond two hundred kinds the rest is one', () => {
    const word = (n: number) => [...String(n)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
    const causes = causesOf(
      Array.from({ length: 1000 }, (_, n) => ended(`r${n}`, 'failed', { message: `kind ${word(n)}` })),
    );
    expect(causes).toHaveLength(201);
    expect(causes[0]).toMatchObject({ records: 800, message: 'various other reasons' });
  });
});
