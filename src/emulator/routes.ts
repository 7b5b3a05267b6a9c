import type { Operation, Operations } from '../operations/operation.ts';
import type { Fields } from './reply.ts';

/** A request once it was understood. */
export interface Call {
  /** Every operation that shares this method and path; behaviours tell them apart by the body or the query. */
  readonly operations: readonly Operation[];
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

interface Route {
  readonly method: string;
  readonly parts: readonly string[];
  readonly operations: readonly Operation[];
}

/** Finds the operations of a method and a path. Literal parts win over places, and match without regard to case. */
export function makeRouter(
  operations: Operations,
): (method: string, path: string) => Pick<Call, 'operations' | 'params'> | undefined {
  const grouped = new Map<
    string,
    { readonly method: string; readonly parts: readonly string[]; readonly operations: Operation[] }
  >();
  for (const name of operations.names) {
    const operation = operations.get(name)!;
    const parts = (storageOf(operation) + ownOf(operation) + operation.path).split('/').slice(1);
    const shape = `${operation.method} ${parts.map((part) => (part.startsWith('{') ? '{}' : part.toLowerCase())).join('/')}`;
    const route = grouped.get(shape) ?? { method: operation.method, parts, operations: [] };
    route.operations.push(operation);
    grouped.set(shape, route);
  }
  const byLength = new Map<string, Route[]>();
  for (const route of grouped.values()) {
    const key = `${route.method} ${route.parts.length}`;
    byLength.set(key, [...(byLength.get(key) ?? []), route]);
  }
  for (const routes of byLength.values()) routes.sort((a, b) => places(a) - places(b));
  return (method, path) => {
    const parts = path.split('/').slice(1);
    for (const route of byLength.get(`${method} ${parts.length}`) ?? []) {
      const params = match(route, parts);
      if (params !== undefined) return { operations: route.operations, params };
    }
    return undefined;
  };
}

/** What lies at no host of the API lies here, in folders. */
function storageOf({ elsewhere }: Operation): string {
  return elsewhere === undefined ? '' : '/_storage/{folder}';
}

/** A partner's own host is played below a path of its own. */
function ownOf({ host }: Operation): string {
  return typeof host === 'string' ? '' : `/_hosts/${host.name}`;
}

function places({ parts }: Route): number {
  return parts.filter((part) => part.startsWith('{')).length;
}

function match(route: Route, parts: readonly string[]): Readonly<Record<string, string>> | undefined {
  const params: Record<string, string> = {};
  for (const [index, part] of route.parts.entries()) {
    const given = decodeURIComponent(parts[index]!).trim();
    if (part.startsWith('{')) params[part.slice(1, -1)] = given;
    else if (part.toLowerCase() !== given.toLowerCase()) return undefined;
  }
  return params;
}

/** Requests may be written in PascalCase; inside it is camelCase. Values that are null are left out. */
export function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased);
  if (typeof value !== 'object' || value === null) return value;
  const fields: Fields = {};
  for (const [name, inner] of Object.entries(value)) {
    if (inner !== null) fields[name.charAt(0).toLowerCase() + name.slice(1)] = camelCased(inner);
  }
  return fields;
}
