import process from 'node:process';
import type { Limits } from '../check/playbook.ts';
import type { Operations } from '../operations/operation.ts';
import { type Client, makeClient } from '../partner-center/client.ts';
import type { Target } from '../partner-center/clouds.ts';
import type { Credentials, Environment } from '../partner-center/credentials.ts';
import type { Reader } from '../partner-center/reader.ts';
import type { Tokens } from '../partner-center/token.ts';
import type { Listener } from '../run/event.ts';
import { type Limiter, makeLimiter } from '../run/limiter.ts';
import { makeReader } from '../run/reader.ts';
import type { World } from '../world/world.ts';
import { openSignIn, worldOf } from './sign-in.ts';
import { findTarget } from './target.ts';

/** A connection to the service that a command works against, and the gate that all of its calls go through. */
export interface Session {
  readonly world: World;
  readonly target: Target;
  readonly tokens: Tokens;
  readonly operations: Operations;
  readonly client: Client;
  readonly limiter: Limiter;
  readonly reader: Reader;
  /** Sends what happens from now on to this listener. */
  listen(listener: Listener): void;
  close(): Promise<void>;
}

/**
 * Connects. `emulator` starts one inside the command. Throws DiagnosticsError for an unknown target or
 * incomplete credentials; the sign-in itself happens with the first call.
 */
export async function openSession(name: string, operations: Operations, limits: Limits): Promise<Session> {
  let current: Listener = () => {};
  const listener: Listener = (event) => current(event);
  const connection = await connect(name, operations);
  const { world, target, tokens } = connection;
  const client = makeClient({
    world,
    target,
    tokens,
    application: 'Tenantry',
    ownToken: ({ token }) => (token === undefined ? undefined : connection.env[token]),
  });
  const limiter = makeLimiter({ limits, world, listener });
  const reader = makeReader({ client, limiter, world, listener });
  return {
    world,
    target,
    tokens,
    operations,
    client,
    limiter,
    reader,
    listen: (next) => {
      current = next;
    },
    close: connection.close,
  };
}

/** A target that is there, and who calls it. */
export interface Connection extends Pick<Session, 'world' | 'target' | 'tokens' | 'close'> {
  readonly credentials: Credentials;
  /** The environment as it is seen there: an emulator of one's own brings its credentials. */
  readonly env: Environment;
}

/**
 * Finds a target and who signs in there; of an emulator its cloud is asked for. Throws DiagnosticsError.
 */
export async function connect(name: string, operations: Operations): Promise<Connection> {
  const emulator = name === 'emulator' ? await startOwnEmulator(operations) : undefined;
  const env: Environment = emulator === undefined ? process.env : { ...process.env, ...emulator.env };
  const world = worldOf(env);
  const close = async () => {
    await world.transport.close();
    await emulator?.close();
  };
  try {
    const target = await findTarget(emulator?.url ?? name, world);
    return { world, target, env, close, ...(await openSignIn(target, env, world, emulator === undefined)) };
  } catch (error) {
    await close();
    throw error;
  }
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
