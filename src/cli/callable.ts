import process from 'node:process';
import { type CallerAndPlace, checkCallable } from '../check/check-callable.ts';
import type { Playbook } from '../check/playbook.ts';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import type { Operations } from '../operations/operation.ts';
import { resolveTarget, type Target } from '../partner-center/clouds.ts';
import { credentialsFrom, signInsOf } from '../partner-center/credentials.ts';
import type { Tokens } from '../partner-center/token.ts';
import { printDiagnostics } from './failure.ts';
import { accept } from './load-playbook.ts';
import { worldOf } from './sign-in.ts';
import { findTarget } from './target.ts';
import { openTokenCache } from './token-cache.ts';

/**
 * Refuses a playbook that the caller could not carry out at the target, before anything is sent; prints warnings.
 * @throws DiagnosticsError NOT_IN_CLOUD, NOT_FOR_PARTNER or SIGN_IN_KIND, each at its step
 */
export function refuseUncallable(
  playbook: Playbook,
  operations: Operations,
  { target, tokens }: { readonly target: Target; readonly tokens?: Pick<Tokens, 'signIns'> },
): void {
  const { name, cloud, partner, loopback } = target;
  const caller: CallerAndPlace = {
    target: name,
    cloud,
    ...(partner === undefined ? {} : { partner }),
    ...(tokens === undefined ? {} : { signIns: tokens.signIns }),
    ...(loopback || tokens === undefined ? {} : { environment: namesSet(process.env) }),
  };
  const found = checkCallable(playbook, operations, caller);
  if (found.some(({ severity }) => severity === 'error')) throw new DiagnosticsError(found);
  printDiagnostics(found);
}

/**
 * The same for a target that nothing else is asked of (`validate`): no credentials are needed, but those that are at
 * hand are judged.
 */
export async function refuseUncallableAt(
  name: string,
  playbook: Playbook,
  operations: Operations,
): Promise<void> {
  // An emulator of the command's own is the global cloud with every sign-in.
  if (name === 'emulator')
    return refuseUncallable(playbook, operations, { target: accept(resolveTarget('global')) });
  const world = worldOf();
  try {
    const target = await findTarget(name, world);
    const { signIns } = await openTokenCache().read();
    const credentials = credentialsFrom(process.env, target, signIns);
    const tokens = credentials.ok ? { signIns: signInsOf(credentials.value) } : undefined;
    refuseUncallable(playbook, operations, { target, ...(tokens === undefined ? {} : { tokens }) });
  } catch (error) {
    // A playbook is no worse for a target that does not answer just now.
    if (!(error instanceof DiagnosticsError) || !isUnreachable(error)) throw error;
    printDiagnostics(error.diagnostics.map((diagnostic) => ({ ...diagnostic, severity: 'warning' })));
  } finally {
    await world.transport.close();
  }
}

function namesSet(env: Readonly<Record<string, string | undefined>>): ReadonlySet<string> {
  return new Set(Object.keys(env).filter((name) => (env[name] ?? '') !== ''));
}

function isUnreachable({ diagnostics }: DiagnosticsError): boolean {
  return diagnostics.some(({ code, message }) => code === 'TARGET' && message.includes('cannot be reached'));
}

/** The cloud alone, of one that is named: planning offline asks nobody. */
export function refuseOutsideCloud(playbook: Playbook, operations: Operations, name: string): void {
  const target = resolveTarget(name);
  if (target.ok && !target.value.loopback) refuseUncallable(playbook, operations, { target: target.value });
}
