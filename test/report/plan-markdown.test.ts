import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlanHeader, PlannedRecord, PlanSummary } from '../../src/plan/plan.ts';
import { commentLimit, type MarkdownLimit, summaryLimit } from '../../src/report/markdown-text.ts';
import { planMarkdown } from '../../src/report/plan-markdown.ts';
import { nastyText } from '../hostile/nasty.ts';
import { cellsOf, outsideCode } from './read-markdown.ts';

/** What sites make something of, wherever they find it outside code. */
const nasty =
  '@everyone <img src=x> [a](https://evil.example) ![b](x) www.evil.example #12 ` `` \\| | ##vso[x]y';

const header = (name: string): PlanHeader => ({
  tenantryPlan: 1,
  version: '1.2.3',
  createdAt: '2026-11-24T10:00:00.000Z',
  playbook: { file: name, name },
  input: { file: name, related: {} },
  parameters: {},
  secretParameters: [],
  target: name,
  offline: false,
  digests: { playbook: '', input: '', related: {}, parameters: '', operations: '', target: '' },
});

const summaryOf = (records: readonly PlannedRecord[], text = 'customers.create'): PlanSummary => ({
  records: records.length,
  invalid: 0,
  operations: { [text]: { create: records.length } },
  calls: {},
  totalCalls: 1,
  totalSeconds: 1,
  planningCalls: 0,
  warnings: [{ code: 'GUARD', severity: 'error', message: text }],
  unusual: [
    { kind: 'quantity', message: text, records: 9, examples: [{ key: text, row: 2, note: text }] },
    { kind: 'country', message: 'AQ is rare here', records: 1, examples: [] },
  ],
  seal: 'ab12',
});

const record = (index: number, key: string): PlannedRecord => ({
  index,
  key,
  row: index + 2,
  digest: '',
  actions: [
    { path: key, uses: key, action: 'create', calls: 1, with: { [key]: key }, reason: key, found: key },
    { path: key, uses: key, action: 'update', calls: 1, changes: { [key]: [key, { $secret: true }] } },
    ...(index % 7 === 3 ? [{ path: key, uses: key, action: 'refuse', calls: 0, reason: key } as const] : []),
  ],
});

function markdownOf(records: readonly PlannedRecord[], limit: MarkdownLimit, text?: string): Promise<string> {
  const list = async function* () {
    yield* records;
  };
  const plan = {
    header: header(text ?? 'plain'),
    summary: summaryOf(records, text),
    records: list,
    file: text,
  };
  return planMarkdown(plan, limit);
}

describe('a plan for a pull request', () => {
  const many = Array.from({ length: 6_000 }, (_, index) => record(index, `customer-${index}-Größe`));

  it.each([
    ['a comment', commentLimit, (text: string) => text.length, 65_535],
    ['a step summary', summaryLimit, (text: string) => Buffer.byteLength(text), 1024 * 1024],
  ] as const)('fits %s however long the plan is, and says what is missing', async (_, limit, size, most) => {
    const text = await markdownOf(many, limit);
    expect(size(text)).toBeLessThanOrEqual(most);
    expect(size(text), 'the room is used').toBeGreaterThan(most * 0.9);
    const shown = text.match(/<summary><code>customer-/gu)!.length;
    expect(text).toContain(`${(6_000 - shown).toLocaleString('en-US')} of 6,000 records had no room`);
    expect(text.match(/<details>/gu)!.length).toBe(text.match(/<\/details>/gu)!.length);
  });

  it('says what is wrong before anything else', async () => {
    const text = await markdownOf(many, commentLimit);
    const order = [
      '**Plan:',
      '### Exceptions',
      '**Refused:**',
      '**Look at:** `AQ is rare',
      '| 5 | `customer-3-',
      '| operation |',
      'Exception: ',
    ];
    const places = order.map((part) => text.indexOf(part));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(text).toMatch(/[\d,]+ exceptions more had no room here/u);
  });

  it('counts every exception that it has no room for', async () => {
    const text = await markdownOf(many, commentLimit);
    const told = text.match(/^\| \d+ \| `customer/gmu)!.length;
    const untold = Number(/([\d,]+) exceptions more/u.exec(text)![1]!.replaceAll(',', ''));
    expect(told + untold).toBe(many.filter(({ actions }) => actions.length === 3).length);
  });

  it('says that there is no exception where there is none', async () => {
    const records = [record(0, 'a')];
    const text = await planMarkdown(
      {
        header: header('plain'),
        summary: { ...summaryOf(records), warnings: [], unusual: [] },
        records: async function* () {
          yield* records;
        },
      },
      commentLimit,
    );
    expect(text).toContain('No exceptions');
    expect(text).not.toContain('### Exceptions');
  });

  it('hides secrets', async () => {
    expect(await markdownOf([record(0, 'a')], commentLimit)).toContain('a: "a" → (secret)');
  });
});

describe('text from elsewhere in a plan for a pull request', () => {
  it('stands in code, where nothing is made of it', async () => {
    const records = Array.from({ length: 12 }, (_, index) => record(index, `${nasty}${index}`));
    const text = await markdownOf(records, commentLimit, nasty);
    expect(text).toContain('@everyone');
    expect(outsideCode(text)).not.toMatch(/everyone|evil|img|\]\(|#12|`/u);
    expect(text).not.toContain('##vso[');
  });

  it('does so whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(nastyText, fc.string()), { minLength: 1, maxLength: 3 }),
        async (texts) => {
          const marked = texts.map((text) => `MARK${text}MARK`);
          const text = await markdownOf(
            marked.map((key, index) => record(index, key)),
            commentLimit,
            marked[0],
          );
          const outside = outsideCode(text);
          expect(outside).not.toContain('MARK');
          for (const row of text.split('\n').filter((line) => line.startsWith('| ') && line.includes('MARK')))
            expect(cellsOf(row)).toHaveLength(row.startsWith('| `') ? 2 : 4);
        },
      ),
      { numRuns: 60 },
    );
  });
});
