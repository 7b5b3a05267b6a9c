import { createPublicKey, X509Certificate } from 'node:crypto';
import type { Reply } from '../reply.ts';
import { emulatorCredentials, trustedJob } from './identities.ts';
import type { Jobs } from './jobs.ts';
import { type Jwt, readJwt } from './jwt.ts';
import { oauthError } from './oauth-error.ts';

/** What is registered with the app, in PEM; undefined until somebody asked for a certificate. */
export type Registered = () => string | undefined;

const bearerType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * Judges the proof of the app in a form: its secret, an assertion signed with its certificate's key, or the token of
 * the CI job that it trusts (FACTS "Authentication"). Undefined: it holds.
 */
export function refuseProof(
  form: URLSearchParams,
  tokenEndpoint: string,
  now: number,
  registered: Registered,
  jobs: Jobs,
): Reply | undefined {
  const assertion = form.get('client_assertion');
  if (assertion === null) {
    const secret = form.get('client_secret');
    if (secret === null)
      return refusal(7000218, "The request body must contain 'client_assertion' or 'client_secret'.");
    return secret === emulatorCredentials.clientSecret
      ? undefined
      : refusal(7000215, 'Invalid client secret provided.');
  }
  const jwt = form.get('client_assertion_type') === bearerType ? readJwt(assertion) : undefined;
  if (jwt === undefined) return refusal(50027, 'The client assertion is no valid JWT.');
  if (!isInTime(jwt, now)) return refusal(700024, 'Client assertion is not within its valid time range.');
  return jwt.claims.iss === emulatorCredentials.clientId
    ? refuseCertificate(jwt, tokenEndpoint, registered())
    : refuseJob(jwt, jobs);
}

/** The assertion names the certificate by its thumbprint and must be signed by its key, for this endpoint. */
function refuseCertificate(jwt: Jwt, tokenEndpoint: string, pem: string | undefined): Reply | undefined {
  const certificate = pem === undefined ? undefined : new X509Certificate(pem);
  const thumbprint =
    certificate && Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
  if (certificate === undefined || jwt.header['x5t#S256'] !== thumbprint)
    return refusal(
      700027,
      'The certificate with identifier used to sign the client assertion is not registered.',
    );
  if (!jwt.signedBy(certificate.publicKey))
    return refusal(700027, 'Client assertion failed signature validation.');
  if (jwt.claims.sub !== jwt.claims.iss)
    return refusal(700021, 'Client assertion application identifier does not match its subject.');
  // The library names the endpoint as it was told it, with https whatever the emulator speaks.
  const audience = String(jwt.claims.aud).replace(/^https?:/u, '');
  return audience === tokenEndpoint.replace(/^https?:/u, '')
    ? undefined
    : refusal(700023, 'Client assertion audience claim does not match Realm issuer.');
}

function refuseJob(jwt: Jwt, jobs: Jobs): Reply | undefined {
  const { iss, sub, aud } = jwt.claims;
  if (iss !== jobs.issuer)
    return refusal(
      700211,
      `No matching federated identity record found for presented assertion issuer '${String(iss)}'.`,
    );
  if (!jwt.signedBy(createPublicKey(jobs.key())))
    return refusal(700027, 'Client assertion failed signature validation.');
  if (sub !== trustedJob.subject)
    return refusal(
      700213,
      `No matching federated identity record found for presented assertion subject '${String(sub)}'.`,
    );
  return trustedJob.audiences.some((audience) => audience === aud)
    ? undefined
    : refusal(
        700212,
        `No matching federated identity record found for presented assertion audience '${String(aud)}'.`,
      );
}

function isInTime({ claims }: Jwt, now: number): boolean {
  const seconds = now / 1000;
  return Number(claims.exp) > seconds && Number(claims.nbf ?? 0) <= seconds + 300;
}

function refusal(number: number, text: string): Reply {
  return oauthError(401, 'invalid_client', number, text);
}
