import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import type { Operation, OwnHost } from '../operations/operation.ts';
import { TransportError, type WireAnswer, type WireRequest, type World } from '../world/world.ts';
import { type Answer, fromTransportError, readAnswer } from './answer.ts';
import type { Target } from './clouds.ts';
import { signInFor } from './credentials.ts';
import { itemsOf, nextPage, PagingError, pageTrail } from './pages.ts';
import { buildRequest, InputError, idHeaders } from './request.ts';
import { makeServiceClock } from './service-clock.ts';
import { spelled } from './spelling.ts';
import type { Need, Tokens } from './token.ts';

export interface CallOptions {
  readonly requestId: string;
  /** What `merge` or `elsewhere` read. */
  readonly base?: unknown;
  readonly signal?: AbortSignal;
  /** No more pages of a list than this; the result then says `incomplete: true`. */
  readonly pagesMax?: number;
  /** Asked for before each further page: limits and retries apply to pages as to any request. */
  readonly page?: (send: () => Promise<Answer>) => Promise<Answer>;
  /**
   * Called immediately before anything leaves, also before it leaves again with a renewed token; what it throws
   * is thrown, and nothing is sent.
   */
  readonly leaving?: () => void;
}

/** Sends requests to one target. Decides nothing: no retries, no limits, no looking up. */
export interface Client {
  /**
   * Sends one request; a `list` follows its pages and gives `{ items, totalCount }`.
   * @throws DiagnosticsError CREDENTIALS or TARGET where no token can be had
   */
  call(operation: Operation, input: Readonly<Record<string, unknown>>, options: CallOptions): Promise<Answer>;
  /** What time it is at the service, in milliseconds since the Unix epoch. */
  now(): number;
}

