import type { Reply } from '../reply.ts';
import { oauthError } from './oauth-error.ts';

interface Pending {
  readonly userCode: string;
  readonly endsAt: number;
  polls: number;
  verdict: 'pending' | 'approved' | 'declined';
}

const livesSeconds = 900;
const intervalSeconds = 1;

/** Codes that wait for somebody to type them: POST /_emulator/device/approve or /decline does it for them. */
export class DeviceCodes {
  readonly #codes = new Map<string, Pending>();
  readonly #now: () => number;
  /** Polls until a code is approved by itself; infinite: never. */
  pollsUntilApproved = Number.POSITIVE_INFINITY;
  #made = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  start(root: string, newText: (what: string) => string): Reply {
    this.#made += 1;
    const deviceCode = newText(`device ${this.#made}`);
    const userCode = deviceCode
      .replaceAll(/[^A-Za-z0-9]/gu, '')
      .slice(0, 9)
      .toUpperCase();
    const endsAt = this.#now() + livesSeconds * 1000;
    this.#codes.set(deviceCode, { userCode, endsAt, polls: 0, verdict: 'pending' });
    const address = `${root}/_emulator/device`;
    const message = `To sign in, use a web browser to open the page ${address} and enter the code ${userCode} to authenticate.`;
    return {
      status: 200,
      body: {
        user_code: userCode,
        device_code: deviceCode,
        verification_uri: address,
        expires_in: livesSeconds,
        interval: intervalSeconds,
        message,
      },
    };
  }

  /** Undefined: it was approved, a token may be given. */
  refuse(deviceCode: string): Reply | undefined {
    const pending = this.#codes.get(deviceCode);
    if (pending === undefined)
      return oauthError(400, 'bad_verification_code', 70019, 'The device code is not known.');
    if (pending.endsAt <= this.#now())
      return oauthError(400, 'expired_token', 70020, 'The device code has expired.');
    pending.polls += 1;
    if (pending.polls > this.pollsUntilApproved) pending.verdict = 'approved';
    if (pending.verdict === 'pending')
      return oauthError(
        400,
        'authorization_pending',
        70016,
        'OAuth 2.0 device flow error. Authorization is pending.',
      );
    this.#codes.delete(deviceCode);
    return pending.verdict === 'approved'
      ? undefined
      : oauthError(400, 'authorization_declined', 70018, 'The end user denied the authorization request.');
  }

  /** What a person at the browser would do; every waiting code where none is named. */
  decide(verdict: 'approved' | 'declined', userCode: string | undefined): Reply {
    const waiting = [...this.#codes.values()].filter(
      (pending) => userCode === undefined || pending.userCode === userCode.toUpperCase(),
    );
    for (const pending of waiting) pending.verdict = verdict;
    return {
      status: waiting.length === 0 ? 404 : 200,
      body: { codes: waiting.map((each) => each.userCode) },
    };
  }

  waiting(): Reply {
    return { status: 200, body: { codes: [...this.#codes.values()].map(({ userCode }) => userCode) } };
  }
}
