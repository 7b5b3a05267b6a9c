import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeCertificate } from './certificate.ts';

export interface Listening {
  readonly url: string;
  /** The certificate to trust, in PEM, where it speaks HTTPS. */
  readonly certificate?: string;
  close(): Promise<void>;
}

const host = '127.0.0.1';

/** Serves on a loopback port, over HTTPS with a certificate made for it where that is wanted. */
export async function listen(
  serve: RequestListener,
  { port = 0, https = false }: { readonly port?: number; readonly https?: boolean },
): Promise<Listening> {
  const made = https
    ? makeCertificate({ commonName: 'Tenantry emulator', keyType: 'ec', addresses: [host], now: Date.now() })
    : undefined;
  const server =
    made === undefined
      ? createServer(serve)
      : createSecureServer({ key: made.key, cert: made.certificate }, serve);
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    url: `${made === undefined ? 'http' : 'https'}://${host}:${(server.address() as AddressInfo).port}`,
    ...(made === undefined ? {} : { certificate: made.certificate }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
