import type { Limits } from '../check/playbook.ts';
import type { Operation } from '../operations/operation.ts';
import type { Action, PlanSummary } from './plan.ts';

/**
 * Calls that one action costs when it is applied, retries and further pages left out. A create looks again before it
 * sends; an update reads what it changes; what is only accepted is asked for at least once.
 */
export function callsOf(operation: Operation, action: Action): number {
  const look = operation.lookup === undefined || operation.kind !== 'create' ? 0 : 1;
  const whole = operation.lookup?.then === undefined ? 0 : 1;
  const satisfied = operation.satisfied === undefined ? 0 : 1;
  const send = (operation.merge === undefined ? 0 : 1) + 1 + pollsOf(operation);
  switch (action) {
    case 'create':
      return look + send;
    case 'update':
      return operation.kind === 'create' ? 2 * (look + whole) + send : satisfied + send;
    case 'delete':
      return satisfied + send;
    case 'unchanged':
      return operation.kind === 'create' ? look + whole : satisfied;
    case 'act':
    case 'conditional':
      return look + satisfied + send;
    case 'read':
      return operation.elsewhere === undefined ? 1 : 2;
    case 'skip':
    case 'assert':
    case 'wait':
    case 'refuse':
      return 0;
  }
}

/** The status at least once, and then the thing itself where its look-up is another read. */
function pollsOf({ poll, lookup, satisfied }: Operation): number {
  if (poll === undefined) return 0;
  const seen = lookup ?? satisfied;
  return seen === undefined || seen.operation === poll.operation ? 1 : 2;
}

/** A call takes about so long where the service names no allowance, in seconds. */
const secondsPerCall = 0.25;

/** Seconds that so many calls of a throttle group need: its allowance a minute, or its latency side by side. */
export function secondsFor(
  calls: number,
  perMinute: number | undefined,
  limits: Pick<Limits, 'concurrency'>,
): number {
  return perMinute === undefined ? (calls * secondsPerCall) / limits.concurrency : (calls / perMinute) * 60;
}

/** Groups work side by side, so the slowest decides. */
export function totalSeconds(calls: PlanSummary['calls']): number {
  return Math.max(0, ...Object.values(calls).map(({ seconds }) => seconds));
}
