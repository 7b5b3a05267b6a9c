import { afterAll, describe, expect, it } from 'vitest';
import { openTable } from '../../src/load/table.ts';
import { cell, cellsOf, makeFolder, refusal, rowsOf, workbook } from './files.ts';

const folder = makeFolder();
afterAll(() => folder.remove());

let files = 0;
function open(ending: string, content: string | Uint8Array, options = {}) {
  files += 1;
  return openTable(folder.write(`input${files}.${ending}`, content), options);
}

describe('a workbook', () => {
  const { text, number, boolean, date, none } = cell;
  const customers = workbook({
    Customers: [
      [],
      [text(' domain '), text('seats'), text('since'), text('trial'), none],
      [text('contoso.com'), number(25), date(46_349), boolean(true), none],
      [none, text('  '), none],
      [text('fabrikam.com'), number(2.5), date(46_349.5)],
    ],
    Other: [[text('a')], [text('b')]],
  });

  it('is read from its first sheet, typed, from its first row with text', async () => {
    const table = await open('xlsx', customers);
    expect(table).toMatchObject({
      format: 'xlsx',
      textual: false,
      columns: ['domain', 'seats', 'since', 'trial'],
    });
    expect(await cellsOf(table)).toEqual([
      { domain: 'contoso.com', seats: 25, since: '2026-11-23', trial: true },
      { domain: 'fabrikam.com', seats: 2.5, since: '2026-11-23T12:00:00.000Z' },
    ]);
  });

  it('tells the rows of the sheet, and gives each back as CSV', async () => {
    const table = await open('xlsx', customers);
    expect(table.header).toBe('domain,seats,since,trial\n');
    expect((await rowsOf(table)).map(({ line, raw }) => [line, raw])).toEqual([
      [3, 'contoso.com,25,2026-11-23,true\n'],
      [5, 'fabrikam.com,2.5,2026-11-23T12:00:00.000Z,\n'],
    ]);
  });

  it('is read from the sheet that is named', async () => {
    expect(await cellsOf(await open('xlsx', customers, { sheet: 'Other' }))).toEqual([{ a: 'b' }]);
  });

  it('has rows with a problem where a value stands in a column without a name', async () => {
    const table = await open(
      'xlsx',
      workbook({
        A: [
          [text('a'), none, text('b')],
          [number(1), number(2), number(3)],
        ],
      }),
    );
    const [row] = await rowsOf(table);
    expect(row!.problem).toMatchObject({ code: 'INPUT_FORMAT', cell: { row: 2 } });
  });

  it.each([
    ['without a cell', workbook({ A: [] }), {}, 'INPUT_EMPTY'],
    ['with one header twice', workbook({ A: [[text('a'), text('A ')]] }), {}, 'INPUT_HEADER:1'],
    ['whose sheet does not exist', customers, { sheet: 'Nope' }, 'INPUT_FORMAT'],
    ['that is none', 'a,b\n1,2\n', {}, 'INPUT_FORMAT'],
    ['that is cut off', customers.slice(0, 900), {}, 'INPUT_FORMAT'],
  ])('%s is refused', async (_, content, options, code) => {
    expect(await refusal(open('xlsx', content, options))).toBe(code);
  });
});

describe('lists of records', () => {
  const records = [
    { domain: 'contoso.com', seats: 25, tags: ['a', 'b'] },
    { domain: 'fabrikam.com', trial: true },
  ];

  it.each([
    ['json', JSON.stringify(records)],
    ['json', `\uFEFF${JSON.stringify(records, null, 2)}`],
    ['json', Buffer.from(`\uFEFF${JSON.stringify(records)}`, 'utf16le')],
    ['ndjson', records.map((record) => JSON.stringify(record)).join('\r\n')],
    ['jsonl', `\uFEFF\n${records.map((record) => JSON.stringify(record)).join('\n\n')}\n`],
    ['yaml', '- { domain: contoso.com, seats: 25, tags: [a, b] }\n- domain: fabrikam.com\n  trial: true\n'],
  ])('are read typed from %s', async (ending, content) => {
    const table = await open(ending, content);
    expect(table).toMatchObject({ textual: false, columns: ['domain', 'seats', 'tags', 'trial'] });
    expect(await cellsOf(table)).toEqual(records);
    expect(table.header + (await rowsOf(table)).map(({ raw }) => raw).join('')).toBe(
      'domain,seats,tags,trial\ncontoso.com,25,"[""a"",""b""]",\nfabrikam.com,,,true\n',
    );
    expect(await table.digest).toMatch(/^[0-9a-f]{64}$/u);
  });

  it('count the lines of NDJSON, and line separators inside of text end none', async () => {
    const rows = await rowsOf(await open('ndjson', '{"a":"x\u2028y\rz"}\n\n{"a":2}\n'.replace('\r', '\\r')));
    expect(rows.map(({ line, cells }) => [line, cells.a])).toEqual([
      [1, 'x\u2028y\rz'],
      [3, 2],
    ]);
  });

  it.each([
    ['json', '{"a":1}', 'INPUT_FORMAT'],
    ['json', '[{"a":1},]', 'INPUT_FORMAT'],
    ['json', '[{"a":1},2]', 'INPUT_FORMAT:2'],
    ['json', '[]', 'INPUT_EMPTY'],
    ['ndjson', '{"a":1}\n{"a":\n', 'INPUT_FORMAT:2'],
    ['ndjson', '{"a":1}\n[1]\n', 'INPUT_FORMAT:2'],
    ['ndjson', '\n\n', 'INPUT_EMPTY'],
    ['yaml', 'a: 1\n', 'INPUT_FORMAT'],
    ['yaml', '- a: [\n', 'INPUT_FORMAT'],
    ['yaml', '- a: 1\n- b\n', 'INPUT_FORMAT:2'],
    ['yaml', `${'- '.repeat(20_000)}a`, 'INPUT_FORMAT'],
    [
      'yaml',
      '- a: &a [x]\n  b: &b [*a,*a,*a,*a,*a,*a,*a,*a]\n  c: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n',
      'INPUT_FORMAT',
    ],
  ])('that are broken %s (%j) are refused', async (ending, content, code) => {
    expect(await refusal(open(ending, content))).toBe(code);
  });

  it('are read in the format that is named, whatever the file is called', async () => {
    expect(await cellsOf(await open('txt', '{"a":1}\n', { format: 'ndjson' }))).toEqual([{ a: 1 }]);
  });
});
