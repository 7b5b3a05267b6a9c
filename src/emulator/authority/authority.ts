import { makeCertificate } from '../certificate.ts';
import type { Reply } from '../reply.ts';
import { refuseProof } from './assertions.ts';
import { DeviceCodes } from './device-codes.ts';
import { emulatorCredentials } from './identities.ts';
import { type Caller, Issued } from './issued.ts';
import { Jobs } from './jobs.ts';
import type { Claims } from './jwt.ts';
import { oauthError } from './oauth-error.ts';

/** How the authority behaves; each may be changed while it runs. */
export interface AuthorityOptions {
  readonly tokenLifetimeSeconds?: number;
  /** How long a refresh token is good once it was used; without it to its own end, 90 days. */
  readonly refreshGraceSeconds?: number;
  /** Polls until a device code is approved by itself; without it somebody must approve it. */
  readonly devicePolls?: number;
  /** Whether users show a second factor when they sign in; true without it. */
  readonly mfa?: boolean;
}

interface Endpoint {
  readonly tenant: string;
  readonly url: string;
  readonly form: URLSearchParams;
  /** The second version of the endpoint, which takes `scope` for `resource`. */
  readonly v2: boolean;
}

/** The identity platform, as far as Partner Center's callers need it: token endpoints v1 and v2, device codes, discovery. */
export class Authority {
  readonly #now: () => number;
  readonly #issued: Issued;
  readonly #devices: DeviceCodes;
  readonly #jobs: Jobs;
  #root = '';
  #certificate: { readonly key: string; readonly certificate: string } | undefined;

  constructor(now: () => number, seed: number, options: AuthorityOptions) {
    this.#now = now;
    this.#issued = new Issued(now, seed);
    this.#devices = new DeviceCodes(now);
    this.#jobs = new Jobs(now);
    this.change(options);
  }

  change({ tokenLifetimeSeconds, refreshGraceSeconds, devicePolls, mfa }: AuthorityOptions): void {
    if (tokenLifetimeSeconds !== undefined) this.#issued.lifetimeSeconds = tokenLifetimeSeconds;
    if (refreshGraceSeconds !== undefined) this.#issued.graceSeconds = refreshGraceSeconds;
    if (devicePolls !== undefined) this.#devices.pollsUntilApproved = devicePolls;
    if (mfa !== undefined) this.#issued.mfa = mfa;
  }

  set root(root: string) {
    this.#root = root;
    this.#jobs.issuer = `${root}/_emulator/jobs`;
  }

  get given(): number {
    return this.#issued.given;
  }

  /** Whom the token of an Authorization header stands for; undefined where it is missing, unknown or over. */
  identify(header: string | undefined): Caller | undefined {
    return this.#issued.identify(bearer(header));
  }

  expire(header: string | undefined): void {
    this.#issued.expire(bearer(header));
  }

  /** Answers the authority's own paths; undefined for others. */
  answer(method: string, path: string, form: URLSearchParams): Reply | undefined {
    const tenant = path.split('/')[1] ?? '';
    const root = this.#root;
    if (method === 'GET' && path.endsWith('/.well-known/openid-configuration'))
      return { status: 200, body: metadata(root, tenant) };
    if (method === 'GET' && path.startsWith('/common/discovery/instance'))
      return { status: 200, body: discovery(root) };
    const endpoint = /\/oauth2\/(v2\.0\/)?(token|devicecode)$/u.exec(path);
    if (method !== 'POST' || endpoint === null) return undefined;
    const v2 = endpoint[1] !== undefined;
    const asked = { tenant, url: `${root}${path}`, form, v2 };
    const unknown = refuseClient(asked);
    if (unknown !== undefined) return unknown;
    return endpoint[2] === 'token'
      ? this.#token(asked)
      : this.#devices.start(root, (what) => this.#issued.text(what));
  }

