import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { type Diagnostic, DiagnosticsError } from '../diagnostics/diagnostic.ts';
import type { PlanHeader, PlanSummary } from '../plan/plan.ts';
import { privateKeyOf, publicKeysOf, signatureProblem } from '../plan/signature.ts';
import { usage } from './load-playbook.ts';

const makeKeys = [
  'make a pair of keys with:',
  '    openssl genpkey -algorithm ed25519 -out reviewer.pem',
  '    openssl pkey -in reviewer.pem -pubout -out reviewer.pub.pem',
].join('\n');

/**
 * The key that `--sign` or TENANTRY_SIGN_KEY names: a PEM file, or the PEM text itself, as CI systems keep secrets.
 * @throws DiagnosticsError USAGE; nothing of what was read is in it
 */
export async function signingKey(named: string): Promise<KeyObject> {
  return keyFrom('--sign', named, (pem) => privateKeyOf(pem, process.env.TENANTRY_SIGN_KEY_PASSWORD));
}

/** The PEM text of the keys that `--require-signature` or TENANTRY_REQUIRE_SIGNATURE names. @throws DiagnosticsError USAGE */
export async function requiredKeys(named: string | undefined): Promise<string | undefined> {
  if (named === undefined || named === '') return undefined;
  return keyFrom('--require-signature', named, (pem) => {
    publicKeysOf(pem);
    return pem;
  });
}

async function keyFrom<T>(option: string, named: string, read: (pem: string) => T): Promise<T> {
  const inline = named.includes('-----BEGIN');
  try {
    return read(inline ? named : await readFile(named, 'utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // What the parser of keys says is for its makers.
    const why = code?.startsWith('ERR_OSSL') ? 'it is no PEM key, or its password is another one' : message;
    const where = inline ? 'the key that was given' : `the key in ${named}`;
    throw usage(`${option} cannot use ${where}: ${why}`, makeKeys);
  }
}

/**
 * Refuses a plan that none of the keys signed.
 * @param wanted PEM texts, each of which must be satisfied; those that are undefined ask for nothing
 * @throws DiagnosticsError PLAN_SIGNATURE
 */
export function refuseUnsigned(
  plan: { readonly header: PlanHeader; readonly summary: PlanSummary },
  wanted: readonly (string | undefined)[],
  file: string,
): void {
  const problems = wanted
    .filter((pem) => pem !== undefined)
    .map((pem) => signatureProblem(plan, publicKeysOf(pem), file))
    .filter((problem): problem is Diagnostic => problem !== undefined);
  if (problems.length > 0) throw new DiagnosticsError(problems);
}

/** A playbook that is planned and applied at once has nobody's signature. @throws DiagnosticsError PLAN_SIGNATURE */
export function refuseUnsignedPlaybook(file: string): never {
  const message = `a signature is required, and ${file} is no plan file that could have one`;
  const help = `have a plan reviewed and signed, and apply that file:\n    tenantry plan ${file} --input FILE --out FILE --sign KEY`;
  throw new DiagnosticsError([{ code: 'PLAN_SIGNATURE', severity: 'error', message, help }]);
}
