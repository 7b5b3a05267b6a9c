import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { neutralise, neutraliseForeign, oneLine, printedJson } from '../../src/diagnostics/neutralise.ts';

describe('JSON that is printed', () => {
  it('has the same values, and nothing that anything obeys', () => {
    const value = { a: '##vso[x]\u001B[31m\u0085\u202E', '##[b]': ['::error::x\n::y'] };
    for (const text of [printedJson(value), printedJson(value, 2)]) {
      expect(JSON.parse(text)).toEqual(value);
      expect(text).toBe(neutralise(text));
    }
  });
});

describe('text within a line', () => {
  it('begins none', () => {
    expect(oneLine('a\n::error::x\u001B[31m')).toBe('a\\n: :error::x\\x1b[31m');
  });
});

describe('text that is printed', () => {
  it.each([
    ['plain text, tab\tand\nline', 'plain text, tab\tand\nline'],
    ['\u001B[31mred\u001B[39m', '\u001B[31mred\u001B[39m'],
    ['\u001B[1mbold\u001B[22m', '\u001B[1mbold\u001B[22m'],
    ['\u001B[8mhidden', '\\x1b[8mhidden'],
    ['\u001B[2K', '\\x1b[2K'],
    ['\u001B]0;title\u0007', '\\x1b]0;title\\x07'],
    ['a\rb', 'a\\x0db'],
    ['a\u2028b', 'a\\u2028b'],
    ['##vso[x]', '# #vso[x]'],
    ['##VSO[x]', '# #VSO[x]'],
    ['a ##[group]b', 'a # #[group]b'],
    ['::error::x', ': :error::x'],
    ['a\n  ::add-mask::x', 'a\n  : :add-mask::x'],
    ['\n\n::error::x', '\n\n: :error::x'],
    ['#\u200B#\uFEFFv\u00ADso[x]', '#\u200B #\uFEFFv\u00ADso[x]'],
    ['\u2060:\u200D:error::x', '\u2060: \u200D:error::x'],
    ['##teamcity[x]', '# #teamcity[x]'],
    ['a::b ## c', 'a::b ## c'],
  ])('%j becomes %j', (text, printed) => {
    expect(neutralise(text)).toBe(printed);
  });

  it('has no style of its own where it is foreign', () => {
    expect(neutraliseForeign('\u001B[31mred')).toBe('\\x1b[31mred');
  });

  it('is safe whatever it was, and safe text stays as it is', () => {
    const nasty = fc
      .array(
        fc.constantFrom('#', ':', '[', 'vso[', '\u001B', '[31m', '[2J', '\n', ' ', '\r', '\u0085', 'a'),
        { maxLength: 12 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(nasty, (text) => {
        const printed = neutralise(text);
        expect(printed.replaceAll(/\u001B\[31m/gu, '')).not.toMatch(
          /[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/u,
        );
        expect(printed).not.toMatch(/##(?:vso)?\[|^\s*::/imu);
        expect(neutralise(printed)).toBe(printed);
      }),
    );
  });
});
