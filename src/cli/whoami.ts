import process from 'node:process';
import { oneLine, printedJson } from '../diagnostics/neutralise.ts';
import type { Auth } from '../operations/operation.ts';
import { loadOperations } from '../operations/read.ts';
import { claimsOf, type TokenClaims } from '../partner-center/claims.ts';
import { exitStatus } from './exit-status.ts';
import type { Common } from './options.ts';
import { connect } from './session.ts';
import { targetName } from './target.ts';

/** `tenantry whoami`: signs in, each way that the credentials allow, and shows what the tokens say. */
export async function whoami(options: Common): Promise<number> {
  const connection = await connect(targetName(options.target), loadOperations());
  try {
    const { target, tokens } = connection;
    const found: { readonly auth: Auth; readonly claims: TokenClaims | undefined }[] = [];
    for (const auth of tokens.signIns.toReversed())
      found.push({ auth, claims: claimsOf(await tokens.get({ host: 'partnerCenter', auth })) });
    const { name, cloud, partner } = target;
    if (options.json === true) {
      const signIns = found.map(({ auth, claims }) => ({ auth, ...document(claims) }));
      process.stdout.write(`${printedJson({ ok: true, target: name, cloud, partner, signIns })}\n`);
    } else {
      process.stdout.write(`${oneLine(name)}, the ${cloud} cloud\n`);
      for (const { auth, claims } of found) process.stdout.write(describe(auth, claims));
    }
    return exitStatus.done;
  } finally {
    await connection.close();
  }
}

function document(claims: TokenClaims | undefined) {
  if (claims === undefined) return {};
  const { endsAt, ...rest } = claims;
  return { ...rest, ...(endsAt === undefined ? {} : { endsAt: new Date(endsAt).toISOString() }) };
}

function describe(auth: Auth, claims: TokenClaims | undefined): string {
  const lines: readonly (readonly [string, string | undefined])[] =
    claims === undefined
      ? [['token', 'a ready one, which does not say whose it is']]
      : [
          ['user', claims.user],
          ['app', claims.appId],
          ['tenant', claims.tenantId],
          ['roles', claims.roles.length === 0 ? undefined : claims.roles.join(', ')],
          [
            'second factor',
            claims.mfa === undefined ? undefined : claims.mfa ? 'yes' : 'NO: calls will be refused',
          ],
          ['token ends', claims.endsAt === undefined ? undefined : new Date(claims.endsAt).toISOString()],
        ];
  const told = lines.filter(([, value]) => value !== undefined);
  const body = told.map(([name, value]) => `  ${name.padEnd(14)} ${oneLine(value!)}`);
  return `\n${auth === 'app' ? 'the app alone' : 'app+user'}\n${body.join('\n')}\n`;
}
