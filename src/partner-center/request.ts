import type { Operation, Template } from '../operations/operation.ts';
import { fill, pathOf } from '../operations/template.ts';
import { asText } from '../schema/as-text.ts';
import type { WireRequest } from '../world/world.ts';
import { addressElsewhere, InputError } from './elsewhere.ts';

export { InputError } from './elsewhere.ts';

export interface RequestOptions {
  /** Scheme, host and port of the API, without a slash at the end. */
  readonly root: string;
  readonly requestId: string;
  readonly correlationId: string;
  readonly locale: string;
  readonly application: string;
  readonly token: string;
  /** What `merge` read: the body is laid over it, its etag goes into If-Match. Or what `elsewhere` read: the address. */
  readonly base?: unknown;
  readonly timeoutMs: number;
}

type Input = Readonly<Record<string, unknown>>;

/**
 * The request of an operation with its inputs, as it goes on the wire. Pure.
 * Headers as the page partner-center-rest-headers has them; pages of a list are made from the first by `pages.ts`.
 * @throws InputError where a path input is missing or would lead to another path
 */
export function buildRequest(operation: Operation, input: Input, options: RequestOptions): WireRequest {
  if (operation.elsewhere !== undefined) return requestElsewhere(operation, input, options);
  const body = bodyOf(operation, input, options.base);
  return {
    method: operation.method,
    url: options.root + pathFor(operation, input) + queryOf(operation, input),
    headers: {
      ...(typeof operation.host === 'string' ? standardHeaders(options) : ownHeaders(options)),
      ...idHeaders(operation, options.requestId),
      ...(operation.download === undefined ? {} : { accept: operation.download }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...ifMatchOf(operation, options.base),
      ...extraHeaders(operation, input),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(operation.download === undefined ? {} : { binary: true }),
    timeoutMs: options.timeoutMs,
  };
}

/** To another host goes nothing of ours: no token, no ids. */
function requestElsewhere(operation: Operation, input: Input, options: RequestOptions): WireRequest {
  return {
    method: operation.method,
    url: addressElsewhere(operation.elsewhere!, options.base, pathFor(operation, input)),
    headers: { accept: '*/*' },
    binary: true,
    timeoutMs: options.timeoutMs,
  };
}

/** The other hosts know the request's id by a name of their own (pages referrals, graph). */
export function idHeaders({ host }: Operation, requestId: string): Readonly<Record<string, string>> {
  return {
    'ms-requestid': requestId,
    ...(host === 'partnerCenter' ? {} : { 'client-request-id': requestId }),
  };
}

/** A partner's own system is told its token, if it has one, and which request it is; nothing that is Microsoft's. */
function ownHeaders({ token, correlationId }: RequestOptions): Readonly<Record<string, string>> {
  return {
    ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    accept: 'application/json',
    'ms-correlationid': correlationId,
  };
}

/** The headers of every request. */
export function standardHeaders(
  options: Omit<RequestOptions, 'root' | 'base' | 'timeoutMs'>,
): Readonly<Record<string, string>> {
  return {
    authorization: `Bearer ${options.token}`,
    accept: 'application/json',
    'ms-requestid': options.requestId,
    'ms-correlationid': options.correlationId,
    'x-locale': options.locale,
    'ms-partnercenter-application': options.application,
  };
}

function pathFor(operation: Operation, input: Input): string {
  return operation.path.replaceAll(/\{(\w+)\}/gu, (_, name: string) => {
    const value = input[name];
    if (value === undefined || value === null || value === '')
      throw new InputError(`${operation.name} was asked for without ${name}`);
    // Encoded or not, a URL takes these for steps to another path.
    if (value === '.' || value === '..')
      throw new InputError(`${operation.name} was asked for with '${value}' as ${name}`);
    return encodeURIComponent(asText(value).toWellFormed());
  });
}

function queryOf(operation: Operation, input: Input): string {
  if (operation.pageSize === undefined && Object.keys(operation.query).length === 0) return '';
  const query = new URLSearchParams();
  if (operation.pageSize !== undefined) query.set(operation.pageSize.query, String(operation.pageSize.max));
  for (const [name, template] of Object.entries(operation.query)) {
    const repeated = repeatedBy(template);
    const value = fill(repeated ?? template, { input });
    if (repeated !== undefined && Array.isArray(value))
      for (const item of value) query.append(name, asText(item));
    else if (value !== undefined && value !== null)
      query.set(name, Array.isArray(value) ? value.map(asText).join(',') : asText(value));
  }
  // A form writes a space as +, which not every server reads so in an address.
  const text = query.toString().replaceAll('+', '%20');
  return text === '' ? '' : `?${text}`;
}

/** `{ $repeat: $list }` writes the name once an item; a list by itself is joined by commas. */
function repeatedBy(template: Template): Template | undefined {
  return typeof template === 'object' && template !== null && '$repeat' in template
    ? template.$repeat
    : undefined;
}

function bodyOf(operation: Operation, input: Input, base: unknown): unknown {
  // What a delete reads first is there for its etag alone.
  if (operation.merge === undefined || operation.method === 'DELETE') return fill(operation.body, { input });
  const whole = isMap(base) ? without(base, operation.merge.without ?? []) : base;
  return operation.body === undefined ? whole : merged(whole, fill(operation.body, { input, found: base }));
}

/** Lays one object over another, deeply; lists are replaced whole. */
export function merged(base: unknown, over: unknown): unknown {
  if (!isMap(base) || !isMap(over)) return over === undefined ? base : over;
  const result: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over)) result[name] = merged(base[name], value);
  return result;
}

function without(base: Readonly<Record<string, unknown>>, names: readonly string[]): unknown {
  return Object.fromEntries(Object.entries(base).filter(([name]) => !names.includes(name)));
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The etag goes quoted into If-Match. It stands in `attributes.etag` (page suspend-a-subscription), at referrals in
 * `eTag` (page update-a-referral), at Microsoft Graph in `@odata.etag`, where it may be a weak one.
 */
function ifMatchOf(operation: Operation, base: unknown): Readonly<Record<string, string>> {
  if (!operation.ifMatch) return {};
  const etag =
    pathOf(base, 'attributes.etag') ??
    pathOf(base, 'eTag') ??
    (isMap(base) ? base['@odata.etag'] : undefined);
  if (typeof etag !== 'string') return {};
  return { 'if-match': /^(?:W\/)?"/u.test(etag) ? etag : `"${etag}"` };
}

function extraHeaders(operation: Operation, input: Input): Readonly<Record<string, string>> {
  const filled = Object.entries(operation.headers).map(
    ([name, template]) => [name.toLowerCase(), fill(template, { input })] as const,
  );
  return Object.fromEntries(
    filled.filter(([, value]) => value !== undefined).map(([name, value]) => [name, asText(value)]),
  );
}
