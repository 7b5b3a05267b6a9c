import { collection, ok, type Reply } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { State } from '../state.ts';

/** Paging by seek: the next page's address says so once more, and a header holds where it begins (FACTS "Paging"). */
export function seekPage(
  { query, headers, path }: Call,
  all: readonly unknown[],
  state: State,
  { name = 'seekOperation', size = Number.POSITIVE_INFINITY } = {},
): Reply {
  // A size of 0 is none, as in the sample of get-a-customer-by-name.
  const asked = Number(query.get('size') ?? 0);
  const most = Math.min(size, asked > 0 ? asked : size, state.behaviour.pageLimit);
  const token = headers['ms-continuationtoken'];
  const start = typeof token === 'string' ? Number(Buffer.from(token, 'base64').toString()) : 0;
  const items = all.slice(start, start + most);
  const place = path.replace(/^\/v1/u, '');
  const self = query.size === 0 ? place : `${place}?${query}`;
  if (start + most >= all.length) return ok(collection(items, self));
  const next = new URLSearchParams(query);
  next.set(name, 'Next');
  return ok(
    collection(items, self, {
      uri: `${place}?${next}`,
      token: Buffer.from(String(start + most)).toString('base64'),
    }),
  );
}
