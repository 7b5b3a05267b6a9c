import { expect, it } from 'vitest';
import { onAbort } from '../../src/world/abort.ts';

it('tells all who wait for a signal, once, and nobody who waits no longer', () => {
  const controller = new AbortController();
  const told: string[] = [];
  const act = () => told.push('twice');
  onAbort(controller.signal, act);
  onAbort(controller.signal, act);
  onAbort(controller.signal, () => told.push('gone'))();
  controller.abort();
  controller.abort();
  expect(told).toEqual(['twice', 'twice']);
});
