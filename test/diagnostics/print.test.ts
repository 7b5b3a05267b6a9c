import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { formatDiagnostics, lineColumn } from '../../src/diagnostics/print.ts';

const file = 'playbook.yaml';

function print(diagnostic: Partial<Diagnostic>, text = '', color = false): readonly string[] {
  const whole: Diagnostic = { code: 'UNKNOWN_OPERATION', severity: 'error', message: 'wrong', ...diagnostic };
  return formatDiagnostics([whole], new Map([[file, text]]), { color }).split('\n');
}

/** The part of the source line that stands above the carets, column by column. */
function marked(text: string, offset: number, length: number): string {
  const [, line, caret] = print({ at: { file, offset, length } }, text) as [string, string, string];
  return [...line].slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1).join('');
}

describe('a diagnostic in a text file', () => {
  const text = 'tenantry: 1\nsteps:\n  - uses: domain.check\n';
  const offset = text.indexOf('domain.check');

  it('shows place, code, message, line, caret, what was expected and what was meant', () => {
    const printed = print(
      {
        message: "unknown operation 'domain.check'",
        at: { file, offset, length: 12 },
        expected: 'an operation',
        didYouMean: 'domains.check',
        help: 'list them with:\ntenantry operations',
      },
      text,
    );
    expect(printed).toEqual([
      "playbook.yaml:3:11 error UNKNOWN_OPERATION unknown operation 'domain.check'",
      '    3 |   - uses: domain.check',
      '      |           ^^^^^^^^^^^^',
      '  expected an operation',
      "  did you mean 'domains.check'?",
      '  list them with:',
      '  tenantry operations',
    ]);
  });

  it('shows second places', () => {
    const related = [{ message: 'first used here', at: { file, offset: 12, length: 5 } }];
    expect(print({ at: { file, offset, length: 1 }, related }, text).at(-1)).toBe(
      '  playbook.yaml:2:1 first used here',
    );
  });

  it('names only the file where its text is not at hand', () => {
    expect(print({ at: { file: 'other.yaml', offset: 5, length: 1 } })).toEqual([
      'other.yaml error UNKNOWN_OPERATION wrong',
    ]);
  });

  it('stands on the first character, at the end of the file, and on an empty first line', () => {
    expect(marked('abc', 0, 2)).toBe('ab');
    expect(print({ at: { file, offset: 4, length: 1 } }, 'abc\n')).toEqual([
      'playbook.yaml:2:1 error UNKNOWN_OPERATION wrong',
      '    2 | ',
      '      | ^',
    ]);
    expect(print({ at: { file, offset: 0, length: 1 } }, '\nabc')[0]).toContain(':1:1 ');
    expect(print({ at: { file, offset: 99, length: 1 } }, 'abc')).toHaveLength(3);
  });

  it('marks no more than its own line', () => {
    expect(marked('abc: def\nmore', 5, 100)).toBe('def');
    expect(marked('abc: def\r\nmore', 5, 3)).toBe('def');
  });

  it('marks the right columns behind tabs', () => {
    expect(marked('\t\tab: cd', 6, 2)).toBe('cd');
  });

  it('gives wide characters two columns and combining marks none', () => {
    const caret = (line: string, at: number, length: number) =>
      print({ at: { file, offset: at, length } }, line)[2]?.slice(8);
    expect(caret('名前: x', 4, 1)).toBe('      ^');
    expect(caret('a: 名前', 3, 2)).toBe('   ^^^^');
    expect(caret('🎉 x', 3, 1)).toBe('   ^');
    expect(caret('e\u0301 x', 3, 1)).toBe('  ^');
  });

  it('cuts a long line around the caret, and no character in two', () => {
    const line = `${'a'.repeat(5_000)}HERE${'b'.repeat(5_000)}`;
    const [, shown, caret] = print({ at: { file, offset: 5_000, length: 4 } }, line) as [
      string,
      string,
      string,
    ];
    expect(shown.length).toBeLessThan(120);
    expect(shown).toMatch(/ \| …a+HEREb+…$/u);
    expect(shown.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1)).toBe('HERE');
    const pairs = '😀'.repeat(500);
    for (const offset of [500, 501])
      expect(
        print({ at: { file, offset, length: 1 } }, pairs)
          .join('')
          .isWellFormed(),
      ).toBe(true);
  });
});

