import type { Auth, Host } from '../operations/operation.ts';
import type { World } from '../world/world.ts';
import { type Grant, grantTo } from './authority.ts';
import type { Target } from './clouds.ts';
import { type AppCredentials, type Credentials, signInsOf } from './credentials.ts';
import { SignInRefused } from './sign-in-error.ts';

/** What a token is for: the host that it goes to, and whether it stands for the app alone or for its user. */
export interface Need {
  readonly host: Host;
  readonly auth: Auth;
}

/** Access tokens, fetched when the first is needed and renewed before they end. */
export interface Tokens {
  /** The ways in which tokens can be had. */
  readonly signIns: readonly Auth[];
  /** A token that is good for some minutes at least. Throws DiagnosticsError CREDENTIALS or TARGET. */
  get(need: Need): Promise<string>;
  /** A newer token than the one that the service refused; concurrent callers share one renewal. */
  renew(need: Need, refused: string): Promise<string>;
}

/** Keeps the refresh token that took another's place, for this process and those that come after it. */
export interface RefreshKeeper {
  /** Resolves once it is kept for good, so that the one before it may be forgotten. */
  keep(refreshToken: string, grant: Grant): Promise<void>;
}

interface Held {
  readonly token: string;
  /** Milliseconds of the world's clock. */
  readonly goodUntil: number;
}

/**
 * A token is renewed this long before it ends, in milliseconds, and when half of its life is over where that is
 * shorter: a request must not meet the end on its way.
 */
const earlyMs = 5 * 60_000;

/** Tokens for a target by its credentials, through msal-node. */
export function makeTokens(
  target: Target,
  credentials: Credentials,
  world: World,
  keeper: RefreshKeeper = { keep: async () => {} },
): Tokens {
  const signIns = signInsOf(credentials);
  if (credentials.type === 'token') {
    const { token } = credentials;
    return { signIns, get: async () => token, renew: async () => token };
  }
  const held = new Map<string, Held>();
  const fetching = new Map<string, Promise<Held>>();
  const acquire = acquiring(target, credentials, world, keeper);
  // msal-node sends one request a caller: this shares one among all who wait for the same token.
  const fetchOnce = (key: string, need: Need): Promise<Held> => {
    const running = fetching.get(key);
    if (running !== undefined) return running;
    const fetched = acquire(need.auth, target.scopes[need.host])
      .then(({ token, livesMs }) => {
        const goodMs = Math.max(livesMs - earlyMs, livesMs / 2);
        const made = { token, goodUntil: world.clock.now() + goodMs };
        held.set(key, made);
        return made;
      })
      .finally(() => fetching.delete(key));
    fetching.set(key, fetched);
    return fetched;
  };
  const keyOf = ({ host, auth }: Need) => `${auth} ${target.scopes[host]}`;
  return {
    signIns,
    get: async (need) => {
      const key = keyOf(need);
      const found = held.get(key);
      const good = found !== undefined && found.goodUntil > world.clock.now();
      return good ? found.token : (await fetchOnce(key, need)).token;
    },
    renew: async (need, refused) => {
      const key = keyOf(need);
      const found = held.get(key);
      return found !== undefined && found.token !== refused
        ? found.token
        : (await fetchOnce(key, need)).token;
    },
  };
}

type Acquire = (auth: Auth, scope: string) => Promise<Grant>;

function acquiring(
  target: Target,
  credentials: AppCredentials,
  world: World,
  keeper: RefreshKeeper,
): Acquire {
  let refreshTokens = [credentials.refresh?.token, credentials.refresh?.fallback].filter(
    (token) => token !== undefined,
  );
  let last: Promise<unknown> = Promise.resolve();
  const forUser = async (scope: string): Promise<Grant> => {
    for (;;) {
      const [refreshToken = '', ...older] = refreshTokens;
      try {
        const grant = await grantTo(credentials, 'app+user', refreshToken, { target, world, scope });
        if (grant.refreshToken === undefined || grant.refreshToken === refreshToken) return grant;
        await keeper.keep(grant.refreshToken, grant);
        refreshTokens = [grant.refreshToken];
        return grant;
      } catch (error) {
        if (older.length === 0 || !(error instanceof SignInRefused) || !error.refreshTokenIsOver) throw error;
        refreshTokens = older;
      }
    }
  };
  return (auth, scope) => {
    if (auth === 'app') return grantTo(credentials, 'app', undefined, { target, world, scope });
    // One after another, whatever they are for: each use may give a new refresh token, and the next must use it.
    const next = last.then(() => forUser(scope));
    last = next.catch(() => {});
    return next;
  };
}
