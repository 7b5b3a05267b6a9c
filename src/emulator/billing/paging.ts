import { type Fields, ok, type Reply, refuse } from '../reply.ts';
import type { Call } from '../routes.ts';

/** A query value by its name in any case of letters. */
export function asked({ query }: Call, name: string): string | undefined {
  return [...query].find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}

/** Page after page by number of the first item (page get-a-collection-of-invoices). */
export function byOffset(items: readonly Fields[], call: Call, most: number): Reply {
  const size = sizeOf(call, most);
  const offset = Number(asked(call, 'offset') ?? 0);
  if (size === undefined || !Number.isInteger(offset) || offset < 0)
    return refuse(400, '800002', 'Size and offset are whole numbers.');
  const page = items.slice(offset, offset + size);
  const next =
    offset + size < items.length ? linkOf(call, { offset: String(offset + size), size }) : undefined;
  return ok(envelope(page, call, next));
}

/** Page after page by a token in a header (page get-invoiceline-items); the first page holds it in its body, too. */
export function bySeek(items: readonly Fields[], call: Call, most: number): Reply {
  const size = sizeOf(call, most);
  const token = call.headers['ms-continuationtoken'];
  const start = typeof token === 'string' ? Number(Buffer.from(token, 'base64').toString()) : 0;
  if (size === undefined || !Number.isInteger(start))
    return refuse(400, '800002', 'The size or the continuation token is not valid.');
  const page = items.slice(start, start + size);
  if (start + size >= items.length) return ok(envelope(page, call, undefined));
  const value = Buffer.from(String(start + size)).toString('base64');
  const next = linkOf(call, { seekOperation: 'Next', size });
  return ok({
    continuationToken: value,
    ...envelope(page, call, { ...next, headers: [{ key: 'MS-ContinuationToken', value }] }),
  });
}

function sizeOf(call: Call, most: number): number | undefined {
  const size = Number(asked(call, 'size') ?? most);
  return Number.isInteger(size) && size > 0 ? Math.min(size, most) : undefined;
}

function envelope(items: readonly Fields[], call: Call, next: Fields | undefined): Fields {
  const links = { self: linkOf(call, {}), ...(next === undefined ? {} : { next }) };
  return { totalCount: items.length, items, links, attributes: { objectType: 'Collection' } };
}

/** The address of the request with some of its query changed. */
function linkOf({ path, query }: Call, changed: Readonly<Record<string, unknown>>): Fields {
  const params = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changed)) {
    for (const key of [...params.keys()]) if (key.toLowerCase() === name.toLowerCase()) params.delete(key);
    params.set(name, String(value));
  }
  const text = params.size === 0 ? '' : `?${params}`;
  return { uri: `${path.replace(/^\/v1/u, '')}${text}`, method: 'GET', headers: [] };
}
