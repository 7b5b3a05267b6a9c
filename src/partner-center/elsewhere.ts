import type { Elsewhere } from '../operations/operation.ts';
import { pathOf } from '../operations/template.ts';

/** An input, or an address that the service gave, that no request can be made of. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/**
 * The address of a file that is at no host of the API (FACTS "Long-running calls": blobs of a billing export). The
 * request to it carries no token, so it may be any host; but only by TLS, since the query opens the file to whoever
 * reads it, and only below the address that the service told.
 * @param told what the read answered that tells the address
 * @param path of the file, encoded, with a slash before it
 * @throws InputError
 */
export function addressElsewhere({ operation, root, query }: Elsewhere, told: unknown, path: string): string {
  const given = pathOf(told, root);
  const opens = pathOf(told, query);
  if (typeof given !== 'string' || !URL.canParse(given))
    throw new InputError(`${operation} tells no address as ${root}`);
  const base = new URL(given);
  const local = base.protocol === 'http:' && loopback.has(base.hostname);
  if (base.protocol !== 'https:' && !local)
    throw new InputError(`${operation} tells an address that is not https: ${base.origin}`);
  if (base.username !== '' || base.password !== '' || base.search !== '' || base.hash !== '')
    throw new InputError(`${operation} tells an address with more than host and path`);
  const below = base.href.replace(/\/+$/u, '');
  const address = new URL(`${below}${path}`);
  address.search = typeof opens === 'string' ? opens : '';
  if (address.origin !== base.origin || !address.href.startsWith(`${below}/`))
    throw new InputError(`the file is not below the address that ${operation} tells`);
  return address.href;
}

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);
