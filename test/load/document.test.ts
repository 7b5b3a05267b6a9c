import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { type Node, readDocument, type ScalarNode } from '../../src/load/document.ts';

function read(text: string): Node {
  const document = readDocument('playbook.yaml', text);
  if (!document.ok) throw new Error(JSON.stringify(document.diagnostics, null, 1));
  return document.value.root;
}

/** The diagnostics as `CODE "the text at the place"`. */
function problems(text: string): readonly string[] {
  return diagnostics(text).map(
    ({ code, at }) => `${code} ${JSON.stringify(text.slice(at!.offset, at!.offset + at!.length))}`,
  );
}

function diagnostics(text: string): readonly Diagnostic[] {
  const document = readDocument('playbook.yaml', text);
  expect(document.ok).toBe(false);
  return document.diagnostics;
}

function field(node: Node, ...path: readonly string[]): Node {
  let current = node;
  for (const key of path) {
    if (current.type !== 'map') throw new Error(`${key} of a ${current.type}`);
    current = current.entries.find((entry) => entry.key === key)!.value;
  }
  return current;
}

function scalar(text: string, ...path: readonly string[]): ScalarNode {
  const node = field(read(text), ...path);
  if (node.type !== 'scalar') throw new Error(`a ${node.type}`);
  return node;
}

describe('the tree', () => {
  it('gives each key and value its place in the file', () => {
    const text = '# head\nsteps:\n  - id: address\n    uses: addresses.validate\n';
    const steps = field(read(text), 'steps');
    if (steps.type !== 'list' || steps.items[0]?.type !== 'map') throw new Error('not a list of maps');
    const [, uses] = steps.items[0].entries;
    expect(text.slice(uses!.keyAt.offset, uses!.keyAt.offset + uses!.keyAt.length)).toBe('uses');
    expect(text.slice(uses!.value.at.offset).startsWith('addresses.validate')).toBe(true);
    expect(uses!.value.at.length).toBe('addresses.validate'.length);
  });

  it('counts places from the start of the file, a byte-order mark included', () => {
    const text = '\uFEFFname: contoso\n';
    const name = scalar(text, 'name');
    expect(text.slice(name.at.offset, name.at.offset + name.at.length)).toBe('contoso');
  });

  it.each([
    ['NO', 'NO', 'NO'],
    ['yes', 'yes', 'yes'],
    ['true', true, 'true'],
    ['~', null, '~'],
    ['0123', 123, '0123'],
    ['1e3', 1000, '1e3'],
    ['1.10', 1.1, '1.10'],
    ['123456789012345678901', 123456789012345680000, '123456789012345678901'],
    ["'0123'", '0123', '0123'],
    ['"a\\tb"', 'a\tb', 'a\tb'],
    ['2026-11-23', '2026-11-23', '2026-11-23'],
  ])('reads %s as YAML 1.2 does and keeps how it was written', (source, value, text) => {
    expect(scalar(`a: ${source}\n`, 'a')).toMatchObject({ value, text });
  });

  it.each([
    ['a: x\n', 'plain'],
    ["a: 'x'\n", 'single'],
    ['a: "x"\n', 'double'],
    ['a: |\n  x\n', 'block'],
    ['a: >-\n  x\n', 'block'],
  ])('tells the style of %j', (text, style) => {
    expect(scalar(text, 'a').style).toBe(style);
  });

  it('reads a value that is not there as null, in its place', () => {
    const text = 'a:\nb: 1\n';
    expect(scalar(text, 'a')).toMatchObject({ value: null, at: { offset: 2, length: 0 } });
  });

  it('keeps keys such as constructor as they are', () => {
    const root = read('toString: 1\nconstructor: 2\n');
    expect(root.type === 'map' && root.entries.map(({ key }) => key)).toEqual(['toString', 'constructor']);
  });

  it('has no key __proto__', () => {
    expect(diagnostics('a:\n  __proto__: 1\n').map(({ code }) => code)).toEqual(['YAML_PITFALL']);
  });

  it('follows an alias to its anchor', () => {
    expect(scalar('a: &x { b: 1 }\nc: *x\n', 'c', 'b').value).toBe(1);
  });
});

