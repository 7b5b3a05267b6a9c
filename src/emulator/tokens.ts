import type { Reply } from './reply.ts';

/** What the emulator's authority accepts; any tenant but those that begin with `unknown`. */
export const emulatorCredentials = {
  tenantId: '00000000-0000-4000-8000-00000000a0a0',
  clientId: '00000000-0000-4000-8000-000000000001',
  clientSecret: 'emulator-secret',
} as const;

/** A ready token, for tools that bring none of their own. */
export const readyToken = 'emulator-token';

/** Access tokens that were given out, until when each is good. */
export class Authority {
  readonly #tokens = new Map<string, number>();
  readonly #now: () => number;
  readonly lifetimeSeconds: number;
  given = 0;

  constructor(now: () => number, lifetimeSeconds: number) {
    this.#now = now;
    this.lifetimeSeconds = lifetimeSeconds;
  }

  /** Whether an Authorization header is one of a token that is still good. */
  accepts(header: string | undefined): boolean {
    const token = /^Bearer (.+)$/iu.exec(header ?? '')?.[1];
    if (token === undefined) return false;
    return token === readyToken || (this.#tokens.get(token) ?? 0) > this.#now();
  }

  expire(header: string | undefined): void {
    this.#tokens.delete(/^Bearer (.+)$/iu.exec(header ?? '')?.[1] ?? '');
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
    if (
      form.get('grant_type') === 'client_credentials' &&
      form.get('client_secret') !== emulatorCredentials.clientSecret
    )
      return oauthError(401, 'invalid_client', 'AADSTS7000215', 'Invalid client secret provided.');
    this.given += 1;
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const seconds = Math.floor(this.#now() / 1000);
    const token = `${part({ alg: 'none', typ: 'JWT' })}.${part({ tid: tenant, appid: form.get('client_id'), iat: seconds, exp: seconds + this.lifetimeSeconds, jti: this.given })}.emulated`;
    this.#tokens.set(token, this.#now() + this.lifetimeSeconds * 1000);
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
    return { status: 200, body };
  }
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
