import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import type { TransportError } from '../world/world.ts';
import type { Target } from './clouds.ts';

/** A sign-in that the authority refused. `final` for a refresh token: only a person can give a new one. */
export class SignInRefused extends DiagnosticsError {
  readonly refreshTokenIsOver: boolean;

  constructor(message: string, help: string, refreshTokenIsOver: boolean) {
    super([{ code: 'CREDENTIALS', severity: 'error', message, help }]);
    this.name = 'SignInRefused';
    this.refreshTokenIsOver = refreshTokenIsOver;
  }
}

interface Refusal {
  readonly pattern: RegExp;
  readonly what: string;
  readonly help: string;
  readonly refreshTokenIsOver?: true;
}

const consent =
  'the partner user must consent again, with a second factor: set TENANTRY_REFRESH_TOKEN anew, or sign in with\n    tenantry login';

/** Which part of the sign-in the authority refused (AADSTS codes of the Microsoft identity platform). */
const refusals: readonly Refusal[] = [
  {
    pattern: /AADSTS(?:90002|900023|90013|50059)\b/u,
    what: 'the tenant',
    help: 'check TENANTRY_TENANT_ID: the id or a domain of your partner tenant in this cloud',
  },
  {
    pattern: /AADSTS(?:700016|7000229|90094)\b/u,
    what: 'the app',
    help: 'check TENANTRY_CLIENT_ID: an app of this tenant, registered for Partner Center',
  },
  {
    pattern: /AADSTS7000222\b/u,
    what: 'the secret, which has expired',
    help: 'make a new secret for the app and set TENANTRY_CLIENT_SECRET',
  },
  {
    pattern: /AADSTS(?:7000215|7000218)\b/u,
    what: 'the secret',
    help: 'check TENANTRY_CLIENT_SECRET: the secret’s value, not its id',
  },
  {
    pattern: /AADSTS(?:700027|7000214)\b/u,
    what: 'the certificate',
    help: 'upload the certificate of TENANTRY_CLIENT_CERTIFICATE to the app’s registration',
  },
  {
    pattern: /AADSTS70002[34]\b/u,
    what: 'the certificate’s or the job’s proof, which is not for this authority or not for now',
    help: 'check this machine’s clock: tenantry doctor',
  },
  {
    pattern: /AADSTS70021[123]?\b/u,
    what: 'the token of the CI job',
    help: 'add a federated credential with this job’s issuer, subject and audience to the app’s registration',
  },
  {
    pattern: /AADSTS(?:50076|50079|50078|50074)\b/u,
    what: 'the refresh token: the second factor is missing',
    help: consent,
    refreshTokenIsOver: true,
  },
  {
    pattern: /AADSTS(?:70000|700082|70043|50173|70008)\b|\binvalid_grant\b/u,
    what: 'the refresh token',
    help: consent,
    refreshTokenIsOver: true,
  },
  {
    pattern: /AADSTS70020\b|\bexpired_token\b|device_code_expired/u,
    what: 'the code, which nobody typed in time',
    help: 'run tenantry login again',
  },
  {
    pattern: /AADSTS70018\b|\bauthorization_declined\b|\baccess_denied\b/u,
    what: 'the code: it was declined',
    help: 'run tenantry login again, and accept',
  },
];

/** Words for what msal-node threw. Secrets that it might quote are taken out. */
export function signInError(error: unknown, target: Target, secrets: readonly string[]): DiagnosticsError {
  if (error instanceof DiagnosticsError) return error;
  const message = error instanceof Error ? `${error.message}` : String(error);
  const refusal = refusals.find(({ pattern }) => pattern.test(message));
  const said = firstLine(message, secrets);
  return new SignInRefused(
    refusal === undefined
      ? `the sign-in to ${target.name} was refused: ${said}`
      : `the sign-in to ${target.name} refused ${refusal.what}: ${said}`,
    refusal?.help ?? 'check TENANTRY_TENANT_ID, TENANTRY_CLIENT_ID and what the app signs in with',
    refusal?.refreshTokenIsOver ?? false,
  );
}

export function unreachableError(error: TransportError, target: Target): DiagnosticsError {
  const message = `${target.name} cannot be reached to sign in: ${error.message}`;
  const help =
    error.reason === 'tls'
      ? 'its certificate is not trusted: name the authority that issued it with TENANTRY_CA_FILE'
      : 'check the network, the proxy and the target’s address';
  return new DiagnosticsError([{ code: 'TARGET', severity: 'error', message, help }]);
}

/** The authority's own sentence, without trace ids, and never with a secret in it. */
function firstLine(message: string, secrets: readonly string[]): string {
  // The library puts its own fields before what the authority said.
  const [said = message] = /AADSTS\d+: [\s\S]+/u.exec(message) ?? [];
  const line = said.split(/[\r\n]|Trace ID|\s-\s(?:\[|Correlation ID)/u)[0] ?? '';
  return secrets
    .filter((secret) => secret !== '')
    .reduce((text, secret) => text.replaceAll(secret, '(secret)'), line)
    .trim();
}
