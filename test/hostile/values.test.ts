import { afterAll, describe, expect, it } from 'vitest';
import { checkPlaybook } from '../../src/check/check-playbook.ts';
import type { Playbook } from '../../src/check/playbook.ts';
import { readRecords } from '../../src/check/records.ts';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { compile } from '../../src/expression/compile.ts';
import { readDocument } from '../../src/load/document.ts';
import { indexRelated } from '../../src/load/related.ts';
import { openTable } from '../../src/load/table.ts';
import { loadOperations } from '../../src/operations/read.ts';
import { headerLine, resultLine } from '../../src/report/csv.ts';
import { recordText } from '../../src/report/text.ts';
import { outcome, scope, values } from '../expression/scope.ts';
import { makeFolder } from '../load/files.ts';
import { nastyPieces } from './nasty.ts';
import { watched } from './watch.ts';

/** Expressions, patterns, names and values that were made to hang, to reach what is not theirs, or to be obeyed. */

const folder = makeFolder();
afterAll(() => folder.remove());
const operations = loadOperations();

function checked(text: string): {
  readonly playbook?: Playbook;
  readonly diagnostics: readonly Diagnostic[];
} {
  const document = readDocument('playbook.yaml', text);
  const result = document.ok ? checkPlaybook(document.value, operations) : document;
  return { diagnostics: result.diagnostics, ...(result.ok ? { playbook: result.value as Playbook } : {}) };
}

const playbookOf = (properties: string, more = '') => `tenantry: 1
name: hostile
input:
  key: \${{ string(record.id) }}
  record: { type: object, required: [id], properties: { id: { type: string }, ${properties} } }
${more}steps:
  - id: customer
    uses: customers.get
    with: { customerId: "\${{ record.id }}" }
`;

async function judged(properties: string, csv: string): Promise<readonly string[]> {
  const { playbook, diagnostics } = checked(playbookOf(properties));
  if (playbook === undefined) throw new Error(JSON.stringify(diagnostics));
  const table = await openTable(folder.write('rows.csv', csv));
  return watched('rows', async () => {
    const found: string[] = [];
    for await (const row of readRecords(playbook, {}, table, {}))
      found.push(row.ok ? JSON.stringify(row.record.values) : row.diagnostics.map(({ code }) => code).join());
    return found;
  });
}

describe('an expression', () => {
  it.each([
    ['of 100,000 terms', Array(100_000).fill('1').join(' + ')],
    ['of 1,900 terms', Array(1_000).fill('1').join(' + ')],
    ['of 2,000 brackets', '('.repeat(2_000)],
    ['of 2,000 lists', '['.repeat(2_000)],
    ['of 4,000 not', '!'.repeat(3_990)],
    [
      'of three macros in each other',
      'record.tags.map(a, record.tags.map(b, record.tags.map(c, a + b + c)))',
    ],
    ['of quotes', '"'.repeat(3_999)],
    ['of r-strings', 'r"""'.repeat(900)],
  ])('%s is refused or evaluated at once', async (_, source) => {
    await watched('an expression', () => {
      if (compile(source, scope).ok) outcome(source);
    });
  });

  it('that matches many long texts ends', async () => {
    const tags = Array.from({ length: 1_000 }, () => 'a'.repeat(10_000));
    const source = 'record.tags.exists(t, t.matches("(.{0,99}){0,9}b$"))';
    const result = await watched('matches', () =>
      outcome(source, { ...values, record: { ...values.record, tags } }),
    );
    expect(result).toEqual({ error: expect.stringContaining('too many steps') });
  });

  it('that makes its patterns from what a row says ends', async () => {
    const record = { ...values.record, domain: '(?:a{0,1000})'.repeat(76) };
    const result = await watched('matches', () =>
      outcome('"a".matches(record.domain)', { ...values, record }),
    );
    expect(result).toEqual({ error: expect.stringContaining('the pattern cannot be used') });
  });

  it('within a playbook of a mebibyte of them is refused', async () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `    - "\${{ ${i} + \${{ }}"`).join('\n');
    const { diagnostics } = await watched('expressions', () =>
      checked(`tenantry: 1\nname: x\nguards:\n${many}\n`),
    );
    expect(diagnostics.length).toBeGreaterThan(0);
  });
});

describe('the pattern of a schema', () => {
  it.each([
    ['^(a+)+$', `${'a'.repeat(50_000)}!`],
    ['^(a|aa)+$', `${'a'.repeat(50_000)}!`],
    ['(x+x+)+y', 'x'.repeat(50_000)],
    ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(50_000)],
    ['(.*)*(.*)*(.*)*=', 'a'.repeat(50_000)],
  ])('%s cannot run away', async (pattern, text) => {
    expect(await judged(`name: { type: string, pattern: '${pattern}' }`, `id,name\na,${text}\n`)).toEqual([
      'INPUT_CELL',
    ]);
  });

  it.each(['(?=a)a', '(a)\\1', '((a{1000}){1000})', `${'(?:a{0,1000})'.repeat(60)}`, '('.repeat(1_500), '['])(
    '%s is refused at its place',
    async (pattern) => {
      const text = playbookOf(`name: { type: string, pattern: '${pattern}' }`);
      const { diagnostics } = await watched('a pattern', () => checked(text));
      expect(diagnostics.map(({ code, at }) => [code, at?.offset])).toEqual([
        ['SCHEMA_INVALID', text.indexOf(`'${pattern}'`)],
      ]);
    },
  );

  it.each([
    ['email', `${'a.'.repeat(200_000)}@`],
    ['email', `a@${'a-'.repeat(200_000)}`],
    ['uri', `https://${'%'.repeat(300_000)}`],
    ['uri', `a:${'/a'.repeat(300_000)}\t`],
    ['date-time', '2026-'.repeat(100_000)],
    ['uuid', 'a'.repeat(500_000)],
  ])('nor can the format %s', async (format, text) => {
    await judged(`name: { type: string, format: ${format} }`, `id,name\na,"${text}"\n`);
  });
});

