import { readFileSync } from 'node:fs';
import type { ClientConfig } from 'pg';
import { type Diagnostic, DiagnosticsError } from '../diagnostics/diagnostic.ts';

/** A database that holds runs. */
export interface PostgresAddress {
  /** As it is printed: without its password. */
  readonly name: string;
  readonly config: ClientConfig;
  /** Schema of its tables; several teams may share a database. */
  readonly schema: string;
  /** The password is a token of Microsoft Entra ID for this scope, fetched for each connection. */
  readonly tokenScope?: string;
}

/** True where a state is a database and not a file. */
export function isPostgres(state: string): boolean {
  return /^postgres(?:ql)?:/iu.test(state);
}

const known = ['sslmode', 'sslrootcert', 'host', 'schema', 'auth', 'connect_timeout'];
const connectTimeoutMs = 10_000;

/**
 * Reads `postgres://[user[:password]@]host[:port]/database[?option=value]`. Options are libpq's `sslmode`, `sslrootcert`, `host` (the
 * folder of a socket) and `connect_timeout` (seconds), and ours: `schema`, and `auth=entra` for Azure Database for
 * PostgreSQL. What is left out comes from PGHOST, PGUSER, PGPASSWORD, PGDATABASE and PGPORT.
 * The server's certificate is verified whatever `sslmode` says, `disable` apart; `prefer` and `allow` are refused, since
 * whoever stands in between could choose.
 * @throws DiagnosticsError STATE
 */
export function parsePostgres(state: string): PostgresAddress {
  const url = URL.canParse(state) ? new URL(state) : undefined;
  if (url === undefined)
    throw wrong(withoutPassword(state), 'it is no URL', 'write postgres://user@host/database');
  const options = url.searchParams;
  const name = withoutPassword(state);
  const strange = [...options.keys()].find((key) => !known.includes(key));
  if (strange !== undefined) throw wrong(name, `it has no option '${strange}'`, `it has ${known.join(', ')}`);
  const host = options.get('host') ?? (url.hostname === '' ? undefined : decodeURIComponent(url.hostname));
  const schema = options.get('schema') ?? 'tenantry';
  if (!/^[a-z_][a-z0-9_]{0,62}$/u.test(schema))
    throw wrong(name, `'${schema}' is no name of a schema`, 'use small letters, digits and _');
  const database = decodeURIComponent(url.pathname.slice(1));
  const tokenScope = scopeOf(name, options.get('auth'), host);
  return {
    name,
    schema,
    config: {
      ...(host === undefined ? {} : { host }),
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      ...(url.username === '' ? {} : { user: decodeURIComponent(url.username) }),
      ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
      ...(database === '' ? {} : { database }),
      ssl: encryption(name, options, host),
      connectionTimeoutMillis: Number(options.get('connect_timeout') ?? 0) * 1_000 || connectTimeoutMs,
      keepAlive: true,
      application_name: 'tenantry',
    },
    ...(tokenScope === undefined ? {} : { tokenScope }),
  };
}

/** The address as it may be printed and typed again; the password then comes from PGPASSWORD. */
export function withoutPassword(state: string): string {
  return isPostgres(state) ? state.replace(/^([a-z]+:\/\/[^/?#@:]*):[^/?#]*@/iu, '$1@') : state;
}

function encryption(name: string, options: URLSearchParams, host: string | undefined): ClientConfig['ssl'] {
  const mode = options.get('sslmode') ?? (isLocal(host ?? process.env.PGHOST) ? 'disable' : 'verify-full');
  if (mode === 'disable') return false;
  if (!['require', 'verify-ca', 'verify-full'].includes(mode))
    throw wrong(
      name,
      `sslmode=${mode} does not protect the connection`,
      'use sslmode=verify-full, or disable in a network that you trust',
    );
  const file = options.get('sslrootcert');
  if (file === null || file === 'system') return { rejectUnauthorized: true };
  try {
    return { rejectUnauthorized: true, ca: readFileSync(file, 'utf8') };
  } catch (error) {
    throw wrong(name, `sslrootcert cannot be read: ${(error as Error).message}`, 'name a PEM file');
  }
}

function isLocal(host: string | undefined): boolean {
  return (
    host === undefined ||
    host === 'localhost' ||
    host === '127.0.0.1' ||
    host === '[::1]' ||
    host.startsWith('/')
  );
}

/**
 * Scopes of the databases' tokens by cloud
 * (learn.microsoft.com: "Use Microsoft Entra ID for authentication with Azure Database for PostgreSQL").
 */
const scopes: readonly (readonly [ending: string, scope: string])[] = [
  ['.usgovcloudapi.net', 'https://ossrdbms-aad.database.usgovcloudapi.net/.default'],
  ['.chinacloudapi.cn', 'https://ossrdbms-aad.database.chinacloudapi.cn/.default'],
  ['', 'https://ossrdbms-aad.database.windows.net/.default'],
];

function scopeOf(name: string, auth: string | null, host: string | undefined): string | undefined {
  if (auth === null || auth === 'password') return undefined;
  if (auth !== 'entra') throw wrong(name, `it has no auth '${auth}'`, 'auth is password or entra');
  return scopes.find(([ending]) => (host ?? '').endsWith(ending))?.[1];
}

function wrong(name: string, what: string, help: string): DiagnosticsError {
  const found: Diagnostic = {
    code: 'STATE',
    severity: 'error',
    message: `${name} cannot be used: ${what}`,
    help,
  };
  return new DiagnosticsError([found]);
}
