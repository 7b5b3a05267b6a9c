import process from 'node:process';
import { oneLine, printedJson } from '../diagnostics/neutralise.ts';
import { resolveTarget } from '../partner-center/clouds.ts';
import { isSignInOf } from '../partner-center/credentials.ts';
import { exitStatus } from './exit-status.ts';
import { accept } from './load-playbook.ts';
import type { Common } from './options.ts';
import { targetName } from './target.ts';
import { openTokenCache } from './token-cache.ts';

/** `tenantry logout`: forgets what is kept for the target, and for the tenant and app of the environment where they are set. */
export async function logout(options: Common): Promise<number> {
  const target = accept(resolveTarget(targetName(options.target)));
  const cache = openTokenCache();
  const { signIns } = await cache.read();
  const found = signIns.filter((signIn) => isSignInOf(signIn, process.env, target));
  for (const signIn of found) await cache.remove(signIn);
  const forgotten = found.map(({ user, tenantId, clientId }) => ({ user, tenantId, clientId }));
  if (options.json === true)
    process.stdout.write(`${printedJson({ ok: true, target: target.name, forgotten })}\n`);
  else if (found.length === 0) process.stdout.write(`No sign-in is kept for ${oneLine(target.name)}.\n`);
  for (const { user, tenantId } of options.json === true ? [] : forgotten)
    process.stdout.write(
      `Forgot the sign-in of ${oneLine(user ?? 'a user')} to ${oneLine(target.name)}, tenant ${oneLine(tenantId)}.\n`,
    );
  if ((process.env.TENANTRY_REFRESH_TOKEN ?? '') !== '')
    process.stderr.write('TENANTRY_REFRESH_TOKEN is still set in the environment, and signs in.\n');
  return exitStatus.done;
}