describe('a diagnostic in a table', () => {
  it('names row and column', () => {
    const cell = { file: 'customers.csv', row: 12, column: 'seats', value: 'abc' };
    expect(print({ code: 'INPUT_CELL', message: '"abc" does not fit', cell, expected: 'integer' })).toEqual([
      'customers.csv row 12, column "seats": error INPUT_CELL "abc" does not fit',
      '  expected integer',
    ]);
    expect(print({ cell: { file: 'customers.csv', row: 3 } })[0]).toBe(
      'customers.csv row 3: error UNKNOWN_OPERATION wrong',
    );
  });
});

describe('several diagnostics', () => {
  const at = (name: string, offset: number) => ({ at: { file: name, offset, length: 1 } });
  const diagnostics: readonly Diagnostic[] = [
    { code: 'DEPRECATED', severity: 'warning', message: 'four', ...at('b.yaml', 1) },
    { code: 'UNKNOWN_FIELD', severity: 'error', message: 'two', ...at('a.yaml', 9) },
    { code: 'UNKNOWN_FIELD', severity: 'error', message: 'one', ...at('a.yaml', 2) },
    { code: 'INPUT_CELL', severity: 'error', message: 'three', cell: { file: 'a.yaml', row: 20 } },
  ];

  it('stand in the order of files and places, and are counted', () => {
    const printed = formatDiagnostics(diagnostics, new Map(), { color: false });
    expect(printed.match(/one|two|three|four/gu)).toEqual(['one', 'two', 'three', 'four']);
    expect(printed.split('\n').at(-1)).toBe('3 errors, 1 warning');
  });

  it('are not counted where there is one, or none', () => {
    expect(formatDiagnostics(diagnostics.slice(1, 2), new Map(), { color: false })).not.toContain('1 error');
    expect(formatDiagnostics([], new Map(), { color: false })).toBe('');
  });
});

describe('what a file holds never commands a terminal or a CI agent', () => {
  it.each([
    ['a colour', '\u001B[31mred'],
    ['hidden text', '\u001B[8mgone'],
    ['a cleared screen', '\u001B[2J'],
    ['a carriage return', 'good\rbad'],
    ['a turned direction', 'a\u202Eb'],
    ['an Azure command', '##vso[task.setvariable variable=a]b'],
    ['an old GitHub command', '##[add-mask]x'],
    ['a command on a line of its own', 'x\n::error::y'],
    ['an eight-bit control', '\u009B31m'],
  ])('%s', (_, text) => {
    const printed = print(
      {
        message: text,
        at: { file: 'playbook.yaml', offset: 0, length: 3 },
        expected: text,
        didYouMean: text,
        help: text,
        related: [{ message: text, cell: { file: text, row: 1, column: text } }],
      },
      `${text}\n`,
    ).join('\n');
    expect(printed).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E]|##vso\[|##\[|^\s*::/mu);
  });

  it('while our own colours are there', () => {
    expect(print({}, '', true)[0]).toContain('\u001B[31merror\u001B[39m');
    expect(print({}, '', false)[0]).not.toContain('\u001B');
  });
});

describe('lines and columns', () => {
  it.each([
    [0, 1, 1],
    [2, 1, 3],
    [3, 2, 1],
    [99, 3, 1],
  ])('of offset %i are %i:%i', (offset, line, column) => {
    expect(lineColumn('ab\ncd\n', Math.min(offset, 6))).toEqual({ line, column });
  });
});
