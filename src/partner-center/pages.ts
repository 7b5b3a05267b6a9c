import type { Paging } from '../operations/operation.ts';
import { pathOf } from '../operations/template.ts';
import { asText } from '../schema/as-text.ts';

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

/** A page that says something impossible of the page after it. */
export class PagingError extends Error {
  override readonly name = 'PagingError';
}

/**
 * Where the page after this one is (FACTS "Paging"); undefined after the last. A link may be absolute or relative
 * to the API's version; it is pinned to the API's host, since the bearer token goes with it.
 * @param url the address of this page
 * @throws PagingError where a link leads to another host
 */
export function nextPage(paging: Paging, page: unknown, url: string): NextPage | undefined {
  switch (paging) {
    case 'none':
      return undefined;
    case 'offset':
    case 'seek':
      return fromLink(page, url);
    case 'continuation':
      return fromLink(page, url) ?? fromToken(page, url);
    case 'link': {
      const link = pathOf(page, '@nextLink') ?? atOdata(page);
      return typeof link === 'string' && link !== '' ? { url: pinned(link, url), headers: {} } : undefined;
    }
  }
}

/** Remembers the pages of one list. A page that comes again would come for ever. Throws PagingError. */
export function pageTrail(): (page: NextPage) => void {
  const seen = new Set<string>();
  return ({ url, headers }) => {
    const page = `${url} ${headers['ms-continuationtoken'] ?? ''}`;
    if (seen.has(page)) throw new PagingError('the pages of the list lead in a circle');
    seen.add(page);
  };
}

/** The name has a dot in it, so it is no path. */
function atOdata(page: unknown): unknown {
  return (page as Readonly<Record<string, unknown>> | null)?.['@odata.nextLink'];
}

function fromLink(page: unknown, url: string): NextPage | undefined {
  const link = pathOf(page, 'links.next');
  const uri = pathOf(link, 'uri');
  if (typeof uri !== 'string' || uri === '') return undefined;
  const listed = pathOf(link, 'headers');
  const headers = (Array.isArray(listed) ? listed : []).map(
    (header) => [asText(pathOf(header, 'key')).toLowerCase(), asText(pathOf(header, 'value'))] as const,
  );
  // No other header of a body goes out beside the bearer token.
  return {
    url: pinned(uri, url),
    headers: Object.fromEntries(headers.filter(([name]) => name === 'ms-continuationtoken')),
  };
}

function fromToken(page: unknown, url: string): NextPage | undefined {
  const token = pathOf(page, 'continuationToken');
  return typeof token === 'string' && token !== ''
    ? { url, headers: { 'ms-continuationtoken': token } }
    : undefined;
}

function pinned(link: string, current: string): string {
  const here = new URL(current);
  const version = /^\/(?:partner\/)?v\d[^/]*/u.exec(here.pathname)?.[0] ?? '';
  const typed = link.replace(/(\?[^?]*)\?/u, '$1&'); // one documented sample has a second `?`
  const absolute = /^[a-z][a-z\d+.-]*:|^\/\//iu.test(typed) || /^\/(?:partner\/)?v\d/u.test(typed);
  const path = absolute ? typed : `${version}/${typed.replace(/^\//u, '')}`;
  if (!URL.canParse(path, here.href)) throw new PagingError(`a page links to '${link}', which is no address`);
  const next = new URL(path, here);
  // Referrals link to the API's own host without TLS (page get-a-list-of-referrals).
  if (next.protocol === 'http:' && next.host === here.host) next.protocol = here.protocol;
  if (next.origin !== here.origin)
    throw new PagingError(`a page links to ${next.origin}, which is not the API's own host ${here.origin}`);
  return next.href;
}
