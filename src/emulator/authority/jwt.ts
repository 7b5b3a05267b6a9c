import { constants, type KeyObject, sign, verify } from 'node:crypto';

export type Claims = Readonly<Record<string, unknown>>;

export interface Jwt {
  readonly header: Claims;
  readonly claims: Claims;
  /** Whether this key made its signature. */
  signedBy(key: KeyObject): boolean;
}

export function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** A token that nobody verifies but the emulator, which knows those that it gave out. */
export function unsignedJwt(claims: Claims): string {
  return `${encoded({ alg: 'none', typ: 'JWT' })}.${encoded(claims)}.emulated`;
}

export function signedJwt(claims: Claims, key: KeyObject, kid: string): string {
  const text = `${encoded({ alg: 'RS256', typ: 'JWT', kid })}.${encoded(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}

/** Undefined for what is no JWT. */
export function readJwt(text: string): Jwt | undefined {
  const [head = '', body = '', signature = ''] = text.split('.');
  const parse = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Claims;
  try {
    const header = parse(head);
    const pss = {
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    };
    const padding = header.alg === 'PS256' ? pss : header.alg === 'RS256' ? {} : undefined;
    return {
      header,
      claims: parse(body),
      signedBy: (key) =>
        padding !== undefined &&
        verify(
          'sha256',
          Buffer.from(`${head}.${body}`),
          { key, ...padding },
          Buffer.from(signature, 'base64url'),
        ),
    };
  } catch {
    return undefined;
  }
}
