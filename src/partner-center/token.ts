import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from '@azure/msal-node';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { type Transport, TransportError, type World } from '../world/world.ts';
import type { Credentials, Target } from './clouds.ts';
import { jsonOf } from './service-error.ts';

/** Access tokens, fetched when the first is needed and renewed before they end. */
export interface Tokens {
  /** A token that is good for some minutes at least. Throws DiagnosticsError CREDENTIALS or TARGET. */
  get(): Promise<string>;
  /** A newer token than the one that the service refused; concurrent callers share one renewal. */
  renew(refused: string): Promise<string>;
}

interface Held {
  readonly token: string;
  /** Milliseconds of the world's clock. */
  readonly goodUntil: number;
  /** The refresh token that takes the place of the one that was used. */
  readonly refreshToken?: string;
}

/**
 * A token is renewed this long before it ends, in milliseconds, and when half of its life is over where that is
 * shorter: a request must not meet the end on its way.
 */
const earlyMs = 5 * 60_000;
const timeoutMs = 30_000;

/** Tokens for a target by its credentials, through msal-node. */
export function makeTokens(target: Target, credentials: Credentials, world: World): Tokens {
  if (credentials.type === 'token')
    return { get: async () => credentials.token, renew: async () => credentials.token };
  let held: Held | undefined;
  let refreshToken = credentials.refreshToken;
  let fetching: Promise<Held> | undefined;
  // msal-node sends one request a caller: this shares one among all who wait (PACKAGES "no single-flight").
  const fetchOnce = (): Promise<Held> => {
    fetching ??= acquire(target, { ...credentials, ...(refreshToken && { refreshToken }) }, world)
      .then((fetched) => {
        held = fetched;
        refreshToken = fetched.refreshToken ?? refreshToken;
        return fetched;
      })
      .finally(() => {
        fetching = undefined;
      });
    return fetching;
  };
  return {
    get: async () => {
      const good = held !== undefined && held.goodUntil > world.clock.now();
      return good ? held!.token : (await fetchOnce()).token;
    },
    renew: async (refused) =>
      held !== undefined && held.token !== refused ? held.token : (await fetchOnce()).token,
  };
}

async function acquire(
  target: Target,
  credentials: Extract<Credentials, { type: 'secret' }>,
  world: World,
): Promise<Held> {
  const { ConfidentialClientApplication } = await import('@azure/msal-node');
  // The library wraps what the network says until it cannot be recognised, so it is kept here.
  let unreachable: TransportError | undefined;
  const authority = `${target.authority}/${credentials.tenantId}`;
  // A new application each time: its cache would give back the very token that was refused.
  const application = new ConfidentialClientApplication({
    auth: {
      clientId: credentials.clientId,
      clientSecret: credentials.clientSecret,
      authority,
      knownAuthorities: [new URL(authority).host],
      // Known beforehand: no discovery, and an unknown tenant is refused in the words of the token endpoint.
      authorityMetadata: JSON.stringify({
        issuer: `${authority}/v2.0`,
        authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
        token_endpoint: `${authority}/oauth2/v2.0/token`,
      }),
    },
    system: {
      networkClient: networkThrough(world.transport, target, (error) => {
        unreachable = error;
      }),
    },
  });
  try {
    const asked = Date.now();
    const scopes = [target.scope];
    const { refreshToken } = credentials;
    const result = await (refreshToken === undefined
      ? application.acquireTokenByClientCredential({ scopes })
      : application.acquireTokenByRefreshToken({ scopes, refreshToken, forceCache: true }));
    if (result === null) throw new Error('the authority gave no token');
    // msal-node counts from the machine's clock; what holds is how long the token lives.
    const livesMs = result.expiresOn === null ? earlyMs : result.expiresOn.getTime() - asked;
    const goodMs = Math.max(livesMs - earlyMs, livesMs / 2);
    const rotated = rotatedIn(application.getTokenCache().serialize());
    return {
      token: result.accessToken,
      goodUntil: world.clock.now() + goodMs,
      ...(rotated === undefined ? {} : { refreshToken: rotated }),
    };
  } catch (error) {
    throw unreachable === undefined
      ? signInError(error, target, credentials)
      : unreachableError(unreachable, target);
  }
}

