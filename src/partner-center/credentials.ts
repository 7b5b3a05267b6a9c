import { createHash } from 'node:crypto';
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Auth, Operation } from '../operations/operation.ts';
import type { Target } from './clouds.ts';

/** What proves that a caller is the app: its secret, its certificate, or the token of the CI job that it trusts. */
export type Proof =
  | { readonly type: 'secret'; readonly secret: string }
  | { readonly type: 'certificate'; readonly file: string; readonly password?: string }
  | { readonly type: 'federated'; readonly source: FederatedSource };

/** Where a workload gets a token of its own from, to show it to the authority in place of a secret. */
export type FederatedSource =
  | { readonly type: 'file'; readonly file: string }
  | { readonly type: 'github'; readonly url: string; readonly token: string }
  | {
      readonly type: 'pipelines';
      readonly url: string;
      readonly token: string;
      readonly serviceConnection: string;
    };

/** A refresh token: the consent of a partner user to the app (Secure Application Model), or a sign-in by device code. */
export interface Refresh {
  readonly token: string;
  /** Given to a device, not to the app: it is redeemed without the app's proof. */
  readonly byDevice: boolean;
  /** An older one that may still do where the first is refused. */
  readonly fallback?: string;
}

/** Who signs in: a ready token (targets on this machine only), or an app, alone or for the user who consented to it. */
export type Credentials =
  | { readonly type: 'token'; readonly token: string }
  | {
      readonly type: 'app';
      readonly tenantId: string;
      readonly clientId: string;
      readonly proof?: Proof;
      readonly refresh?: Refresh;
    };

export type AppCredentials = Extract<Credentials, { readonly type: 'app' }>;

