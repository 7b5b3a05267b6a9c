import { describe, expect, it } from 'vitest';
import { readyToken, startEmulator } from '../../src/emulator/server.ts';
import { makeAllowances } from '../../src/emulator/throttle.ts';
import { loadOperations } from '../../src/operations/read.ts';

const operations = loadOperations();
const operation = (name: string) => operations.get(name)!;

describe('the documented allowances', () => {
  it('let 500 reads of a minute pass for a customer, and hold the next until the minute is over', () => {
    let now = 1_000;
    const allowances = makeAllowances(() => now);
    const read = operation('subscriptions.get');
    for (let sent = 0; sent < 500; sent += 1) expect(allowances.take(read, 'a')).toBe(0);
    now += 20_000;
    expect(allowances.take(read, 'a')).toBe(40_000);
    now += 40_000;
    expect(allowances.take(read, 'a')).toBe(0);
  });

  it('count every customer apart where the key holds the customer tenant, whatever the letter case', () => {
    const allowances = makeAllowances(() => 0);
    const read = operation('subscriptions.get');
    for (let sent = 0; sent < 500; sent += 1) allowances.take(read, 'ab-1');
    expect(allowances.take(read, 'AB-1')).toBeGreaterThan(0);
    expect(allowances.take(read, 'cd-2')).toBe(0);
  });

  it('count the groups apart', () => {
    const allowances = makeAllowances(() => 0);
    for (let sent = 0; sent <= 500; sent += 1) allowances.take(operation('subscriptions.get'), 'a');
    expect(allowances.take(operation('subscriptions.get'), 'a')).toBeGreaterThan(0);
    expect(allowances.take(operation('carts.get'), 'a')).toBe(0);
  });

  it('limit writes harder than reads', () => {
    const allowances = makeAllowances(() => 0);
    const write = operation('subscriptions.updateQuantity');
    for (let sent = 0; sent < 250; sent += 1) expect(allowances.take(write, 'a')).toBe(0);
    expect(allowances.take(write, 'a')).toBe(60_000);
  });

  it('let two webhook test events of a minute pass', () => {
    const allowances = makeAllowances(() => 0);
    const test = operation('webhooks.sendTestEvent');
    expect([1, 2, 3].map(() => allowances.take(test, undefined))).toEqual([0, 0, 60_000]);
  });

  it('leave alone what has no documented figure', () => {
    const allowances = makeAllowances(() => 0);
    for (let sent = 0; sent < 2_000; sent += 1) expect(allowances.take(operation('users.list'), 'a')).toBe(0);
  });

  it('are answered by the emulator with 429 where it was started with them', async () => {
    const emulator = await startEmulator({ throttle: 'documented' }, operations);
    try {
      const statuses: number[] = [];
      for (let sent = 0; sent < 3; sent += 1) {
        const answer = await fetch(`${emulator.url}/webhooks/v1/registration/validationEvents`, {
          method: 'POST',
          headers: { authorization: `Bearer ${readyToken}` },
        });
        statuses.push(answer.status);
      }
      expect(statuses[1]).not.toBe(429);
      expect(statuses[2]).toBe(429);
    } finally {
      await emulator.close();
    }
  });
});
