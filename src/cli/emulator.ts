import process from 'node:process';
import type { Cloud, PartnerType } from '../operations/operation.ts';
import { loadOperations } from '../operations/read.ts';
import { exitStatus } from './exit-status.ts';
import type { Common } from './options.ts';

export interface EmulatorOptions {
  readonly port?: number;
  readonly latency?: number;
  readonly rate?: number;
  readonly faults?: string;
  readonly orderLag?: number;
  readonly seed?: number;
  /** Who the caller is, and in which cloud. */
  readonly profile?: PartnerType;
  readonly cloud?: Cloud;
}

/** `tenantry emulator`: Partner Center on a loopback port until the process is told to stop. */
export async function emulator(options: EmulatorOptions & Common): Promise<number> {
  const { startEmulator, emulatorCredentials } = await import('../emulator/server.ts');
  const running = await startEmulator(
    {
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.latency === undefined ? {} : { latencyMs: options.latency }),
      ...(options.rate === undefined ? {} : { rate: options.rate }),
      ...(options.faults === undefined ? {} : { faults: options.faults }),
      ...(options.orderLag === undefined ? {} : { orderLagSeconds: options.orderLag }),
      ...(options.seed === undefined ? {} : { seed: options.seed }),
      ...(options.profile === undefined ? {} : { profile: options.profile }),
      ...(options.cloud === undefined ? {} : { cloud: options.cloud }),
    },
    loadOperations(),
  );
  const { tenantId, clientId, clientSecret, refreshToken } = emulatorCredentials;
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ url: running.url, ...emulatorCredentials })}\n`);
  } else {
    process.stdout.write(
      [
        `Partner Center's emulator listens on ${running.url}`,
        'To work against it from another terminal:',
        '',
        `    export TENANTRY_TARGET=${running.url} TENANTRY_TENANT_ID=${tenantId} \\`,
        `           TENANTRY_CLIENT_ID=${clientId} TENANTRY_CLIENT_SECRET=${clientSecret} \\`,
        `           TENANTRY_REFRESH_TOKEN=${refreshToken}`,
        '',
        'Without TENANTRY_REFRESH_TOKEN it is the app alone that signs in: some operations want a user, too.',
        `What it holds: ${running.url}/_emulator/state   What it saw: ${running.url}/_emulator/stats`,
        'Ctrl-C stops it; its state is gone then.',
        '',
      ].join('\n'),
    );
  }
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await running.close();
  return exitStatus.done;
}
