import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seal, unseal } from '../../src/journal/seal.ts';

const key = Buffer.alloc(32, 1);
const stateKey = expect.objectContaining({ diagnostics: [expect.objectContaining({ code: 'STATE_KEY' })] });

/** What is thrown, or undefined. */
function thrown(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('a secret at rest', () => {
  it('comes back whatever it is, wherever it stands', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (secret, name) => {
        const value = { list: [1, { [`x${name}`]: { $secret: secret } }], $secret2: 'clear' };
        const written: unknown = JSON.parse(JSON.stringify(seal(value, key)));
        expect(unseal(written, key)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('stays where it was in what the service names oddly', () => {
    const value = JSON.parse('{"__proto__": {"$secret": 1}, "a": [{"$secret": 2}, 3]}') as object;
    const written = JSON.stringify(seal(value, key));
    expect(written).toContain('"__proto__":{"$encrypted"');
    expect(JSON.stringify(unseal(JSON.parse(written), key))).toBe(JSON.stringify(value));
  });

  it('is written differently each time, and never in clear', () => {
    const once = JSON.stringify(seal({ $secret: 'canary' }, key));
    expect(once).not.toContain('canary');
    expect(JSON.stringify(seal({ $secret: 'canary' }, key))).not.toBe(once);
  });

  it('leaves what holds no secret as it is', () => {
    const value = { a: [1, null, { b: 'c' }] };
    expect(seal(value, undefined)).toBe(value);
    expect(unseal(value, key)).toBe(value);
  });

  it('stays encrypted without a key', () => {
    const written = seal({ a: { $secret: 1 }, b: 2 }, key);
    expect(unseal(written, undefined)).toEqual({ a: { $encrypted: expect.any(String) }, b: 2 });
  });

  it('cannot be written without a key, nor read with another, nor once it was changed', () => {
    const written = seal({ $secret: 'x' }, key) as { readonly $encrypted: string };
    const bytes = Buffer.from(written.$encrypted, 'base64');
    bytes[bytes.length - 1]! ^= 1;
    expect(thrown(() => seal({ $secret: 'x' }, undefined))).toEqual(stateKey);
    expect(thrown(() => unseal(written, Buffer.alloc(32, 2)))).toEqual(stateKey);
    expect(thrown(() => unseal({ $encrypted: bytes.toString('base64') }, key))).toEqual(stateKey);
    expect(thrown(() => unseal({ $encrypted: 'short' }, key))).toEqual(stateKey);
  });
});
