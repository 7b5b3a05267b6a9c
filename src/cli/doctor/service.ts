import { randomUUID } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import type { Auth, Operations } from '../../operations/operation.ts';
import { retryAfter } from '../../partner-center/answer.ts';
import { claimsOf } from '../../partner-center/claims.ts';
import type { Target } from '../../partner-center/clouds.ts';
import { buildRequest } from '../../partner-center/request.ts';
import { serviceError } from '../../partner-center/service-error.ts';
import type { WireAnswer, World } from '../../world/world.ts';
import type { Connection } from '../session.ts';
import { broken, doubtful, type Finding, fine } from './finding.ts';

const timeoutMs = 10_000;
const skewDoubtfulMs = 60_000;
/** Signed proofs are refused by clocks that are five minutes apart. */
const skewBrokenMs = 5 * 60_000;

/** Whether the target's hosts can be found and reached with a certificate that is trusted, and what time it is there. */
export async function examineNetwork({
  target,
  world,
}: Pick<Connection, 'target' | 'world'>): Promise<readonly Finding[]> {
  const authority = target.loopback ? target.root : target.authority;
  const findings: Finding[] = [];
  let date: { readonly there: number; readonly here: number } | undefined;
  for (const origin of new Set([target.root, authority])) {
    const { host, hostname } = new URL(origin);
    try {
      await lookup(hostname.replaceAll(/[[\]]/gu, ''));
      const asked = world.clock.now();
      const answer = await world.transport.send({ method: 'GET', url: `${origin}/`, headers: {}, timeoutMs });
      const here = (asked + world.clock.now()) / 2;
      const there = Date.parse(answer.headers.date ?? '');
      if (!Number.isNaN(there)) date ??= { there, here };
      findings.push(
        fine(
          'network',
          `${host} answers${origin.startsWith('https:') ? ', its certificate is trusted' : ''}`,
        ),
      );
    } catch (error) {
      findings.push(
        broken(
          'network',
          `${host}: ${(error as Error).message}`,
          'check the network, the proxy, and TENANTRY_CA_FILE where a proxy brings its own certificate',
        ),
      );
    }
  }
  return [...findings, ...(date === undefined ? [] : [examineClock(date.there - date.here)])];
}

function examineClock(aheadMs: number): Finding {
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  const message = `this machine's clock is ${seconds} s ${aheadMs > 0 ? 'behind' : 'ahead of'} the service's`;
  const help = 'set the clock, e.g. by NTP: tokens and signed proofs are good for a time only';
  if (Math.abs(aheadMs) > skewBrokenMs) return broken('clock', message, help);
  return Math.abs(aheadMs) > skewDoubtfulMs
    ? doubtful('clock', message, help)
    : fine('clock', seconds <= 1 ? 'agrees with the service’s' : message);
}

/** A token each way that the credentials allow; for a user whether it tells of a second factor. */
export async function examineSignIns({ tokens }: Pick<Connection, 'tokens'>): Promise<{
  readonly findings: readonly Finding[];
  /** The tokens that could be had, a user's first. */
  readonly had: readonly { readonly auth: Auth; readonly token: string }[];
}> {
  const findings: Finding[] = [];
  const had: { readonly auth: Auth; readonly token: string }[] = [];
  for (const auth of tokens.signIns.toReversed()) {
    const name = auth === 'app' ? 'sign-in, app' : 'sign-in, app+user';
    try {
      const token = await tokens.get({ host: 'partnerCenter', auth });
      had.push({ auth, token });
      findings.push(...judgeToken(name, auth, token));
    } catch (error) {
      findings.push(broken(name, error));
    }
  }
  if (!tokens.signIns.includes('app+user'))
    findings.push(
      doubtful(
        'sign-in, app+user',
        'none: operations that take a user cannot be called',
        'set TENANTRY_REFRESH_TOKEN, or run tenantry login',
      ),
    );
  return { findings, had };
}

function judgeToken(name: string, auth: Auth, token: string): readonly Finding[] {
  const claims = claimsOf(token);
  if (claims === undefined) return [fine(name, 'a token that does not say whose it is')];
  const who = claims.user ?? claims.appId ?? 'nobody that it names';
  const got = fine(
    name,
    `a token for ${who}${claims.tenantId === undefined ? '' : `, tenant ${claims.tenantId}`}`,
  );
  if (auth === 'app') return [got];
  return [
    got,
    claims.mfa === true
      ? fine('second factor', 'the token tells of one')
      : broken(
          'second factor',
          'the token tells of none: Partner Center refuses such calls (401, 900421)',
          'turn on multifactor authentication for the user, then consent or run tenantry login again',
        ),
  ];
}

/** One cheap read, as the service answers it: may the caller call at all, and is it held back? */
export async function examineCall(
  { target, world }: { readonly target: Target; readonly world: World },
  operations: Operations,
  token: string,
): Promise<readonly Finding[]> {
  const operation = operations.get('customers.list');
  if (operation === undefined) return [];
  const request = buildRequest(
    operation,
    {},
    {
      root: target.root,
      requestId: randomUUID(),
      correlationId: randomUUID(),
      locale: 'en-US',
      application: 'Tenantry',
      token,
      timeoutMs,
    },
  );
  try {
    const answer = await world.transport.send({
      ...request,
      url: request.url.replace(/\bsize=\d+/u, 'size=1'),
      // Asks the service to say whether it finds the second factor in order.
      headers: { ...request.headers, validatemfa: 'true' },
    });
    return [judgeAnswer(answer, world.clock.now())];
  } catch (error) {
    return [broken('call', error)];
  }
}

function judgeAnswer(answer: WireAnswer, now: number): Finding {
  const { status, headers } = answer;
  if (status === 429) {
    const waitMs = retryAfter(headers, now);
    const wait = waitMs === undefined ? 'some time' : `${Math.ceil(waitMs / 1000)} s`;
    return doubtful(
      'call',
      `the service holds this tenant back (429) for ${wait}`,
      'wait, or find what else calls with these credentials',
    );
  }
  if (status !== 200) {
    const { code, description } = serviceError(answer);
    const help: Readonly<Record<number, string>> = {
      401:
        code === '900421'
          ? 'the user must sign in with a second factor'
          : 'is the app registered for Partner Center?',
      403: 'does the app, or the user, have a role in the partner account?',
    };
    return broken(
      'call',
      `a list of customers was refused: ${status} ${code} ${description}`,
      help[status] ?? 'try again later',
    );
  }
  const told = Object.entries(headers).filter(([name]) =>
    /^(?:x-)?rate-?limit|^retry-after$|^ismfacompliant$/iu.test(name),
  );
  const allowance =
    told.length === 0
      ? 'nothing said of limits'
      : told.map(([name, value]) => `${name}: ${value}`).join(', ');
  return fine('call', `customers can be listed; ${allowance}`);
}
