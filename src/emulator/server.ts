import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cloud, Operations, PartnerType } from '../operations/operation.ts';
import { behaviours } from './behaviours/all.ts';
import { recordWrite } from './behaviours/audit.ts';
import { recordRequest } from './behaviours/security.ts';
import { defaultBehaviour } from './default-behaviour.ts';
import { type FaultKind, type Faults, makeFaults } from './faults.ts';
import { Replays } from './replays.ts';
import { type Reply, refuse } from './reply.ts';
import { type Call, camelCased, makeRouter } from './routes.ts';
import { State } from './state.ts';
import { Stats } from './stats.ts';
import { type Bucket, makeBucket } from './throttle.ts';
import { Authority } from './tokens.ts';

export { emulatorCredentials, readyToken } from './tokens.ts';

export interface EmulatorOptions {
  /** Port on 127.0.0.1; 0 for any free one. */
  readonly port?: number;
  /** Who the caller is, and in which cloud. */
  readonly profile?: PartnerType;
  readonly cloud?: Cloud;
  readonly latencyMs?: number;
  /** Requests a second that are allowed, and at once. */
  readonly rate?: number;
  readonly faults?: string;
  readonly seed?: number;
  readonly orderLagSeconds?: number;
  /** Reads until a subscription is provisioned, and until it is registered. */
  readonly provisioningPolls?: number;
  readonly registrationPolls?: number;
  readonly requireAgreement?: boolean;
  readonly tokenLifetimeSeconds?: number;
  /** How long a refresh token is good once it was used; without it to its own end, 90 days. */
  readonly refreshGraceSeconds?: number;
  /** Items a page at most. */
  readonly pageLimit?: number;
  /** How far the service's clock is ahead: renewals and cancellation windows come without waiting for them. */
  readonly aheadSeconds?: number;
}

export interface Emulator {
  readonly url: string;
  readonly state: State;
  close(): Promise<void>;
}

