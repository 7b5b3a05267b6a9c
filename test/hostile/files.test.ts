import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { readDocument } from '../../src/load/document.ts';
import { openTable } from '../../src/load/table.ts';
import { packWorkbook } from '../../src/load/workbook.ts';
import { misplaced } from '../../src/operations/save-as.ts';
import { readPlan } from '../../src/plan/plan-file.ts';
import { cell, makeFolder, refusal, rowsOf, workbook } from '../load/files.ts';
import { watched } from './watch.ts';

/** Files that were made to hang, crash or fill whatever reads them. */

const folder = makeFolder();
afterAll(() => folder.remove());
let files = 0;
const write = (ending: string, content: string | Uint8Array) => {
  files += 1;
  return folder.write(`hostile${files}.${ending}`, content);
};
const read = (ending: string, content: string | Uint8Array) =>
  watched(ending, () => refusal(openTable(write(ending, content)).then(rowsOf)));

const mebi = 1024 * 1024;

describe('YAML', () => {
  const laughs = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...[...'bcdefghij'].map(
      (name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghij'[i]}`).join(',')}]`,
    ),
  ].join('\n');

  it.each([
    ['a bomb of aliases', laughs],
    ['100,000 levels of lists', '['.repeat(100_000)],
    ['100,000 levels of maps', '{a: '.repeat(100_000)],
    ['100,000 levels of dashes', '- '.repeat(100_000)],
    ['100,000 levels of questions', '? '.repeat(100_000)],
    ['a mebibyte of one key', 'a: 1\n'.repeat(mebi / 5)],
    ['a mebibyte of keys', Array.from({ length: 100_000 }, (_, i) => `k${i}:`).join('\n')],
    ['a mebibyte of commas', `[${','.repeat(mebi - 10)}`],
    ['a mebibyte of quotes', '"'.repeat(mebi)],
    ['a mebibyte of escapes that are none', `a: "${'\\x'.repeat(mebi / 2 - 10)}"`],
    ['a mebibyte of anchors', '&a '.repeat(mebi / 3)],
    ['a mebibyte of tags', '! '.repeat(mebi / 2)],
    ['a mebibyte of documents', '---\n'.repeat(mebi / 4)],
    ['a scalar of 100 MB', `a: ${'x'.repeat(100 * mebi)}`],
  ])('%s is refused at once', async (_, text) => {
    const { diagnostics } = await watched('YAML', () => readDocument('playbook.yaml', text));
    expect(diagnostics.map(({ code }) => code)).toEqual(['YAML_LIMIT']);
  });

  it.each([
    ['a mebibyte of one line', `a: ${'x '.repeat(mebi / 2 - 10)}`],
    ['a mebibyte of lines', `a: |\n${'  x\n'.repeat(mebi / 4 - 10)}`],
    ['a mebibyte of NUL', '\0'.repeat(mebi)],
  ])('%s is read', async (_, text) => {
    await watched('YAML', () => readDocument('playbook.yaml', text));
  });

  it.each([
    ['a list of aliases', `- &a [1]\n${'- *a\n'.repeat(60)}`],
    ['a list of 100,000 levels', '- '.repeat(100_000)],
    ['a list of 100 MB', `- ${'x'.repeat(100 * mebi)}`],
    ['one key 200,000 times', `- {${'a: 1, '.repeat(200_000)}}`],
  ])('%s is refused as input', async (_, text) => {
    expect(await read('yaml', text)).toBe('INPUT_FORMAT');
  });
});

