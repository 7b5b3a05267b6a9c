import { describe, expect, it } from 'vitest';
import { DiagnosticsError } from '../../src/diagnostics/diagnostic.ts';
import type { Answer } from '../../src/partner-center/answer.ts';
import { makeClient } from '../../src/partner-center/client.ts';
import { resolveTarget } from '../../src/partner-center/clouds.ts';
import type { Tokens } from '../../src/partner-center/token.ts';
import { TransportError } from '../../src/world/world.ts';
import { operation, scriptedWorld, wire } from './service.ts';

const found = resolveTarget('https://api.example');
if (!found.ok) throw new Error('no target');
const target = found.value;
const input = { customerId: 'c7' };
const options = { requestId: 'r1' };

function tokens(): Tokens & { renewals: number } {
  const made = {
    renewals: 0,
    signIns: ['app' as const],
    get: async () => `token${made.renewals}`,
    renew: async () => {
      made.renewals += 1;
      return `token${made.renewals}`;
    },
  };
  return made;
}

function rig(script: Parameters<typeof scriptedWorld>[0], supply: Tokens = tokens()) {
  const world = scriptedWorld(script);
  return { world, client: makeClient({ world, target, tokens: supply, application: 'Tenantry' }) };
}

describe('one call', () => {
  it('sends the token and the request id that it was given', async () => {
    const { world, client } = rig([wire(200, { id: 1 })]);
    expect(await client.call(operation(), input, options)).toMatchObject({ type: 'ok', result: { id: 1 } });
    expect(world.sent[0]!.headers).toMatchObject({ authorization: 'Bearer token0', 'ms-requestid': 'r1' });
  });

  it('renews the token once after a 401 and sends the same request again', async () => {
    const { world, client } = rig([wire(401), wire(201, { id: 1 })]);
    const create = operation({ kind: 'create', method: 'POST', body: { a: 1 }, success: [201] });
    expect(await client.call(create, input, options)).toMatchObject({ type: 'ok', status: 201 });
    const [first, second] = world.sent;
    expect(second).toEqual({ ...first, headers: { ...first!.headers, authorization: 'Bearer token1' } });
  });

  it('takes a second 401 for the answer', async () => {
    const { world, client } = rig([wire(401), wire(401, { code: 900421, description: 'no MFA' })]);
    expect(await client.call(operation(), input, options)).toMatchObject({
      type: 'refused',
      error: { status: 401, code: '900421' },
    });
    expect(world.sent.length).toBe(2);
  });

  it('does not repeat with a token that cannot be renewed', async () => {
    const fixed: Tokens = { signIns: ['app'], get: async () => 't', renew: async () => 't' };
    const { world, client } = rig([wire(401)], fixed);
    expect(await client.call(operation(), input, options)).toMatchObject({ type: 'refused' });
    expect(world.sent.length).toBe(1);
  });

  it('repeats nothing else by itself', async () => {
    for (const status of [429, 500, 503, 409]) {
      const { world, client } = rig([wire(status)]);
      await client.call(operation(), input, options);
      expect(world.sent.length).toBe(1);
    }
  });

  it('gives a broken connection as an answer', async () => {
    const { client } = rig([new TransportError('cut', { sent: 'maybe', reason: 'reset' })]);
    expect(await client.call(operation(), input, options)).toMatchObject({ type: 'unknown', sent: 'maybe' });
  });

  it('never takes a token that cannot be had for an answer of the service', async () => {
    const broken: Tokens = {
      signIns: ['app'],
      get: () => Promise.reject(new TransportError('down', { sent: 'maybe', reason: 'timeout' })),
      renew: () => Promise.reject(new Error('unused')),
    };
    const { client } = rig([], broken);
    await expect(client.call(operation(), input, options)).rejects.toBeInstanceOf(DiagnosticsError);
  });

  it('that no request can be made of is refused and sends nothing', async () => {
    const { world, client } = rig([]);
    expect(await client.call(operation(), { customerId: '..' }, options)).toMatchObject({
      type: 'refused',
      again: false,
    });
    expect(world.sent).toEqual([]);
  });
});

describe('a list', () => {
  const list = operation({ name: 'things.list', kind: 'list', paging: 'seek' });
  const page = (items: readonly number[], token?: string) =>
    wire(200, {
      totalCount: items.length,
      items,
      ...(token === undefined
        ? {}
        : {
            links: {
              next: {
                uri: '/customers/c7/things?seek=1',
                headers: [{ key: 'MS-ContinuationToken', value: token }],
              },
            },
          }),
    });

  it('follows its pages, each with its own request id and one correlation id', async () => {
    const { world, client } = rig([page([1, 2], 'a'), page([3], 'b'), page([4])]);
    expect(await client.call(list, input, options)).toMatchObject({
      type: 'ok',
      result: { items: [1, 2, 3, 4], totalCount: 4 },
    });
    expect(world.sent.map(({ headers }) => headers['ms-continuationtoken'])).toEqual([undefined, 'a', 'b']);
    expect(new Set(world.sent.map(({ headers }) => headers['ms-requestid'])).size).toBe(3);
    expect(new Set(world.sent.map(({ headers }) => headers['ms-correlationid'])).size).toBe(1);
  });

  it('asks for leave before each further page, so that it can be sent again', async () => {
    const { world, client } = rig([page([1], 'a'), wire(429), page([2])]);
    const seen: Answer['type'][] = [];
    const leave = async (send: () => Promise<Answer>): Promise<Answer> => {
      const answer = await send();
      seen.push(answer.type);
      return answer.type === 'throttled' ? leave(send) : answer;
    };
    expect(await client.call(list, input, { ...options, page: leave })).toMatchObject({
      result: { items: [1, 2] },
    });
    expect(seen).toEqual(['throttled', 'ok']);
    expect(world.sent[1]!.url).toBe(world.sent[2]!.url);
  });

  it('is no list where a page fails', async () => {
    const { client } = rig([page([1], 'a'), wire(403, { code: 1, description: 'no' })]);
    expect(await client.call(list, input, options)).toMatchObject({ type: 'refused' });
  });

  it('stops at the pages that are enough, and says that it is incomplete', async () => {
    const { world, client } = rig([page([1], 'a'), page([2], 'b')]);
    expect(await client.call(list, input, { ...options, pagesMax: 2 })).toMatchObject({
      result: { items: [1, 2], incomplete: true },
    });
    expect(world.sent.length).toBe(2);
  });

  it('that leads in a circle is refused', async () => {
    const { client } = rig([page([1], 'a'), page([2], 'b'), page([3], 'a')]);
    expect(await client.call(list, input, options)).toMatchObject({ type: 'refused', again: false });
  });

  it('that leads to another host is refused, and the token stays here', async () => {
    const away = wire(200, { items: [1], links: { next: { uri: 'https://evil.example/v1/x' } } });
    const { world, client } = rig([away]);
    expect(await client.call(list, input, options)).toMatchObject({ type: 'refused' });
    expect(world.sent.length).toBe(1);
  });
});
