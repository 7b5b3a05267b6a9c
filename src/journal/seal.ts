import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';

/**
 * Secrets at rest (J5). A caller marks a secret as `{ $secret: value }`; what is written is `{ $encrypted: text }`,
 * AES-256-GCM with a fresh nonce: base64 of nonce, tag and data.
 */
const nonceBytes = 12;
const tagBytes = 16;

/** Encrypts every marked secret inside a value. Throws DiagnosticsError STATE_KEY where there is one and no key. */
export function seal(value: unknown, key: Uint8Array | undefined): unknown {
  return replaceMarked(value, '$secret', (secret) => ({
    $encrypted: encrypt(JSON.stringify(secret) ?? 'null', key),
  }));
}

/** The same, as JSON. Most values hold no secret, and their JSON says so sooner than a walk through them. */
export function sealedJson(value: unknown, key: Uint8Array | undefined): string {
  const json = JSON.stringify(value);
  return json.includes('"$secret"') ? JSON.stringify(seal(value, key)) : json;
}

/**
 * Decrypts every encrypted secret inside a value into `{ $secret: value }`. Without a key they stay as they are.
 * @throws DiagnosticsError STATE_KEY where the key is another one
 */
export function unseal(value: unknown, key: Uint8Array | undefined): unknown {
  if (key === undefined) return value;
  return replaceMarked(value, '$encrypted', (text) => ({
    $secret: JSON.parse(decrypt(String(text), key)) as unknown,
  }));
}

/** A tree with `{ [mark]: x }` replaced; what holds none is shared, not copied. */
function replaceMarked(
  value: unknown,
  mark: '$secret' | '$encrypted',
  replace: (inner: unknown) => unknown,
): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Object.hasOwn(value, mark)) return replace((value as Readonly<Record<string, unknown>>)[mark]);
  let copy: object | undefined;
  for (const [name, inner] of Object.entries(value)) {
    const next = replaceMarked(inner, mark, replace);
    if (next === inner) continue;
    copy ??= Array.isArray(value) ? [...(value as unknown[])] : { ...value };
    // Defined, not assigned: the service may name a field `__proto__`.
    Object.defineProperty(copy, name, { value: next, enumerable: true, configurable: true, writable: true });
  }
  return copy ?? value;
}

function encrypt(text: string, key: Uint8Array | undefined): string {
  if (key === undefined) throw keyError('the run holds secrets, and there is no key to encrypt them with');
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), data]).toString('base64');
}

function decrypt(text: string, key: Uint8Array): string {
  const bytes = Buffer.from(text, 'base64');
  const nonce = bytes.subarray(0, nonceBytes);
  try {
    // The length of the tag is fixed, or a cut-off one would prove less.
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
    decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    const data = bytes.subarray(nonceBytes + tagBytes);
    return Buffer.concat([decipher.update(data), decipher.final()]).toString('utf8');
  } catch {
    throw keyError('the secrets in the state were encrypted with another key, or are damaged');
  }
}

function keyError(message: string): DiagnosticsError {
  const help = 'set TENANTRY_STATE_KEY to the text that it had when the run was begun';
  return new DiagnosticsError([{ code: 'STATE_KEY', severity: 'error', message, help }]);
}
