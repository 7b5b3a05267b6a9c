import { parseJson } from '../load/plain-json.ts';
import { pathOf } from '../operations/template.ts';
import { asText } from '../schema/as-text.ts';
import type { WireAnswer } from '../world/world.ts';

/** An error as the service told it, whichever of its body forms it used (FACTS "Error bodies"). */
export interface ServiceError {
  readonly status: number;
  readonly code: string;
  readonly description: string;
  readonly requestId: string;
  readonly correlationId: string;
  /** Details that the body held: corrected address, rows, links. */
  readonly data?: unknown;
}

/**
 * The body as JSON, without the byte-order mark that some answers begin with; undefined where it is none, or is nested
 * deeper than any answer.
 */
export function jsonOf(body: string): unknown {
  const text = body.startsWith('\uFEFF') ? body.slice(1) : body;
  if (text.trim() === '') return undefined;
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** Reads any of the documented error bodies (and none, and HTML) into one type. */
export function serviceError(wire: WireAnswer): ServiceError {
  const body = jsonOf(wire.body);
  const { code, description, data } =
    graphError(body) ?? tokenError(body) ?? gatewayError(body) ?? partnerError(body) ?? bareError(wire);
  return {
    status: wire.status,
    code,
    description,
    requestId:
      wire.headers['ms-requestid'] ??
      wire.headers['request-id'] ??
      textOf(pathOf(body, 'error.innerError.request-id')) ??
      '',
    correlationId: wire.headers['ms-correlationid'] ?? '',
    ...(data === undefined || (Array.isArray(data) && data.length === 0) ? {} : { data }),
  };
}

type Told = Pick<ServiceError, 'code' | 'description' | 'data'>;

/** `{"code":3000,"description":"…","data":[],"source":"…"}`: code as number or text, and a description that may be JSON itself. */
function partnerError(body: unknown): Told | undefined {
  const code = pathOf(body, 'code');
  const description = pathOf(body, 'description') ?? pathOf(body, 'message');
  if (code === undefined && typeof description !== 'string') return undefined;
  const inner =
    typeof description === 'string' && description.startsWith('{') ? jsonOf(description) : undefined;
  const reason = pathOf(inner, 'reason');
  const address = pathOf(inner, 'corrected_address');
  if (typeof reason !== 'string')
    return { code: asText(code ?? ''), description: asText(description ?? ''), data: pathOf(body, 'data') };
  const proposal = address === undefined ? '' : `; the service proposes ${JSON.stringify(address)}`;
  return { code: asText(code ?? ''), description: `${reason}${proposal}`, data: inner };
}

/** `{"statusCode":429,"message":"Rate limit is exceeded. …"}`. */
function gatewayError(body: unknown): Told | undefined {
  const status = pathOf(body, 'statusCode');
  const message = pathOf(body, 'message');
  return status !== undefined && typeof message === 'string'
    ? { code: asText(status), description: message }
    : undefined;
}

/** `{"error":"invalid_client","error_description":"AADSTS…"}` of the token authority. */
function tokenError(body: unknown): Told | undefined {
  const code = textOf(pathOf(body, 'error'));
  return code === undefined
    ? undefined
    : { code, description: textOf(pathOf(body, 'error_description')) ?? code };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** `{"error":{"code":"…","message":"…","innerError":{…}}}` of the referrals host and of Graph: the innermost code counts. */
function graphError(body: unknown): Told | undefined {
  let error = pathOf(body, 'error');
  if (typeof error !== 'object' || error === null) return undefined;
  for (let depth = 0; depth < 8; depth += 1) {
    const inner = pathOf(error, 'innerError');
    if (typeof pathOf(inner, 'code') !== 'string') break;
    error = inner;
  }
  return {
    code: asText(pathOf(error, 'code') ?? ''),
    description: asText(pathOf(error, 'message') ?? pathOf(body, 'error.message') ?? ''),
  };
}

function bareError(wire: WireAnswer): Told {
  const title = /<title>([^<]{1,200})<\/title>/iu.exec(wire.body)?.[1]?.trim();
  const said = wire.headers['www-authenticate'];
  const silent = `the service answered ${wire.status} without a word`;
  const description =
    wire.body.trim() !== ''
      ? `the service answered ${wire.status} with ${title === undefined ? 'no error that it documents' : `a page: ${title}`}`
      : said === undefined
        ? silent
        : `${silent} but its header: ${said}`;
  return { code: wire.headers['x-ms-error-code'] ?? '', description }; // of Azure Storage, beside XML
}
