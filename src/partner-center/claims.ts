import { jsonOf } from './service-error.ts';

/** What an access token says of its bearer. Read, not verified: that is for the service. */
export interface TokenClaims {
  readonly tenantId?: string;
  readonly appId?: string;
  /** The user's sign-in name; absent for an app alone. */
  readonly user?: string;
  readonly roles: readonly string[];
  /** Whether a second factor was shown; undefined where there is no user to show one. */
  readonly mfa?: boolean;
  /** Milliseconds since the epoch. */
  readonly endsAt?: number;
}

/** Undefined for a token that is no JWT, such as a ready one. */
export function claimsOf(token: string): TokenClaims | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  const claims = jsonOf(Buffer.from(parts[1]!, 'base64url').toString('utf8'));
  if (typeof claims !== 'object' || claims === null) return undefined;
  const {
    tid,
    appid,
    azp,
    upn,
    preferred_username: name,
    unique_name: unique,
    exp,
    ...rest
  } = claims as Record<string, unknown>;
  const user = textOf(upn) ?? textOf(name) ?? textOf(unique);
  const { amr } = rest;
  const isUser = user !== undefined || rest.scp !== undefined;
  return {
    ...optional('tenantId', textOf(tid)),
    ...optional('appId', textOf(appid) ?? textOf(azp)),
    ...optional('user', user),
    roles: [...listOf(rest.roles), ...listOf(rest.wids).map((id) => roleNames[id] ?? id)],
    ...optional('mfa', isUser ? listOf(amr).some((way) => way.toLowerCase() === 'mfa') : undefined),
    ...optional('endsAt', typeof exp === 'number' ? exp * 1000 : undefined),
  };
}

/** Templates of directory roles that partners' users have; others are shown as they are. */
const roleNames: Readonly<Record<string, string>> = {
  '62e90394-69f5-4237-9190-012177145e10': 'Global Administrator',
  'fe930be7-5e62-47db-91af-98c3a49a38b1': 'User Administrator',
  'b0f54661-2d74-4c50-afa3-1ec803f12efe': 'Billing Administrator',
  '729827e3-9c14-49f7-bb1b-9608f156bbb8': 'Helpdesk Administrator',
};

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function optional<K extends string, T>(name: K, value: T | undefined): { readonly [key in K]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [key in K]?: T });
}
