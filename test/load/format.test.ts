import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { checkPlaybook, fieldNames } from '../../src/check/check-playbook.ts';
import { plain, readDocument } from '../../src/load/document.ts';
import { formatYaml } from '../../src/load/format.ts';
import { extend } from '../../src/operations/extend.ts';
import type { Operations } from '../../src/operations/operation.ts';
import { buildCatalogue, loadOperations } from '../../src/operations/read.ts';

const operations = loadOperations();

function format(text: string): string {
  const formatted = formatYaml('playbook.yaml', text, fieldNames);
  if (!formatted.ok) throw new Error(JSON.stringify(formatted.diagnostics));
  return formatted.value;
}

function meaningOf(text: string): unknown {
  const document = readDocument('playbook.yaml', text);
  if (!document.ok) throw new Error(JSON.stringify(document.diagnostics));
  return plain(document.value.root);
}

describe('a formatted playbook', () => {
  it.each([
    ['top-level fields in the order of the language', 'name: x\ntenantry: 1\n', 'tenantry: 1\nname: x\n'],
    [
      'comments with what they stand at',
      '# of the file\n\n# of the name\nname: x # behind\n# of the version\ntenantry: 1\n# last\n',
      '# of the file\n\n# of the version\ntenantry: 1\n# of the name\nname: x # behind\n\n# last\n',
    ],
    [
      'two spaces of indentation',
      'steps:\n- id: a\n  with:\n        b:   1\n',
      'steps:\n  - id: a\n    with:\n      b: 1\n',
    ],
    [
      'quotes around an expression in braces',
      'with: {a: ${{ record.a }}, b: [${{ record.b }}]}\n',
      "with: { a: '${{ record.a }}', b: ['${{ record.b }}'] }\n",
    ],
    [
      'quotes around an expression with a colon',
      'if: ${{ record.a ? "x" : "y" }}\n',
      `if: '\${{ record.a ? "x" : "y" }}'\n`,
    ],
    [
      'quotes around an expression with a #',
      'if: ${{ record.a == " #" }}\n',
      `if: '\${{ record.a == " #" }}'\n`,
    ],
    [
      'quotes around what an older YAML takes for something else',
      'a: NO\nb: 12:30\nc: 2026-01-01\nd: 0123\n',
      'a: "NO"\nb: "12:30"\nc: "2026-01-01"\nd: 0123\n',
    ],
    [
      'numbers and nothing in their form',
      'a: 1e3\nb: 0o14\nc: ~\nd:\ne: 1.50\nf: 0x1F\n',
      'a: 1e3\nb: 0o14\nc: ~\nd:\ne: 1.50\nf: 0x1F\n',
    ],
    [
      'the line breaks of long texts',
      'a: >-\n      one &&\n        two\n\n      three\nb: one\n   two\nc: |\n    x\n     y\n',
      'a: >-\n  one &&\n    two\n\n  three\nb: one\n  two\nc: |\n  x\n   y\n',
    ],
    ['one empty line between parts', '\n\nname: x\n\n\n\nsteps: []\n', 'name: x\n\nsteps: []\n'],
    [
      'long braces as lines',
      `with: { a: ${'x'.repeat(60)}, b: ${'y'.repeat(60)} }\n`,
      `with:\n  a: ${'x'.repeat(60)}\n  b: ${'y'.repeat(60)}\n`,
    ],
    ['the line ends that it had', 'name: x\r\ntenantry: 1\r\n', 'tenantry: 1\r\nname: x\r\n'],
    ['its byte-order mark', '\uFEFFname:   x\n', '\uFEFFname: x\n'],
    ['names of nobody behind the known ones', 'zz: 1\ntenantry: 1\n', 'tenantry: 1\nzz: 1\n'],
  ])('has %s', (_, text, wanted) => {
    expect(format(text)).toBe(wanted);
    expect(format(wanted)).toBe(wanted);
  });

  it('is refused where its YAML is wrong, or nobody knows what was meant', () => {
    for (const text of ['a: [\n', 'a: {{ b }}\n', 'a: 1\na: 2\n', 'a: &x 1\nb: *y\n', ''])
      expect(formatYaml('playbook.yaml', text, fieldNames).ok, text).toBe(false);
  });
});

