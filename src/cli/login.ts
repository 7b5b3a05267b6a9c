import process from 'node:process';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { oneLine, printedJson } from '../diagnostics/neutralise.ts';
import { type DeviceCode, type Grant, grantByDevice, grantTo } from '../partner-center/authority.ts';
import { claimsOf } from '../partner-center/claims.ts';
import type { Target } from '../partner-center/clouds.ts';
import { credentialsFrom, type Environment, type KeptSignIn } from '../partner-center/credentials.ts';
import type { World } from '../world/world.ts';
import { exitStatus } from './exit-status.ts';
import { printDiagnostics } from './failure.ts';
import { accept, usage } from './load-playbook.ts';
import type { Common } from './options.ts';
import { worldOf } from './sign-in.ts';
import { findTarget, targetName } from './target.ts';
import { openTokenCache } from './token-cache.ts';

export interface LoginOptions {
  readonly deviceCode?: boolean;
  readonly tenant?: string;
  readonly client?: string;
}

/**
 * `tenantry login`: a user signs in by a code, on any machine with a browser, or the consent in TENANTRY_REFRESH_TOKEN is
 * taken over. What is kept, encrypted, signs in every later command.
 */
export async function login(options: LoginOptions & Common): Promise<number> {
  const name = targetName(options.target);
  if (name === 'emulator')
    throw usage(
      'an emulator inside the command ends with it: there is nothing to sign in to',
      'start one with tenantry emulator, and name its address',
    );
  const env: Environment = {
    ...process.env,
    ...(options.tenant === undefined ? {} : { TENANTRY_TENANT_ID: options.tenant }),
    ...(options.client === undefined ? {} : { TENANTRY_CLIENT_ID: options.client }),
  };
  const world = worldOf(env);
  try {
    const target = await findTarget(name, world);
    const given = env.TENANTRY_REFRESH_TOKEN ?? '';
    const byDevice = options.deviceCode === true || given === '';
    const app = appOf(env);
    const asking = { target, world, scope: target.scopes.partnerCenter };
    const grant = byDevice
      ? await grantByDevice(app, asking, showCode)
      : await takeOver(given, env, target, world);
    await keep(target, app, grant, byDevice ? undefined : given);
    report(options, target, app.clientId, grant);
    return exitStatus.done;
  } finally {
    await world.transport.close();
  }
}

function appOf(env: Environment): { readonly tenantId: string; readonly clientId: string } {
  const clientId = env.TENANTRY_CLIENT_ID ?? '';
  if (clientId === '')
    throw usage(
      'no app was named to sign in with',
      'set TENANTRY_CLIENT_ID, or add --client ID: an app of your tenant that is registered for Partner Center and allows public client flows',
    );
  const tenantId = env.TENANTRY_TENANT_ID ?? '';
  // Without a tenant the user's own is taken.
  return { tenantId: tenantId === '' ? 'organizations' : tenantId, clientId };
}

/** Redeems the consent that the environment holds, so that it is proven before it is kept. */
async function takeOver(token: string, env: Environment, target: Target, world: World): Promise<Grant> {
  const credentials = accept(credentialsFrom(env, target));
  if (credentials.type === 'token')
    throw usage(
      'TENANTRY_ACCESS_TOKEN is set: a ready token needs no sign-in',
      'unset it, or add --device-code',
    );
  return grantTo(credentials, 'app+user', token, { target, world, scope: target.scopes.partnerCenter });
}

function showCode({ code, address, endsInSeconds }: DeviceCode): void {
  const minutes = Math.floor(endsInSeconds / 60);
  process.stderr.write(
    `To sign in, open ${oneLine(address)} in a browser and type the code ${oneLine(code)}\n(it is good for ${minutes} minutes; this command waits)\n`,
  );
}

async function keep(
  target: Target,
  { tenantId, clientId }: { readonly tenantId: string; readonly clientId: string },
  grant: Grant,
  given: string | undefined,
): Promise<void> {
  const refreshToken = grant.refreshToken ?? given;
  if (refreshToken === undefined) {
    const message = 'the authority gave no refresh token, so the sign-in cannot be kept';
    const help = 'allow the app offline access in its registration';
    throw new DiagnosticsError([{ code: 'CREDENTIALS', severity: 'error', message, help }]);
  }
  const signIn: KeptSignIn = {
    source: 'login',
    authority: target.authority,
    tenantId: grant.tenantId ?? tenantId,
    tenantName: tenantId,
    clientId,
    refreshToken,
    byDevice: given === undefined,
    keptAt: Date.now(),
    ...(grant.user === undefined ? {} : { user: grant.user }),
  };
  await openTokenCache().keep(signIn);
}

function report(options: Common, target: Target, clientId: string, grant: Grant): void {
  const mfa = claimsOf(grant.token)?.mfa;
  const { user, tenantId } = grant;
  if (options.json === true)
    process.stdout.write(
      `${printedJson({ ok: true, target: target.name, cloud: target.cloud, user, tenantId, clientId, mfa })}\n`,
    );
  else
    process.stdout.write(
      `Signed in to ${oneLine(target.name)} as ${oneLine(user ?? 'a user that the token does not name')}${tenantId === undefined ? '' : `, tenant ${oneLine(tenantId)}`}.\nIt is kept on this machine, encrypted; tenantry logout forgets it.\n`,
    );
  if (mfa === false)
    printDiagnostics([
      {
        code: 'CREDENTIALS',
        severity: 'warning',
        message:
          'the sign-in was made without a second factor: Partner Center refuses such calls (401, 900421)',
        help: 'turn on multifactor authentication for the user, then run tenantry login again',
      },
    ]);
}
