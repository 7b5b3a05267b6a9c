import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { openTable } from '../../src/load/table.ts';
import { cellsOf, makeFolder, refusal, rowsOf } from './files.ts';

const folder = makeFolder();
afterAll(() => folder.remove());

let files = 0;
function open(content: string | Uint8Array, options = {}) {
  files += 1;
  return openTable(folder.write(`input${files}.csv`, content), options);
}

const utf16le = (text: string) => Buffer.from(text, 'utf16le');
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();
const contoso = { domain: 'contoso.com', companyName: 'Contoso Größe €', city: 'Köln' };
const text = 'domain;companyName;city\r\ncontoso.com;Contoso Größe €;Köln\r\n';
/** The letters above in Windows-1252. */
const ansi = Buffer.from([...text].map((letter) => (letter === '€' ? 0x80 : letter.codePointAt(0)!)));

describe('encodings', () => {
  it.each([
    ['UTF-8', Buffer.from(text), 'utf-8'],
    ['UTF-8 with a byte-order mark', Buffer.from(`\uFEFF${text}`), 'utf-8'],
    ['UTF-16LE with a byte-order mark', utf16le(`\uFEFF${text}`), 'utf-16le'],
    ['UTF-16BE with a byte-order mark', utf16be(`\uFEFF${text}`), 'utf-16be'],
    ['UTF-16LE without one', utf16le(text), 'utf-16le'],
    ['UTF-16BE without one', utf16be(text), 'utf-16be'],
    ['Windows-1252', ansi, 'windows-1252'],
  ])('reads %s', async (_, bytes, encoding) => {
    const table = await open(bytes);
    expect(table).toMatchObject({ encoding, delimiter: ';', columns: ['domain', 'companyName', 'city'] });
    expect(await cellsOf(table)).toEqual([contoso]);
  });

  it('finds Windows-1252 also where its first letter stands far behind the beginning', async () => {
    const many = `a,b\n${'contoso.com,Contoso\n'.repeat(20_000)}`;
    const table = await open(Buffer.concat([Buffer.from(many), Buffer.from([0x4b, 0xf6, 0x2c, 0x31, 0x0a])]));
    expect(table.encoding).toBe('windows-1252');
    expect((await cellsOf(table)).at(-1)).toEqual({ a: 'Kö', b: '1' });
  });

  it('reads letters that two pieces of the file share', async () => {
    const letters = '漢😀ä'.repeat(100_000);
    const [row] = await cellsOf(await open(`a,b\n${letters},x\n`));
    expect(row!.a === letters).toBe(true);
  });

  it('believes an encoding that is named', async () => {
    const table = await open(Buffer.from('a\nKÃ¶ln\n'), { encoding: 'cp1252' });
    expect(await cellsOf(table)).toEqual([{ a: 'KÃƒÂ¶ln' }]);
  });

  it.each([
    ['an image', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3, 4, 5, 6, 7]), {}, 'FILE_ENCODING'],
    ['a workbook named .csv', Buffer.from('PK\x03\x04\x14\x00\x00\x00\x81'), {}, 'FILE_ENCODING'],
    ['a named encoding that does not exist', 'a\n1\n', { encoding: 'klingon' }, 'USAGE'],
    ['nothing', '', {}, 'INPUT_EMPTY'],
    ['a byte-order mark alone', '\uFEFF', {}, 'INPUT_EMPTY'],
    ['blank lines alone', '\n\n\n', {}, 'INPUT_EMPTY'],
  ])('refuses %s', async (_, content, options, code) => {
    expect(await refusal(open(content, options))).toBe(code);
  });

  it('says so where a named UTF-8 is none', async () => {
    const opening = open(Buffer.from([0x61, 0x0a, 0xf6, 0x0a]), { encoding: 'utf-8' });
    expect(await refusal(opening.then(rowsOf))).toBe('FILE_ENCODING');
  });
});

