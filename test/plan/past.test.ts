import { describe, expect, it } from 'vitest';
import type { OperationStep } from '../../src/check/playbook.ts';
import { loadOperations } from '../../src/operations/read.ts';
import { comparing } from '../../src/plan/memory.ts';
import { judge, type PastStep } from '../../src/plan/past.ts';

const operations = loadOperations();
const names = { values: {}, unknown: [] };

/** A step with literal inputs. */
function step(uses: string, given: Readonly<Record<string, unknown>>): OperationStep {
  const at = { file: 'playbook.yaml', offset: 0, length: 1 };
  const inputs = Object.entries(given).map(
    ([name, value]) => [name, { type: 'literal', value, at }] as const,
  );
  return {
    type: 'operation',
    id: 'a',
    operation: operations.get(uses)!,
    with: Object.fromEntries(inputs),
  } as unknown as OperationStep;
}

function done(uses: string, input: Readonly<Record<string, unknown>>): PastStep {
  return { uses, outcome: 'succeeded', result: { id: 'r' }, input, changing: true };
}

describe('a step that a run has done', () => {
  const seats = { customerId: 'c', subscriptionId: 's', quantity: 3 };
  const user = {
    customerId: 'c',
    userPrincipalName: 'a@b',
    displayName: 'A',
    usageLocation: 'US',
    passwordProfile: { password: 'p' },
  };
  const checkout = { customerId: 'c', cartId: 'k' };

  it.each([
    ['kept', 'subscriptions.updateQuantity', seats, seats],
    ['again', 'subscriptions.updateQuantity', seats, { ...seats, quantity: 4 }],
    ['kept', 'carts.checkout', checkout, checkout],
    ['refused', 'carts.checkout', checkout, { ...checkout, cartId: 'other' }],
    ['again', 'users.create', user, { ...user, displayName: 'B' }],
    ['refused', 'users.create', user, { ...user, userPrincipalName: 'b@b' }],
    ['again', 'users.create', user, { ...user, passwordProfile: { password: 'q' } }],
    ['again', 'customers.get', { customerId: 'c' }, { customerId: 'd' }],
    ['again', 'users.delete', { customerId: 'c', userId: 'u' }, { customerId: 'c', userId: 'v' }],
  ])('is %s: %s', (verdict, uses, was, now) => {
    const past = done(uses, withDefaults(uses, was));
    expect(judge(step(uses, now), names, past).type).toBe(verdict);
  });

  it('shows what it was given, and no secret', () => {
    const verdict = judge(
      step('users.create', { ...user, displayName: 'B', passwordProfile: { password: 'canary' } }),
      names,
      done('users.create', user),
    );
    expect(JSON.stringify(verdict)).toContain('"displayName":["A","B"]');
    expect(JSON.stringify(verdict)).not.toContain('canary');
  });

  it('is refused where it has another id now, and listed where it is gone', () => {
    const past = new Map([['order', done('carts.checkout', checkout)]]);
    const memory = comparing({ id: 'r', startedAt: 't' }, past);
    expect(memory.of(step('carts.checkout', checkout), 'purchase', names)).toBeUndefined();
    expect(memory.gone().map(({ path }) => path)).toEqual(['order']);
    expect(memory.refused[0]).toContain('the run has done carts.checkout at order');
    const loop = comparing(
      { id: 'r', startedAt: 't' },
      new Map([['lines[a].order', done('carts.checkout', checkout)]]),
    );
    loop.unknownItems('lines');
    expect(loop.refused[0]).toContain('known only after apply');
  });
});

/** What a run sends has the defaults of its entry in it. */
function withDefaults(
  uses: string,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const verdict = comparing(
    { id: 'r', startedAt: 't' },
    new Map([['a', { ...done(uses, {}), input: given }]]),
  ).of(step(uses, given), 'a', names);
  return verdict?.type === 'kept' ? verdict.input : given;
}
