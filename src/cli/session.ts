import process from 'node:process';
import type { Limits } from '../check/playbook.ts';
import type { Operations } from '../operations/operation.ts';
import { type Client, makeClient } from '../partner-center/client.ts';
import { credentialsFromEnv, resolveTarget, type Target } from '../partner-center/clouds.ts';
import type { Reader } from '../partner-center/reader.ts';
import { makeTokens } from '../partner-center/token.ts';
import type { Listener } from '../run/event.ts';
import { type Limiter, makeLimiter } from '../run/limiter.ts';
import { makeReader } from '../run/reader.ts';
import { realWorld } from '../world/real.ts';
import type { World } from '../world/world.ts';
import { accept, usage } from './load-playbook.ts';

/** A connection to the service that a command works against, and the gate that all of its calls go through. */
export interface Session {
  readonly world: World;
  readonly target: Target;
  readonly client: Client;
  readonly limiter: Limiter;
  readonly reader: Reader;
  /** Sends what happens from now on to this listener. */
  listen(listener: Listener): void;
  close(): Promise<void>;
}

/** The target that a command line names, as plans record it. The emulator is never a default: real work is named. */
export function targetName(option: string | undefined): string {
  if (option === undefined) {
    throw usage(
      'no target was given',
      'add --target emulator to try things out, or --target global for the real service',
    );
  }
  return option;
}

/**
 * Connects. `emulator` starts one inside the command. Throws DiagnosticsError for an unknown target or
 * incomplete credentials; the sign-in itself happens with the first call.
 */
export async function openSession(name: string, operations: Operations, limits: Limits): Promise<Session> {
  let current: Listener = () => {};
  const listener: Listener = (event) => current(event);
  const world = realWorld();
  const emulator = name === 'emulator' ? await startOwnEmulator(operations) : undefined;
  const env = emulator === undefined ? process.env : { ...process.env, ...emulator.env };
  const target = accept(resolveTarget(emulator?.url ?? name));
  const tokens = makeTokens(target, accept(credentialsFromEnv(env, target)), world);
  const client = makeClient({ world, target, tokens, application: 'Tenantry' });
  const limiter = makeLimiter({ limits, world, listener });
  const reader = makeReader({ client, limiter, world, listener });
  return {
    world,
    target,
    client,
    limiter,
    reader,
    listen: (next) => {
      current = next;
    },
    close: async () => {
      await world.transport.close();
      await emulator?.close();
    },
  };
}

async function startOwnEmulator(operations: Operations) {
  const { startEmulator, emulatorCredentials } = await import('../emulator/server.ts');
  const emulator = await startEmulator({}, operations);
  const env = {
    TENANTRY_TENANT_ID: emulatorCredentials.tenantId,
    TENANTRY_CLIENT_ID: emulatorCredentials.clientId,
    TENANTRY_CLIENT_SECRET: emulatorCredentials.clientSecret,
    TENANTRY_REFRESH_TOKEN: emulatorCredentials.refreshToken,
    TENANTRY_ACCESS_TOKEN: undefined,
  };
  return { url: emulator.url, env, close: () => emulator.close() };
}
