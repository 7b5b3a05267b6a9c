import type { Checked } from '../diagnostics/diagnostic.ts';
import { closest } from '../diagnostics/suggest.ts';
import type { Cloud, Host } from '../operations/operation.ts';

/** Where requests go and where tokens come from. */
export interface Target {
  /** As plans record it: the name of the cloud, or the URL. */
  readonly name: string;
  /** Scheme, host and port of Partner Center, without a slash at the end. */
  readonly root: string;
  /** The same for every host that operations are at. */
  readonly roots: Readonly<Record<Host, string>>;
  /** Scheme and host of the token authority. */
  readonly authority: string;
  readonly scope: string;
  readonly cloud: Cloud;
  /** On this machine: a ready token is allowed, and plain HTTP. */
  readonly loopback: boolean;
}

/**
 * What proves who calls: a ready token (loopback only), or an app's own secret, which with a refresh token signs in
 * for the partner user who consented to the app.
 */
export type Credentials =
  | { readonly type: 'token'; readonly token: string }
  | {
      readonly type: 'secret';
      readonly tenantId: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly refreshToken?: string;
    };

type Environment = Readonly<Record<string, string | undefined>>;

interface CloudAddresses {
  readonly root: string;
  readonly graph: string;
  readonly authority: string;
  readonly scope: string;
}

/** Pages partner-center-rest-urls and partner-center-authentication; the Germany cloud takes no new customers. */
const clouds: Readonly<Record<Cloud, CloudAddresses>> = {
  global: {
    root: 'https://api.partnercenter.microsoft.com',
    graph: 'https://graph.microsoft.com',
    authority: 'https://login.microsoftonline.com',
    scope: 'https://api.partnercenter.microsoft.com/.default',
  },
  china: {
    root: 'https://partner.partnercenterapi.microsoftonline.cn',
    graph: 'https://microsoftgraph.chinacloudapi.cn',
    authority: 'https://login.partner.microsoftonline.cn',
    scope: 'https://partner.partnercenterapi.microsoftonline.cn/.default',
  },
  usgov: {
    root: 'https://api.partnercenter.microsoft.com',
    graph: 'https://graph.microsoft.us',
    authority: 'https://login.microsoftonline.us',
    scope: 'https://api.partnercenter.microsoft.com/.default',
  },
  germany: {
    root: 'https://api.partnercenter.microsoft.com',
    graph: 'https://graph.microsoft.de',
    authority: 'https://login.microsoftonline.de',
    scope: 'https://api.partnercenter.microsoft.com/.default',
  },
};

/** The Partner API, for referrals; the same in every cloud that has them. */
const partnerRoot = 'https://api.partner.microsoft.com';

/** Finds a target by name or URL. `emulator` is started by the command line, which then gives its URL. */
export function resolveTarget(name: string): Checked<Target> {
  if (Object.hasOwn(clouds, name)) {
    const cloud = name as Cloud;
    const { root, graph, authority, scope } = clouds[cloud];
    const roots = { partnerCenter: root, partner: partnerRoot, graph };
    return {
      ok: true,
      value: { name, root, roots, authority, scope, cloud, loopback: false },
      diagnostics: [],
    };
  }
  return URL.canParse(name) && /^https?:/u.test(name) ? fromUrl(name) : unknownTarget(name);
}

function fromUrl(name: string): Checked<Target> {
  const { origin, protocol, hostname, pathname, search, hash, username, password } = new URL(name);
  if (pathname !== '/' || `${search}${hash}${username}${password}` !== '') {
    const message = 'a target is an address without a path, a query or a password';
    return {
      ok: false,
      diagnostics: [{ code: 'TARGET', severity: 'error', message, expected: `${protocol}//${hostname}` }],
    };
  }
  const loopback = hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/u.test(hostname);
  if (protocol !== 'https:' && !loopback) {
    const message = `the target ${name} is neither on this machine nor reached by https: tokens would go over the network in clear`;
    return {
      ok: false,
      diagnostics: [{ code: 'TARGET', severity: 'error', message, help: `use https://${hostname}` }],
    };
  }
  // The sign-in library knows no authority without TLS; token.ts brings such an address back to plain HTTP.
  const authority = loopback ? origin.replace(/^http:/u, 'https:') : clouds.global.authority;
  const scope = loopback ? `${origin}/.default` : clouds.global.scope;
  const roots = { partnerCenter: origin, partner: origin, graph: origin };
  return {
    ok: true,
    value: { name, root: origin, roots, authority, scope, cloud: 'global', loopback },
    diagnostics: [],
  };
}

function unknownTarget(name: string): Checked<Target> {
  const names = ['emulator', ...Object.keys(clouds)];
  const near = closest(name, names);
  return {
    ok: false,
    diagnostics: [
      {
        code: 'TARGET',
        severity: 'error',
        message: `there is no target '${name}'`,
        expected: `${names.join(', ')}, or a URL`,
        ...(near === undefined ? {} : { didYouMean: near }),
      },
    ],
  };
}

/** Reads the credentials that the environment holds. */
export function credentialsFromEnv(env: Environment, target: Target): Checked<Credentials> {
  const token = env.TENANTRY_ACCESS_TOKEN;
  if (token !== undefined && token !== '' && target.loopback)
    return { ok: true, value: { type: 'token', token }, diagnostics: [] };
  const {
    TENANTRY_TENANT_ID: tenantId = '',
    TENANTRY_CLIENT_ID: clientId = '',
    TENANTRY_CLIENT_SECRET: clientSecret = '',
    TENANTRY_REFRESH_TOKEN: refreshToken = '',
  } = env;
  const missing = Object.entries({
    TENANTRY_TENANT_ID: tenantId,
    TENANTRY_CLIENT_ID: clientId,
    TENANTRY_CLIENT_SECRET: clientSecret,
  })
    .filter(([, value]) => value === '')
    .map(([name]) => name);
  if (missing.length === 0)
    return {
      ok: true,
      value: {
        type: 'secret',
        tenantId,
        clientId,
        clientSecret,
        ...(refreshToken === '' ? {} : { refreshToken }),
      },
      diagnostics: [],
    };
  return {
    ok: false,
    diagnostics: [
      {
        code: 'CREDENTIALS',
        severity: 'error',
        message: `the sign-in to ${target.name} is incomplete: ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not set`,
        help: 'set the partner tenant, the app registered for Partner Center and its secret in the environment, e.g. from your CI system’s secrets',
      },
    ],
  };
}
