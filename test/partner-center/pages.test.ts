import { describe, expect, it } from 'vitest';
import { itemsOf, nextPage, PagingError, pageTrail } from '../../src/partner-center/pages.ts';

const here = 'https://api.example/v1/customers?size=2';
const next = (uri: string, headers: readonly unknown[] = []) => ({
  items: [],
  links: { next: { uri, method: 'GET', headers } },
});

describe('the next page', () => {
  it('by offset is where its link says', () => {
    expect(nextPage('offset', next('/invoices?size=2&offset=2'), here)).toEqual({
      url: 'https://api.example/v1/invoices?size=2&offset=2',
      headers: {},
    });
  });

  it('by seek takes the continuation token along, and no other header of the body', () => {
    const headers = [
      { key: 'MS-ContinuationToken', value: 'AQ==' },
      { key: 'Authorization', value: 'Bearer evil' },
    ];
    expect(nextPage('seek', next('/customers?size=2&seekOperation=Next', headers), here)).toEqual({
      url: 'https://api.example/v1/customers?size=2&seekOperation=Next',
      headers: { 'ms-continuationtoken': 'AQ==' },
    });
  });

  it('by continuation asks the same again with the token of the body', () => {
    expect(nextPage('continuation', { continuationToken: 't2', items: [] }, here)).toEqual({
      url: here,
      headers: { 'ms-continuationtoken': 't2' },
    });
  });

  it.each([{ '@nextLink': '/v1/x?skip=2' }, { '@odata.nextLink': 'https://api.example/v1/x?skip=2' }])(
    'by link follows it: %j',
    (page) => {
      expect(nextPage('link', page, here)?.url).toBe('https://api.example/v1/x?skip=2');
    },
  );

  it.each([
    ['/customers?a=1', 'https://api.example/v1/customers?a=1'],
    ['customers?a=1', 'https://api.example/v1/customers?a=1'],
    ['/v1/customers?a=1', 'https://api.example/v1/customers?a=1'],
    ['https://api.example/v1/customers?a=1', 'https://api.example/v1/customers?a=1'],
    ['/lineitems?size=2?seekOperation=Next', 'https://api.example/v1/lineitems?size=2&seekOperation=Next'],
  ])('is found from the link %s', (uri, url) => {
    expect(nextPage('seek', next(uri), here)?.url).toBe(url);
  });

  it.each(['offset', 'seek', 'continuation', 'link', 'none'] as const)('by %s ends', (paging) => {
    for (const page of [{ items: [] }, [], null, { '@nextLink': null, continuationToken: '', links: {} }])
      expect(nextPage(paging, page, here)).toBeUndefined();
  });

  it('that is written without TLS is asked for with it', () => {
    const page = { '@odata.nextLink': 'http://api.example/v1.0/referrals?$skiptoken=k1' };
    expect(nextPage('link', page, here)?.url).toBe('https://api.example/v1.0/referrals?$skiptoken=k1');
  });

  it.each(['https://evil.example/v1/x', '//evil.example/v1/x', 'http://api.example:81/v1/x', 'https://%/'])(
    'is never on another host: %s',
    (uri) => {
      expect(() => nextPage('seek', next(uri), here)).toThrow(PagingError);
    },
  );
});

it('a page that comes again is an error, however far apart', () => {
  const trail = pageTrail();
  const page = (token: string) => ({ url: here, headers: { 'ms-continuationtoken': token } });
  trail({ url: here, headers: {} });
  trail(page('a'));
  trail(page('b'));
  expect(() => trail(page('a'))).toThrow(PagingError);
});

it.each([
  [{ items: [1] }, [1]],
  [{ value: [1] }, [1]],
  [{ Value: [1], '@nextLink': null }, [1]],
  [[1], [1]],
  [{ totalCount: 0 }, []],
])('the items of %j are %j', (page, items) => {
  expect(itemsOf(page)).toEqual(items);
});
