import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/expression/compile.ts';
import { evaluate } from '../../src/expression/evaluate.ts';
import type { Scope } from '../../src/expression/expression.ts';
import type { JsonSchema } from '../../src/schema/schema.ts';
import { compiled, outcome, scope, values } from './scope.ts';

/** Generous: these are about powers of two, not about milliseconds. */
const soonMs = 3_000;

function elapsed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

describe('evaluation ends', () => {
  it('in linear time where a pattern would be exponential', () => {
    const record = { ...values.record, domain: `${'a'.repeat(50_000)}!` };
    expect(elapsed(() => outcome('record.domain.matches("^(a+)+$")', { ...values, record }))).toBeLessThan(
      soonMs,
    );
  });

  it.each([
    ['doubles a list', `[[1, 2, 3, 4]]${'.map(x, x + x)'.repeat(60)}`],
    ['doubles a text', `["aaaaaaaa"]${'.map(x, x + x)'.repeat(60)}[0]`],
    ['multiplies a text by replacing', `"a"${'.replace("a", "aaaaaaaaaa")'.repeat(60)}`],
    ['replaces nothing by much', `"a"${'.replace("", "aaaaaaaaaa")'.repeat(60)}`],
    [
      'joins large texts',
      `[["aaaaaaaaaaaaaaaa"]${'.map(x, x + x)'.repeat(16)}[0]].map(x, [x, x, x, x, x, x, x, x].join()).map(x, [x, x, x, x, x, x, x, x].join())`,
    ],
  ])('where an expression %s again and again', (_, source) => {
    let result: unknown;
    expect(elapsed(() => (result = outcome(source)))).toBeLessThan(soonMs);
    expect(result).toEqual({ error: expect.stringMatching(/too many steps|too long/u) });
  });

  it('where macros over long lists are nested', () => {
    const record = { ...values.record, counts: Array.from({ length: 5_000 }, (_, index) => index) };
    const source = 'record.counts.exists(a, record.counts.exists(b, a + b < 0))';
    let result: unknown;
    expect(elapsed(() => (result = outcome(source, { ...values, record })))).toBeLessThan(soonMs);
    expect(result).toEqual({ error: expect.stringContaining('too many steps') });
  });

  it('with its value where a list of a customer with hundreds of users is searched for each of them', () => {
    const users = Array.from({ length: 300 }, (_, index) => ({ name: `user${index}`, licensed: true }));
    const source = 'record.users.all(u, record.users.exists_one(v, v.name == u.name))';
    expect(outcome(source, { ...values, record: { ...values.record, users } })).toBe(true);
  });

  it('each time with a budget of its own', () => {
    const record = { ...values.record, counts: Array.from({ length: 600 }, (_, index) => index) };
    const expression = compiled('record.counts.map(a, record.counts.filter(b, b > a).size()).size()');
    for (let time = 0; time < 5; time += 1) expect(evaluate(expression, { ...values, record })).toBe(600);
  });
});

describe('values stay plain data', () => {
  it('keeps what a name of JavaScript would reach out of reach', () => {
    const open: Scope = { variables: { x: {} } };
    for (const name of ['toString', 'hasOwnProperty', 'valueOf', '__defineGetter__']) {
      expect(() => evaluate(compiled(`x.${name} == 1`, open), { x: {} })).toThrow('has no value here');
      expect(evaluate(compiled(`x.${name}`, open), { x: {} })).toBeUndefined();
    }
  });

  it('does not change what it is given', () => {
    const given = structuredClone(values);
    outcome('record.users.map(u, u.name) + record.tags + [string(record.seats)]', given);
    expect(given).toEqual(values);
  });

  it('reads a value whole and in part in one expression', () => {
    const source =
      'size(record.labels) == 2 && record.labels.tier == "gold" && record.labels != {"tier": "gold"}';
    expect(outcome(source)).toBe(true);
  });
});

describe('a scope of many large schemas', () => {
  const leaf = (depth: number): JsonSchema => ({
    type: 'object',
    properties: Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [
        `f${index}`,
        depth === 0 ? { type: 'string' } : index < 4 ? leaf(depth - 1) : { type: 'string' },
      ]),
    ),
  });
  const record: JsonSchema = {
    type: 'object',
    properties: Object.fromEntries(
      Array.from({ length: 60 }, (_, index) => [`p${index}`, { type: 'string' }]),
    ),
  };
  const steps: JsonSchema = {
    type: 'object',
    properties: Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`s${index}`, leaf(3)])),
  };

  it('costs an expression no more than what it reads', () => {
    const large: Scope = { variables: { record, steps } };
    const sources = Array.from(
      { length: 60 },
      (_, index) => `steps.s${index % 30}.f0.f1.f2.f5 + record.p${index} == "x"`,
    );
    expect(compile(sources[0]!, large).ok).toBe(true);
    const total = elapsed(() => {
      for (const source of sources) expect(compile(source, large).ok).toBe(true);
    });
    expect(total / sources.length).toBeLessThan(50);
  });

  it('compiles one text of one scope once', () => {
    expect(compile('record.seats + 1', scope)).toBe(compile('record.seats + 1', scope));
  });

  it('may hold itself', () => {
    const node: { type: string; properties: Record<string, JsonSchema> } = {
      type: 'object',
      properties: { name: { type: 'string' } },
    };
    node.properties.child = node;
    const own: Scope = { variables: { node } };
    expect(
      evaluate(compiled('node.child.child.name + "!"', own), { node: { child: { child: { name: 'x' } } } }),
    ).toBe('x!');
    expect(
      evaluate(
        compiled('size(node)', { variables: { node: { type: 'object', additionalProperties: node } } }),
        { node: {} },
      ),
    ).toBe(0);
  });
});
