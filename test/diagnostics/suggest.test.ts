import { describe, expect, it } from 'vitest';
import { closest } from '../../src/diagnostics/suggest.ts';

const names = ['domains.check', 'domains.list', 'customers.create', 'customers.get', 'id', 'users.create'];

describe('the name that was perhaps meant', () => {
  it.each([
    ['domain.check', 'domains.check'],
    ['Domains.Check', 'domains.check'],
    ['custmers.create', 'customers.create'],
    ['user.create', 'users.create'],
    ['ix', 'id'],
    ['xy', undefined],
    ['orders.create', 'users.create'],
    ['something.else.entirely', undefined],
    ['', undefined],
  ])('of %s is %s', (name, meant) => {
    expect(closest(name, names)).toBe(meant);
  });

  it('is the nearest, not the first that is near', () => {
    expect(closest('steps', ['stop', 'steep', 'step'])).toBe('step');
  });

  it('is none where there is nothing to mean', () => {
    expect(closest('a', [])).toBeUndefined();
  });
});
