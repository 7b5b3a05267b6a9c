import process from 'node:process';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { grantTo } from '../partner-center/authority.ts';
import { resolveTarget, type Target } from '../partner-center/clouds.ts';
import { accept } from './load-playbook.ts';
import { credentialsAt, worldOf } from './sign-in.ts';

/**
 * A token of Microsoft Entra ID in place of the database's password, for the app that also calls Partner Center; a new one for
 * each connection, since they live for an hour and connections end.
 * @param scope of the database service in its cloud
 * @param target whose authority is asked; that of the scope's cloud unless given
 * @throws DiagnosticsError CREDENTIALS where the app's sign-in is incomplete
 */
export async function databasePassword(
  scope: string,
  target: Target = accept(resolveTarget(cloudOf(scope))),
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<() => Promise<string>> {
  const credentials = await credentialsAt(target, env);
  if (credentials.type === 'token') {
    const message = 'auth=entra needs an app that signs in, and there is only a ready token';
    const help = 'set TENANTRY_TENANT_ID, TENANTRY_CLIENT_ID and a secret, a certificate or a CI token';
    throw new DiagnosticsError([{ code: 'CREDENTIALS', severity: 'error', message, help }]);
  }
  const world = worldOf(env);
  return async () => (await grantTo(credentials, 'app', undefined, { target, world, scope })).token;
}

function cloudOf(scope: string): string {
  if (scope.includes('usgovcloudapi')) return 'usgov';
  return scope.includes('chinacloudapi') ? 'china' : 'global';
}
