import { describe, expect, it } from 'vitest';
import { readAnswer, retryAfter } from '../../src/partner-center/answer.ts';
import { makeClient } from '../../src/partner-center/client.ts';
import { resolveTarget } from '../../src/partner-center/clouds.ts';
import { nextPage } from '../../src/partner-center/pages.ts';
import { serviceError } from '../../src/partner-center/service-error.ts';
import type { WireAnswer, WireRequest } from '../../src/world/world.ts';
import { operation, scriptedWorld, wire } from '../partner-center/service.ts';
import { watched } from './watch.ts';

/** Answers that no service gives, and that something on the way to it may. */

const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

describe('an answer', () => {
  it('of 100,000 levels is one that cannot be read', async () => {
    const read = () => readAnswer(operation(), wire(200, deep(100_000)), 0);
    expect(await watched('depth', read)).toMatchObject({ type: 'unknown', sent: 'maybe' });
    expect(await watched('depth', () => serviceError(wire(400, deep(100_000))))).toMatchObject({ code: '' });
    expect(readAnswer(operation(), wire(200, deep(50)), 0)).toMatchObject({ type: 'ok' });
  });

  it('keeps no field named __proto__, at any depth', () => {
    const answer = readAnswer(operation(), wire(200, '{"a":[{"__proto__":{"x":1},"b":2}],"__proto__":1}'), 0);
    expect(answer.type === 'ok' && answer.result).toEqual({ a: [{ b: 2 }] });
    expect(answer.type === 'ok' && Object.keys(answer.result as object)).toEqual(['a']);
  });

  it.each([
    ['{"code":{"toString":1,"valueOf":2},"description":"x"}', '{"toString":1,"valueOf":2}'],
    ['{"error":{"code":{"toString":1,"valueOf":2},"message":{"toString":3}}}', '{"toString":1,"valueOf":2}'],
    ['{"statusCode":{"toString":1},"message":"x"}', '{"toString":1}'],
  ])('%s has its code as text', (body, code) => {
    expect(serviceError(wire(400, body)).code).toBe(code);
  });

  it.each(['/a/%zz', '/a/%E0%A4%A', '/a/%'])('with the location %s names what is there', (location) => {
    const answer = readAnswer(operation({ location: 'id' }), wire(202, '', { location }), 0);
    expect(answer).toMatchObject({ type: 'ok', result: { id: location.slice(3) } });
  });

  it('with ten thousand headers is read', async () => {
    const headers = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`x-${i}`, 'y'.repeat(100)]));
    expect(await watched('headers', () => readAnswer(operation(), wire(429, '', headers), 0))).toMatchObject({
      type: 'throttled',
    });
  });

  it.each([
    ['99999999999999999999', 86_400_000],
    ['9'.repeat(400), 86_400_000],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 86_400_000],
    ['-5', undefined],
    ['1e9', undefined],
    ['NaN', undefined],
  ])('that says Retry-After: %s is waited for a day at most', (value, ms) => {
    const waits = retryAfter({ 'retry-after': value }, Date.UTC(2026, 0));
    if (value === '-5') expect(waits ?? 0).toBeLessThanOrEqual(86_400_000);
    else expect(waits).toBe(ms);
  });
});

describe('a link to the next page', () => {
  const page = (uri: string) => ({
    links: { next: { uri, headers: [{ key: { toString: 1 }, value: 'x' }] } },
  });
  const here = 'https://api.example/v1/customers';

  it.each([
    'https://evil.example/v1/customers',
    '//evil.example/v1',
    'http://api.example:8080/v1',
    'https://api.example@evil.example/v1',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://',
  ])('%s is not followed', (uri) => {
    expect(() => nextPage('seek', page(uri), here)).toThrow(/links to/u);
  });

  it.each(['/v1/customers?a=1', '\\\\evil.example\\v1', '/../../x', '%2e%2e/%00', '?a?b?c'])(
    '%s stays at the host',
    (uri) => {
      expect(new URL(nextPage('seek', page(uri), here)!.url).origin).toBe('https://api.example');
    },
  );
});

describe('a list', () => {
  const found = resolveTarget('https://api.example');
  if (!found.ok) throw new Error('no target');
  const tokens = { signIns: ['app' as const], get: async () => 't', renew: async () => 't' };
  const list = operation({ kind: 'list', paging: 'continuation' });

  function call(answer: (request: WireRequest) => WireAnswer) {
    const world = scriptedWorld(Array.from({ length: 1_000 }, () => answer));
    const client = makeClient({ world, target: found.ok ? found.value : never(), tokens, application: 'x' });
    return client.call(list, { customerId: 'c' }, { requestId: 'r' });
  }
  const never = (): never => {
    throw new Error('no target');
  };

  it('whose pages lead in a circle ends', async () => {
    const pages = ['a', 'b', 'a'];
    const answer = await call(({ headers }) =>
      wire(200, {
        items: [1],
        continuationToken: pages[pages.indexOf(headers['ms-continuationtoken'] ?? '') + 1],
      }),
    );
    expect(answer).toMatchObject({ type: 'refused', error: { code: 'PagingError' } });
  });

  it('whose pages never end ends before the memory does', async () => {
    let pages = 0;
    const padding = 'x'.repeat(24 * 1024 * 1024);
    const answer = await call(() => {
      pages += 1;
      return wire(200, `{"items":[],"continuationToken":"${pages}","x":"${padding}"}`);
    });
    expect(answer).toMatchObject({
      type: 'refused',
      error: { description: expect.stringContaining('256 MiB') },
    });
    expect(pages).toBe(11);
  });
});