describe('places inside a scalar', () => {
  /** Every character but white space and what an escape makes must stand where `offsetOf` says. */
  function misplaced(text: string, node: ScalarNode): readonly string[] {
    return String(node.value)
      .split('')
      .flatMap((character, index) => {
        if (/\s/u.test(character) || text[node.offsetOf(index)] === '\\') return [];
        return text[node.offsetOf(index)] === character ? [] : [`${index}: ${character}`];
      });
  }

  it.each([
    ['plain', 'a: pre ${{ record.x }}\n'],
    ['plain over lines', 'a: ${{ record.x\n   + record.y\n\n   + 1 }}\nb: 1\n'],
    ['single', "a: 'it''s ${{ record.x }}'\n"],
    ['single over lines', "a: 'it''s\n   ${{ record.x }}\n\n  end'\n"],
    ['double with escapes', 'a: "\\u00e4 \\x41 \\U0001F600 \\"q\\" ${{ record.x }}"\n'],
    ['double over lines', 'a: "one \\\n   two\n\n  ${{ record.x }}"\n'],
    ['literal', 'a: |\n  line one\n    ${{ record.x }}\n\n  last\nb: 1\n'],
    ['literal with an indentation indicator', 'a: |2-\n    ${{ record.x }}\n  y\n'],
    ['literal with a comment in its head', 'a: | # ${{ no }}\n  ${{ record.x }}\n'],
    ['folded', 'a: >-\n  ${{ record.x\n  + record.y }}\n\n  end\n'],
    ['folded with windows line breaks', 'a: >\r\n  ${{ record.x\r\n  + record.y }}\r\nb: 1\r\n'],
  ])('are right in %s', (_, text) => {
    const node = scalar(text, 'a');
    expect(misplaced(text, node)).toEqual([]);
    const expression = String(node.value).indexOf('record.x');
    if (expression !== -1) expect(node.offsetOf(expression)).toBe(text.indexOf('record.x'));
    expect(text[node.valueOffset]).toBe(text[node.offsetOf(0)]);
  });

  it('are right for any text in any style that it can be written in', () => {
    const words = fc
      .array(
        fc.constantFrom(
          'a',
          'B',
          '7',
          '.',
          "'",
          '"',
          ' ',
          '  ',
          '\n',
          '\n\n',
          'ä',
          '漢',
          '😀',
          '\\',
          '#',
          ':',
        ),
        {
          minLength: 1,
          maxLength: 30,
        },
      )
      .map((parts) => parts.join(''));
    const styles = fc.constantFrom('PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED');
    fc.assert(
      fc.property(words, styles, (value, defaultStringType) => {
        const text = stringify({ a: value, b: 1 }, { defaultStringType, lineWidth: 20, minContentWidth: 0 });
        const document = readDocument('f.yaml', text);
        if (!document.ok) return; // a pitfall by chance
        const node = scalar(text, 'a');
        expect(misplaced(text, node)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('pitfalls', () => {
  it.each([
    ['a: { b: ${{ record.x }} }\n', '${{ record.x }}', "write '${{ record.x }}'"],
    ['a: [ pre-${{ record.x }}.com, 1 ]\n', 'pre-${{ record.x }}.com', "write 'pre-${{ record.x }}.com'"],
    ['a: {\n  b: ${{ record.x }},\n  c: 1\n}\n', '${{ record.x }}', "write '${{ record.x }}'"],
    [
      'a: ${{ record.x ? "p" : "q" }}\n',
      '${{ record.x ? "p" : "q" }}',
      'write \'${{ record.x ? "p" : "q" }}\'',
    ],
    ['a: ${{ record.x + ": " }}\n', '${{ record.x + ": " }}', 'write \'${{ record.x + ": " }}\''],
    ["a: ${{ record.x + ' # ' }}\n", "${{ record.x + ' # ' }}", "write '${{ record.x + '' # '' }}'"],
    [
      'a: ${{ {"b": 1}.b }} and more # note\n',
      '${{ {"b": 1}.b }} and more',
      'write \'${{ {"b": 1}.b }} and more\'',
    ],
    ['a: {{ record.x }}\n', '{{ record.x }}', "write '${{ record.x }}'"],
    ['a: [{{ record.x }}]\n', '{{ record.x }}', "write '${{ record.x }}'"],
  ])('%j must be in quotes, and the message shows it so', (text, place, help) => {
    expect(problems(text)).toEqual([`YAML_PITFALL ${JSON.stringify(place)}`]);
    expect(diagnostics(text)[0]!.help).toBe(help);
  });

  it('show quoted text that YAML reads as it was meant', () => {
    const [{ help }] = diagnostics("a: { b: ${{ record.x + ' # ' }} }\n") as [Diagnostic];
    expect(scalar(`a: { b: ${help!.replace('write ', '')} }\n`, 'a', 'b').value).toBe(
      "${{ record.x + ' # ' }}",
    );
  });

  it.each([
    'a: ${{ record.x }}\n',
    'a: ${{ record.x }} # {{ note }}\n',
    'a: { b: \'${{ record.x }}\', c: "${{ record.y }}" }\n',
    'a: |\n  { b: ${{ record.x }} }\n  {{ mustache }}\n',
    'a: it ${{ record.x\n  + 1 }}\n',
    'a: { b: { c: 1 } }\n',
    "# a: { b: ${{ record.x }} }\na: 'x {{ y }} [ ${{ z }}'\n",
    'a: "${{ record.x ? \\"p: q\\" : \'r\' }}"\n',
    'a: |\n\ttab\n  b\n'.replace('\t', '  \t'),
  ])('%j is no pitfall', (text) => {
    expect(readDocument('playbook.yaml', text)).toMatchObject({ ok: true });
  });

  it('are told together with the other errors of the file', () => {
    const text = 'a: { b: ${{ record.x }} }\nc: 1\nc: 2\nd: {{ y }}\ne:\n\t- 1\nf: "open\n';
    expect(problems(text)).toEqual([
      'YAML_PITFALL "${{ record.x }}"',
      'YAML_DUPLICATE_KEY "c"',
      'YAML_PITFALL "{{ y }}"',
      'YAML_PITFALL "\\t"',
      expect.stringMatching(/^YAML_SYNTAX/u),
    ]);
  });

  it.each([
    ['a:\n\tb: 1\n', 'YAML_PITFALL "\\t"'],
    ['%YAML 1.1\n---\na: NO\n', 'YAML_PITFALL "%YAML 1.1"'],
    ['<<: { a: 1 }\n', 'YAML_PITFALL "<<"'],
    ['a: !secret x\n', 'YAML_PITFALL "!secret"'],
    ['? [a]\n: 1\n', 'YAML_PITFALL "["'],
    ['a: 1\n---\nb: 2\n', 'YAML_SYNTAX "---"'],
    ['a: *b\n', 'YAML_SYNTAX "*b"'],
    ['', 'YAML_SYNTAX ""'],
  ])('%j is refused at its place', (text, problem) => {
    expect(problems(text)).toEqual([problem]);
  });

  it('name both places of a duplicate key', () => {
    const text = 'id: 1\nname: x\nid: 2\n';
    const [diagnostic] = diagnostics(text);
    expect(diagnostic).toMatchObject({
      code: 'YAML_DUPLICATE_KEY',
      at: { offset: text.lastIndexOf('id') },
      related: [{ at: { offset: 0 } }],
    });
  });
});

describe('limits', () => {
  const bomb = `a0: &a0 [x]\n${Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}]\n`).join('')}`;
  it.each([
    ['a file of many MiB', 'a'.repeat(2_000_000)],
    ['5,000 brackets', '['.repeat(5_000)],
    ['5,000 dashes', `${'- '.repeat(5_000)}a`],
    ['100 levels', Array.from({ length: 100 }, (_, i) => `${' '.repeat(i)}a:\n`).join('')],
    ['a billion laughs', bomb],
    ['51 aliases', `a: &a 1\nb: [${'*a,'.repeat(51)}]\n`],
    ['an anchor inside itself', 'a: &a [*a]\n'],
    ['aliases of a large list', `a: &a [${'1,'.repeat(10_000)}]\nb: [${'*a,'.repeat(50)}]\n`],
    ['more values than anyone writes', '- a\n'.repeat(100_001)],
  ])('%s is refused by one error', (_, text) => {
    expect(diagnostics(text).map(({ code }) => code)).toEqual(['YAML_LIMIT']);
  });

  it('takes 8,000 keys in one map without comparing each with each', () => {
    const text = Array.from({ length: 8_000 }, (_, i) => `k${i}: 1\n`).join('');
    const root = read(text);
    expect(root.type === 'map' && root.entries.length).toBe(8_000);
  });

  it('says what is missing at the end at the end', () => {
    const text = '{${{ a\n${{ ';
    const { diagnostics: found } = readDocument('f.yaml', text);
    expect(found.at(-1)).toMatchObject({ code: 'YAML_SYNTAX', at: { offset: text.length } });
  });

  it('never throws, whatever the text', () => {
    const pieces = fc.constantFrom(
      ...[
        'a',
        ': ',
        '- ',
        '\n',
        '  ',
        '\t',
        '{',
        '}',
        '[',
        ']',
        ', ',
        '"',
        "'",
        '${{ ',
        ' }}',
        '|',
        '>-',
        '#',
        '&x ',
      ],
      ...[
        '*x',
        '!t ',
        '? ',
        '---\n',
        '...',
        '%YAML 1.1\n',
        '<<',
        '\r\n',
        '\uFEFF',
        '\\',
        '1e3',
        '~',
        '\u0002',
        '\u001F',
      ],
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const text = parts.join('');
        for (const { at } of readDocument('f.yaml', text).diagnostics) {
          expect(at!.offset).toBeGreaterThanOrEqual(0);
          expect(at!.offset).toBeLessThanOrEqual(text.length);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
