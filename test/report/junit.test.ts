import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordWithEntries, StepOutcomeName } from '../../src/journal/journal.ts';
import { type JunitSuite, junitCase, junitHead, junitTail, noCases } from '../../src/report/junit.ts';
import { nastyText } from '../hostile/nasty.ts';
import { brokenJunitRules, parseXml } from './junit-rules.ts';

const suite: JunitSuite = {
  playbook: 'onboard',
  input: 'customers.csv',
  target: 'global',
  run: '20261124-100000-abcd',
  createdAt: Date.UTC(2026, 10, 24, 10),
};

function row(key: string, outcome: StepOutcomeName | undefined, message = 'no such SKU'): RecordWithEntries {
  const at = { record: 0, path: '', at: suite.createdAt + 1_000 } as const;
  const error = { step: 'order', code: '900101', message, requestId: 'abc', help: 'try again' };
  return {
    record: { index: 0, key, planned: { row: 7 }, values: {}, raw: '' },
    entries:
      outcome === undefined
        ? []
        : [
            { ...at, path: 'order', type: 'answered', attempt: 1, answer: 'ok' },
            { ...at, at: at.at + 2_500, type: 'settled', outcome, error },
          ],
  };
}

function junitOf(rows: readonly RecordWithEntries[], of = suite): string {
  const totals = noCases();
  const cases = rows.map((each) => junitCase(each, of, totals)).join('');
  return junitHead(of, totals, 2_000) + cases + junitTail;
}

describe('a run as JUnit XML', () => {
  const xml = junitOf([
    row('a', 'succeeded'),
    row('b', 'unchanged'),
    row('c', 'failed'),
    row('d', 'blocked'),
    row('e', 'inDoubt'),
    row('f', 'skipped'),
    row('g', undefined),
  ]);

  it('keeps the rules that readers of the format share', () => {
    expect(brokenJunitRules(xml)).toEqual([]);
  });

  it('has a case a row, named by its key, with its reason and place', () => {
    const cases = parseXml(xml).children[0]!.children.filter(({ name }) => name === 'testcase');
    expect(cases.map(({ attributes, children }) => [attributes.name, children[0]?.name])).toEqual([
      ['a', undefined],
      ['b', undefined],
      ['c', 'failure'],
      ['d', 'failure'],
      ['e', 'error'],
      ['f', 'skipped'],
      ['g', 'skipped'],
    ]);
    expect(cases[2]!.children[0]).toMatchObject({
      attributes: { type: '900101', message: 'no such SKU' },
      text: 'customers.csv row 7\nstep order\nno such SKU\nrequest id abc\ntry again',
    });
    expect(cases[2]!.attributes.time).toBe('2.500');
  });

  it('leaves room for totals that are written when they are known', () => {
    const first = junitHead(suite, noCases(), 2_000);
    const last = junitHead(suite, { ...noCases(), tests: 1_000_000, failures: 999_999 }, 2_000);
    expect(Buffer.byteLength(first)).toBe(2_000);
    expect(Buffer.byteLength(last)).toBe(2_000);
  });

  it('keeps the rules whatever names and reasons are', () => {
    fc.assert(
      fc.property(fc.oneof(nastyText, fc.string()), (text) => {
        const nasty = junitOf([row(text, 'failed', text), row(text, 'inDoubt', text)], {
          ...suite,
          playbook: text,
          input: text,
        });
        expect(brokenJunitRules(nasty)).toEqual([]);
        expect(nasty).not.toMatch(/##[a-z]*\[/u);
      }),
      { numRuns: 100 },
    );
  });
});

describe('the rules', () => {
  it.each([
    ['a total that is wrong', (xml: string) => xml.replaceAll('tests="1"', 'tests="2"')],
    ['an element that there is not', (xml: string) => xml.replace('<testcase', '<note/><testcase')],
    ['an attribute that there is not', (xml: string) => xml.replace('<testcase', '<testcase line="3"')],
  ])('notice %s', (_, change) => {
    expect(brokenJunitRules(change(junitOf([row('a', 'succeeded')])))).not.toEqual([]);
  });
});
