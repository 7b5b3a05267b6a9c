import type { Operation, Operations } from '../operations/operation.ts';
import { pathOf } from '../operations/template.ts';
import type { Action } from './plan.ts';

/**
 * Calls that one action costs when it is applied, retries and further pages left out. A create looks again before it
 * sends; an update reads what it changes; what is only accepted is asked for at least once.
 */
export function callsOf(operation: Operation, action: Action, operations: Operations): number {
  const look = operation.lookup === undefined || operation.kind !== 'create' ? 0 : 1;
  const whole = operation.lookup?.then === undefined ? 0 : 1;
  const satisfied = operation.satisfied === undefined ? 0 : 1;
  const send = sendsOf(operation);
  switch (action) {
    case 'create':
      return look + send;
    case 'update':
      return operation.kind === 'create'
        ? 2 * (look + whole) + sendsOf(operations.get(operation.update?.operation ?? '') ?? operation)
        : satisfied + send;
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
    case 'approve':
    case 'refuse':
      return 0;
  }
}

/** One write: what it is merged into, itself, and what is asked until it is done. */
function sendsOf(operation: Operation): number {
  return (operation.merge === undefined ? 0 : 1) + 1 + pollsOf(operation);
}

/** Requests that a list of so many items takes. */
export function pagesOf({ paging, pageSize }: Operation, result: unknown): number {
  const items = pathOf(result, 'items');
  if (paging === 'none' || pageSize === undefined || !Array.isArray(items)) return 1;
  return Math.max(1, Math.ceil(items.length / pageSize.max));
}

/** The status at least once, and then the thing itself where its look-up is another read. */
function pollsOf({ poll, lookup, satisfied }: Operation): number {
  if (poll === undefined) return 0;
  const seen = lookup ?? satisfied;
  return seen === undefined || seen.operation === poll.operation ? 1 : 2;
}
