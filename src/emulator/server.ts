import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cloud, Operations, PartnerType } from '../operations/operation.ts';
import { Authority, type AuthorityOptions } from './authority/authority.ts';
import { signDirectly } from './behaviours/agreements.ts';
import { behaviours } from './behaviours/all.ts';
import { recordWrite } from './behaviours/audit.ts';
import { approve } from './behaviours/delegated-admin.ts';
import { recordRequest } from './behaviours/security.ts';
import { refuseCaller } from './callers.ts';
import { defaultBehaviour } from './default-behaviour.ts';
import { type FaultKind, type Faults, makeFaults } from './faults.ts';
import { listen } from './listen.ts';
import { Replays } from './replays.ts';
import { type Reply, refuse } from './reply.ts';
import { type Call, makeRouter } from './routes.ts';
import { State } from './state.ts';
import { Stats } from './stats.ts';
import { type Allowances, type Bucket, makeAllowances, makeBucket } from './throttle.ts';
import { bodyOf, header, parse, write } from './wire.ts';

export { emulatorCredentials, trustedJob } from './authority/identities.ts';
export { readyToken } from './authority/issued.ts';

export interface EmulatorOptions extends AuthorityOptions {
  /** Port on 127.0.0.1; 0 for any free one. */
  readonly port?: number;
  /** Speak HTTPS, with a certificate that is made at start. */
  readonly https?: boolean;
  /** Who the caller is, and in which cloud. */
  readonly profile?: PartnerType;
  readonly cloud?: Cloud;
  readonly latencyMs?: number;
  /** How far the authority's clock is ahead, and the date of every answer: tokens end without waiting for it. */
  readonly signInAheadSeconds?: number;
  /** Requests a second that are allowed, and at once. */
  readonly rate?: number;
  /** `documented`: the service's own allowances, too, a throttle group and customer. */
  readonly throttle?: 'documented' | 'none';
  readonly faults?: string;
  readonly seed?: number;
  readonly orderLagSeconds?: number;
  /** Reads until a subscription is provisioned, and until it is registered. */
  readonly provisioningPolls?: number;
  readonly registrationPolls?: number;
  readonly requireAgreement?: boolean;
  /** Whether the account is an integration sandbox; it is, unless this says otherwise. */
  readonly sandbox?: boolean;
  /** Items a page at most. */
  readonly pageLimit?: number;
  /** How far the service's clock is ahead: renewals and cancellation windows come without waiting for them. */
  readonly aheadSeconds?: number;
  /** Reads until a billing export is done. */
  readonly exportPolls?: number;
}

export interface Emulator {
  readonly url: string;
  /** The certificate to trust, in PEM, where it speaks HTTPS. */
  readonly certificate?: string;
  readonly state: State;
  close(): Promise<void>;
}

/** Starts Partner Center on a loopback port. Throws Error for faults that it does not know. */
export async function startEmulator(options: EmulatorOptions, operations: Operations): Promise<Emulator> {
  const service = new Service(options, operations);
  const server = await listen((request, response) => void service.serve(request, response), options);
  service.root = server.url;
  return { ...server, state: service.state };
}

/** One request's way: authority, control, allowance, sign-in, route, replay, fault, behaviour, answer. */
class Service {
  #root = '';
  readonly state: State;
  readonly #route: ReturnType<typeof makeRouter>;
  readonly #authority: Authority;
  readonly #stats = new Stats();
  readonly #replays = new Replays();
  readonly #seed: number;
  #faults: Faults;
  #bucket: Bucket;
  #allowances: Allowances | undefined;
  #latencyMs: number;
  #aheadMs: number;

