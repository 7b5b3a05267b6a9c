import { describe, expect, it } from 'vitest';
import type { Operation } from '../../src/operations/operation.ts';
import { buildRequest, InputError } from '../../src/partner-center/request.ts';
import { operation } from './service.ts';

const options = {
  root: 'https://api.example',
  requestId: 'r1',
  correlationId: 'c1',
  locale: 'en-US',
  application: 'Tenantry',
  token: 't0k3n',
  timeoutMs: 1_000,
};
const build = (parts: Partial<Operation>, input: Record<string, unknown> = {}, base?: unknown) =>
  buildRequest(operation(parts), { customerId: 'c7', ...input }, { ...options, base });

describe('a request', () => {
  it('has the documented headers, and a content type only with a body', () => {
    expect(build({})).toEqual({
      method: 'GET',
      url: 'https://api.example/v1/customers/c7/things',
      headers: {
        authorization: 'Bearer t0k3n',
        accept: 'application/json',
        'ms-requestid': 'r1',
        'ms-correlationid': 'c1',
        'x-locale': 'en-US',
        'ms-partnercenter-application': 'Tenantry',
      },
      timeoutMs: 1_000,
    });
    expect(build({ method: 'POST', body: { name: '$name' } }, { name: 'x' })).toMatchObject({
      headers: { 'content-type': 'application/json' },
      body: '{"name":"x"}',
    });
  });

  it('puts inputs into the path as one segment each', () => {
    expect(build({}, { customerId: 'a/b?c#d é' }).url).toBe(
      'https://api.example/v1/customers/a%2Fb%3Fc%23d%20%C3%A9/things',
    );
  });

  it.each([undefined, null, '', '.', '..'])('cannot be made with %j in its path', (customerId) => {
    expect(() => build({}, { customerId })).toThrow(InputError);
  });

  it('joins a list in the query by commas, or names it once an item where the service wants that', () => {
    const input = { groups: ['Group1', 'Group2'] };
    expect(build({ query: { groups: '$groups' } }, input).url).toMatch(/\?groups=Group1%2CGroup2$/u);
    expect(build({ query: { groups: { $repeat: '$groups' } } }, input).url).toMatch(
      /\?groups=Group1&groups=Group2$/u,
    );
    expect(build({ query: { groups: { $repeat: '$groups' } } }, {}).url).not.toContain('?');
  });

  it('fills its query from templates, leaves out what is missing, and writes a space as %20', () => {
    const query = {
      filter: { $json: { Field: 'Domain', Value: '$domain' } },
      size: '$size',
      country: '$country',
    };
    const { url } = build({ query }, { domain: 'a b+c', country: 'DE' });
    expect(url).not.toContain('+');
    expect(Object.fromEntries(new URL(url).searchParams)).toEqual({
      filter: '{"Field":"Domain","Value":"a b+c"}',
      country: 'DE',
    });
  });

  it('asks for the largest page of a list', () => {
    expect(build({ kind: 'list', pageSize: { query: 'size', max: 500 } }).url).toMatch(/\?size=500$/u);
  });

  it('lays its body over the object that was read, deeply, and replaces lists', () => {
    const merge = { operation: 'things.get', with: {} };
    const base = { a: { b: 1, c: 2 }, list: [1, 2], keep: true, attributes: { etag: 'e1' } };
    const body = { a: { c: '$c' }, list: '$list', none: '$none' };
    const request = build({ method: 'PATCH', merge, body, ifMatch: true }, { c: 3, list: [] }, base);
    expect(JSON.parse(request.body!)).toEqual({ ...base, a: { b: 1, c: 3 }, list: [] });
    expect(request.headers['if-match']).toBe('"e1"');
  });

  it.each([
    [{ attributes: { etag: '"e1"' } }, '"e1"'],
    [{ eTag: '"e2"' }, '"e2"'],
    [{ '@odata.etag': 'W/"e3"' }, 'W/"e3"'],
    [{ eTag: 'e4' }, '"e4"'],
  ])('finds the etag of %j and quotes it once', (base, etag) => {
    expect(build({ ifMatch: true }, {}, base).headers['if-match']).toBe(etag);
  });

  it('does not send back what the operation says does not go back', () => {
    const merge = { operation: 'things.get', with: {}, without: ['links'] };
    const request = build({ method: 'PUT', merge, body: { a: '$a' } }, { a: 2 }, { a: 1, b: 1, links: {} });
    expect(JSON.parse(request.body!)).toEqual({ a: 2, b: 1 });
  });

  it('has the extra headers of its operation, of inputs that are there', () => {
    const headers = { 'X-Thing': '$thing', 'X-None': '$none', ValidateMfa: 'true' };
    expect(build({ headers }, { thing: 7 }).headers).toMatchObject({ 'x-thing': '7', validatemfa: 'true' });
    expect(build({ headers }).headers).not.toHaveProperty('x-none');
  });
});