const root = path.join(import.meta.dirname, '../..');
const workflows = readdirSync(path.join(root, 'workflows'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => path.join(root, 'workflows', name, 'playbook.yaml'));

describe('the workflows', () => {
  it.each(workflows)('mean the same when formatted, and have their comments: %s', (file) => {
    const text = readFileSync(file, 'utf8');
    const formatted = format(text);
    expect(meaningOf(formatted)).toEqual(meaningOf(text));
    expect(format(formatted)).toBe(formatted);
    for (const [comment] of text.matchAll(/(?<=^|\s)# .*$/gmu)) expect(formatted).toContain(comment.trim());
    const document = readDocument(file, formatted);
    if (!document.ok) throw new Error(JSON.stringify(document.diagnostics));
    expect(checkPlaybook(document.value, operationsFor(file)).ok).toBe(true);
  });
});

/** A workflow may bring operations of its own. */
function operationsFor(playbook: string): Operations {
  const folder = path.join(path.dirname(playbook), 'catalog');
  return existsSync(folder) ? extend(operations, buildCatalogue(folder), []) : operations;
}

const word = fc.oneof(
  fc.constantFrom(
    'NO',
    'yes',
    '12:30',
    '1e3',
    '0123',
    '~',
    'null',
    '',
    ' x ',
    '- a',
    'a: b',
    'a #b',
    '{a}',
    "it's",
  ),
  fc.constantFrom(
    '${{ record.a ? "x" : "y" }}',
    'text ${{ record.b }} text',
    '${{ [1, 2].map(i, {"a": i}) }}',
  ),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom('a', ' ', '\n', '#', ':', '"', "'", '\t', '\\', '-'), maxLength: 20 }),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    word,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    tie('list'),
    tie('map'),
  ),
  list: fc.array(tie('any'), { maxLength: 4 }),
  map: fc.dictionary(fc.stringMatching(/^[a-z][a-zA-Z]{0,8}$/u), tie('any'), { maxKeys: 4 }),
}));
const style = fc.record({
  indent: fc.integer({ min: 2, max: 6 }),
  indentSeq: fc.boolean(),
  lineWidth: fc.constantFrom(0, 20, 80),
  collectionStyle: fc.constantFrom('any' as const, 'block' as const, 'flow' as const),
  defaultStringType: fc.constantFrom(
    'PLAIN' as const,
    'QUOTE_DOUBLE' as const,
    'QUOTE_SINGLE' as const,
    'BLOCK_FOLDED' as const,
  ),
});

describe('any playbook', () => {
  it('means the same when it was formatted, and is formatted then', () => {
    const names = fc.uniqueArray(fc.constantFrom(...fieldNames, 'other', 'more'), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(names, fc.array(value.any, { minLength: 6, maxLength: 6 }), style, (keys, values, how) => {
        const playbook = Object.fromEntries(keys.map((name, index) => [name, values[index]]));
        const text = stringify(playbook, how);
        fc.pre(readDocument('playbook.yaml', text).ok);
        const formatted = format(text);
        expect(meaningOf(formatted)).toEqual(meaningOf(text));
        expect(format(formatted)).toBe(formatted);
      }),
      { numRuns: 100 },
    );
  });

  it('keeps its comments wherever they stand', () => {
    const text = readFileSync(workflows.find((file) => file.includes('onboard-customers'))!, 'utf8').split(
      '\n',
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length - 1 }), (line) => {
        const indent = /^ */u.exec(text[line]!)![0];
        const commented = [...text.slice(0, line), `${indent}# a comment`, ...text.slice(line)].join('\n');
        fc.pre(readDocument('playbook.yaml', commented).ok);
        const formatted = formatYaml('playbook.yaml', commented, fieldNames);
        if (!formatted.ok) {
          expect(formatted.diagnostics[0]?.code).toBe('YAML_PITFALL');
          return;
        }
        expect(formatted.value).toContain('# a comment');
        expect(meaningOf(formatted.value)).toEqual(meaningOf(commented));
      }),
      { numRuns: 25 },
    );
  });
});