  constructor(options: EmulatorOptions, operations: Operations) {
    this.#seed = options.seed ?? 1;
    this.#route = makeRouter(operations);
    this.#aheadMs = (options.signInAheadSeconds ?? 0) * 1000;
    const now = () => Date.now() + this.#aheadMs;
    this.#authority = new Authority(now, this.#seed, options);
    this.#faults = makeFaults(options.faults ?? '', this.#seed);
    this.#bucket = makeBucket(options.rate ?? Number.POSITIVE_INFINITY, Date.now);
    this.#allowances = options.throttle === 'documented' ? makeAllowances(Date.now) : undefined;
    this.#latencyMs = options.latencyMs ?? 0;
    const {
      orderLagSeconds = 0,
      provisioningPolls = 1,
      registrationPolls = 1,
      requireAgreement = true,
      sandbox = true,
      pageLimit = 500,
      aheadSeconds = 0,
      exportPolls = 2,
      profile = 'direct',
      cloud = 'global',
    } = options;
    const delays = {
      orderLagSeconds,
      provisioningPolls,
      registrationPolls,
      exportPolls,
      pageLimit,
      aheadSeconds,
    };
    this.state = new State({ ...delays, requireAgreement, sandbox, profile, cloud }, this.#seed, Date.now);
  }

  set root(root: string) {
    this.#root = root;
    this.#authority.root = root;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await bodyOf(request).catch(() => undefined);
    if (text === undefined) return;
    const { pathname, searchParams } = new URL(request.url ?? '/', this.#root);
    const method = request.method ?? 'GET';
    if (this.#aheadMs !== 0) response.setHeader('date', new Date(Date.now() + this.#aheadMs).toUTCString());
    const control = pathname.startsWith('/_emulator/')
      ? this.#control(method, pathname, text, request)
      : this.#authority.answer(method, pathname, new URLSearchParams(text));
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
    const heldMs = this.#allowances?.take(operation, route.params.customerId) ?? 0;
    if (heldMs > 0) return this.#throttle(request, response, Math.ceil(heldMs / 1000));
    this.#stats.count(operation.name);
    const fault = this.#faults.draw(operation.name);
    if (fault === 'expire-token') this.#authority.expire(request.headers.authorization);
    const caller = this.#authority.identify(request.headers.authorization);
    if (caller !== undefined && header(request, 'validatemfa') === 'true')
      response.setHeader('isMfaCompliant', String(caller.mfa));
    const unwelcome = refuseCaller(caller, route.operations, request.headers.authorization);
    if (unwelcome !== undefined) return write(response, unwelcome, request);
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

  /** What this cloud or this kind of account does not have, or this kind of partner may not call. */
  #closed({ operations }: Call): Reply | undefined {
    const { cloud, profile, sandbox } = this.state.behaviour;
    if (!sandbox && operations.every(({ sandboxOnly }) => sandboxOnly))
      return refuse(403, '2032', 'Access denied: only an integration sandbox has this.');
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

  #control(method: string, path: string, text: string, request: IncomingMessage): Reply {
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
      case '/_emulator/approve':
        return approve(this.state, parse(text));
      case '/_emulator/sign':
        return signDirectly(this.state, parse(text));
      case '/_emulator/options':
        if (method === 'POST') this.#change(parse(text) as EmulatorOptions);
        return { status: 200, body: this.state.behaviour };
      default: {
        const { searchParams } = new URL(request.url ?? '/', this.#root);
        const { authorization } = request.headers;
        return (
          this.#authority.control(method, path, searchParams, parse(text), authorization) ?? {
            status: 404,
            body: {},
          }
        );
      }
    }
  }

  #change({ latencyMs, rate, throttle, faults, signInAheadSeconds, ...rest }: EmulatorOptions): void {
    if (latencyMs !== undefined) this.#latencyMs = latencyMs;
    if (rate !== undefined) this.#bucket = makeBucket(rate, Date.now);
    if (throttle !== undefined)
      this.#allowances = throttle === 'documented' ? makeAllowances(Date.now) : undefined;
    if (faults !== undefined) this.#faults = makeFaults(faults, this.#seed);
    if (signInAheadSeconds !== undefined) this.#aheadMs = signInAheadSeconds * 1000;
    this.#authority.change(rest);
    Object.assign(this.state.behaviour, rest);
  }
}
