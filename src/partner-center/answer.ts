import type { Operation } from '../operations/operation.ts';
import { fill } from '../operations/template.ts';
import type { TransportError, WireAnswer } from '../world/world.ts';
import { jsonOf, type ServiceError, serviceError } from './service-error.ts';
import { spelled } from './spelling.ts';

export type { ServiceError } from './service-error.ts';

/**
 * What came back from one request. The type says whether to repeat: `ok` and `refused` are the service's word
 * and end the request id; `throttled` did nothing and may go again after the wait; `unknown` may have happened.
 */
export type Answer =
  | {
      readonly type: 'ok';
      readonly status: number;
      /** Of a download its bytes. */
      readonly result: unknown;
      readonly headers: Readonly<Record<string, string>>;
    }
  | {
      readonly type: 'refused';
      readonly error: ServiceError;
      /** The same may be asked again after a wait; `retryAfterMs` where the service named how long. */
      readonly again: boolean;
      readonly retryAfterMs?: number;
    }
  | { readonly type: 'throttled'; readonly error: ServiceError; readonly retryAfterMs: number | undefined }
  | {
      readonly type: 'unknown';
      readonly reason: string;
      readonly sent: 'no' | 'maybe';
      readonly error?: ServiceError;
      /** Set where an unavailable service named a time (503 with Retry-After). */
      readonly retryAfterMs?: number;
    };

/**
 * Reads an answer, by status first and code second (page error-codes; FACTS "Error codes").
 * @param now milliseconds, for a Retry-After that is a date
 */
export function readAnswer(operation: Operation, wire: WireAnswer, now: number): Answer {
  const { status, headers } = wire;
  if (operation.whole === true && (operation.success.includes(status) || (status >= 200 && status < 300)))
    return readWhole(operation, wire);
  const meant = operation.answers[String(status)];
  if (meant !== undefined)
    return { type: 'ok', status, headers, result: fill(meant, { result: jsonOf(wire.body) }) };
  if (operation.notReady?.includes(status) === true) return readNotReady(wire, now);
  if (operation.success.includes(status) || (status >= 200 && status < 300))
    return readSuccess(operation, wire);
  if (status === 429)
    return { type: 'throttled', error: serviceError(wire), retryAfterMs: retryAfter(headers, now) };
  if (unavailable.has(status)) return readUnavailable(wire, now);
  const error = serviceError(wire);
  return {
    type: 'refused',
    error,
    again: operation.errors.some(
      (row) =>
        row.then === 'again' &&
        row.status === status &&
        (row.code === undefined || row.code.toLowerCase() === error.code.toLowerCase()),
    ),
  };
}

/** Whatever was answered, as it is: nothing is known of it but what the author expects. */
function readWhole({ success }: Operation, wire: WireAnswer): Answer {
  const { status, headers, body } = wire;
  if (success.length > 0 && !success.includes(status)) {
    const description = `answered with ${status}, where ${success.join(' or ')} was expected`;
    return {
      type: 'refused',
      again: false,
      error: { ...serviceError(wire), code: 'NOT_EXPECTED', description },
    };
  }
  const empty = body.trim() === '' || body === '\uFEFF';
  const json = /json/iu.test(headers['content-type'] ?? 'json');
  const read = empty ? undefined : (jsonOf(body) ?? (json ? undefined : body));
  if (read === undefined && !empty)
    return { type: 'unknown', reason: `${status} with a body that cannot be read`, sent: 'maybe' };
  return { type: 'ok', status, headers, result: read === undefined ? { status } : { status, body: read } };
}

