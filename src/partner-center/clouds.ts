import type { Checked } from '../diagnostics/diagnostic.ts';
import { closest } from '../diagnostics/suggest.ts';
import type { Cloud, Host, PartnerType } from '../operations/operation.ts';

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
  /** What a token is asked for, by the host that it goes to: each takes only its own. */
  readonly scopes: Readonly<Record<Host, string>>;
  /** Whom the token of a workload (a CI job) must be made out to so that this cloud's authority takes it. */
  readonly federatedAudience: string;
  readonly cloud: Cloud;
  /** Who the partner is, where the target tells it (the emulator does). */
  readonly partner?: PartnerType;
  /** On this machine: a ready token is allowed, and plain HTTP. */
  readonly loopback: boolean;
}

interface CloudAddresses {
  readonly root: string;
  readonly graph: string;
  readonly authority: string;
  readonly federatedAudience: string;
}

/** Pages partner-center-rest-urls and partner-center-authentication; FACTS "Clouds, token authorities, audiences". */
const clouds: Readonly<Record<Cloud, CloudAddresses>> = {
  global: {
    root: 'https://api.partnercenter.microsoft.com',
    graph: 'https://graph.microsoft.com',
    authority: 'https://login.microsoftonline.com',
    federatedAudience: 'api://AzureADTokenExchange',
  },
  china: {
    root: 'https://partner.partnercenterapi.microsoftonline.cn',
    graph: 'https://microsoftgraph.chinacloudapi.cn',
    authority: 'https://login.partner.microsoftonline.cn',
    federatedAudience: 'api://AzureADTokenExchangeChina',
  },
  usgov: {
    root: 'https://api.partnercenter.microsoft.com',
    graph: 'https://graph.microsoft.us',
    authority: 'https://login.microsoftonline.us',
    federatedAudience: 'api://AzureADTokenExchangeUSGov',
  },
  germany: {
    root: 'https://api.partnercenter.microsoft.com',
    graph: 'https://graph.microsoft.de',
    authority: 'https://login.microsoftonline.de',
    federatedAudience: 'api://AzureADTokenExchange',
  },
};

/** The Partner API, for referrals; the same in every cloud that has them. */
const partnerRoot = 'https://api.partner.microsoft.com';

/** Finds a target by name or URL. `emulator` is started by the command line, which then gives its URL. */
export function resolveTarget(name: string): Checked<Target> {
  if (Object.hasOwn(clouds, name)) return found(targetOf(name, name as Cloud));
  return URL.canParse(name) && /^https?:/u.test(name) ? fromUrl(name) : unknownTarget(name);
}

function found(value: Target): Checked<Target> {
  return { ok: true, value, diagnostics: [] };
}

function targetOf(name: string, cloud: Cloud): Target {
  const { root, graph, authority, federatedAudience } = clouds[cloud];
  const roots = { partnerCenter: root, partner: partnerRoot, graph };
  return { name, root, roots, authority, scopes: scopesOf(roots), federatedAudience, cloud, loopback: false };
}

function scopesOf(roots: Target['roots']): Target['scopes'] {
  return {
    partnerCenter: `${roots.partnerCenter}/.default`,
    partner: `${roots.partner}/.default`,
    graph: `${roots.graph}/.default`,
  };
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
  const cloud = (Object.keys(clouds) as Cloud[]).find((each) => clouds[each].root === origin);
  if (cloud !== undefined) return found(targetOf(name, cloud));
  // The sign-in library knows no authority without TLS; authority.ts brings such an address back to plain HTTP.
  const authority = loopback ? origin.replace(/^http:/u, 'https:') : clouds.global.authority;
  // Tokens are made out to this very host: one for Partner Center itself never goes to another address.
  const roots = { partnerCenter: origin, partner: origin, graph: origin };
  const { federatedAudience } = clouds.global;
  const scopes = scopesOf(roots);
  return found({
    name,
    root: origin,
    roots,
    authority,
    scopes,
    federatedAudience,
    cloud: 'global',
    loopback,
  });
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
