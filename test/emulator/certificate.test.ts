import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../../src/emulator/certificate.ts';

const now = Date.UTC(2026, 10, 24);

describe.each(['rsa', 'ec'] as const)('a certificate that is made, with a key of type %s', (keyType) => {
  const made = makeCertificate({ commonName: 'Tenantry test', keyType, addresses: ['127.0.0.1'], now });
  const certificate = new X509Certificate(made.certificate);

  it('is signed by its own key and names its subject', () => {
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(made.key))).toBe(true);
    expect(certificate.subject).toBe('CN=Tenantry test');
    expect(certificate.issuer).toBe(certificate.subject);
  });

  it('may vouch for itself, for this machine, and for weeks', () => {
    expect(certificate.ca).toBe(true);
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkHost('localhost')).toBe('localhost');
    expect(certificate.checkHost('example.com')).toBeUndefined();
    expect(certificate.validFromDate.getTime()).toBeLessThan(now);
    expect(certificate.validToDate.getTime()).toBeGreaterThan(now + 30 * 86_400_000);
  });

  it('has a number of its own', () => {
    const other = makeCertificate({ commonName: 'Tenantry test', keyType: 'ec', now });
    expect(new X509Certificate(other.certificate).serialNumber).not.toBe(certificate.serialNumber);
  });
});
