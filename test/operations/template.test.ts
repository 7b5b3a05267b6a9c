import { describe, expect, it } from 'vitest';
import { fill, pathOf } from '../../src/operations/template.ts';

describe('a template', () => {
  const input = {
    id: 7,
    person: { name: 'Ada' },
    list: ['a', 'b'],
    lines: [{ n: 1, addons: [{ n: 2 }] }, { n: 3 }],
  };
  it.each([
    ['a path of an input', '$person.name', 'Ada'],
    ['an input that keeps its type', '$id', 7],
    ['a text without a dollar sign', 'plain', 'plain'],
    ['a literal dollar sign', '$$id', '$id'],
    ['a path that leads nowhere', '$person.age', undefined],
    ['a map, whose keys without a value are left out', { a: '$id', b: '$missing' }, { a: 7 }],
    ['a list, whose items without a value are left out', ['$id', '$missing'], [7]],
    ['one value for each element', { $each: 'list', $to: { sku: '$item' } }, [{ sku: 'a' }, { sku: 'b' }]],
    [
      'one value for each element, and for those of a list inside it',
      { $each: 'lines', $with: 'addons', $to: '$item.n' },
      [1, 2, 3],
    ],
    ['nothing for each element of no list', { $each: 'person', $to: '$item' }, undefined],
    ['JSON text', { $json: { Field: 'Domain', Value: '$person.name' } }, '{"Field":"Domain","Value":"Ada"}'],
    ['what was found', '$found.id', 'f'],
    ['what was answered', '$result.items.0.id', 'r'],
    ['null and numbers, which are themselves', [null, 1, true], [null, 1, true]],
  ])('makes %s', (_what, template, expected) => {
    expect(fill(template, { input, found: { id: 'f' }, result: { items: [{ id: 'r' }] } })).toEqual(expected);
  });

  it('reads own properties only', () => {
    expect(pathOf({}, 'constructor.name')).toBeUndefined();
    expect(pathOf(JSON.parse('{"__proto__": {"a": 1}}'), '__proto__.a')).toBe(1);
  });
});
