import { describe, expect, it } from 'vitest';
import { fromTransportError, readAnswer, retryAfter } from '../../src/partner-center/answer.ts';
import { TransportError } from '../../src/world/world.ts';
import { operation, wire } from './service.ts';

const now = Date.UTC(2026, 10, 23, 12, 0, 0);
const read = (status: number, body?: unknown, headers?: Record<string, string>, parts = {}) =>
  readAnswer(operation(parts), wire(status, body, headers), now);

describe('a success', () => {
  it('holds the body, with or without a byte-order mark', () => {
    expect(read(200, { id: 1 })).toMatchObject({ type: 'ok', status: 200, result: { id: 1 } });
    expect(read(200, '\uFEFF{"id":1}')).toMatchObject({ type: 'ok', result: { id: 1 } });
  });

  it('without a body holds an empty result', () => {
    expect(read(204)).toMatchObject({ type: 'ok', status: 204, result: {} });
    expect(read(202, '', { location: '/things/1' })).toMatchObject({
      type: 'ok',
      headers: { location: '/things/1' },
    });
  });

  it('has the names that the schema has, however the service wrote them', () => {
    const text = { type: 'string' };
    const properties = {
      webhookUrl: text,
      eTag: text,
      events: { items: { properties: { name: text } } },
      both: text,
    };
    const body = { WebhookUrl: 'u', ETag: 'e', Events: [{ Name: 'n', Other: 1 }], Both: 'B', both: 'b' };
    expect(read(200, body, {}, { result: { type: 'object', properties } })).toMatchObject({
      result: { webhookUrl: 'u', eTag: 'e', events: [{ name: 'n', Other: 1 }], Both: 'B', both: 'b' },
    });
  });

  it.each([
    ['that is cut off', '{"id":"1234', {}],
    ['that is a page of HTML', '<html><title>Sign in</title></html>', {}],
    ['that is empty where a list was asked for', '', { kind: 'list' }],
    ['that is empty where the result must have an id', '', { result: { type: 'object', required: ['id'] } }],
  ])('with a body %s is unknown: it may have happened', (_, body, parts) => {
    expect(read(200, body, {}, parts)).toMatchObject({ type: 'unknown', sent: 'maybe' });
  });

  it.each([
    [200, { available: false }],
    [404, { available: true }],
  ])('may be a status that the operation gives a meaning: %i', (status, result) => {
    const answers = { 200: { available: false }, 404: { available: true } };
    expect(read(status, '', {}, { answers, method: 'HEAD' })).toMatchObject({ type: 'ok', status, result });
  });
});

describe('what is not ready', () => {
  const notReady = { kind: 'list', notReady: [204] } as const;

  it('is to be asked for again, after the time that the service names', () => {
    expect(read(204, '', { 'retry-after': '60' }, notReady)).toMatchObject({
      type: 'refused',
      again: true,
      retryAfterMs: 60_000,
      error: { status: 204, code: 'NOT_READY' },
    });
  });

  it('is to be asked for again also where no time is named', () => {
    const answer = read(204, '', {}, notReady);
    expect(answer).toMatchObject({ type: 'refused', again: true });
    expect(answer).not.toHaveProperty('retryAfterMs');
  });

  it('is a success for operations that know no such status', () => {
    expect(read(204, '', { 'retry-after': '60' })).toMatchObject({ type: 'ok', status: 204 });
  });
});

