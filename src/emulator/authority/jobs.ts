import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Reply } from '../reply.ts';
import { trustedJob } from './identities.ts';
import { signedJwt } from './jwt.ts';

const livesSeconds = 600;

/**
 * A CI system that gives its jobs tokens of their own: asked as GitHub Actions asks (GET, `audience`, answer `value`)
 * and as Azure Pipelines does (POST, `serviceConnectionId`, answer `oidcToken`).
 */
export class Jobs {
  issuer = '';
  readonly #now: () => number;
  #key: KeyObject | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Made when the first token is asked for: it costs some tenths of a second. */
  key(): KeyObject {
    this.#key ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    return this.#key;
  }

  /** Answers the CI system's paths; undefined for others. */
  answer(
    method: string,
    path: string,
    query: URLSearchParams,
    authorization: string | undefined,
  ): Reply | undefined {
    const form = `${method} ${path}`;
    if (form !== 'GET /_emulator/jobs/github' && form !== 'POST /_emulator/jobs/pipelines') return undefined;
    if (authorization?.replace(/^bearer /iu, '') !== trustedJob.requestToken)
      return { status: 401, body: { message: 'The job may not have a token.' } };
    if (method === 'GET')
      return { status: 200, body: { value: this.#token(query.get('audience'), query.get('subject')) } };
    if (query.get('serviceConnectionId') !== trustedJob.serviceConnection)
      return { status: 404, body: { message: 'There is no such service connection.' } };
    return { status: 200, body: { oidcToken: this.#token(trustedJob.audiences[0], null) } };
  }

  #token(audience: string | null, subject: string | null): string {
    const seconds = Math.floor(this.#now() / 1000);
    const times = { iat: seconds, nbf: seconds, exp: seconds + livesSeconds };
    const claims = { iss: this.issuer, sub: subject ?? trustedJob.subject, aud: audience, ...times };
    return signedJwt(claims, this.key(), 'emulator');
  }
}
