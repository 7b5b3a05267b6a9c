import { createHash } from 'node:crypto';
import type { Auth } from '../../operations/operation.ts';
import { emulatorCredentials, emulatorUser } from './identities.ts';
import { type Claims, encoded, unsignedJwt } from './jwt.ts';

/** A ready token, for tools that bring none of their own: it may call what an app alone may, and what takes a user. */
export const readyToken = 'emulator-token';

const refreshDays = 90;

/** Whom a token stands for. */
export interface Caller {
  readonly auths: readonly Auth[];
  /** Whether its user showed a second factor; an app has none to show. */
  readonly mfa: boolean;
}

interface Refresh {
  readonly byDevice: boolean;
  goodUntil: number;
}

/** What a token is asked for. */
export interface Asked {
  readonly tenant: string;
  readonly auth: Auth;
  /** Whom it is for: the resource, or the scopes without `/.default`. */
  readonly audience: string;
  readonly byDevice: boolean;
}

/** Access and refresh tokens that were given out, until when each is good and whom it stands for. */
export class Issued {
  readonly #tokens = new Map<string, Caller & { readonly goodUntil: number }>();
  readonly #refresh = new Map<string, Refresh>();
  readonly #now: () => number;
  readonly #seed: number;
  lifetimeSeconds = 3600;
  /** How long a refresh token lives on once it was used; by default, as the service has it, to its own end. */
  graceSeconds = Number.POSITIVE_INFINITY;
  /** Whether users show a second factor when they sign in. */
  mfa = true;
  given = 0;

  constructor(now: () => number, seed: number) {
    this.#now = now;
    this.#seed = seed;
    this.#refresh.set(emulatorCredentials.refreshToken, { byDevice: false, goodUntil: this.#refreshEnd() });
  }

  identify(token: string): Caller | undefined {
    if (token === readyToken) return { auths: ['app', 'app+user'], mfa: true };
    const issued = this.#tokens.get(token);
    return issued !== undefined && issued.goodUntil > this.#now() ? issued : undefined;
  }

  expire(token: string): void {
    this.#tokens.delete(token);
  }

  /** The refresh token, where it is good. */
  refresh(token: string): { readonly byDevice: boolean } | undefined {
    const found = this.#refresh.get(token);
    return found !== undefined && found.goodUntil > this.#now() ? found : undefined;
  }

  /** The used one goes on for the grace, no longer than it would have. */
  used(token: string): void {
    const found = this.#refresh.get(token);
    if (found === undefined) return;
    found.goodUntil = Math.min(found.goodUntil, this.#now() + this.graceSeconds * 1000);
  }

  /** The body of a token endpoint's answer, second version. */
  give({ tenant, auth, audience, byDevice }: Asked): Claims {
    this.given += 1;
    const seconds = Math.floor(this.#now() / 1000);
    const claims = {
      aud: audience,
      tid: tenant,
      appid: emulatorCredentials.clientId,
      iat: seconds,
      nbf: seconds,
      exp: seconds + this.lifetimeSeconds,
      jti: String(this.given),
      ...(auth === 'app'
        ? { idtyp: 'app' }
        : { ...emulatorUser, amr: this.mfa ? ['pwd', 'mfa'] : ['pwd'], scp: 'user_impersonation' }),
    };
    const token = unsignedJwt(claims);
    const goodUntil = this.#now() + this.lifetimeSeconds * 1000;
    this.#tokens.set(token, { auths: [auth], mfa: auth === 'app' || this.mfa, goodUntil });
    const body = {
      token_type: 'Bearer',
      expires_in: this.lifetimeSeconds,
      ext_expires_in: this.lifetimeSeconds,
      access_token: token,
    };
    if (auth === 'app') return body;
    const refreshToken = this.text(`refresh ${this.given}`);
    this.#refresh.set(refreshToken, { byDevice, goodUntil: this.#refreshEnd() });
    return {
      ...body,
      scope: `${audience}/user_impersonation`,
      refresh_token: refreshToken,
      id_token: unsignedJwt({ ...claims, aud: claims.appid }),
      client_info: encoded({ uid: emulatorUser.oid, utid: tenant }),
    };
  }

  /** Text that looks random and follows from the seed. */
  text(what: string): string {
    return createHash('sha256').update(`${this.#seed} ${what}`).digest('base64url');
  }

  #refreshEnd(): number {
    return this.#now() + refreshDays * 86_400_000;
  }
}
