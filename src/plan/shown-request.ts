import { httpName, httpOperationOf } from '../operations/http.ts';
import type { Operation, Operations } from '../operations/operation.ts';
import { fill } from '../operations/template.ts';
import { buildRequest, InputError } from '../partner-center/request.ts';
import type { PlannedAction } from './plan.ts';
import { isUnknown } from './resolve.ts';

/** A request as it will leave, with Unknown and Hidden marks where the plan has them. */
export interface ShownRequest {
  readonly operation: string;
  readonly method: string;
  /** Path and query; `{customerId}` stands for what is known only after apply. */
  readonly path: string;
  readonly body?: unknown;
  /** The read whose answer the body is laid over before it is sent. */
  readonly over?: string;
}

type Input = Readonly<Record<string, unknown>>;

const sending: ReadonlySet<PlannedAction['action']> = new Set([
  'create',
  'update',
  'delete',
  'act',
  'conditional',
  'read',
]);

/** The request of a planned action; undefined where it sends none, or none that is known yet. */
export function requestOf(action: PlannedAction, operations: Operations): ShownRequest | undefined {
  if (action.with === undefined || !sending.has(action.action)) return undefined;
  const operation = action.uses === httpName ? httpOperationOf(action.with) : operations.get(action.uses);
  if (operation === undefined) return undefined;
  // What was found is brought to what is wanted by another operation than the one that creates it.
  if (action.action === 'update' && operation.kind === 'create') {
    const updating = operation.update && operations.get(operation.update.operation);
    if (operation.update === undefined || updating === undefined) return undefined;
    const found = { id: action.found };
    return shown(updating, fill(operation.update.with, { input: action.with, found }) as Input);
  }
  return shown(operation, action.with);
}

/** What a request needs and a plan has not; nothing of it is shown. */
const nobody = {
  root: '',
  requestId: '',
  correlationId: '',
  locale: '',
  application: '',
  token: '',
  timeoutMs: 0,
};

function shown(operation: Operation, input: Input): ShownRequest | undefined {
  const { name, method, merge, elsewhere } = operation;
  if (elsewhere !== undefined) return { operation: name, method, path: operation.path };
  try {
    const { url } = buildRequest(operation, named(input), nobody);
    const { body } = buildRequest(operation, input, nobody);
    return {
      operation: name,
      method,
      path: url.replaceAll(/%7B(\w+)%7D/gu, '{$1}'),
      ...(body === undefined ? {} : { body: JSON.parse(body) as unknown }),
      ...(merge === undefined ? {} : { over: merge.operation }),
    };
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** Inputs as an address can show them: by their name where they are not known. */
function named(input: Input): Input {
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => {
      const hidden = typeof value === 'object' && value !== null && Object.hasOwn(value, '$secret');
      return [name, isUnknown(value) ? `{${name}}` : hidden ? '(secret)' : value];
    }),
  );
}
