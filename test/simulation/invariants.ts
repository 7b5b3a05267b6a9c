import type { Limits } from '../../src/check/playbook.ts';
import type { Fault, Sent } from './weather.ts';

export interface Seen {
  readonly sent: readonly Sent[];
  /** When each process got the lease, in order. */
  readonly owners: readonly { readonly process: string; readonly at: number }[];
  readonly limits: Pick<Limits, 'concurrency' | 'perCustomer'>;
}

/** Whether what was sent keeps the rules that hold for every run, whatever it does. */
export function brokenRules(seen: Seen): readonly string[] {
  return [...overtaken(seen), ...sharedIds(seen), ...changedIds(seen), ...impatient(seen), ...crowded(seen)];
}

const isWrite = ({ method }: Sent): boolean => method !== 'GET' && method !== 'HEAD';

/** An owner that lost its lease sends nothing more. */
function overtaken({ sent, owners }: Seen): readonly string[] {
  return owners.flatMap(({ process, at }, index) =>
    sent
      .filter(
        (one) =>
          isWrite(one) &&
          one.at > at &&
          owners.slice(0, index).some((earlier) => earlier.process === one.process),
      )
      .map(
        (one) =>
          `${one.process} sends ${one.method} ${one.target} though ${process} owns the run since ${one.at - at} ms`,
      ),
  );
}

/** One request id belongs to one request. */
function sharedIds({ sent }: Seen): readonly string[] {
  const targets = new Map<string, string>();
  return sent.filter(isWrite).flatMap(({ requestId, method, target }) => {
    const request = `${method} ${target}`;
    const before = targets.get(requestId) ?? request;
    targets.set(requestId, before);
    return before === request ? [] : [`request id ${requestId} is used for ${before} and for ${request}`];
  });
}

/** Faults after which the one who sent cannot know whether it happened. */
const silent = new Set<Fault>([
  'request lost',
  'error 500 before',
  'error 502 page',
  'error 503',
  'answer lost',
  'answer cut off',
  'answer not JSON',
  'error 500 after',
  'error 504',
  'answer too late',
  'happens later',
]);

/** Sent again while nobody knows whether it happened, a request carries the id that it had. */
function changedIds({ sent }: Seen): readonly string[] {
  const last = new Map<string, Sent>();
  return sent.filter(isWrite).flatMap((one) => {
    const request = `${one.process} ${one.method} ${one.target} ${one.body}`;
    const before = last.get(request);
    last.set(request, one);
    const unknown = before?.fault !== undefined && silent.has(before.fault) && (before.status ?? 200) < 300;
    return !unknown || before.requestId === one.requestId
      ? []
      : [`${request} is sent again under another id after: ${before.fault}`];
  });
}

/** What had passed the gate when the 429 came may still leave. */
const passingMs = 1_000;

/** Told to wait, a process waits: with all that shares the allowance. */
function impatient({ sent }: Seen): readonly string[] {
  return sent.flatMap((refused) => {
    const { throttledUntil, endedAt, process, group, tenant } = refused;
    if (throttledUntil === undefined) return [];
    return sent
      .filter(
        (one) =>
          one.process === process &&
          one.group === group &&
          (tenant === undefined || one.tenant === tenant) &&
          one.at > endedAt + passingMs &&
          one.at < throttledUntil,
      )
      .map(
        (one) =>
          `${one.method} ${one.target} leaves ${throttledUntil - one.at} ms before the service wants it`,
      );
  });
}

/** No more requests in flight than the playbook allows, in all and for one customer. */
function crowded({ sent, limits }: Seen): readonly string[] {
  return [
    ...crowds(sent, ({ process }) => process, limits.concurrency),
    ...crowds(
      sent,
      ({ process, tenant }) => (tenant === undefined ? undefined : `${process} for ${tenant}`),
      limits.perCustomer,
    ),
  ];
}

function crowds(
  sent: readonly Sent[],
  keyOf: (one: Sent) => string | undefined,
  most: number,
): readonly string[] {
  return [...Map.groupBy(sent, keyOf)].flatMap(([key, group]) => {
    if (key === undefined) return [];
    const crowd = group
      .map((one) => group.filter((other) => other.at <= one.at && one.at < other.endedAt))
      .find(({ length }) => length > most);
    if (crowd === undefined) return [];
    const requests = crowd.map(({ at, method, target }) => `${method} ${target} since ${at.toFixed(0)}`);
    return [`${key} has ${crowd.length} requests in flight, and ${most} are allowed: ${requests.join(', ')}`];
  });
}