/** A sign-in as a user that this machine keeps from command to command. */
export interface KeptSignIn {
  readonly authority: string;
  readonly tenantId: string;
  /** The tenant as it was named then, e.g. by a domain. */
  readonly tenantName?: string;
  readonly clientId: string;
  /** `login`: of `tenantry login`. `environment`: what took the place of a token that the environment gave. */
  readonly source: 'login' | 'environment';
  /** Digest of the environment's token that this one follows. */
  readonly follows?: string;
  readonly refreshToken: string;
  readonly byDevice: boolean;
  /** Who it is, for people to read. */
  readonly user?: string;
  /** Milliseconds since the epoch. */
  readonly keptAt: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Names a token without telling it. */
export function digestOfToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** The ways in which these credentials can sign in. */
export function signInsOf(credentials: Credentials): readonly Auth[] {
  if (credentials.type === 'token') return ['app', 'app+user'];
  return [
    ...(credentials.proof === undefined ? [] : (['app'] as const)),
    ...(credentials.refresh === undefined ? [] : (['app+user'] as const)),
  ];
}

/** How an operation is called by one who can sign in so: with the user's rights where it allows them. */
export function signInFor({ auth }: Pick<Operation, 'auth'>, signIns: readonly Auth[]): Auth | undefined {
  return (['app+user', 'app'] as const).find((each) => auth.includes(each) && signIns.includes(each));
}

/**
 * Reads the credentials that the environment holds, and the sign-ins kept on this machine for this authority.
 * Pure: files and networks are asked only when a token is needed.
 */
export function credentialsFrom(
  env: Environment,
  target: Target,
  kept: readonly KeptSignIn[] = [],
): Checked<Credentials> {
  const token = given(env, 'TENANTRY_ACCESS_TOKEN');
  if (token !== undefined && target.loopback)
    return { ok: true, value: { type: 'token', token }, diagnostics: [] };
  const proof = proofOf(env);
  if (!proof.ok) return proof;
  const refreshToken = given(env, 'TENANTRY_REFRESH_TOKEN');
  const candidates = kept.filter((signIn) => isSignInOf(signIn, env, target));
  const logins = candidates.filter(({ source }) => source === 'login');
  const login = logins.length === 1 && refreshToken === undefined ? logins[0] : undefined;
  const tenantId = given(env, 'TENANTRY_TENANT_ID') ?? login?.tenantId;
  const clientId = given(env, 'TENANTRY_CLIENT_ID') ?? login?.clientId;
  const refresh = refreshToken === undefined ? ofLogin(login) : following(refreshToken, candidates);
  if (tenantId === undefined || clientId === undefined || (proof.value ?? refresh) === undefined)
    return incomplete(target, {
      TENANTRY_TENANT_ID: tenantId,
      TENANTRY_CLIENT_ID: clientId,
      TENANTRY_CLIENT_SECRET: proof.value ?? refresh,
    });
  return {
    ok: true,
    value: {
      type: 'app',
      tenantId,
      clientId,
      ...(proof.value === undefined ? {} : { proof: proof.value }),
      ...(refresh === undefined ? {} : { refresh }),
    },
    diagnostics: [],
  };
}

function given(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === '' ? undefined : value;
}

/** One proof and no doubt which: a secret beside a certificate is a leftover that somebody will trip over. */
function proofOf(env: Environment): Checked<Proof | undefined> {
  const secret = given(env, 'TENANTRY_CLIENT_SECRET');
  const file = given(env, 'TENANTRY_CLIENT_CERTIFICATE');
  const password = given(env, 'TENANTRY_CLIENT_CERTIFICATE_PASSWORD');
  if (secret !== undefined && file !== undefined) {
    const message =
      'TENANTRY_CLIENT_SECRET and TENANTRY_CLIENT_CERTIFICATE are both set: the app signs in with one';
    return refused({ code: 'CREDENTIALS', severity: 'error', message, help: 'unset one of them' });
  }
  const source = secret === undefined && file === undefined ? federatedSource(env) : undefined;
  const value: Proof | undefined =
    secret !== undefined
      ? { type: 'secret', secret }
      : file !== undefined
        ? { type: 'certificate', file, ...(password === undefined ? {} : { password }) }
        : source === undefined
          ? undefined
          : { type: 'federated', source };
  return { ok: true, value, diagnostics: [] };
}

/** What GitHub Actions, Azure Pipelines and Kubernetes put into the environment of a job that may have a token. */
function federatedSource(env: Environment): FederatedSource | undefined {
  const file = given(env, 'AZURE_FEDERATED_TOKEN_FILE');
  if (file !== undefined) return { type: 'file', file };
  const github = given(env, 'ACTIONS_ID_TOKEN_REQUEST_URL');
  const githubToken = given(env, 'ACTIONS_ID_TOKEN_REQUEST_TOKEN');
  if (github !== undefined && githubToken !== undefined)
    return { type: 'github', url: github, token: githubToken };
  const pipelines = given(env, 'SYSTEM_OIDCREQUESTURI');
  const pipelinesToken = given(env, 'SYSTEM_ACCESSTOKEN');
  const serviceConnection =
    given(env, 'TENANTRY_SERVICE_CONNECTION_ID') ?? given(env, 'AZURESUBSCRIPTION_SERVICE_CONNECTION_ID');
  if (pipelines !== undefined && pipelinesToken !== undefined && serviceConnection !== undefined)
    return { type: 'pipelines', url: pipelines, token: pipelinesToken, serviceConnection };
  return undefined;
}

/** Whether a kept sign-in is one for this target, and for the tenant and the app that the environment names, if it does. */
export function isSignInOf(signIn: KeptSignIn, env: Environment, target: Target): boolean {
  const { authority, tenantId, tenantName = tenantId, clientId } = signIn;
  const names = (name: string, ...values: readonly string[]) => {
    const wanted = given(env, name)?.toLowerCase();
    return wanted === undefined || values.some((value) => value.toLowerCase() === wanted);
  };
  return (
    authority === target.authority &&
    names('TENANTRY_TENANT_ID', tenantId, tenantName) &&
    names('TENANTRY_CLIENT_ID', clientId)
  );
}

function ofLogin(login: KeptSignIn | undefined): Refresh | undefined {
  return login === undefined ? undefined : { token: login.refreshToken, byDevice: login.byDevice };
}

/** The environment's refresh token, or what took its place when it was last used. */
function following(token: string, kept: readonly KeptSignIn[]): Refresh {
  const digest = digestOfToken(token);
  const newer = kept.find(({ source, follows }) => source === 'environment' && follows === digest);
  return newer === undefined
    ? { token, byDevice: false }
    : { token: newer.refreshToken, byDevice: false, fallback: token };
}

function incomplete(target: Target, needed: Readonly<Record<string, unknown>>): Checked<Credentials> {
  const missing = Object.keys(needed).filter((name) => needed[name] === undefined);
  return refused({
    code: 'CREDENTIALS',
    severity: 'error',
    message: `the sign-in to ${target.name} is incomplete: ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not set`,
    help: [
      'set the partner tenant, the app registered for Partner Center and its proof in the environment, e.g. from your CI system’s secrets:',
      'TENANTRY_CLIENT_SECRET, or TENANTRY_CLIENT_CERTIFICATE, or a CI job that may have an OIDC token; or sign in as a user:',
      '    tenantry login',
    ].join('\n'),
  });
}

function refused(diagnostic: Diagnostic): {
  readonly ok: false;
  readonly diagnostics: readonly Diagnostic[];
} {
  return { ok: false, diagnostics: [diagnostic] };
}
