import { createHash } from 'node:crypto';
import type { Auth } from '../operations/operation.ts';
import type { Reply } from './reply.ts';

/** What the emulator's authority accepts; any tenant but those that begin with `unknown`. */
export const emulatorCredentials = {
  tenantId: '00000000-0000-4000-8000-00000000a0a0',
  clientId: '00000000-0000-4000-8000-000000000001',
  clientSecret: 'emulator-secret',
  /** What a partner user's consent gave the app (page partner-center-authentication, Secure Application Model). */
  refreshToken: 'emulator-refresh-token',
} as const;

/** A ready token, for tools that bring none of their own: it may call what an app alone may, and what takes a user. */
export const readyToken = 'emulator-token';

const refreshDays = 90;

interface Issued {
  readonly auth: Auth;
  readonly goodUntil: number;
}

/** Access and refresh tokens that were given out, until when each is good and whom it stands for. */
export class Authority {
  readonly #tokens = new Map<string, Issued>();
  readonly #refresh = new Map<string, number>();
  readonly #now: () => number;
  readonly #seed: number;
  readonly lifetimeSeconds: number;
  /** How long a refresh token lives on once it was used; by default, as the service has it, to its own end. */
  graceSeconds = Number.POSITIVE_INFINITY;
  given = 0;

  constructor(now: () => number, lifetimeSeconds: number, seed: number) {
    this.#now = now;
    this.#seed = seed;
    this.lifetimeSeconds = lifetimeSeconds;
    this.#refresh.set(emulatorCredentials.refreshToken, now() + refreshDays * 86_400_000);
  }

  /** Whom the token of an Authorization header stands for; undefined where it is missing, unknown or over. */
  identify(header: string | undefined): readonly Auth[] | undefined {
    const token = bearer(header);
    if (token === readyToken) return ['app', 'app+user'];
    const issued = this.#tokens.get(token);
    return issued !== undefined && issued.goodUntil > this.#now() ? [issued.auth] : undefined;
  }

  expire(header: string | undefined): void {
    this.#tokens.delete(bearer(header));
  }

  /** Answers the authority's own paths (token endpoints v1 and v2, discovery); undefined for others. */
  answer(method: string, path: string, form: URLSearchParams, root: string): Reply | undefined {
    const tenant = path.split('/')[1] ?? '';
    if (method === 'GET' && path.endsWith('/.well-known/openid-configuration'))
      return { status: 200, body: metadata(root, tenant) };
    if (method === 'GET' && path.startsWith('/common/discovery/instance'))
      return {
        status: 200,
        body: {
          tenant_discovery_endpoint: `${root}/common/v2.0/.well-known/openid-configuration`,
          'api-version': '1.1',
          metadata: [],
        },
      };
    if (method !== 'POST' || !/\/oauth2\/(?:v2\.0\/)?token$/u.test(path)) return undefined;
    return this.#token(tenant, form, path.includes('/v2.0/'));
  }

