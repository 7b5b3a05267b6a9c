import { describe, expect, it } from 'vitest';
import { compiled, problems } from './scope.ts';

describe('a compiled expression says what it reads', () => {
  it.each<[string, readonly string[]]>([
    ['record.seats', ['record.seats']],
    ['record.seats + params.maxSeats', ['record.seats', 'params.maxSeats']],
    ['record.?phone.orValue("")', ['record.phone?']],
    ['steps.?order.id.orValue("")', ['steps.order.id?']],
    ['has(record.phone) ? record.phone : ""', ['record.phone?', 'record.phone']],
    ['record.phone == null', ['record.phone?']],
    ['record.phone != null && record.phone == "x"', ['record.phone?', 'record.phone']],
    ['record.users.map(u, u.name + record.domain)', ['record.users', 'record.domain']],
    ['steps.people["ana"].account.id', ['steps.people']],
    ['record.users.exists(record, record.licensed)', ['record.users']],
    ['record.tags[record.seats]', ['record.tags', 'record.seats']],
    ['{"a": record.domain, record.domain: 1}', ['record.domain', 'record.domain']],
    ['succeeded("customer")', []],
  ])('%s', (source, expected) => {
    const { references } = compiled(source);
    expect(references.map(({ path, optional }) => `${path.join('.')}${optional ? '?' : ''}`)).toEqual(
      expected,
    );
    for (const { path, offset, length } of references) {
      expect(source.slice(offset, offset + length).replaceAll('?', '')).toBe(path.join('.'));
    }
  });

  it('tells a path from an expression', () => {
    expect(compiled('record.phone').pure).toEqual(['record', 'phone']);
    expect(compiled(' steps . customer . id ').pure).toEqual(['steps', 'customer', 'id']);
    for (const source of ['record.?phone', 'record.phone + ""', 'record["phone"]', 'size(record.users)']) {
      expect(compiled(source).pure).toBeUndefined();
    }
  });

  it('takes the parts that && joins as what holds, in one form', () => {
    expect(compiled('record.seats > 0 && (record.active && has(record.phone))').conjuncts).toEqual([
      'record.seats>0',
      'record.active',
      'has(record.phone)',
    ]);
    expect(compiled("record.domain=='a b'").conjuncts).toEqual(compiled('record.domain == "a b"').conjuncts);
    expect(compiled('record.phone != null').conjuncts).toEqual(['has(record.phone)']);
    expect(compiled('record.active || record.seats > 1').conjuncts).toHaveLength(1);
  });

  it.each<[string, unknown]>([
    ['record.seats + 1', { type: 'integer' }],
    ['record.seats * 1.5', { type: 'number' }],
    ['record.domain + "x"', { type: 'string' }],
    ['record.seats > 1', { type: 'boolean' }],
    ['record.tags', { type: 'array', items: { type: 'string' } }],
    ['record.users.map(u, u.name)', { type: 'array', items: { type: 'string' } }],
    ['record.users.filter(u, u.licensed)', { type: 'array', items: { type: 'object' } }],
    ['record.country', { enum: ['DE', 'US'] }],
    ['record.users[0]', { type: 'object', required: ['name', 'licensed'] }],
    ['steps.?order.id.orValue("")', { type: 'string' }],
    ['record.active ? record.domain : null', {}],
    ['{"a": 1}', { type: 'object' }],
  ])('%s has a type', (source, schema) => {
    expect(compiled(source).schema).toMatchObject(schema as object);
  });
});

describe('a problem names what exists', () => {
  it('beside an unknown field', () => {
    expect(problems('record.address.town')).toMatchObject([
      { name: 'town', candidates: ['city', 'geo'], offset: 15, length: 4 },
    ]);
    expect(problems('steps.customr.id')).toMatchObject([
      { message: "steps has no field 'customr'", candidates: ['customer', 'order', 'people'] },
    ]);
    expect(problems('steps.people["x"].acount.id')).toMatchObject([
      { name: 'acount', candidates: ['account'] },
    ]);
  });

  it('beside an unknown name', () => {
    expect(problems('1 + recrd.seats')).toMatchObject([
      {
        name: 'recrd',
        offset: 4,
        length: 5,
        candidates: expect.arrayContaining(['record', 'params', 'steps']),
      },
    ]);
  });

  it('each of several, and of one path the first', () => {
    expect(problems('record.seets + record.domein.x').map(({ name }) => name)).toEqual(['seets', 'domein']);
  });

  it('without names of the engine', () => {
    expect(problems('record.users[0] + 1')[0]?.message).not.toMatch(/T\d|dyn/u);
  });
});