/** Starts Partner Center on a loopback port. Throws Error for faults that it does not know. */
export async function startEmulator(options: EmulatorOptions, operations: Operations): Promise<Emulator> {
  const service = new Service(options, operations);
  const server = createServer((request, response) => void service.serve(request, response));
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  service.root = url;
  return {
    url,
    state: service.state,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One request's way: authority, control, allowance, sign-in, route, replay, fault, behaviour, answer. */
class Service {
  root = '';
  readonly state: State;
  readonly #route: ReturnType<typeof makeRouter>;
  readonly #authority: Authority;
  readonly #stats = new Stats();
  readonly #replays = new Replays();
  readonly #seed: number;
  #faults: Faults;
  #bucket: Bucket;
  #latencyMs: number;

  constructor(options: EmulatorOptions, operations: Operations) {
    this.#seed = options.seed ?? 1;
    this.#route = makeRouter(operations);
    this.#authority = new Authority(Date.now, options.tokenLifetimeSeconds ?? 3600, this.#seed);
    this.#authority.graceSeconds = options.refreshGraceSeconds ?? Number.POSITIVE_INFINITY;
    this.#faults = makeFaults(options.faults ?? '', this.#seed);
    this.#bucket = makeBucket(options.rate ?? Number.POSITIVE_INFINITY, Date.now);
    this.#latencyMs = options.latencyMs ?? 0;
    const {
      orderLagSeconds = 0,
      provisioningPolls = 1,
      registrationPolls = 1,
      requireAgreement = true,
      pageLimit = 500,
      aheadSeconds = 0,
      profile = 'direct',
      cloud = 'global',
    } = options;
    const delays = { orderLagSeconds, provisioningPolls, registrationPolls, pageLimit, aheadSeconds };
    this.state = new State({ ...delays, requireAgreement, profile, cloud }, this.#seed, Date.now);
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await bodyOf(request).catch(() => undefined);
    if (text === undefined) return;
    const { pathname, searchParams } = new URL(request.url ?? '/', this.root);
    const method = request.method ?? 'GET';
    const control = pathname.startsWith('/_emulator/')
      ? this.#control(pathname, text)
      : this.#authority.answer(method, pathname, new URLSearchParams(text), this.root);
    if (control !== undefined) return write(response, control, request);
    this.#stats.begin();
    if (this.#latencyMs > 0) await sleep(this.#latencyMs);
    await this.#answer(request, response, method, pathname, searchParams, text);
    this.#stats.end(response.statusCode);
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    method: string,
    path: string,
    query: URLSearchParams,
    text: string,
  ): Promise<void> {
    const waitMs = this.#bucket.take();
    if (waitMs > 0) return this.#throttle(request, response, Math.ceil(waitMs / 1000));
    const route = this.#route(method, path);
    if (route === undefined)
      return write(response, refuse(404, '1000', `There is nothing at ${method} ${path}.`), request);
    const operation = route.operations[0]!;
    this.#stats.count(operation.name);
    const fault = this.#faults.draw(operation.name);
    if (fault === 'expire-token') this.#authority.expire(request.headers.authorization);
    if (
      operation.elsewhere === undefined &&
      this.#authority.identify(request.headers.authorization) === undefined
    )
      return write(
        response,
        refuse(401, '400', 'The access token is missing, wrong or has expired.'),
        request,
      );
    if (await this.#failBefore(fault, request, response)) return;
    const call: Call = { ...route, path, query, headers: request.headers, body: parse(text) };
    // The other hosts know no MS-RequestId: a repeat there is a second request.
    const requestId =
      fault === 'no-request-id' || method === 'GET' || method === 'HEAD' || operation.host !== 'partnerCenter'
        ? undefined
        : header(request, 'ms-requestid');
    const reply = this.#perform(call, requestId, `${method} ${path}`);
    await this.#failAfter(fault, request, response, reply);
  }

  /** The same request id on the same request gives the first answer again, and does nothing twice. */
  #perform(call: Call, requestId: string | undefined, request: string): Reply {
    const before = requestId === undefined ? undefined : this.#replays.find(requestId, request);
    if (before !== undefined) {
      this.#stats.seenAgain += 1;
      return before;
    }
    const closed = this.#closed(call);
    if (closed !== undefined) return closed;
    const behaviour =
      call.operations.map(({ name }) => behaviours[name]).find((found) => found !== undefined) ??
      defaultBehaviour;
    const reply = behaviour(call, this.state);
    recordRequest(call, this.state);
    recordWrite(call, reply, this.state);
    if (requestId !== undefined) this.#replays.keep(requestId, request, reply);
    return reply;
  }

  /** What this cloud does not have, or this kind of partner may not call. */
  #closed({ operations }: Call): Reply | undefined {
    const { cloud, profile } = this.state.behaviour;
    if (!operations.some(({ clouds }) => clouds.includes(cloud)))
      return refuse(400, '900128', `This is not supported in the ${cloud} cloud.`);
    return operations.some(({ partners }) => partners.includes(profile))
      ? undefined
      : refuse(403, '2032', `The ${profile} partner may not call this.`);
  }

  async #failBefore(
    fault: FaultKind | undefined,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<boolean> {
    switch (fault) {
      case 'lost-request':
        request.socket.destroy();
        return true;
      case 'error500':
      case 'error502':
        write(response, refuse(Number(fault.slice(5)), '0', 'An error that was injected.'), request);
        return true;
      case 'error503':
        write(
          response,
          { ...refuse(503, '0', 'The service is busy.'), headers: { 'retry-after': '1' } },
          request,
        );
        return true;
      case 'html':
        response
          .writeHead(502, { 'content-type': 'text/html' })
          .end('<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>');
        return true;
      case 'throttle':
        this.#throttle(request, response, 1);
        return true;
      default:
        return false;
    }
  }

  async #failAfter(
    fault: FaultKind | undefined,
    request: IncomingMessage,
    response: ServerResponse,
    reply: Reply,
  ): Promise<void> {
    const text = JSON.stringify(reply.body ?? {});
    switch (fault) {
      case 'lost-answer':
        request.socket.destroy();
        return;
      case 'reset':
        response.writeHead(reply.status, {
          'content-type': 'application/json',
          'content-length': text.length + 100,
        });
        response.write(text.slice(0, text.length / 2), () => request.socket.destroy());
        return;
      case 'error504':
        return write(response, refuse(504, '0', 'The gateway gave up waiting.'), request);
      case 'garbage':
        response
          .writeHead(reply.status, { 'content-type': 'application/json' })
          .end(text.slice(0, Math.max(1, text.length / 2)));
        return;
      case 'slow':
        await sleep(1000);
        return write(response, reply, request);
      default:
        return write(response, reply, request, this.#stats.requests % 7 === 0);
    }
  }

  /** Retry-After comes in seconds, as a date, or not at all. */
  #throttle(request: IncomingMessage, response: ServerResponse, seconds: number): void {
    this.#stats.throttled += 1;
    const form = Math.floor(this.#faults.next() * 10);
    const headers: Record<string, string> =
      form < 7
        ? { 'retry-after': String(seconds) }
        : form < 9
          ? { 'retry-after': new Date(Date.now() + seconds * 1000).toUTCString() }
          : {};
    write(
      response,
      {
        status: 429,
        headers,
        body: { statusCode: 429, message: `Rate limit is exceeded. Try again in ${seconds} seconds.` },
      },
      request,
    );
  }

  #control(path: string, text: string): Reply {
    switch (path) {
      case '/_emulator/stats':
        return {
          status: 200,
          body: { ...this.#stats.snapshot(), faults: this.#faults.injected, tokens: this.#authority.given },
        };
      case '/_emulator/state':
        return { status: 200, body: this.state.snapshot() };
      case '/_emulator/reset':
        this.state.clear();
        return { status: 200, body: {} };
      case '/_emulator/options':
        this.#change(parse(text) as EmulatorOptions);
        return { status: 200, body: {} };
      default:
        return { status: 404, body: {} };
    }
  }

  #change({ latencyMs, rate, faults, refreshGraceSeconds, ...rest }: EmulatorOptions): void {
    if (refreshGraceSeconds !== undefined) this.#authority.graceSeconds = refreshGraceSeconds;
    if (latencyMs !== undefined) this.#latencyMs = latencyMs;
    if (rate !== undefined) this.#bucket = makeBucket(rate, Date.now);
    if (faults !== undefined) this.#faults = makeFaults(faults, this.#seed);
    Object.assign(this.state.behaviour, rest);
  }
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : camelCased(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Some answers begin with a byte-order mark, as the service's do. */
function write(response: ServerResponse, reply: Reply, request: IncomingMessage, mark = false): void {
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
