import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { NodeAuthOptions } from '@azure/msal-node';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { TransportError, type World } from '../world/world.ts';
import type { Target } from './clouds.ts';
import type { FederatedSource, Proof } from './credentials.ts';
import { jsonOf } from './service-error.ts';

/** An app's proof as msal-node takes it. */
export type ProofOptions = Pick<NodeAuthOptions, 'clientSecret' | 'clientCertificate' | 'clientAssertion'>;

const timeoutMs = 30_000;

/**
 * Reads what proves the app, now: a certificate may have been renewed since the last token, and a job's token
 * lives for minutes.
 * @throws DiagnosticsError CREDENTIALS where a file or a CI system does not give it
 */
export async function readProof(proof: Proof, target: Target, world: World): Promise<ProofOptions> {
  switch (proof.type) {
    case 'secret':
      return { clientSecret: proof.secret };
    case 'certificate':
      return { clientCertificate: await readCertificate(proof.file, proof.password, world.clock.now()) };
    case 'federated': {
      const assertion = await federatedToken(proof.source, target.federatedAudience, world);
      return { clientAssertion: async () => assertion };
    }
  }
}

/** Key and certificates of one PEM file; the first certificate is the app's, others are those it hangs on. */
async function readCertificate(file: string, password: string | undefined, now: number) {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw unusable(
      file,
      error.code === 'ENOENT' ? 'there is no such file' : (error.code ?? 'it cannot be read'),
    );
  });
  const chain = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/gu) ?? [];
  const keyText = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/u.exec(
    text,
  )?.[0];
  if (keyText === undefined) throw unusable(file, 'it holds no private key');
  if (chain[0] === undefined) throw unusable(file, 'it holds no certificate');
  const certificate = parsed(file, 'the certificate', () => new X509Certificate(chain[0]!));
  const key = parsed(
    file,
    password === undefined ? 'the private key' : 'the private key or its password',
    () => createPrivateKey({ key: keyText, ...(password === undefined ? {} : { passphrase: password }) }),
  );
  if (!certificate.checkPrivateKey(key)) throw unusable(file, 'the private key is not the certificate’s');
  if (certificate.validToDate.getTime() < now)
    throw unusable(file, `the certificate ended on ${certificate.validToDate.toISOString().slice(0, 10)}`);
  return {
    privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    thumbprintSha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    x5c: chain.join('\n'),
  };
}

/** OpenSSL's own words may quote what it read, so they are left out. */
function parsed<T>(file: string, what: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    throw unusable(file, `${what} cannot be read`);
  }
}

function unusable(file: string, why: string): DiagnosticsError {
  const message = `the app's certificate cannot be used: ${file}: ${why}`;
  const help = 'TENANTRY_CLIENT_CERTIFICATE names a PEM file with the private key and the certificate';
  return new DiagnosticsError([{ code: 'CREDENTIALS', severity: 'error', message, help }]);
}

/** The workload's own token, made out to the authority of this cloud. */
async function federatedToken(source: FederatedSource, audience: string, world: World): Promise<string> {
  switch (source.type) {
    case 'file': {
      const text = await readFile(source.file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        throw noToken(`AZURE_FEDERATED_TOKEN_FILE ${source.file} cannot be read (${error.code ?? 'error'})`);
      });
      return text.trim();
    }
    case 'github': {
      const url = new URL(source.url);
      url.searchParams.set('audience', audience);
      return ask(world, 'GitHub Actions', 'value', { method: 'GET', url: url.href, token: source.token });
    }
    case 'pipelines': {
      const url = new URL(source.url);
      url.searchParams.set('api-version', '7.1');
      url.searchParams.set('serviceConnectionId', source.serviceConnection);
      return ask(world, 'Azure Pipelines', 'oidcToken', {
        method: 'POST',
        url: url.href,
        token: source.token,
      });
    }
  }
}

async function ask(
  world: World,
  who: string,
  field: string,
  { method, url, token }: { readonly method: string; readonly url: string; readonly token: string },
): Promise<string> {
  if (!/^https:|^http:\/\/(?:localhost|127\.\d+\.\d+\.\d+)(?:[:/]|$)/u.test(url))
    throw noToken(`the address that ${who} gave for it is not https`);
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    // Azure DevOps answers 401 rather than a page to sign in on.
    ...(method === 'POST' ? { 'content-type': 'application/json', 'x-tfs-fedauthredirect': 'Suppress' } : {}),
  };
  try {
    const { status, body } = await world.transport.send({ method, url, headers, timeoutMs });
    const found = (jsonOf(body) as Readonly<Record<string, unknown>> | undefined)?.[field];
    if (status === 200 && typeof found === 'string' && found !== '') return found;
    throw noToken(`${who} answered ${status} without a token`);
  } catch (error) {
    if (error instanceof TransportError) throw noToken(`${who} cannot be reached: ${error.message}`);
    throw error;
  }
}

function noToken(why: string): DiagnosticsError {
  const message = `the job has no token of its own to sign in with: ${why}`;
  const help =
    'GitHub Actions: give the job `permissions: { id-token: write }`. Azure Pipelines: map SYSTEM_ACCESSTOKEN and set TENANTRY_SERVICE_CONNECTION_ID';
  return new DiagnosticsError([{ code: 'CREDENTIALS', severity: 'error', message, help }]);
}
