import type { Paging } from '../operations/operation.ts';
import { pathOf } from '../operations/template.ts';

/** What distinguishes the request of a further page from the first: an address, headers, or both. */
export interface NextPage {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The items of one page, whichever envelope it has; a bare list is its own. */
export function itemsOf(page: unknown): readonly unknown[] {
  if (Array.isArray(page)) return page;
  for (const name of ['items', 'value', 'Value']) {
    const items = pathOf(page, name);
    if (Array.isArray(items)) return items;
  }
  return [];
}

/**
 * Where the page after this one is (FACTS "Paging"); undefined after the last. A link may be absolute or relative
 * to the API's version; it is pinned to the API's host, since the bearer token goes with it.
 * @param url the address of this page
 * @throws Error where a link leads to another host, or to this very page again
 */
export function nextPage(
  paging: Paging,
  page: unknown,
  url: string,
  continuation: string | undefined,
): NextPage | undefined {
  switch (paging) {
    case 'none':
      return undefined;
    case 'offset':
    case 'seek':
      return fromLink(page, url, continuation);
    case 'continuation':
      return fromLink(page, url, continuation) ?? fromToken(page, url, continuation);
    case 'link': {
      const link = pathOf(page, '@nextLink') ?? atOdata(page);
      return typeof link === 'string' && link !== ''
        ? unlike({ url: pinned(link, url), headers: {} }, url, continuation)
        : undefined;
    }
  }
}

/** The name has a dot in it, so it is no path. */
function atOdata(page: unknown): unknown {
  return (page as Readonly<Record<string, unknown>> | null)?.['@odata.nextLink'];
}

function fromLink(page: unknown, url: string, continuation: string | undefined): NextPage | undefined {
  const link = pathOf(page, 'links.next');
  const uri = pathOf(link, 'uri');
  if (typeof uri !== 'string' || uri === '') return undefined;
  const listed = pathOf(link, 'headers');
  const headers = (Array.isArray(listed) ? listed : []).map(
    (header) => [String(pathOf(header, 'key')).toLowerCase(), String(pathOf(header, 'value'))] as const,
  );
  return unlike(
    {
      url: pinned(uri, url),
      headers: Object.fromEntries(headers.filter(([name]) => name === 'ms-continuationtoken')),
    },
    url,
    continuation,
  );
}

function fromToken(page: unknown, url: string, continuation: string | undefined): NextPage | undefined {
  const token = pathOf(page, 'continuationToken');
  return typeof token === 'string' && token !== ''
    ? unlike({ url, headers: { 'ms-continuationtoken': token } }, url, continuation)
    : undefined;
}

function pinned(link: string, current: string): string {
  const here = new URL(current);
  const version = /^\/(?:partner\/)?v\d[^/]*/u.exec(here.pathname)?.[0] ?? '';
  const relative = link.startsWith('/') && !/^\/(?:partner\/)?v\d/u.test(link) ? version + link : link;
  const next = new URL(relative.replace(/(\?[^?]*)\?/u, '$1&'), here);
  if (next.origin !== here.origin)
    throw new Error(`a page links to ${next.origin}, which is not the API's own host ${here.origin}`);
  return next.href;
}

function unlike(next: NextPage, url: string, continuation: string | undefined): NextPage {
  if (next.url === url && next.headers['ms-continuationtoken'] === continuation)
    throw new Error('a page links to itself');
  return next;
}
