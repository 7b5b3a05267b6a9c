import type { Operation } from '../operations/operation.ts';
import type { Caller } from './authority/issued.ts';
import { readJwt } from './authority/jwt.ts';
import { type Reply, refuse } from './reply.ts';

/**
 * Who may call: nobody without a good token; a user only with a second factor (401, 900421); the app alone only what
 * does not take a user (page partner-center-authentication: not every operation takes app-only tokens).
 */
export function refuseCaller(
  caller: Caller | undefined,
  operations: readonly Operation[],
  authorization: string | undefined,
): Reply | undefined {
  const { elsewhere, host } = operations[0]!;
  // A file that lies elsewhere is opened by its own address.
  if (elsewhere !== undefined) return undefined;
  if (typeof host !== 'string') {
    // A partner's own host takes any bearer token, where it takes one.
    return host.token === undefined || authorization?.startsWith('Bearer ') === true
      ? undefined
      : refuse(401, '401', `The host ${host.name} takes a bearer token.`);
  }
  if (caller === undefined) return refuse(401, '400', 'The access token is missing, wrong or has expired.');
  if (!caller.mfa)
    return refuse(401, '900421', 'The access token carries no claim of multifactor authentication.');
  return operations.some(({ auth }) => auth.some((each) => caller.auths.includes(each)))
    ? undefined
    : refuse(403, '2032', 'The operation takes app+user credentials; the token stands for the app alone.');
}

/** Whether the caller may see what a partner sells: each sees its own, where they are told apart. */
export function isTheirs(
  header: string | string[] | undefined,
  { seller }: { readonly seller?: string },
): boolean {
  const caller = partnerOf(header);
  return seller === undefined || caller === undefined || caller === seller;
}

/** The tenant of the partner whom an Authorization header stands for; undefined for the ready token, which is nobody's. */
export function partnerOf(header: string | string[] | undefined): string | undefined {
  const { tid } = readJwt(String(header).replace(/^Bearer /iu, ''))?.claims ?? {};
  return typeof tid === 'string' ? tid.toLowerCase() : undefined;
}
