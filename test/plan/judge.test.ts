import { describe, expect, it } from 'vitest';
import type { Lookup, Operation } from '../../src/operations/operation.ts';
import { judge } from '../../src/plan/look.ts';

/** What a look-up makes of one answer; what it asks, and when, is in the tests of run. */

const read = { kind: 'read' } as Operation;
const list = { kind: 'list' } as Operation;
const order = {
  id: 'o1',
  status: 'completed',
  lineItems: [
    { lineItemNumber: 0, quantity: 0 },
    { lineItemNumber: 1, quantity: 2 },
  ],
};
const seen = (lookup: Partial<Lookup>, operation: Operation, result: unknown, input: object = {}) =>
  judge(
    { operation: 'x', with: {}, equal: {}, ...lookup },
    input as Record<string, unknown>,
    operation,
    result,
  );

describe('a look-up', () => {
  it('finds what equals, in whatever case of letters', () => {
    expect(seen({ equal: { status: 'Completed' } }, read, order)).toMatchObject({
      type: 'found',
      thing: order,
    });
    expect(seen({ equal: { status: 'cancelled' } }, read, order)).toEqual({ type: 'absent', seen: order });
  });

  it('finds what has a field, whatever it holds', () => {
    expect(seen({ differ: { id: null } }, read, order).type).toBe('found');
    expect(seen({ differ: { upgradeId: null } }, read, order).type).toBe('absent');
  });

  it('looks at the elements of a list inside an answer, and wants each', () => {
    const lines = { in: 'lineItems', each: 'lines', equal: { lineItemNumber: '$item.n', quantity: 0 } };
    expect(seen(lines, read, order, { lines: [{ n: 0 }] })).toMatchObject({ type: 'found', result: order });
    expect(seen(lines, read, order, { lines: [{ n: 0 }, { n: 1 }] }).type).toBe('absent');
  });

  it('with what disproves it is absent only where that is seen', () => {
    const paid = { equal: { isTrial: false }, unless: { isTrial: [true] } };
    expect(seen(paid, read, { isTrial: true }).type).toBe('absent');
    expect(seen(paid, read, {}).type).toBe('unclear');
  });

  it('that nothing can disprove confirms or leaves it open', () => {
    const only = { equal: { to: 'b' }, unless: { to: [] } };
    expect(seen(only, list, { items: [{ to: 'b' }] }).type).toBe('found');
    expect(seen(only, list, { items: [{ to: 'a' }] }).type).toBe('unclear');
    expect(seen(only, list, { items: [] }).type).toBe('unclear');
  });
});