describe('names that every object has', () => {
  it('are columns like any other', async () => {
    const properties =
      'constructor: { type: string }, toString: { type: integer }, valueOf: { type: string, default: v }, hasOwnProperty: { type: boolean }';
    expect(await judged(properties, 'id,constructor,toString,__proto__\na,c,3,p\nb,,,\n')).toEqual([
      '{"id":"a","constructor":"c","toString":3,"valueOf":"v"}',
      '{"id":"b","valueOf":"v"}',
    ]);
    expect(({} as Record<string, unknown>).p).toBeUndefined();
  });

  it('are no excuse for what is required', async () => {
    const { playbook } = checked(
      playbookOf('constructor: { type: string }').replace('[id]', '[id, constructor]'),
    );
    const table = await openTable(folder.write('required.csv', 'id,constructor\na,\n'));
    for await (const row of readRecords(playbook!, {}, table, {})) expect(row.ok).toBe(false);
  });

  it('join related rows by what the file says', async () => {
    const related = await openTable(
      folder.write('related.ndjson', '{"constructor":"x","a":1}\n{"a":{"toString":1}}\n'),
    );
    const index = await indexRelated(related, 'constructor');
    expect(index.rowsFor('x').length).toBe(1);
    expect(index.unused().rows.map(({ value }) => value)).toEqual(['']);
    index.close();
  });

  it.each(['__proto__', 'constructor', 'prototype'])('%s is no id of a step', (id) => {
    const { diagnostics } = checked(playbookOf('x: {}').replace('id: customer', `id: ${id}`));
    expect(diagnostics.map(({ code }) => code)).toContain('WRONG_VALUE');
  });

  it.each([
    'parameters:\n  __proto__: { type: string }\n',
    'outputs:\n  __proto__: a\n',
    'limits: { operations: { __proto__: 1 } }\n',
  ])('no field is named __proto__: %j', (more) => {
    expect(checked(playbookOf('x: {}', more)).diagnostics.map(({ code }) => code)).toContain('YAML_PITFALL');
  });
});

const format = { header: 'id,name\n', delimiter: ',' };

/** The line of a result file for a record whose output is the value. */
function lineOf(value: unknown, raw = 'a,b\n'): string {
  const record = { index: 0, key: 'a', values: {}, raw, planned: undefined } as never;
  const settled = {
    type: 'settled',
    record: 0,
    path: '',
    outcome: 'succeeded',
    result: { out: value },
    at: 0,
  } as never;
  return resultLine('results', format, ['out'], { record, entries: [settled] } as never, { secrets: false });
}

describe('a cell that we write', () => {
  it.each([
    ['=1+1', `"'=1+1"`],
    ['@SUM(A1)', `"'@SUM(A1)"`],
    ["+cmd|'/c calc'!A0", `"'+cmd|'/c calc'!A0"`],
    ['-2+3', `"'-2+3"`],
    [' \t=1', `" \t'=1"`],
    ['\u0000=1', `"\u0000'=1"`],
    ['＝1+1', `"'＝1+1"`],
    ['x;=1+1;y', `"x;'=1+1;y"`],
    ['x,\n@a', `"x,\n'@a"`],
    ['a|-1+cmd', `"a|'-1+cmd"`],
    ['-5', '"-5"'],
    [-5, '"-5"'],
    ['+4.5e3', '"+4.5e3"'],
    [[1, -5], '"[1,-5]"'],
    ['a-b = c', '"a-b = c"'],
    ['a "b"', '"a ""b"""'],
  ])('holds no formula: %j', (value, written) => {
    expect(lineOf(value)).toBe(`a,b,${written}\n`);
  });

  it('follows the text of the row, which stays as it was given', () => {
    expect(lineOf('x', '=1+1,+49 30\r\n')).toBe('=1+1,+49 30,"x"\r\n');
    expect(headerLine('results', format, ['out'])).toBe('id,name,"tenantry_out"\n');
  });

  it('is nothing where the result only inherits it', () => {
    const record = { index: 0, key: 'a', values: {}, raw: 'a,b\n', planned: undefined } as never;
    const settled = {
      type: 'settled',
      record: 0,
      path: '',
      outcome: 'succeeded',
      result: {},
      at: 0,
    } as never;
    expect(
      resultLine('results', format, ['constructor'], { record, entries: [settled] } as never, {
        secrets: false,
      }),
    ).toBe('a,b,\n');
  });
});

describe('a plan that is shown', () => {
  const paint = {
    bold: String,
    dim: String,
    red: String,
    green: String,
    yellow: String,
    cyan: String,
    magenta: String,
  };

  it.each(nastyPieces.filter((piece) => piece.trim() !== ''))(
    'has each record on lines of its own: %j',
    (piece) => {
      const text = recordText(
        {
          ...{ index: 0, key: `k${piece}`, row: 2, digest: '' },
          actions: [
            {
              path: `a[${piece}]`,
              uses: 'x',
              action: 'create',
              with: { [piece]: piece },
              reason: piece,
              found: piece,
              calls: 1,
            },
            { path: 'b', uses: 'x', action: 'update', changes: { [piece]: [piece, piece] }, calls: 1 },
          ],
        },
        paint,
      );
      expect(text.split('\n').length).toBe(5);
      expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u2028\u202E\u2066]|##(?:vso)?\[/u);
    },
  );
});
