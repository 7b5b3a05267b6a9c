import { celEnv, isCelError, isCelList, isCelMap, parse, plan } from '@bufbuild/cel';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compile } from '../../src/expression/compile.ts';
import { EvaluationError, evaluate } from '../../src/expression/evaluate.ts';
import type { Scope } from '../../src/expression/expression.ts';

/** Our engine against another implementation of the same language, on expressions that a grammar makes. */

const scope: Scope = {
  variables: {
    i: { type: 'integer' },
    j: { type: 'integer' },
    s: { type: 'string' },
    t: { type: 'string' },
    b: { type: 'boolean' },
    l: { type: 'array', items: { type: 'integer' } },
    m: { type: 'array', items: { type: 'string' } },
    o: {
      type: 'object',
      properties: { n: { type: 'integer' }, p: { type: 'object', properties: { q: { type: 'string' } } } },
    },
  },
};

const { int, text, bool, ints, texts } = fc.letrec<
  Record<'int' | 'text' | 'bool' | 'ints' | 'texts', string>
>((tie) => {
  const join = (glue: string, ...parts: readonly (keyof typeof names)[]) =>
    fc.tuple(...parts.map((part) => tie(part))).map((found) => `(${found.join(` ${glue} `)})`);
  const names = { int: 0, text: 0, bool: 0, ints: 0, texts: 0 };
  const choose = (type: keyof typeof names) =>
    fc
      .tuple(tie('bool'), tie(type), tie(type))
      .map(([condition, yes, no]) => `(${condition} ? ${yes} : ${no})`);
  const depth = { maxDepth: 4, depthSize: 'small' as const };
  return {
    int: fc.oneof(
      depth,
      fc.constantFrom('i', 'j', 'o.n', '0', '1', '7', '-3', '100'),
      join('+', 'int', 'int'),
      join('-', 'int', 'int'),
      join('*', 'int', 'int'),
      join('/', 'int', 'int'),
      join('%', 'int', 'int'),
      choose('int'),
      tie('ints').map((list) => `size(${list})`),
      tie('text').map((value) => `size(${value})`),
      fc.tuple(tie('ints'), tie('int')).map(([list, index]) => `${list}[${index}]`),
      tie('text').map((value) => `int(${value})`),
    ),
    text: fc.oneof(
      depth,
      fc.constantFrom('s', 't', 'o.p.q', '""', '"a"', '"ab"', '"ü€"', '"12"'),
      join('+', 'text', 'text'),
      choose('text'),
      tie('int').map((value) => `string(${value})`),
      tie('bool').map((value) => `string(${value})`),
      fc.tuple(tie('texts'), fc.constantFrom('0', '1')).map(([list, index]) => `${list}[${index}]`),
    ),
    bool: fc.oneof(
      depth,
      fc.constantFrom('b', 'true', 'false', 'has(o.n)', 'has(o.p.q)'),
      ...['==', '!=', '<', '<=', '>', '>='].flatMap((sign) => [
        join(sign, 'int', 'int'),
        join(sign, 'text', 'text'),
      ]),
      join('&&', 'bool', 'bool'),
      join('||', 'bool', 'bool'),
      join('==', 'ints', 'ints'),
      join('in', 'int', 'ints'),
      join('in', 'text', 'texts'),
      tie('bool').map((value) => `!${value}`),
      choose('bool'),
      ...['startsWith', 'endsWith', 'contains'].map((name) =>
        fc.tuple(tie('text'), tie('text')).map(([value, part]) => `${value}.${name}(${part})`),
      ),
      fc
        .tuple(tie('text'), fc.constantFrom('^a', 'b+$', '[0-9]', '(a|b)*', '.'))
        .map(([value, pattern]) => `${value}.matches("${pattern}")`),
      ...['exists', 'all', 'exists_one'].map((name) =>
        fc.tuple(tie('ints'), tie('int')).map(([list, limit]) => `${list}.${name}(x, x < ${limit})`),
      ),
    ),
    // A literal that is empty has no type for the checker: lists start from one that has.
    ints: fc.oneof(
      depth,
      fc.constantFrom('l', '[1]', '[3, 1, 2]'),
      fc.tuple(tie('int'), tie('int')).map(([a, b]) => `[${a}, ${b}]`),
      join('+', 'ints', 'ints'),
      choose('ints'),
      fc.tuple(tie('ints'), tie('int')).map(([list, by]) => `${list}.map(x, x + ${by})`),
      fc.tuple(tie('ints'), tie('int')).map(([list, limit]) => `${list}.filter(x, x > ${limit})`),
    ),
    texts: fc.oneof(
      depth,
      fc.constantFrom('m', '["a"]', '["x", "y"]'),
      fc.tuple(tie('text'), tie('text')).map(([a, b]) => `[${a}, ${b}]`),
      join('+', 'texts', 'texts'),
      choose('texts'),
      tie('texts').map((list) => `${list}.filter(y, size(y) > 1)`),
    ),
  };
});

const integer = fc.integer({ min: -1000, max: 1000 });
const short = fc.string({ maxLength: 4, unit: 'grapheme' });
const values = fc.record({
  i: integer,
  j: integer,
  s: short,
  t: short,
  b: fc.boolean(),
  l: fc.array(integer, { maxLength: 4 }),
  m: fc.array(short, { maxLength: 3 }),
  o: fc.record({ n: integer, p: fc.record({ q: short }) }),
});

type Result = { readonly value: unknown } | 'no value';

function ours(source: string, given: Readonly<Record<string, unknown>>): Result {
  const compiled = compile(source, scope);
  if (!compiled.ok) throw new Error(`${source}: ${compiled.problems[0]?.message}`);
  try {
    return { value: evaluate(compiled.expression, given) };
  } catch (error) {
    if (error instanceof EvaluationError) return 'no value';
    throw error;
  }
}

const other = celEnv();

function theirs(source: string, given: Readonly<Record<string, unknown>>): Result {
  const result = plan(other, parse(source))(inward(given) as never);
  const value = isCelError(result) ? undefined : outward(result);
  // Numbers beyond what JSON holds exactly are refused by us, and only by us.
  return value === undefined || !isExact(value) ? 'no value' : { value };
}

function inward(value: unknown): unknown {
  if (typeof value === 'number') return BigInt(value);
  if (Array.isArray(value)) return value.map(inward);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, inward(inner)]));
}

/** A whole number comes back as the type that the test asked for. */
function outward(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (isCelList(value)) return [...value].map(outward);
  if (isCelMap(value))
    return Object.fromEntries([...value.entries()].map(([name, inner]) => [String(name), outward(inner)]));
  return value;
}

function isExact(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  return !Array.isArray(value) || value.every(isExact);
}

it('evaluates as another implementation of CEL does, on 2,000 generated expressions', () => {
  let withValue = 0;
  fc.assert(
    fc.property(fc.oneof(int, text, bool, ints, texts), values, (source, given) => {
      fc.pre(source.length < 2_000);
      // The depth of nested macros is our own limit.
      const compiled = compile(source, scope);
      fc.pre(compiled.ok || compiled.problems[0]?.kind !== 'limit');
      const found = ours(source, given);
      if (found !== 'no value') withValue += 1;
      expect(found, source).toEqual(theirs(source, given));
    }),
    { numRuns: 2_000, seed: 20_261_123 },
  );
  expect(withValue).toBeGreaterThan(500);
});
