import { describe, expect, it } from 'vitest';
import type { Lookup } from '../../src/operations/operation.ts';
import { judge, look } from '../../src/plan/look.ts';
import { operation } from '../partner-center/service.ts';

const read = operation();
const list = operation({ kind: 'list' });
const lookup = (parts: Partial<Lookup>): Lookup => ({
  operation: 'things.get',
  with: {},
  equal: {},
  ...parts,
});
const kindOf = (parts: Partial<Lookup>, input: Readonly<Record<string, unknown>>, result: unknown) =>
  judge(lookup(parts), input, read, result).type;

describe('a look-up', () => {
  it('finds the item of a list that equals what is wanted, letter case aside', () => {
    const items = [{ name: 'one' }, { name: 'Two' }];
    expect(judge(lookup({ equal: { name: '$name' } }), { name: 'tWO' }, list, { items })).toMatchObject({
      type: 'found',
      thing: { name: 'Two' },
    });
  });

  it.each([
    ['found', [{ text: 'first' }, { text: 'second' }]],
    ['absent', [{ text: 'first' }]],
    ['absent', []],
    ['absent', undefined],
  ])('by any element of a list inside the thing: %s among %j', (type, notes) => {
    expect(kindOf({ equal: { 'notes.*.text': '$note' } }, { note: 'Second' }, { notes })).toBe(type);
  });

  it('that is given nothing to compare asks only whether the thing is there', () => {
    expect(kindOf({ equal: { 'notes.*.text': '$note' } }, {}, {})).toBe('found');
  });

  it.each([
    ['found', {}],
    ['found', { amount: null }],
    ['absent', { amount: 0 }],
  ])('for null finds what is not there: %s in %j', (type, result) => {
    expect(kindOf({ equal: { amount: null } }, {}, result)).toBe(type);
  });

  it.each([
    ['absent', { status: 'Active' }],
    ['found', { status: 'whatever else' }],
  ])('for a state that has been left: %s in %j', (type, result) => {
    expect(kindOf({ differ: { status: 'active' } }, {}, result)).toBe(type);
  });
});

describe('a look-up for several things', () => {
  const seen = (items: readonly object[], devices: readonly object[]) =>
    judge(
      lookup({ each: 'devices', equal: { serial: '$item.serial', key: '$item.key' } }),
      { devices },
      list,
      { items },
    ).type;

  it('finds them where each of them is there', () => {
    const items = [{ serial: 'a' }, { serial: 'b', key: 'k' }];
    expect(seen(items, [{ serial: 'A' }, { serial: 'B', key: 'K' }])).toBe('found');
    expect(seen(items, [{ serial: 'A' }, { serial: 'C' }])).toBe('absent');
  });

  it('does not take anything for one that has nothing to be known by', () => {
    expect(seen([{ serial: 'a' }], [{ hash: 'x' }])).toBe('absent');
  });
});

describe('what a look-up has found in a list', () => {
  const things = operation({ name: 'things.list', kind: 'list' });
  const whole = operation({ name: 'things.get' });
  const operations = {
    names: [],
    digest: '',
    get: (name: string) => [things, whole].find((one) => one.name === name),
  };
  const asking = (status: number) => ({
    operations,
    reader: {
      read: async ({ name }: { readonly name: string }) =>
        name === 'things.list'
          ? ({ type: 'ok', status: 200, headers: {}, result: { items: [{ id: '1' }] } } as const)
          : ({
              type: 'refused',
              again: false,
              error: { status, code: '', description: 'no', requestId: '', correlationId: '' },
            } as const),
    },
  });
  // biome-ignore lint/suspicious/noThenProperty: it is the catalogue's word
  const found = lookup({ operation: 'things.list', then: { operation: 'things.get', with: {} } });

  it('is the result where this sign-in may not read the thing whole', async () => {
    expect(await look(asking(403), { lookup: found, input: {} })).toMatchObject({
      type: 'found',
      result: { id: '1' },
    });
  });

  it.each([
    [404, 'unclear'],
    [400, 'impossible'],
  ])('is not enough where reading it ends with %i', async (status, type) => {
    expect(await look(asking(status), { lookup: found, input: {} })).toMatchObject({ type });
  });
});
