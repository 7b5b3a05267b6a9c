import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { printedJson } from '../diagnostics/neutralise.ts';
import type { Emulator } from '../emulator/server.ts';
import type { Cloud, PartnerType } from '../operations/operation.ts';
import { operationsWith } from './catalogues.ts';
import { exitStatus } from './exit-status.ts';
import type { CatalogueOptions, Common } from './options.ts';

export interface EmulatorOptions extends CatalogueOptions {
  readonly port?: number;
  readonly https?: boolean;
  readonly latency?: number;
  readonly rate?: number;
  readonly throttle?: 'documented' | 'none';
  readonly faults?: string;
  readonly orderLag?: number;
  readonly seed?: number;
  /** Who the caller is, and in which cloud. */
  readonly profile?: PartnerType;
  readonly cloud?: Cloud;
  /** Whether the account is an integration sandbox. */
  readonly sandbox?: boolean;
}

/** `tenantry emulator`: Partner Center on a loopback port until the process is told to stop. */
export async function emulator(options: EmulatorOptions & Common): Promise<number> {
  const { startEmulator, emulatorCredentials } = await import('../emulator/server.ts');
  const running = await startEmulator(
    {
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.https === undefined ? {} : { https: options.https }),
      ...(options.latency === undefined ? {} : { latencyMs: options.latency }),
      ...(options.rate === undefined ? {} : { rate: options.rate }),
      ...(options.throttle === undefined ? {} : { throttle: options.throttle }),
      ...(options.faults === undefined ? {} : { faults: options.faults }),
      ...(options.orderLag === undefined ? {} : { orderLagSeconds: options.orderLag }),
      ...(options.seed === undefined ? {} : { seed: options.seed }),
      ...(options.profile === undefined ? {} : { profile: options.profile }),
      ...(options.cloud === undefined ? {} : { cloud: options.cloud }),
      ...(options.sandbox === undefined ? {} : { sandbox: options.sandbox }),
    },
    await operationsWith(options.catalog),
  );
  const ca = await certificateFile(running);
  try {
    process.stdout.write(
      options.json === true
        ? `${printedJson({ url: running.url, ...emulatorCredentials, ...(ca === undefined ? {} : { caFile: ca.file }) })}\n`
        : `${describe(running.url, ca?.file, emulatorCredentials)}\n`,
    );
    await new Promise<void>((resolve) => {
      process.once('SIGINT', resolve);
      process.once('SIGTERM', resolve);
    });
  } finally {
    await running.close();
    await ca?.remove();
  }
  return exitStatus.done;
}

/** Its certificate in a file, for TENANTRY_CA_FILE, as long as it runs. */
async function certificateFile({ certificate }: Emulator) {
  if (certificate === undefined) return undefined;
  const folder = await mkdtemp(path.join(tmpdir(), 'tenantry-emulator-'));
  const file = path.join(folder, 'ca.pem');
  await writeFile(file, certificate);
  return { file, remove: () => rm(folder, { recursive: true, force: true }) };
}

function describe(
  url: string,
  caFile: string | undefined,
  credentials: Readonly<Record<'tenantId' | 'clientId' | 'clientSecret' | 'refreshToken', string>>,
): string {
  const { tenantId, clientId, clientSecret, refreshToken } = credentials;
  return [
    `Partner Center's emulator listens on ${url}`,
    'To work against it from another terminal:',
    '',
    `    export TENANTRY_TARGET=${url} TENANTRY_TENANT_ID=${tenantId} \\`,
    `           TENANTRY_CLIENT_ID=${clientId} TENANTRY_CLIENT_SECRET=${clientSecret} \\`,
    ...(caFile === undefined ? [] : [`           TENANTRY_CA_FILE=${caFile} \\`]),
    `           TENANTRY_REFRESH_TOKEN=${refreshToken}`,
    '',
    'Without TENANTRY_REFRESH_TOKEN it is the app alone that signs in: some operations want a user, too.',
    `Other ways to sign in: tenantry login, or a certificate from ${url}/_emulator/client-certificate`,
    `What it holds: ${url}/_emulator/state   What it saw: ${url}/_emulator/stats`,
    'Ctrl-C stops it; its state is gone then.',
  ].join('\n');
}
