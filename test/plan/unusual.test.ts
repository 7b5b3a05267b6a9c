import { describe, expect, it } from 'vitest';
import { loadOperations } from '../../src/operations/read.ts';
import type { Action, PlannedAction, PlannedRecord } from '../../src/plan/plan.ts';
import { UnusualThings } from '../../src/plan/unusual.ts';

const operations = loadOperations();

function record(index: number, actions: readonly Partial<PlannedAction>[]): PlannedRecord {
  return {
    index,
    key: `customer ${index + 1}`,
    row: index + 2,
    digest: '',
    actions: actions.map((action) => ({
      path: 'cart',
      uses: 'carts.create',
      action: 'create',
      calls: 1,
      ...action,
    })),
  };
}

const buys = (index: number, quantity: number, action: Action = 'create') =>
  record(index, [{ action, with: { customerId: 'x', lineItems: [{ catalogItemId: 'a', quantity }] } }]);

function found(records: readonly PlannedRecord[], earlier?: readonly string[]) {
  const things = new UnusualThings(operations, earlier && new Set(earlier));
  for (const one of records) things.add(one);
  return things.finish();
}

describe('quantities', () => {
  it('names the one that stands out among those of its step, with its row', () => {
    const [thing, ...others] = found(
      [5, 8, 12, 10, 500, 9, 7, 11, 6].map((seats, index) => buys(index, seats)),
    );
    expect(thing).toMatchObject({
      kind: 'quantity',
      records: 1,
      examples: [{ key: 'customer 5', row: 6, note: '500' }],
    });
    expect(thing?.message).toContain('up to 500 where half of all are 9 or less');
    expect(others).toEqual([]);
  });

  it('is silent about what is spread by factors, as seats are', () => {
    expect(found([1, 2, 5, 10, 20, 40, 80, 150, 3, 7].map((seats, index) => buys(index, seats)))).toEqual([]);
  });

  it('is silent where there are too few to compare', () => {
    expect(found([1, 1, 1, 900].map((seats, index) => buys(index, seats)))).toEqual([]);
  });

  it('compares the items of a loop with each other, and steps apart', () => {
    const records = Array.from({ length: 20 }, (_, index) =>
      record(index, [
        { path: `lines[${index}].small`, with: { quantity: 1 } },
        { path: `lines[${index}].large`, with: { quantity: 1000 } },
      ]),
    );
    expect(found(records)).toEqual([]);
  });

  it('leaves out what is not sent', () => {
    const records = [1, 1, 1, 1, 1, 1, 1, 1].map((seats, index) => buys(index, seats));
    expect(found([...records, buys(8, 900, 'unchanged')])).toEqual([]);
  });

  it('counts all of them and names the largest, however many', () => {
    const records = Array.from({ length: 50_000 }, (_, index) =>
      buys(index, index % 1000 === 0 ? 5000 + index : 10),
    );
    const [thing] = found(records);
    expect(thing?.records).toBe(50);
    expect(thing?.examples).toHaveLength(10);
    expect(thing?.examples[0]).toMatchObject({ key: 'customer 49001', note: '54000' });
  });
});

const lives = (index: number, country: string) =>
  record(index, [
    { path: 'customer', uses: 'customers.create', with: { billingProfile: { defaultAddress: { country } } } },
  ]);
const countries = (of: string, times: number) =>
  Array.from({ length: times }, (_, index) => lives(index, of));

describe('countries', () => {
  it('says which no earlier run was for', () => {
    expect(found([...countries('DE', 3), lives(3, 'ch')], ['DE', 'AT'])).toMatchObject([
      {
        kind: 'country',
        records: 1,
        examples: [{ key: 'customer 4' }],
        message: expect.stringContaining('CH is new'),
      },
    ]);
  });

  it('says nothing of what is new where there are no earlier runs, or they are not known', () => {
    expect(found(countries('DE', 3), [])).toEqual([]);
    expect(found(countries('DE', 3))).toEqual([]);
  });

  it('says which is rare in the file, unless many are', () => {
    expect(found([...countries('DE', 60), lives(60, 'CF')])).toMatchObject([
      { kind: 'country', message: 'CF is rare here: 1 of 61 records' },
    ]);
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
    expect(found(letters.map((letter, index) => lives(index, `A${letter}`)))).toEqual([]);
  });
});

describe('customers that exist already', () => {
  it('are counted, and the ids of some named', () => {
    const exists = record(0, [
      { path: 'customer', uses: 'customers.create', action: 'unchanged', found: 'id-1' },
    ]);
    expect(found([exists, lives(1, 'DE')])).toMatchObject([
      { kind: 'exists', records: 1, examples: [{ key: 'customer 1', note: 'id-1' }] },
    ]);
  });
});