/** The refresh token in msal-node's cache, the only place where it shows one (with `forceCache`). */
function rotatedIn(cache: string): string | undefined {
  const { RefreshToken } = JSON.parse(cache) as {
    readonly RefreshToken?: Readonly<Record<string, { readonly secret: string }>>;
  };
  return Object.values(RefreshToken ?? {})[0]?.secret;
}

/** msal-node's requests through our own transport, so that a simulated world sees them too. */
function networkThrough(
  transport: Transport,
  target: Target,
  onUnreachable: (error: TransportError) => void,
): INetworkModule {
  const plain = target.loopback && target.root.startsWith('http:');
  const send = async <T>(
    method: string,
    url: string,
    options: NetworkRequestOptions = {},
  ): Promise<NetworkResponse<T>> => {
    const request = {
      method,
      url: plain ? url.replace(/^https:/u, 'http:') : url,
      headers: options.headers ?? {},
      ...(options.body === undefined ? {} : { body: options.body }),
      timeoutMs,
    };
    const unreachable = (error: unknown): never => {
      if (error instanceof TransportError) onUnreachable(error);
      throw error;
    };
    const { status, headers, body } = await transport.send(request).catch(unreachable);
    const parsed = jsonOf(body);
    if (parsed === undefined) {
      const message = `the authority answered ${status} with something that is not JSON`;
      return unreachable(new TransportError(message, { sent: 'maybe', reason: 'other' }));
    }
    return { status, headers: { ...headers }, body: parsed as T };
  };
  return {
    sendGetRequestAsync: (url, options) => send('GET', url, options),
    sendPostRequestAsync: (url, options) => send('POST', url, options),
  };
}

/** Which of tenant, app or secret the authority refused (AADSTS codes of the Microsoft identity platform). */
const refusals: readonly { readonly pattern: RegExp; readonly what: string; readonly help: string }[] = [
  {
    pattern: /AADSTS(?:90002|900023|90013|50059)\b/u,
    what: 'the tenant',
    help: 'check TENANTRY_TENANT_ID: the id or a domain of your partner tenant in this cloud',
  },
  {
    pattern: /AADSTS(?:700016|7000229|90094)\b/u,
    what: 'the app',
    help: 'check TENANTRY_CLIENT_ID: an app of this tenant, registered for Partner Center',
  },
  {
    pattern: /AADSTS7000222\b/u,
    what: 'the secret, which has expired',
    help: 'make a new secret for the app and set TENANTRY_CLIENT_SECRET',
  },
  {
    pattern: /AADSTS(?:7000215|7000218)\b/u,
    what: 'the secret',
    help: 'check TENANTRY_CLIENT_SECRET: the secret’s value, not its id',
  },
  {
    pattern: /AADSTS(?:70000|700082|70043|50173|50076|50079|50078)\b/u,
    what: 'the refresh token',
    help: 'the partner user must consent again, with a second factor; then set TENANTRY_REFRESH_TOKEN anew',
  },
];

function signInError(
  error: unknown,
  target: Target,
  credentials: Extract<Credentials, { type: 'secret' }>,
): DiagnosticsError {
  if (error instanceof DiagnosticsError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const refusal = refusals.find(({ pattern }) => pattern.test(message));
  const text =
    refusal === undefined
      ? `the sign-in to ${target.name} was refused: ${firstLine(message, credentials)}`
      : `the sign-in to ${target.name} refused ${refusal.what}: ${firstLine(message, credentials)}`;
  const help = refusal?.help ?? 'check TENANTRY_TENANT_ID, TENANTRY_CLIENT_ID and TENANTRY_CLIENT_SECRET';
  return new DiagnosticsError([{ code: 'CREDENTIALS', severity: 'error', message: text, help }]);
}

function unreachableError(error: TransportError, target: Target): DiagnosticsError {
  const message = `${target.name} cannot be reached to sign in: ${error.message}`;
  const help = 'check the network, the proxy and the target’s address';
  return new DiagnosticsError([{ code: 'TARGET', severity: 'error', message, help }]);
}

/** The authority's own sentence, without trace ids, and never with the secret in it. */
function firstLine(
  message: string,
  { clientSecret, refreshToken = clientSecret }: Extract<Credentials, { type: 'secret' }>,
): string {
  const line = message.split(/[\r\n]|Trace ID|\s-\s\[/u)[0] ?? '';
  return line.replaceAll(clientSecret, '(secret)').replaceAll(refreshToken, '(refresh token)').trim();
}