export interface ClientOptions {
  readonly world: World;
  readonly target: Target;
  readonly tokens: Tokens;
  readonly application: string;
  /** The bearer token of a partner's own host. */
  readonly ownToken?: (host: OwnHost) => string | undefined;
  readonly locale?: string;
  /** Milliseconds for one exchange; Partner Center's own SDK waits three minutes. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 100_000;

/** All pages of a list are held at once; one that links to ever new pages must not fill the memory. */
const listCharactersMax = 256 * 1024 * 1024;

/** A client for a target (page partner-center-rest-headers for what it sends). */
export function makeClient(options: ClientOptions): Client {
  const { world, target, application, locale = 'en-US', timeoutMs = defaultTimeoutMs } = options;
  const serviceClock = makeServiceClock(world.clock);
  return {
    now: () => serviceClock.now(),
    call: async (operation, input, { requestId, base, signal, leaving, ...paging }) => {
      const correlationId = world.random.uuid();
      const root = rootOf(target, operation.host);
      const shared = { root, requestId, correlationId, locale, application, base, timeoutMs };
      const build: Build = (token) => buildRequest(operation, input, { ...shared, token });
      let characters = 0;
      const transmit: Transmit = async (request) => {
        leaving?.();
        const answer = await world.transport.send(request, signal, leaving);
        characters += answer.body.length;
        if (characters > listCharactersMax)
          throw new PagingError(
            `the pages of the list hold more than ${listCharactersMax / 1024 / 1024} MiB`,
          );
        serviceClock.observe(answer);
        return answer;
      };
      const send = (make: Build) => exchange(options, operation, make, transmit);
      try {
        const first = await send(build);
        if (operation.kind !== 'list' || first.type !== 'ok') return first;
        return await follow({ operation, build, send, newId: () => world.random.uuid() }, first, paging);
      } catch (error) {
        if (error instanceof InputError || error instanceof PagingError) return impossible(error, requestId);
        throw error;
      }
    },
  };
}

type Build = (token: string) => WireRequest;
type Transmit = (request: WireRequest) => Promise<WireAnswer>;

/** Where a host is. On a target of this machine every host is the target itself, a partner's own below a path. */
function rootOf(target: Target, host: Operation['host']): string {
  if (typeof host === 'string') return target.roots[host];
  return target.loopback ? `${target.root}/_hosts/${host.name}` : host.url;
}

async function exchange(
  { world, tokens, target, ownToken = () => undefined }: ClientOptions,
  operation: Operation,
  make: Build,
  transmit: Transmit,
): Promise<Answer> {
  const { host } = operation;
  if (typeof host !== 'string') {
    // A partner's own token goes to its own host, and to no emulator that plays it.
    const token = host.token === undefined ? '' : target.loopback ? playedToken : (ownToken(host) ?? '');
    return settle(operation, () => transmit(make(token)), world);
  }
  // What these credentials cannot call was refused before anything was sent (check/check-callable.ts); where it was
  // not, the service's own refusal says so.
  const need = {
    host,
    auth: signInFor(operation, tokens.signIns) ?? tokens.signIns[0] ?? 'app',
  };
  const send = () =>
    operation.elsewhere === undefined ? withToken(tokens, need, make, transmit) : transmit(make(''));
  return settle(operation, send, world);
}

/** What a partner's own system takes where an emulator plays it. */
const playedToken = 'emulated';

async function settle(operation: Operation, send: () => Promise<WireAnswer>, world: World): Promise<Answer> {
  try {
    const answer = await send();
    return readAnswer(operation, answer, world.clock.now());
  } catch (error) {
    if (error instanceof TransportError) return fromTransportError(error);
    throw error;
  }
}

interface List {
  readonly operation: Operation;
  readonly build: Build;
  readonly send: (make: Build) => Promise<Answer>;
  readonly newId: () => string;
}

type OkAnswer = Extract<Answer, { type: 'ok' }>;

/** Reads the pages after the first. Each is a call of its own, with a request id of its own. */
async function follow(
  { operation, build, send, newId }: List,
  first: OkAnswer,
  { pagesMax = Number.POSITIVE_INFINITY, page = (next) => next() }: Pick<CallOptions, 'pagesMax' | 'page'>,
): Promise<Answer> {
  const { items: schema } = operation.result.properties ?? {};
  const items = [...(spelled(itemsOf(first.result), schema) as readonly unknown[])];
  const trail = pageTrail();
  let { url } = build('');
  trail({ url, headers: {} });
  for (let answer = first, pages = 1; ; pages += 1) {
    const next = nextPage(operation.paging, answer.result, url);
    if (next === undefined) return { ...answer, result: { items, totalCount: items.length } };
    if (pages >= pagesMax)
      return { ...answer, result: { items, totalCount: items.length, incomplete: true } };
    trail(next);
    const further = await page(() => {
      const id = newId(); // one a try: a 401 alone is sent again under the same
      return send((token) => {
        const request = build(token);
        return {
          ...request,
          url: next.url,
          headers: { ...request.headers, ...next.headers, ...idHeaders(operation, id) },
        };
      });
    });
    if (further.type !== 'ok') return further;
    items.push(...(spelled(itemsOf(further.result), schema) as readonly unknown[]));
    url = next.url;
    answer = further;
  }
}

/** What cannot be sent, or not be followed, fails its step and not the run. */
function impossible(error: Error, requestId: string): Answer {
  return {
    type: 'refused',
    again: false,
    error: { status: 0, code: error.name, description: error.message, requestId, correlationId: '' },
  };
}

/** A 401 is answered once with a renewed token, under the same request id: nothing has happened. */
async function withToken(tokens: Tokens, need: Need, make: Build, transmit: Transmit): Promise<WireAnswer> {
  const token = await tokenOf(() => tokens.get(need));
  const answer = await transmit(make(token));
  if (answer.status !== 401) return answer;
  const renewed = await tokenOf(() => tokens.renew(need, token));
  return renewed === token ? answer : transmit(make(renewed));
}

/** A token that cannot be had is no answer of the service: it must not look like one. */
async function tokenOf(get: () => Promise<string>): Promise<string> {
  try {
    return await get();
  } catch (error) {
    if (error instanceof TransportError)
      throw new DiagnosticsError([
        { code: 'TARGET', severity: 'error', message: `no token could be had: ${error.message}` },
      ]);
    throw error;
  }
}
