import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/**
 * Self-signed certificates, made when they are needed: Node.js reads X.509 and writes none. Just enough of DER
 * (ITU-T X.690) for one (RFC 5280).
 */
export interface CertificateOptions {
  readonly commonName: string;
  readonly keyType: 'rsa' | 'ec';
  /** Addresses that it is good for, beside the name `localhost`. */
  readonly addresses?: readonly string[];
  readonly now: number;
}

export interface MadeCertificate {
  /** PEM, PKCS #8. */
  readonly key: string;
  /** PEM. */
  readonly certificate: string;
}

const dayMs = 86_400_000;

/** A key of its own, and a certificate that it signs itself. */
export function makeCertificate({
  commonName,
  keyType,
  addresses = [],
  now,
}: CertificateOptions): MadeCertificate {
  const { privateKey, publicKey } =
    keyType === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm =
    keyType === 'rsa'
      ? sequence(objectId('1.2.840.113549.1.1.11'), tagged(0x05))
      : sequence(objectId('1.2.840.10045.4.3.2'));
  const name = sequence(set(sequence(objectId('2.5.4.3'), tagged(0x0c, Buffer.from(commonName)))));
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    name,
    sequence(time(now - dayMs), time(now + 90 * dayMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions(publicKey, addresses))),
  );
  const signature = sign('sha256', body, privateKey);
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: pem(sequence(body, algorithm, bitString(signature))),
  };
}

/** That it may vouch for itself, its key's name, and the names and addresses that it is for. */
function extensions(publicKey: KeyObject, addresses: readonly string[]): readonly Buffer[] {
  const keyId = createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
  const names = [
    tagged(0x82, Buffer.from('localhost')),
    ...addresses.map((address) => tagged(0x87, Buffer.from(address.split('.').map(Number)))),
  ];
  const critical = tagged(0x01, Buffer.from([0xff]));
  return [
    sequence(objectId('2.5.29.19'), critical, octets(sequence(critical))),
    sequence(objectId('2.5.29.14'), octets(octets(keyId))),
    sequence(objectId('2.5.29.17'), octets(sequence(...names))),
  ];
}

function tagged(tag: number, content: Buffer = Buffer.alloc(0)): Buffer {
  const { length } = content;
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>= 8) bytes.unshift(rest & 0xff);
  const head = length < 0x80 ? [length] : [0x80 | bytes.length, ...bytes];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function set(...parts: readonly Buffer[]): Buffer {
  return tagged(0x31, Buffer.concat(parts));
}

function octets(content: Buffer): Buffer {
  return tagged(0x04, content);
}

function bitString(content: Buffer): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.from([0]), content]));
}

/** A positive whole number: its first bit must not be set. */
function integer(content: Buffer): Buffer {
  return tagged(0x02, content);
}

function explicit(number: number, content: Buffer): Buffer {
  return tagged(0xa0 | number, content);
}

/** GeneralizedTime would do from 2050 on; certificates of an emulator live for weeks. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/\D/gu, '').slice(2, 14);
  return tagged(0x17, Buffer.from(`${digits}Z`));
}

/** The first two numbers share a byte; the others are written in base 128. */
function objectId(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = rest.flatMap((number) => {
    const digits = [number % 128];
    for (let left = Math.floor(number / 128); left > 0; left = Math.floor(left / 128))
      digits.unshift(0x80 | (left % 128));
    return digits;
  });
  return tagged(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/gu) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
