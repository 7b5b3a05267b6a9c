import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { canonical } from './fits.ts';
import type { PlanHeader, PlanSignature, PlanSummary } from './plan.ts';

/**
 * Who has seen a plan: an Ed25519 signature over its seal, which covers header and records, and over what the seal leaves
 * out (the time, the totals and the warnings). A seal says that nobody changed the file by accident; anybody can make one.
 */
type Signed = { readonly header: PlanHeader; readonly summary: PlanSummary };

/** Signs a plan whose seal is made. @param key an Ed25519 private key */
export function signPlan(plan: Signed, key: KeyObject): PlanSignature {
  return {
    by: fingerprint(createPublicKey(key)),
    value: sign(null, signedText(plan), key).toString('base64'),
  };
}

/**
 * Whether one of the keys signed the plan; its seal must have been verified.
 * @returns why it is refused, or undefined
 */
export function signatureProblem(
  plan: Signed,
  keys: readonly KeyObject[],
  file: string,
): Diagnostic | undefined {
  const { signature } = plan.summary;
  const trusted = keys.map(fingerprint).join(' or ');
  const refused = (why: string, help: string): Diagnostic => ({
    code: 'PLAN_SIGNATURE',
    severity: 'error',
    message: `${file} ${why}`,
    help,
  });
  if (signature === undefined)
    return refused(
      'is not signed, and a signature is required',
      `have the plan reviewed and signed with the key ${trusted}:\n    tenantry sign PLANFILE --sign KEY`,
    );
  const key = keys.find((candidate) => fingerprint(candidate) === signature.by);
  if (key === undefined)
    return refused(
      `is signed with the key ${signature.by}, which is not the one that is required`,
      `have it signed with the key ${trusted}`,
    );
  if (verify(null, signedText(plan), key, Buffer.from(signature.value, 'base64'))) return undefined;
  return refused(
    'is not what was signed: it was changed after that',
    'plan again, and have the new plan reviewed and signed',
  );
}

/** A key, short enough to read out: the beginning of the SHA-256 of its public half. */
export function fingerprint(key: KeyObject): string {
  const bytes = key.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

function signedText({ header, summary }: Signed): Buffer {
  const { signature: _, ...rest } = summary;
  return Buffer.from(`tenantry plan signature 1\n${header.createdAt}\n${canonical(rest)}\n`);
}

/** A private key of a PEM text. Throws where it is none, or not Ed25519. */
export function privateKeyOf(pem: string, password?: string): KeyObject {
  const key = createPrivateKey(password === undefined ? pem : { key: pem, passphrase: password });
  if (key.asymmetricKeyType !== 'ed25519')
    throw new Error(`it is a key of the kind ${key.asymmetricKeyType}`);
  return key;
}

/** Every public key of a PEM text; whoever holds one of them may have signed. Throws where there is none, or not Ed25519. */
export function publicKeysOf(pem: string): readonly KeyObject[] {
  if (pem.includes('PRIVATE KEY'))
    throw new Error('it is the private key, which only the reviewer should have');
  const blocks = pem.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/gu) ?? [];
  if (blocks.length === 0) throw new Error('there is no public key in it');
  return blocks.map((block) => {
    const key = createPublicKey(block);
    if (key.asymmetricKeyType !== 'ed25519')
      throw new Error(`it is a key of the kind ${key.asymmetricKeyType}`);
    return key;
  });
}