describe('delimiters', () => {
  it.each([
    ['a,b;c,d\n1,2,3\n', ','],
    ['a;b,c;d\n1;2;3\n', ';'],
    ['a\tb\tc\n1\t2\t3\n', '\t'],
    ['a|b|c\n1|2|3\n', '|'],
    ['"x;y;z;w",b\n1,2\n', ','],
    ['"a\n;;;",b\n1,2\n', ','],
    ['only\n1;2\n', ','],
    ['sep=;\r\na;b,c,d\r\n1;2\r\n', ';'],
    ['sep=|\ra|b\r1|2\r', '|'],
  ])('finds that of %j', async (content, delimiter) => {
    expect((await open(content)).delimiter).toBe(delimiter);
  });

  it('passes over a note of Excel and still counts its line', async () => {
    const [row] = await rowsOf(await open('\uFEFFsep=;\r\na;b\r\n1;2\r\n'));
    expect(row).toMatchObject({ line: 3, cells: { a: '1', b: '2' }, raw: '1;2\r\n' });
  });

  it('believes one that is named', async () => {
    expect(await cellsOf(await open('a;b\n1;2\n', { delimiter: ',' }))).toEqual([{ 'a;b': '1;2' }]);
  });
});

describe('the header', () => {
  it('loses the spaces around names', async () => {
    expect((await open(' a ," b b ",c\n')).columns).toEqual(['a', 'b b', 'c']);
  });

  it.each([['domain,city,domain\n'], ['domain,city,Domain \n'], ['company name,city,companyName\n']])(
    '%j is refused for its doubles, by both names',
    async (content) => {
      expect(await refusal(open(content))).toBe('INPUT_HEADER:1');
    },
  );

  it('without any name is refused', async () => {
    expect(await refusal(open(',,\n1,2,3\n'))).toBe('INPUT_HEADER:1');
  });

  it('may have thousands of columns of nothing', async () => {
    const nothing = ','.repeat(16_000);
    const table = await open(`a,b${nothing}\n1,2${nothing}\n3,4\n`);
    expect(table.columns).toEqual(['a', 'b']);
    expect((await rowsOf(table)).map(({ cells, problem }) => ({ ...cells, problem }))).toEqual([
      { a: '1', b: '2', problem: undefined },
      { a: '3', b: '4', problem: undefined },
    ]);
  });

  it('keeps names such as __proto__ as names', async () => {
    const [row] = await rowsOf(await open('__proto__,constructor\n1,2\n'));
    expect(Object.entries(row!.cells)).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ]);
  });
});