  /** What people and CI systems around the authority do; undefined for other paths. */
  control(
    method: string,
    path: string,
    query: URLSearchParams,
    body: unknown,
    authorization: string | undefined,
  ): Reply | undefined {
    const code = (body as { readonly code?: string } | undefined)?.code;
    switch (`${method} ${path}`) {
      case 'GET /_emulator/device':
        return this.#devices.waiting();
      case 'POST /_emulator/device/approve':
        return this.#devices.decide('approved', code);
      case 'POST /_emulator/device/decline':
        return this.#devices.decide('declined', code);
      case 'GET /_emulator/client-certificate':
        return {
          status: 200,
          bytes: Buffer.from(this.#clientCertificate()),
          headers: { 'content-type': 'application/x-pem-file' },
        };
      default:
        return this.#jobs.answer(method, path, query, authorization);
    }
  }

  /** Key and certificate of the app, made and registered when they are first asked for. */
  #clientCertificate(): string {
    this.#certificate ??= makeCertificate({
      commonName: 'Tenantry emulator app',
      keyType: 'rsa',
      now: this.#now(),
    });
    return `${this.#certificate.key}${this.#certificate.certificate}`;
  }

  #token(asked: Endpoint): Reply {
    const { form } = asked;
    switch (form.get('grant_type')) {
      case 'client_credentials':
        return this.#proven(asked) ?? this.#give(asked, 'app', false);
      case 'refresh_token':
        return this.#refreshed(asked);
      case 'device_code':
      case 'urn:ietf:params:oauth:grant-type:device_code':
        return this.#devices.refuse(form.get('device_code') ?? '') ?? this.#give(asked, 'app+user', true);
      default:
        return oauthError(400, 'unsupported_grant_type', 70003, 'The grant type is not supported.');
    }
  }

  #proven({ form, url }: Endpoint): Reply | undefined {
    return refuseProof(form, url, this.#now(), () => this.#certificate?.certificate, this.#jobs);
  }

  /** Every use gives a new refresh token; one that the app got is redeemed with the app's proof, a device's without. */
  #refreshed(asked: Endpoint): Reply {
    const used = asked.form.get('refresh_token') ?? '';
    const refresh = this.#issued.refresh(used);
    const refused = refresh?.byDevice === true ? undefined : this.#proven(asked);
    if (refused !== undefined) return refused;
    if (refresh === undefined)
      return oauthError(400, 'invalid_grant', 700082, 'The refresh token has expired or is unknown.');
    this.#issued.used(used);
    return this.#give(asked, 'app+user', refresh.byDevice);
  }

  #give({ tenant, form, v2 }: Endpoint, auth: 'app' | 'app+user', byDevice: boolean): Reply {
    const scope = (form.get('scope') ?? '').split(' ').find((word) => word.includes('/')) ?? '';
    const audience = form.get('resource') ?? scope.replace(/\/[^/]*$/u, '');
    const id = tenant === 'organizations' || tenant === 'common' ? emulatorCredentials.tenantId : tenant;
    const body = this.#issued.give({ tenant: id, auth, audience, byDevice });
    return { status: 200, body: v2 ? body : ofFirstVersion(body, audience, this.#now()) };
  }
}

function refuseClient({ tenant, form }: Endpoint): Reply | undefined {
  if (tenant.startsWith('unknown'))
    return oauthError(400, 'invalid_request', 90002, `Tenant '${tenant}' not found.`);
  const clientId = form.get('client_id');
  return clientId === emulatorCredentials.clientId
    ? undefined
    : oauthError(
        400,
        'unauthorized_client',
        700016,
        `Application with identifier '${clientId}' was not found in the directory.`,
      );
}

/** The first version of the endpoint writes numbers as text and names the resource (page partner-center-authentication). */
function ofFirstVersion(body: Claims, resource: string, now: number): Claims {
  const seconds = Math.floor(now / 1000);
  const expiresIn = Number(body.expires_in);
  return {
    ...body,
    ...(body.scope === undefined ? {} : { scope: 'user_impersonation' }),
    expires_in: String(expiresIn),
    ext_expires_in: String(expiresIn),
    expires_on: String(seconds + expiresIn),
    not_before: String(seconds),
    resource,
  };
}

function bearer(header: string | undefined): string {
  return /^Bearer (.+)$/iu.exec(header ?? '')?.[1] ?? '';
}

function discovery(root: string): Claims {
  return {
    tenant_discovery_endpoint: `${root}/common/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [],
  };
}

function metadata(root: string, tenant: string): Claims {
  const secure = root.replace(/^http:/u, 'https:');
  return {
    token_endpoint: `${secure}/${tenant}/oauth2/v2.0/token`,
    device_authorization_endpoint: `${secure}/${tenant}/oauth2/v2.0/devicecode`,
    authorization_endpoint: `${secure}/${tenant}/oauth2/v2.0/authorize`,
    issuer: `${secure}/${tenant}/v2.0`,
    jwks_uri: `${secure}/${tenant}/discovery/v2.0/keys`,
    end_session_endpoint: `${secure}/${tenant}/oauth2/v2.0/logout`,
  };
}
