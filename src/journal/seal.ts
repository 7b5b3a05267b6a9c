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

/** Copies a tree, with `{ [mark]: x }` replaced; untouched parts are shared, not copied. */
function replaceMarked(
  value: unknown,
  mark: '$secret' | '$encrypted',
  replace: (inner: unknown) => unknown,
): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Object.hasOwn(value, mark)) return replace((value as Readonly<Record<string, unknown>>)[mark]);
  let changed = false;
  const into = (inner: unknown): unknown => {
    const next = replaceMarked(inner, mark, replace);
    if (next !== inner) changed = true;
    return next;
  };
  const copy = Array.isArray(value)
    ? value.map(into)
    : Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, into(inner)]));
  return changed ? copy : value;
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
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes));
  decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]).toString(
      'utf8',
    );
  } catch {
    throw keyError('the secrets in the state were encrypted with another key');
  }
}

function keyError(message: string): DiagnosticsError {
  const help = 'set TENANTRY_STATE_KEY to the text that it had when the run was begun';
  return new DiagnosticsError([{ code: 'STATE_KEY', severity: 'error', message, help }]);
}