describe('rows', () => {
  it('have their line number, also after quoted line breaks and blank lines', async () => {
    const rows = await rowsOf(await open('a,b\n1,"x\ny\r\nz"\n\n\n2,q\n   \n,\n3,r'));
    expect(rows.map(({ line, cells }) => [line, cells.a])).toEqual([
      [2, '1'],
      [7, '2'],
      [10, '3'],
    ]);
  });

  it('skip what is blank, at the end too', async () => {
    expect(await cellsOf(await open('a,b\n1,2\n,\n  ,  \n\n'))).toEqual([{ a: '1', b: '2' }]);
  });

  it('keep empty cells as empty text', async () => {
    expect(await cellsOf(await open('a,b,c\n1,,\n'))).toEqual([{ a: '1', b: '', c: '' }]);
  });

  it.each([
    ['too few cells', 'a,b,c\n1,2\n'],
    ['too many', 'a,b\n1,2,3\n'],
    ['a value that no column names', 'a,,b\n1,x,2\n'],
  ])('with %s carry their problem and stop no other', async (_, content) => {
    const rows = await rowsOf(
      await open(`${content}1,,2\n`.replace('a,b\n', 'a,b,\n').replace('1,,2', '1,,')),
    );
    expect(rows[0]!.problem).toMatchObject({ code: 'INPUT_FORMAT', cell: { row: 2 } });
    expect(rows[1]).not.toHaveProperty('problem');
  });

  it.each([
    ['a quote that is never closed', 'a,b\n1,2\n3,"x\n4,5\n', 'INPUT_FORMAT:3'],
    ['one in a file with a note of Excel', 'sep=,\na,b\n1,2\n3,x "y\n', 'INPUT_FORMAT:4'],
    ['a quote inside a cell', 'a,b\n1,2\n3,x "y" z\n', 'INPUT_FORMAT:3'],
    ['text after a closing quote', 'a,b\n1,"x" y\n', 'INPUT_FORMAT:2'],
    ['a quote that swallows the file', `a,b\n1,"${'x,y\n'.repeat(1_200_000)}`, 'INPUT_FORMAT:2'],
  ])('%s is refused with its line', async (_, content, expected) => {
    expect(await refusal(open(content).then(rowsOf))).toBe(expected);
  });

  it.each(['\n', '\r\n', '\r'])('give back the file byte for byte with %j', async (end) => {
    const content = ['a,b', '1,"x ""y"" z"', ' 2 ,"li\nne"', '3,', ''].join(end);
    const table = await open(content);
    expect(table.header + (await rowsOf(table)).map(({ raw }) => raw).join('')).toBe(content);
  });

  it('give back a file of any cells, whatever its line breaks and its last one', async () => {
    const cells = fc.array(
      fc.tuple(fc.stringMatching(/^[a-z;' ä漢]{1,400}$/u), fc.stringMatching(/^[\s\S]{0,20}$/u)),
      { minLength: 1, maxLength: 5 },
    );
    const shape = fc.record({
      cells,
      end: fc.constantFrom('\n', '\r\n', '\r'),
      last: fc.boolean(),
      times: fc.constantFrom(1, 700),
      mark: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ cells, end, last, times, mark }) => {
        const lines = Array.from({ length: times }, () => cells)
          .flat()
          .map(([a, b]) => `k${a},"${b.replaceAll('"', '""')}"`);
        const content = `${mark ? '\uFEFF' : ''}a,b${end}${lines.join(end)}${last ? end : ''}`;
        const table = await open(content);
        const rows = await rowsOf(table);
        expect(rows.length).toBe(lines.length);
        expect(rows.at(-1)!.cells.b).toBe(cells.at(-1)![1]);
        expect(table.header + rows.map(({ raw }) => raw).join('') === content).toBe(true);
        const lineOf = content.slice(0, content.length - rows.at(-1)!.raw.length).split(/\r\n|\n|\r/u).length;
        expect(rows.at(-1)!.line).toBe(lineOf);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the file', () => {
  it('has the digest of its bytes once its rows were read', async () => {
    const file = folder.write('digest.csv', utf16le('\uFEFFa\r\n1\r\n'));
    const table = await openTable(file);
    await rowsOf(table);
    expect(await table.digest).toBe(createHash('sha256').update(readFileSync(file)).digest('hex'));
  });

  it('can be read more than once', async () => {
    const table = await open('a\n1\n2\n');
    expect(await cellsOf(table)).toEqual(await cellsOf(table));
  });

  it('may be left before its end', async () => {
    const table = await open(`a\n${'1\n'.repeat(500_000)}`);
    for await (const row of table.rows()) {
      expect(row.line).toBe(2);
      break;
    }
  });

  it('is refused where it does not exist or is a folder', async () => {
    mkdirSync(path.join(folder.path, 'folder.csv'));
    expect(await refusal(openTable(path.join(folder.path, 'none.csv')))).toBe('FILE_NOT_FOUND');
    expect(await refusal(openTable(path.join(folder.path, 'folder.csv')))).toBe('FILE_NOT_FOUND');
    expect(await refusal(openTable(path.join(folder.path, 'none.csv', 'x.csv')))).toBe('FILE_NOT_FOUND');
  });
});
