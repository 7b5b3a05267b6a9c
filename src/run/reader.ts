import { isRead, type Operation } from '../operations/operation.ts';
import type { Answer } from '../partner-center/answer.ts';
import type { Client } from '../partner-center/client.ts';
import type { Reader } from '../partner-center/reader.ts';
import { keptAs, mostKept } from '../plan/wares.ts';
import type { World } from '../world/world.ts';
import type { Listener } from './event.ts';
import type { Release } from './gate.ts';
import type { Limiter } from './limiter.ts';
import { decide, waitOf } from './retry.ts';

export interface ReaderParts {
  readonly client: Client;
  readonly limiter: Limiter;
  readonly world: Pick<World, 'clock' | 'random'>;
  readonly listener: Listener;
}

type ReadAnswer = Exclude<Answer, { type: 'throttled' }>;
type Input = Readonly<Record<string, unknown>>;

type Options = NonNullable<Parameters<Reader['read']>[2]>;

/** Reads under the limits with retries; remembers what is sold, so that a thousand records ask for it once. */
export function makeReader(parts: ReaderParts): Reader {
  const kept = new Map<string, Promise<ReadAnswer>>();
  return {
    read: async (operation, input, options = {}) => {
      if (!isRead(operation)) throw new Error(`${operation.name} is not a read`);
      const key = options.fresh === true ? undefined : keptAs(operation, input);
      if (key === undefined) return readNow(parts, operation, input, options);
      const known = kept.get(key);
      if (known !== undefined) return known;
      const asked = readNow(parts, operation, input, options);
      keep(kept, key, asked);
      return asked;
    },
  };
}

/** Only what succeeded is kept, and only so much of it. */
function keep(kept: Map<string, Promise<ReadAnswer>>, key: string, asked: Promise<ReadAnswer>): void {
  if (kept.size >= mostKept) kept.delete(kept.keys().next().value ?? '');
  kept.set(key, asked);
  asked.then(
    (answer) => answer.type !== 'ok' && kept.delete(key),
    () => kept.delete(key),
  );
}

/** Each page of a list is a request of its own: it has its own slot and its own retries. */
async function readNow(
  parts: ReaderParts,
  operation: Operation,
  input: Input,
  { signal, pagesMax, base }: Options,
): Promise<ReadAnswer> {
  const { client, world } = parts;
  const gate = { operation, tenant: tenantOf(input), ...(signal && { signal }) };
  let lastPage: ReadAnswer | undefined;
  const first = (release: Release) =>
    client.call(operation, input, {
      requestId: world.random.uuid(),
      ...(signal && { signal }),
      ...(base === undefined ? {} : { base }),
      ...(pagesMax === undefined ? {} : { pagesMax }),
      page: async (send) => {
        release();
        lastPage = await insist(parts, gate, send);
        return lastPage;
      },
    });
  return insist(parts, gate, first, () => lastPage !== undefined && lastPage.type !== 'ok');
}

interface Leaving {
  readonly operation: Operation;
  readonly tenant: string | undefined;
  readonly signal?: AbortSignal;
}

/** Sends until there is an answer to go by. @param over whether a failure has been insisted on already */
async function insist(
  parts: ReaderParts,
  gate: Leaving,
  send: (release: Release) => Promise<Answer>,
  over: () => boolean = () => false,
): Promise<ReadAnswer> {
  const { limiter, world } = parts;
  for (let tries = 1; ; tries += 1) {
    const answer = await sendOnce(parts, gate, send, tries);
    if (answer.type === 'ok') return answer;
    gate.signal?.throwIfAborted();
    const failure = { answer, tries, retry: {}, repeatable: true };
    const decision = decide(failure);
    if (over() || decision === 'giveUp' || decision === 'settle') return final(answer);
    const budget = limiter.health.retry(answer);
    await world.clock.sleep(waitOf(failure, world.random.next(), budget), gate.signal);
  }
}

/** A service that never stops saying "later" has said no. */
function final(answer: Exclude<Answer, { type: 'ok' }>): ReadAnswer {
  return answer.type === 'throttled' ? { type: 'refused', error: answer.error, again: true } : answer;
}

async function sendOnce(
  { limiter, world, listener }: ReaderParts,
  gate: Leaving,
  send: (release: Release) => Promise<Answer>,
  tries: number,
): Promise<Answer> {
  const { operation, tenant, signal } = gate;
  const release = await limiter.acquire(operation, tenant, signal);
  try {
    const began = world.clock.monotonic();
    let paged = false;
    const answer = await send(() => {
      paged = true;
      release();
    });
    // With its further pages it took as long as all of them: that says nothing about one answer.
    limiter.observe(operation, tenant, answer, paged ? undefined : world.clock.monotonic() - began);
    listener(requestEvent(world, operation, answer, began, tries));
    return answer;
  } finally {
    release();
  }
}

/** The customer tenant that a request is about: the service counts some allowances by it. */
export function tenantOf(input: Input): string | undefined {
  return typeof input.customerId === 'string' ? input.customerId.toLowerCase() : undefined;
}

/** One answered request, for those who watch. */
export function requestEvent(
  world: Pick<World, 'clock'>,
  operation: Operation,
  answer: Answer,
  began: number,
  attempt: number,
) {
  const status = answer.type === 'ok' ? answer.status : answer.error?.status;
  const ms = world.clock.monotonic() - began;
  const base = {
    event: 'request',
    at: world.clock.now(),
    operation: operation.name,
    answer: answer.type,
    ms,
    attempt,
  } as const;
  return status === undefined ? base : { ...base, status };
}
