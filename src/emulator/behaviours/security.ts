import { partner } from '../partner.ts';
import { collection, type Fields, ok, type Reply } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { Area, State } from '../state.ts';
import type { Behaviour } from './behaviour.ts';

/** Who works without multifactor authentication: pages get-portal-requests-without-mfa, get-api-request-summary, get-api-request-details. */
export const security: Readonly<Record<string, Behaviour>> = {
  'security.listPortalRequestsWithoutMfa': ({ path }, state) =>
    ok(
      collection(
        [
          {
            objectId: 'adc77aa5-7968-4c57-9f48-361018265c1a',
            tenantId: partner.tenantId,
            upn: 'portalnonmfa@testtestbugbash1.onmicrosoft.com',
            lastNonMfaCompliantRequestDateTime: dateTime(state.now()),
          },
        ],
        path,
      ),
    ),
  'security.getApiRequestSummary': summary,
  'security.listApiRequests': ({ path }, state) =>
    ok(collection(requestsOf(state).requests.toReversed(), path)),
};

/** The newest so many are listed (page get-api-request-details). */
const kept = 10_000;

interface Requests extends Area {
  readonly requests: Fields[];
}

function requestsOf(state: State): Requests {
  return state.area<Requests>('apiRequests', () => {
    const requests: Fields[] = [];
    // A test looks at what was done; each request is in the statistics.
    return { requests, snapshot: () => [] };
  });
}

/** Keeps a request in the log. All of the emulator's callers are taken for one user with multifactor authentication. */
export function recordRequest({ operations, headers }: Call, state: State): void {
  const { requests } = requestsOf(state);
  const { method, path } = operations[0]!;
  requests.push({
    requestId: textOf(headers['ms-requestid']),
    correlationId: textOf(headers['ms-correlationid']),
    operationName: `${method.charAt(0)}${method.slice(1).toLowerCase()} ${path.replace(/^\/v1/u, '/v{version}')}`,
    requestDateTime: dateTime(state.now()),
    sourceIpAddress: '127.0.0.1',
    objectId: partner.user.objectId,
    tenantId: partner.tenantId,
    upn: partner.user.upn,
    applicationId: partner.application.id,
    mfaCompliant: true,
  });
  if (requests.length > kept) requests.splice(0, requests.length - kept);
}

/** A count for each day; the answer is a bare list. */
function summary({ query }: Call, state: State): Reply {
  const from = query.get('startDate') ?? '';
  const to = query.get('endDate') ?? '9999';
  const counts = new Map<string, number>();
  for (const { requestDateTime } of requestsOf(state).requests) {
    const day = String(requestDateTime).slice(0, 10);
    if (day >= from && day <= to) counts.set(day, (counts.get(day) ?? 0) + 1);
  }
  return ok(
    [...counts].toReversed().map(([loginDate, count]) => ({
      loginDate,
      mfaCompliantRequestCount: count,
      totalRequestCount: count,
      applicationId: partner.application.id,
      applicationName: '',
    })),
  );
}

/** Dates of these pages have no zone. */
function dateTime(at: number): string {
  return new Date(at).toISOString().slice(0, -1);
}

function textOf(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header : '';
}
