import { describe, expect, it } from 'vitest';
import { splitText } from '../../src/expression/template.ts';

/** Text parts as they are, expressions as [source, offset]. */
function parts(text: string): unknown {
  const split = splitText(text);
  if (!split.ok) return split.problems.map(({ kind, offset }) => ({ kind, offset }));
  return split.parts.map((part) => (part.type === 'text' ? part.text : [part.source, part.offset]));
}

const unclosed = (offset: number) => [{ kind: 'syntax', offset }];

describe('a text is split at its expressions', () => {
  it.each<[string, unknown]>([
    ['', []],
    ['plain', ['plain']],
    ['${{ a }}', [['a', 4]]],
    ['${{a}}', [['a', 3]]],
    ['x ${{ a }} y', ['x ', ['a', 6], ' y']],
    [
      '${{ a }}${{ b }}',
      [
        ['a', 4],
        ['b', 12],
      ],
    ],
    ['a }} b', ['a }} b']],
    ['${ a } $a {{ b }}', ['${ a } $a {{ b }}']],
    ['${{ "}}" }}', [['"}}"', 4]]],
    ["${{ '}}' + \"'}}\" }}", [["'}}' + \"'}}\"", 4]]],
    ['${{ "\\"}}" }}', [['"\\"}}"', 4]]],
    ['${{ r"\\" }}', [['r"\\"', 4]]],
    ['${{ """a " }} b""" }}', [['"""a " }} b"""', 4]]],
    ['${{ {"a": {"b": 1}} }}', [['{"a": {"b": 1}}', 4]]],
    ['${{ {"a": {"b": 1}}}}', [['{"a": {"b": 1}}', 4]]],
    ["${{ a // it's a }}", [["a // it's a", 4]]],
    ['${{\n  a\n}}', [['a', 6]]],
    ['$${{ a }}', ['${{ a }}']],
    ['x $${{ a }} ${{ b }}', ['x ${{ a }} ', ['b', 16]]],
    ['${{ }}', [['', 5]]],
  ])('%s', (text, expected) => {
    const found = parts(text);
    // An empty expression has no place of its own but its braces.
    if (text === '${{ }}') expect(found).toMatchObject([['', expect.any(Number)]]);
    else expect(found).toEqual(expected);
  });
});

describe('an expression that is not closed is a problem at its start', () => {
  it.each<[string, number]>([
    ['${{ a', 0],
    ['x ${{ a }', 2],
    ['${{ "a }}', 0],
    ['${{ a }} ${{', 9],
    ['${{ {"a": 1 }}', 0],
  ])('%s', (text, offset) => {
    expect(parts(text)).toEqual(unclosed(offset));
  });
});
