import { readFileSync } from 'node:fs';
import process from 'node:process';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import type { Target } from '../partner-center/clouds.ts';
import {
  type Credentials,
  credentialsFrom,
  digestOfToken,
  type Environment,
} from '../partner-center/credentials.ts';
import { makeTokens, type RefreshKeeper, type Tokens } from '../partner-center/token.ts';
import { realWorld } from '../world/real.ts';
import type { World } from '../world/world.ts';
import { printDiagnostics } from './failure.ts';
import { accept } from './load-playbook.ts';
import { openTokenCache, type TokenCache } from './token-cache.ts';

/** Who a command is, at a target. */
export interface SignIn {
  readonly credentials: Credentials;
  readonly tokens: Tokens;
}

/**
 * Reads who signs in, from the environment and what is kept on this machine. Nothing is sent until a token is needed.
 * @param keep false for a target that ends with the command: there is nothing to keep for the next one
 * @throws DiagnosticsError CREDENTIALS where it is incomplete
 */
export async function openSignIn(
  target: Target,
  env: Environment,
  world: World,
  keep = true,
): Promise<SignIn> {
  const cache = openTokenCache();
  const credentials = await credentialsAt(target, env, cache);
  const keeper = keep ? keeperFor(target, credentials, env, cache) : undefined;
  return { credentials, tokens: makeTokens(target, credentials, world, keeper) };
}

/** The credentials alone. @throws DiagnosticsError CREDENTIALS */
export async function credentialsAt(
  target: Target,
  env: Environment,
  cache: TokenCache = openTokenCache(),
): Promise<Credentials> {
  return accept(credentialsFrom(env, target, (await cache.read()).signIns));
}

/** Keeps what takes a refresh token's place. One that cannot be kept is used as long as this command lives. */
function keeperFor(
  target: Target,
  credentials: Credentials,
  env: Environment,
  cache: TokenCache,
): RefreshKeeper {
  let warned = false;
  return {
    keep: async (refreshToken, { user }) => {
      if (credentials.type === 'token') return;
      const { tenantId, clientId, refresh } = credentials;
      const given = env.TENANTRY_REFRESH_TOKEN ?? '';
      const signIn = {
        authority: target.authority,
        tenantId,
        clientId,
        refreshToken,
        byDevice: refresh?.byDevice ?? false,
        keptAt: Date.now(),
        ...(user === undefined ? {} : { user }),
        ...(given === ''
          ? ({ source: 'login' } as const)
          : ({ source: 'environment', follows: digestOfToken(given) } as const)),
      };
      try {
        await cache.keep(signIn);
      } catch (error) {
        if (warned) return;
        warned = true;
        const message = `the new refresh token cannot be kept for the next command: ${reasonOf(error)}`;
        const help = 'make the folder for it writable, or name another with XDG_CONFIG_HOME';
        printDiagnostics([{ code: 'CREDENTIALS', severity: 'warning', message, help }]);
      }
    },
  };
}

function reasonOf(error: unknown): string {
  return error instanceof DiagnosticsError ? error.diagnostics[0]!.message : (error as Error).message;
}

/**
 * The real world, as this environment has it: with TENANTRY_CA_FILE its authorities are trusted beside the usual ones.
 * @throws DiagnosticsError TARGET where the file cannot be read
 */
export function worldOf(env: Environment = process.env): World {
  const file = env.TENANTRY_CA_FILE;
  if (file === undefined || file === '') return realWorld();
  try {
    return realWorld({ ca: readFileSync(file, 'utf8') });
  } catch (error) {
    const message = `TENANTRY_CA_FILE cannot be read: ${file}: ${(error as Error).message}`;
    throw new DiagnosticsError([{ code: 'TARGET', severity: 'error', message }]);
  }
}