  #token(tenant: string, form: URLSearchParams, v2: boolean): Reply {
    if (tenant.startsWith('unknown'))
      return oauthError(400, 'invalid_request', 'AADSTS90002', `Tenant '${tenant}' not found.`);
    if (form.get('client_id') !== emulatorCredentials.clientId)
      return oauthError(
        400,
        'unauthorized_client',
        'AADSTS700016',
        `Application with identifier '${form.get('client_id')}' was not found in the directory.`,
      );
    if (form.get('client_secret') !== emulatorCredentials.clientSecret)
      return oauthError(401, 'invalid_client', 'AADSTS7000215', 'Invalid client secret provided.');
    switch (form.get('grant_type')) {
      case 'client_credentials':
        return this.#grant(tenant, form, v2, 'app');
      case 'refresh_token':
        return this.#refreshed(tenant, form, v2);
      default:
        return oauthError(400, 'unsupported_grant_type', 'AADSTS70003', 'The grant type is not supported.');
    }
  }

  /** Every use gives a new refresh token; the used one goes on for the grace. */
  #refreshed(tenant: string, form: URLSearchParams, v2: boolean): Reply {
    const used = form.get('refresh_token') ?? '';
    const goodUntil = this.#refresh.get(used) ?? 0;
    if (goodUntil <= this.#now())
      return oauthError(400, 'invalid_grant', 'AADSTS700082', 'The refresh token has expired or is unknown.');
    this.#refresh.set(used, Math.min(goodUntil, this.#now() + this.graceSeconds * 1000));
    return this.#grant(tenant, form, v2, 'app+user');
  }

  #grant(tenant: string, form: URLSearchParams, v2: boolean, auth: Auth): Reply {
    this.given += 1;
    const seconds = Math.floor(this.#now() / 1000);
    const claims = {
      tid: tenant,
      appid: form.get('client_id'),
      iat: seconds,
      exp: seconds + this.lifetimeSeconds,
      jti: this.given,
      ...(auth === 'app' ? { idtyp: 'app' } : { ...user, scp: 'user_impersonation' }),
    };
    const token = jwt(claims);
    this.#tokens.set(token, { auth, goodUntil: this.#now() + this.lifetimeSeconds * 1000 });
    const times = { expires_in: this.lifetimeSeconds, ext_expires_in: this.lifetimeSeconds };
    // The first version of the endpoint writes numbers as text.
    const body = v2
      ? { token_type: 'Bearer', ...times, access_token: token }
      : {
          token_type: 'Bearer',
          expires_in: String(this.lifetimeSeconds),
          ext_expires_in: String(this.lifetimeSeconds),
          expires_on: String(seconds + this.lifetimeSeconds),
          not_before: String(seconds),
          resource: form.get('resource'),
          access_token: token,
        };
    return { status: 200, body: auth === 'app' ? body : { ...body, ...this.#ofUser(tenant, claims) } };
  }

  /** What an answer for a user has beside the access token. */
  #ofUser(tenant: string, claims: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const made = createHash('sha256').update(`${this.#seed} refresh ${this.given}`).digest('base64url');
    this.#refresh.set(made, this.#now() + refreshDays * 86_400_000);
    return {
      scope: 'user_impersonation',
      refresh_token: made,
      id_token: jwt({ ...claims, aud: claims.appid }),
      client_info: encoded({ uid: user.oid, utid: tenant }),
    };
  }
}

/** The partner's user who consented: an admin agent who signed in with a second factor. */
const user = {
  oid: '00000000-0000-4000-8000-0000000000a1',
  sub: '00000000-0000-4000-8000-0000000000a1',
  name: 'Admin Agent',
  preferred_username: 'admin.agent@partner.example',
  upn: 'admin.agent@partner.example',
  amr: ['pwd', 'mfa'],
};

function bearer(header: string | undefined): string {
  return /^Bearer (.+)$/iu.exec(header ?? '')?.[1] ?? '';
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function jwt(claims: unknown): string {
  return `${encoded({ alg: 'none', typ: 'JWT' })}.${encoded(claims)}.emulated`;
}

function metadata(root: string, tenant: string): Readonly<Record<string, unknown>> {
  const secure = root.replace(/^http:/u, 'https:');
  return {
    token_endpoint: `${secure}/${tenant}/oauth2/v2.0/token`,
    authorization_endpoint: `${secure}/${tenant}/oauth2/v2.0/authorize`,
    issuer: `${secure}/${tenant}/v2.0`,
    jwks_uri: `${secure}/${tenant}/discovery/v2.0/keys`,
    end_session_endpoint: `${secure}/${tenant}/oauth2/v2.0/logout`,
  };
}

function oauthError(status: number, error: string, code: string, text: string): Reply {
  const ids = {
    trace_id: '00000000-0000-4000-8000-000000000002',
    correlation_id: '00000000-0000-4000-8000-000000000003',
  };
  return {
    status,
    body: {
      error,
      error_description: `${code}: ${text} Trace ID: ${ids.trace_id}`,
      error_codes: [Number(code.slice('AADSTS'.length))],
      timestamp: new Date(0).toISOString(),
      ...ids,
    },
  };
}
