import { describe, expect, it } from 'vitest';
import { isRead, type Operation } from '../../src/operations/operation.ts';
import { loadOperations } from '../../src/operations/read.ts';
import type { PastStep } from '../../src/plan/past.ts';
import { drift, takeBack } from '../../src/plan/undo.ts';

const operations = loadOperations();
const all = operations.names.map((name) => operations.get(name)!);
const back = all.flatMap((operation) =>
  operation.undo === undefined || 'never' in operation.undo
    ? []
    : [[operation.name, operation, operation.undo] as const],
);

/** A step that was done with what its catalogue entry shows. */
function done({ name, example }: Operation): PastStep {
  return { uses: name, outcome: 'succeeded', result: example.answer, input: example.with, changing: true };
}

describe('what takes an operation back', () => {
  it.each(back)('%s: an operation with all its inputs, and a read before it', (_, operation, undo) => {
    const inverse = operations.get(undo.operation)!;
    expect(isRead(inverse)).toBe(false);
    for (const name of Object.keys(undo.with)) expect(inverse.input.properties).toHaveProperty(name);
    for (const name of inverse.input.required ?? []) expect(undo.with).toHaveProperty(name);
    if (undo.left === undefined) return;
    const read = operations.get(undo.left.operation)!;
    expect(isRead(read)).toBe(true);
    for (const name of read.input.required ?? []) expect(undo.left.with).toHaveProperty(name);
    for (const field of Object.keys(undo.left.equal)) expect(read.result.properties).toHaveProperty(field);
    if (undo.left.until !== undefined) expect(read.result.properties).toHaveProperty(undo.left.until);
    expect(operation.kind).not.toBe('read');
  });

  it('is the last step first, and each thing that a step made by itself', () => {
    const order: PastStep = {
      uses: 'carts.checkout',
      outcome: 'succeeded',
      input: { customerId: 'c', cartId: 'k' },
      result: {
        orders: [
          {
            lineItems: [
              { subscriptionId: 's1', quantity: 2 },
              { subscriptionId: 's2', quantity: 3 },
            ],
          },
        ],
      },
      changing: true,
    };
    const user: PastStep = {
      uses: 'users.create',
      outcome: 'succeeded',
      input: { customerId: 'c', userPrincipalName: 'a@c' },
      result: { id: 'u', userPrincipalName: 'a@c' },
      changing: true,
    };
    const { inverses, standing } = takeBack(
      new Map([
        ['order', order],
        ['user', user],
      ]),
      [],
      operations,
    );
    expect(inverses.map(({ at, back: operation, with: given }) => [at, operation.name, given])).toEqual([
      ['user', 'users.delete', { customerId: 'c', userId: 'u' }],
      ['order 2', 'subscriptions.cancel', { customerId: 'c', subscriptionId: 's2' }],
      ['order 1', 'subscriptions.cancel', { customerId: 'c', subscriptionId: 's1' }],
    ]);
    expect(standing).toEqual([]);
  });

  it('is what the plan had read before it was changed; where it read nothing, it stands', () => {
    const quantity = operations.get('subscriptions.updateQuantity')!;
    const past = new Map([['seats', done(quantity)]]);
    const planned = { path: 'seats', uses: quantity.name, action: 'update', calls: 1 } as const;
    const known = takeBack(past, [{ ...planned, changes: { quantity: [4, 9] } }], operations);
    expect(known.inverses[0]?.with).toMatchObject({ quantity: 4 });
    const unknown = takeBack(past, [planned], operations);
    expect(unknown.standing[0]?.reason).toContain('what it was before');
  });

  it('leaves alone what the run only found, and says why what cannot be taken back stands', () => {
    const user = done(operations.get('users.create')!);
    expect(takeBack(new Map([['user', { ...user, outcome: 'unchanged' }]]), [], operations).inverses).toEqual(
      [],
    );
    const standing = (name: string, change: Partial<PastStep> = {}) =>
      takeBack(new Map([['step', { ...done(operations.get(name)!), ...change }]]), [], operations).standing[0]
        ?.reason;
    expect(standing('customers.create')).toContain('cannot be deleted');
    expect(standing('users.resetPassword')).toContain('nobody knows the password');
    expect(standing('orders.addAddon')).toBe('the catalogue knows no way back');
    const several = { input: { customerId: 'c', userId: 'u', skuIds: ['a', 'b'] } };
    expect(standing('users.assignLicenses', several)).toContain('of several skuIds');
  });

  it('is not done to what has changed since, nor after its time', () => {
    const read = operations.get('subscriptions.get')!;
    const left = { read, with: {}, equal: { quantity: 9 }, until: 'cancellationAllowedUntilDate' };
    const now = Date.parse('2026-01-08T00:00:00Z');
    expect(drift(left, { quantity: 9 }, now)).toBeUndefined();
    expect(
      drift(left, { quantity: 9, cancellationAllowedUntilDate: '2026-01-09T00:00:00Z' }, now),
    ).toBeUndefined();
    expect(drift(left, { quantity: 10 }, now)).toContain('quantity is 10, and the run left 9');
    expect(drift(left, { quantity: 9, cancellationAllowedUntilDate: '2026-01-07T00:00:00Z' }, now)).toContain(
      'ended at 2026-01-07',
    );
  });
});
