import type { Operation } from '../operations/operation.ts';
import { collection, type Fields, noContent, ok, type Reply, refuse, typed } from './reply.ts';
import type { Call } from './routes.ts';
import type { State } from './state.ts';

/**
 * What any catalogue entry does without a behaviour of its own: things in collections, kept by the path under which
 * they are. A new operation is emulated by its entry alone.
 */
export function defaultBehaviour(call: Call, state: State): Reply {
  const operation = call.operations[0]!;
  const microsofts = typeof operation.host === 'string';
  if (
    microsofts &&
    call.params.customerId !== undefined &&
    state.tenant(call.params.customerId) === undefined
  )
    return refuse(404, '60003', `The customer ${call.params.customerId} could not be found.`);
  const [parent, last] = splitPath(call.path);
  switch (operation.kind) {
    case 'list':
      return ok(listOf(operation, [...(state.others.get(call.path)?.values() ?? [])], call.path));
    case 'read':
      return read(operation, state, parent, last);
    case 'create':
    case 'action':
      return create(operation, call, state);
    case 'update':
      return update(call, state, parent, last);
    case 'delete':
      return state.others.get(parent)?.delete(last) === true
        ? noContent
        : refuse(404, '1000', 'The object could not be found.');
  }
}

/** Microsoft Graph has an envelope of its own. */
function listOf({ host }: Operation, things: readonly Fields[], path: string): Fields {
  return host === 'graph' ? { value: things } : collection(things, path);
}

function splitPath(path: string): readonly [string, string] {
  const at = path.lastIndexOf('/');
  return [path.slice(0, at), path.slice(at + 1)];
}

function read(operation: Operation, state: State, parent: string, last: string): Reply {
  const found = state.others.get(parent)?.get(last);
  if (found !== undefined) return ok(found);
  return refuse(404, '1000', `${operation.name}: the object ${last} could not be found.`);
}

function create(operation: Operation, call: Call, state: State): Reply {
  const missing = missingField(operation, call);
  if (missing !== undefined) return refuse(400, '800002', `The property ${missing} is missing.`);
  const id = state.newId();
  const thing = typed(objectTypeOf(operation), { id, ...(call.body as Fields) }, `${id}-1`);
  const things = state.others.get(call.path) ?? new Map<string, Fields>();
  things.set(id, thing);
  state.others.set(call.path, things);
  return ok(thing, operation.success[0] ?? 201);
}

function update(call: Call, state: State, parent: string, last: string): Reply {
  const things = state.others.get(parent) ?? new Map<string, Fields>();
  const before = things.get(last) ?? {};
  const thing = { ...before, ...(call.body as Fields) };
  things.set(last, thing);
  state.others.set(parent, things);
  return ok(thing);
}

function missingField(operation: Operation, call: Call): string | undefined {
  const body = (typeof call.body === 'object' && call.body !== null ? call.body : {}) as Fields;
  const template = operation.body as Readonly<Record<string, unknown>> | undefined;
  return (operation.input.required ?? []).find(
    (name) =>
      !operation.pathInputs.includes(name) && template?.[name] === `$${name}` && body[name] === undefined,
  );
}

function objectTypeOf(operation: Operation): string {
  return operation.resource.charAt(0).toUpperCase() + operation.resource.slice(1).replace(/s$/u, '');
}