/** Nothing is wrong, there is only nothing to show yet (page get-a-customer-s-utilization-record-for-azure). */
function readNotReady(wire: WireAnswer, now: number): Answer {
  const retryAfterMs = retryAfter(wire.headers, now);
  return {
    type: 'refused',
    again: true,
    error: { ...serviceError(wire), code: 'NOT_READY', description: 'the service has not got it ready yet' },
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** Statuses after which nobody knows whether it happened. */
const unavailable: ReadonlySet<number> = new Set([408, 500, 502, 503, 504]);

function readUnavailable(wire: WireAnswer, now: number): Answer {
  const error = serviceError(wire);
  const retryAfterMs = retryAfter(wire.headers, now);
  return {
    type: 'unknown',
    reason: `${wire.status} ${error.description}`,
    sent: 'maybe',
    error,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function readSuccess(operation: Operation, wire: WireAnswer): Answer {
  const { status, headers, body } = wire;
  if (operation.download !== undefined) return readDownload(operation.download, wire);
  const result = jsonOf(body);
  const empty = body.trim() === '' || body === '\uFEFF';
  // An answer cut off half way says success and shows nothing: whoever needs the result must look.
  if (result === undefined && !empty)
    return { type: 'unknown', reason: `${status} with a body that cannot be read`, sent: 'maybe' };
  if (empty && lacksResult(operation, status))
    return { type: 'unknown', reason: `${status} without its body`, sent: 'maybe' };
  // A page of a list is spelled item by item, once its items are known (client.ts).
  const named = operation.kind === 'list' ? result : spelled(result, operation.result);
  return {
    type: 'ok',
    status,
    headers,
    result: withLastParts(operation, headers, result ?? {}, named ?? {}),
  };
}

/** A page that says "please sign in" or "maintenance" is no statement, whatever its status. */
function readDownload(wanted: string, { status, headers, bytes }: WireAnswer): Answer {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  const anything = 'application/octet-stream';
  if (type !== '' && type !== wanted && type !== anything && wanted !== anything)
    return { type: 'unknown', reason: `${status} with ${type} where ${wanted} was asked for`, sent: 'maybe' };
  if (bytes === undefined || bytes.length === 0)
    return { type: 'unknown', reason: `${status} without its body`, sent: 'maybe' };
  return { type: 'ok', status, headers, result: bytes };
}

/**
 * What was started is named by the last part of an address alone: of `Location` (page batch-upload-details, FACTS
 * "Long-running calls"), or of a link in the body (page partners-billing-operation-get).
 */
function withLastParts(
  { location, lastPartOf = {} }: Operation,
  headers: WireAnswer['headers'],
  answered: unknown,
  result: unknown,
): unknown {
  if (location === undefined && Object.keys(lastPartOf).length === 0) return result;
  const body = answered as Readonly<Record<string, unknown>>;
  const named = Object.entries(lastPartOf).map(([field, links]) => [
    field,
    lastPart(links.map((link) => body[link]).find((link) => typeof link === 'string')),
  ]);
  if (location !== undefined) named.push([location, lastPart(headers.location)]);
  const found = named.filter(([, id]) => id !== undefined);
  return found.length === 0 ? result : { ...(result as object), ...Object.fromEntries(found) };
}

function lastPart(address: unknown): string | undefined {
  const id = /\/([^/?#]+)\/?(?:[?#].*)?$/u.exec(typeof address === 'string' ? address : '')?.[1];
  if (id === undefined) return undefined;
  try {
    return decodeURIComponent(id);
  } catch {
    return id; // a percent sign that begins no escape stands for itself
  }
}

/** Whether an empty body is less than the operation promises. */
function lacksResult({ kind, method, result }: Operation, status: number): boolean {
  if (status === 202 || status === 204 || method === 'HEAD') return false;
  return kind === 'list' || (result.required ?? []).length > 0;
}

/** Milliseconds that Retry-After names, as seconds or as an HTTP date; undefined where it names none. */
export function retryAfter(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const value = headers['retry-after']?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d+(\.\d+)?$/u.test(value)) return Math.min(Math.ceil(Number(value) * 1000), longestMs);
  const at = Date.parse(value);
  if (Number.isNaN(at)) return undefined;
  // The service's own clock counts where it tells it: ours may be wrong by minutes.
  const there = Date.parse(headers.date ?? '');
  return Math.min(Math.max(0, at - (Number.isNaN(there) ? now : there)), longestMs);
}

/** Nobody means to wait longer; who says so has a clock that is wrong, and is asked again by then. */
const longestMs = 24 * 60 * 60 * 1000;

/** What a failed exchange means for the request. */
export function fromTransportError(error: TransportError): Answer {
  return { type: 'unknown', reason: error.message, sent: error.sent };
}
