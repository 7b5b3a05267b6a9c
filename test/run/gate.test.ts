import { expect, it } from 'vitest';
import { makeGate } from '../../src/run/gate.ts';

it('gives its slots in order of asking, and a slot that is given back to the next', async () => {
  const gate = makeGate(1);
  const order: string[] = [];
  const first = await gate.acquire();
  const others = ['second', 'third'].map(async (name) => {
    const release = await gate.acquire();
    order.push(name);
    release();
  });
  expect([gate.active, gate.waiting]).toEqual([1, 2]);
  first();
  first();
  await Promise.all(others);
  expect(order).toEqual(['second', 'third']);
  expect([gate.active, gate.waiting]).toEqual([0, 0]);
});

it('lets more in at once when it is widened, and none while it is narrower than what is inside', async () => {
  const gate = makeGate(1);
  const releases = [await gate.acquire()];
  const waiting = [gate.acquire(), gate.acquire()].map(async (given) => releases.push(await given));
  gate.resize(3);
  await Promise.all(waiting);
  gate.resize(1);
  const late = gate.acquire();
  releases[0]!();
  releases[1]!();
  expect([gate.active, gate.waiting]).toEqual([1, 1]);
  releases[2]!();
  await late;
  expect(gate.active).toBe(1);
});

it('keeps no place for those who stopped waiting', async () => {
  const gate = makeGate(1);
  const stop = new AbortController();
  const release = await gate.acquire(stop.signal);
  const given = expect(gate.acquire(stop.signal)).rejects.toThrow('no more');
  stop.abort(new Error('no more'));
  await given;
  release();
  expect([gate.active, gate.waiting]).toEqual([0, 0]);
  await expect(gate.acquire(stop.signal)).rejects.toThrow('no more');
});
