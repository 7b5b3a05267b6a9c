import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Reply } from './reply.ts';
import { camelCased } from './routes.ts';

/** One header that came once. */
export function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** A body as data, in camelCase; undefined where it is none. */
export function parse(text: string): unknown {
  try {
    return text === '' ? undefined : camelCased(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Some answers begin with a byte-order mark, as the service's do. */
export function write(response: ServerResponse, reply: Reply, request: IncomingMessage, mark = false): void {
  const text = reply.body === undefined ? '' : (mark ? '\uFEFF' : '') + JSON.stringify(reply.body);
  const bytes = reply.bytes ?? Buffer.from(text);
  const headers = {
    ...(text === '' ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    'content-length': bytes.length,
    'ms-requestid': header(request, 'ms-requestid') ?? randomUUID(),
    'ms-correlationid': header(request, 'ms-correlationid') ?? randomUUID(),
    'ms-cv': 'emulated.0',
    'ms-serverid': 'emulator',
    'x-locale': header(request, 'x-locale') ?? 'en-US',
    ...reply.headers,
  };
  if (response.destroyed) return;
  response.writeHead(reply.status, headers).end(request.method === 'HEAD' ? undefined : bytes);
}