describe('JSON', () => {
  it.each([
    ['json', `[${'['.repeat(100_000)}${']'.repeat(100_000)}]`, 'INPUT_FORMAT'],
    ['json', `[{"a":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}]`, 'INPUT_FORMAT'],
    ['json', `[{"a":"${'x'.repeat(100 * mebi)}"}]`, 'INPUT_FORMAT'],
    ['ndjson', `{"a":1}\n{"a":"${'x'.repeat(100 * mebi)}`, 'INPUT_FORMAT:2'],
    ['ndjson', `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 'INPUT_FORMAT:1'],
  ])('%s of %#: too deep or too long is refused', async (ending, text, expected) => {
    expect(await read(ending, text)).toBe(expected);
  });

  it('loses a field named __proto__, and keeps what else objects have', async () => {
    const table = await openTable(
      write('ndjson', '{"__proto__":{"polluted":1},"constructor":"c","a":1}\n{"a":2}\n'),
    );
    const rows = await rowsOf(table);
    expect(table.columns).toEqual(['constructor', 'a']);
    expect(rows.map(({ raw }) => raw)).toEqual(['c,1\n', ',2\n']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('CSV', () => {
  it.each([
    ['a million columns', `${'a,'.repeat(1_000_000)}\n`, 'INPUT_HEADER:1'],
    [
      'a million other columns',
      `${Array.from({ length: 500_000 }, (_, i) => `c${i}`).join(',')}\n`,
      'INPUT_HEADER:1',
    ],
    ['a quote that is never closed', `a,b\n1,"${'x,y\n'.repeat(2_000_000)}`, 'INPUT_FORMAT:2'],
    ['a row without an end', `a,b\n${'1,'.repeat(4 * mebi)}`, 'INPUT_FORMAT:2'],
    ['a header without an end', 'a'.repeat(20 * mebi), 'INPUT_FORMAT:1'],
  ])('%s is refused', async (_, text, expected) => {
    expect(await read('csv', text)).toBe(expected);
  });

  it.each([
    ['NUL bytes', 'a,b\n1,\0\n', 'FILE_ENCODING'],
    ['NUL bytes alone', '\0'.repeat(1_000), 'FILE_ENCODING'],
  ])('%s are refused', async (_, text, expected) => {
    expect(await read('csv', text)).toBe(expected);
  });

  it('keeps a byte-order mark that stands within the file', async () => {
    const rows = await rowsOf(await openTable(write('csv', '\uFEFFa,b\n\uFEFF1,\uFEFF\n')));
    expect(rows.map(({ raw }) => raw)).toEqual(['\uFEFF1,\uFEFF\n']);
  });
});

/** An archive of one part that says whatever size is wanted. */
function bomb(xml: Uint8Array, says: number): Uint8Array {
  const packed = deflateRawSync(xml, { level: 9 });
  const archive = Buffer.from(packWorkbook([['xl/worksheets/sheet1.xml', packed]]));
  const local = archive.indexOf('PK\x03\x04');
  const directory = archive.indexOf('PK\x01\x02');
  for (const [at, method, size] of [
    [local, 8, 22],
    [directory, 10, 24],
  ] as const) {
    archive.writeUInt16LE(8, at + method);
    archive.writeUInt32LE(says, at + size);
  }
  return archive;
}

describe('a workbook', () => {
  const zeros = Buffer.alloc(64 * mebi, '<row/>');

  it.each([
    ['that unpacks to a thousand times its size', bomb(zeros, zeros.length)],
    ['that says less than it unpacks to', bomb(zeros, 1_000)],
    ['that says it unpacks to 4 GB', bomb(Buffer.from('<row/>'), 0xffffffff)],
    ['of nothing', Buffer.from('PK\x05\x06'.padEnd(22, '\0'))],
    ['that is cut off', workbook({ a: [[cell.text('a')]] }).subarray(0, 700)],
    ['that is text', Buffer.from('PK\x03\x04 hello')],
    ['with a cell far outside', workbook({ a: [[cell.text('a')]] }, [['A1', 'XFD1048576']])],
    ['with a row far outside', workbook({ a: [[cell.text('a')]] }, [['r="1"', 'r="999999999"']])],
    ['with a column that is none', workbook({ a: [[cell.text('a')]] }, [['A1', 'ZZZZZZ1']])],
    [
      'with a row that is hidden from whoever counts',
      workbook({ a: [[cell.text('a')]] }, [['<row r="1"', '<row x=">" r="9999999"']]),
    ],
    ['with a place in escapes', workbook({ a: [[cell.text('a')]] }, [['A1', '&#88;FD1']])],
    ['of 100,000 levels', workbook({ a: [[cell.text('a')]] }, [['<sheetData>', '<a>'.repeat(100_000)]])],
    [
      'with entities of entities',
      workbook({ a: [[cell.text('&a;')]] }, [
        ['<worksheet', '<!DOCTYPE x [<!ENTITY a "&b;&b;"><!ENTITY b "&a;">]><worksheet'],
      ]),
    ],
  ])('%s is refused, or read as what it is', async (_, bytes) => {
    const found = await watched('a workbook', () =>
      openTable(write('xlsx', bytes)).then(
        async (table) => `${(await rowsOf(table)).length} rows`,
        (error: Error) => error.message,
      ),
    );
    expect(found).toMatch(/^INPUT_(?:FORMAT|EMPTY|HEADER): |^0 rows$/u);
  });

  it('with styled columns of nothing to the very right is read', async () => {
    const wide = workbook({ a: [[cell.text('a')], [cell.number(1)]] }, [
      ['</row>', '<c r="XFD1" s="1"/></row>'],
    ]);
    expect((await rowsOf(await openTable(write('xlsx', wide)))).length).toBe(1);
  });
});

describe('a plan file', () => {
  const sealed = (lines: readonly string[]) => {
    const { createdAt: _, ...rest } = JSON.parse(lines[0]!) as Record<string, unknown>;
    const hash = createHash('sha256').update(JSON.stringify(rest));
    for (const line of lines.slice(1)) hash.update(line);
    return [...lines, JSON.stringify({ seal: hash.digest('hex') })].join('\n');
  };

  it.each([
    ['with nothing in it', '{"tenantryPlan":1}\n{}\n'],
    ['with its seal and nothing in it', sealed(['{"tenantryPlan":1}'])],
    ['of one line without an end', `{"tenantryPlan":1,"x":"${'x'.repeat(80 * mebi)}`],
    ['of 100,000 levels', `{"tenantryPlan":${'['.repeat(100_000)}`],
    ['that is null', 'null\nnull\n'],
  ])('%s is refused', async (_, text) => {
    const code = await watched('a plan', () => refusal(readPlan(write('plan', text))));
    expect(code).toMatch(/^(?:PLAN_EDITED|INPUT_FORMAT:1)$/u);
  });
});

describe('names of files', () => {
  it.each([
    '../x',
    'a/../../x',
    '/etc/x',
    'C:/x',
    'a\\b',
    'a/./b',
    'a//b',
    '',
    'con',
    'a/NUL.txt',
    'a.part',
    'results.csv',
    'a\0b',
    'a\nb',
    'a\u202Eb',
    'a\u200Bb',
    '\uD800',
    'a:b',
    'x.',
    'x ',
    `${'x'.repeat(300)}`,
  ])('%j is no place below the results folder', (place) => {
    expect(misplaced(place)).toBeDefined();
  });
});