describe('a refusal', () => {
  it.each([
    [
      'Partner Center, with a number',
      { code: 3000, description: 'not found', data: [], source: 'PartnerFD' },
      '3000',
      'not found',
    ],
    [
      'Partner Center, with text',
      { code: '800015', description: 'unknown MPN id' },
      '800015',
      'unknown MPN id',
    ],
    ['the gateway', { statusCode: 401, message: 'Access denied' }, '401', 'Access denied'],
    [
      'the referrals host',
      {
        error: { code: 'unAuthorized', message: 'no', innerError: { code: 'accessDenied', message: 'deep' } },
      },
      'accessDenied',
      'deep',
    ],
    [
      'Graph',
      {
        error: {
          code: 'Request_ResourceNotFound',
          message: 'gone',
          innerError: { 'request-id': 'r9', date: 'd' },
        },
      },
      'Request_ResourceNotFound',
      'gone',
    ],
    [
      'the token authority',
      { error: 'invalid_client', error_description: 'AADSTS7000215: no' },
      'invalid_client',
      'AADSTS7000215: no',
    ],
    ['a proxy', '<html><head><title>502 Bad Gateway</title></head></html>', '', '502 Bad Gateway'],
    ['nobody', '', '', 'without a word'],
    ['something else', '[1, 2]', '', 'answered 400'],
  ])('of %s keeps code and words', (_, body, code, words) => {
    const answer = read(400, body, { 'ms-requestid': 'r1', 'ms-correlationid': 'c1' });
    expect(answer).toMatchObject({
      type: 'refused',
      again: false,
      error: { status: 400, code, requestId: 'r1', correlationId: 'c1' },
    });
    expect(answer.type === 'refused' && answer.error.description).toContain(words);
  });

  it('takes the request id from the body where no header has it', () => {
    const body = { error: { code: 'x', message: 'y', innerError: { 'request-id': 'r9' } } };
    expect(read(403, body)).toMatchObject({ error: { requestId: 'r9' } });
  });

  it('of an address says the reason and the address that the service proposes', () => {
    const inner = { code: '60071', reason: 'ZipCityInvalid', corrected_address: { city: 'BELLEVUE' } };
    const answer = read(400, { code: 2007, description: JSON.stringify(inner), data: [] });
    expect(answer).toMatchObject({ type: 'refused', error: { code: '2007', data: inner } });
    expect(answer.type === 'refused' && answer.error.description).toMatch(/^ZipCityInvalid.*BELLEVUE/u);
  });

  it('without a word tells what its header says', () => {
    const answer = read(401, '', { 'www-authenticate': 'Bearer error="invalid_token"' });
    expect(answer.type === 'refused' && answer.error.description).toContain('invalid_token');
  });

  it.each([400, 401, 403, 404, 405, 409, 412, 422, 301])('is final with status %i', (status) => {
    expect(read(status, { code: 1, description: 'x' })).toMatchObject({ type: 'refused', again: false });
  });

  it.each([
    ['{"status":400,"code":"800082","then":"again"}', '800082', true],
    ['{"status":400,"code":"NotReady","then":"again"}', 'notready', true],
    ['{"status":400,"then":"again"}', '1', true],
    ['{"status":409,"code":"800082","then":"again"}', '800082', false],
    ['{"status":400,"code":"800082","then":"done"}', '800082', false],
  ])('by the entry %s of code %s may go again: %s', (row, code, again) => {
    const errors = [JSON.parse(row)];
    expect(read(400, { code, description: 'x' }, {}, { errors })).toMatchObject({ type: 'refused', again });
  });
});

describe('a throttled request', () => {
  it('waits as long as it is told', () => {
    const body = { statusCode: 429, message: 'Rate limit is exceeded. Try again in 57 seconds.' };
    expect(read(429, body, { 'retry-after': '57' })).toMatchObject({
      type: 'throttled',
      retryAfterMs: 57_000,
      error: { status: 429, code: '429', description: body.message },
    });
    expect(read(429)).toMatchObject({ type: 'throttled', retryAfterMs: undefined });
  });

  it.each([
    ['7', 7_000],
    ['0', 0],
    ['1.5', 1_500],
    ['Mon, 23 Nov 2026 12:00:30 GMT', 30_000],
    ['Mon, 23 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
  ])('reads Retry-After %j', (value, ms) => {
    expect(retryAfter({ 'retry-after': value }, now)).toBe(ms);
  });

  it('reads a date by the clock of the service where that is told', () => {
    const headers = { 'retry-after': 'Mon, 23 Nov 2026 13:00:30 GMT', date: 'Mon, 23 Nov 2026 13:00:00 GMT' };
    expect(retryAfter(headers, now)).toBe(30_000);
  });
});

describe('an unknown outcome', () => {
  it.each([408, 500, 502, 503, 504])('is that of status %i: it may have happened', (status) => {
    expect(read(status, { code: 800003, description: 'x' })).toMatchObject({
      type: 'unknown',
      sent: 'maybe',
      error: { code: '800003' },
    });
  });

  it('keeps the time that an unavailable service names', () => {
    expect(read(503, '', { 'retry-after': '9' })).toMatchObject({ type: 'unknown', retryAfterMs: 9_000 });
  });

  it.each(['no', 'maybe'] as const)('of the network says whether the request can have left: %s', (sent) => {
    expect(fromTransportError(new TransportError('cut', { sent, reason: 'reset' }))).toMatchObject({
      type: 'unknown',
      sent,
      reason: 'cut',
    });
  });
});
