import { describe, expect, it } from 'vitest';
import type { Poll } from '../../src/operations/operation.ts';
import type { RunContext } from '../../src/run/context.ts';
import { noDeadline } from '../../src/run/deadline.ts';
import { poll } from '../../src/run/poll.ts';
import { operations } from './rig.ts';
import { virtualClock } from './virtual-clock.ts';

/** Polls a thing whose status takes these values one after another, and then stays. */
async function polled(parts: Partial<Poll>, statuses: readonly unknown[]) {
  const clock = virtualClock();
  const next = [...statuses];
  const read = async () => {
    const status = next.length > 1 ? next.shift() : next[0];
    return { type: 'ok', status: 200, headers: {}, result: status === undefined ? {} : { status } } as const;
  };
  const context = { reader: { read }, operations, world: { clock } } as unknown as RunContext;
  const polling: Poll = {
    operation: 'subscriptions.get',
    with: {},
    path: 'status',
    failed: ['broken'],
    everySeconds: 10,
    timeoutSeconds: 600,
    ...parts,
  };
  const end = await clock.run(
    poll(context, polling, {
      input: {},
      result: {},
      path: 'step',
      deadline: noDeadline(new AbortController().signal),
    }),
  );
  return end.type === 'done' ? end.status : end.error.code;
}

describe('the end of what was accepted', () => {
  it('is one of its documented words', async () => {
    expect(await polled({ done: ['deleted'] }, ['active', 'suspended', 'Deleted'])).toEqual({
      status: 'Deleted',
    });
  });

  it('is any word but those of what is under way, where the end has no documented word', async () => {
    expect(await polled({ pending: ['active'] }, ['Active', undefined, 'active', 'off'])).toEqual({
      status: 'off',
    });
  });

  it('is a failure where the status says so', async () => {
    expect(await polled({ pending: ['active'] }, ['active', 'broken'])).toBe('ENDED_BADLY');
  });
});
