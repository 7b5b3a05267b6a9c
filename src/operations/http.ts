import type { JsonSchema } from '../schema/schema.ts';
import type { Doubt, Host, Lookup, Operation, Template } from './operation.ts';

/** `uses: http.request`: one request that the catalogue does not list, as its author describes it. */
export const httpName = 'http.request';

export const httpMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type HttpMethod = (typeof httpMethods)[number];

/** A request as an author wrote it: everything about it but the values that its expressions give. */
export interface HttpRequest {
  readonly method: HttpMethod;
  readonly host: Host;
  /** Path with `{name}` places for its expressions; each becomes one segment, or a part of one. */
  readonly path: string;
  readonly pathInputs: readonly string[];
  /** Names in the query and of the headers. */
  readonly query: readonly string[];
  readonly headers: readonly string[];
  readonly body: boolean;
  /** Statuses that are the answer; any other is a refusal. Empty: every status of success. */
  readonly expect: readonly number[];
  readonly repeatable: boolean;
  readonly doubt: Doubt;
  readonly lookup?: Lookup;
}

const text: JsonSchema = { type: 'string' };

/** What `steps.<id>` holds after it. */
const result: JsonSchema = {
  type: 'object',
  required: ['status'],
  properties: {
    status: { type: 'integer' },
    body: { description: 'The body, read as JSON, or as text where it is none.' },
  },
};

/** The operation that such a request is: it is planned, sent, journaled and settled like any other. */
export function httpOperation(request: HttpRequest): Operation {
  const { method, host, path, pathInputs, expect, repeatable, doubt, lookup } = request;
  const read = method === 'GET';
  const places = Object.fromEntries(pathInputs.map((name) => [name, { ...text, minLength: 1 }]));
  return {
    name: httpName,
    resource: 'http',
    summary: `${method} ${path}, which the catalogue does not list.`,
    kind: read ? 'read' : 'action',
    method,
    host,
    path,
    pathInputs,
    query: templates('query', request.query),
    headers: templates('headers', request.headers),
    input: {
      type: 'object',
      required: ['method', 'path', ...pathInputs],
      properties: {
        method: text,
        host: text,
        path: text,
        ...places,
        query: {},
        headers: {},
        body: {},
        lookup: {},
      },
      additionalProperties: false,
    },
    ...(request.body ? { body: '$body' } : {}),
    result,
    whole: true,
    note: noteOf(request),
    ifMatch: false,
    answers: {},
    success: expect,
    paging: 'none',
    repeatable: read || repeatable,
    doubt,
    ...(lookup === undefined ? {} : { lookup }),
    throttle: { group: 'http', perCustomer: pathInputs.includes('customerId') },
    auth: ['app', 'app+user'],
    clouds: ['global', 'china', 'usgov', 'germany'],
    partners: ['direct', 'provider', 'reseller'],
    errors: [],
    sandboxOnly: false,
    page: '',
    example: { with: {}, answer: { status: 200 } },
  };
}

/** The operation of a planned request, made again from the inputs that the plan shows. */
export function httpOperationOf(input: Readonly<Record<string, unknown>>): Operation {
  const { method, host = 'partnerCenter', path, query, headers } = input;
  const names = (value: unknown) => Object.keys((value ?? {}) as object);
  return httpOperation({
    method: method as HttpMethod,
    host: host as Host,
    path: String(path),
    pathInputs: [...String(path).matchAll(/\{(\w+)\}/gu)].map(([, name]) => name!),
    query: names(query),
    headers: names(headers),
    body: input.body !== undefined,
    expect: [],
    repeatable: false,
    doubt: 'hold',
  });
}

function templates(input: string, names: readonly string[]): Readonly<Record<string, Template>> {
  return Object.fromEntries(names.map((name) => [name, `$${input}.${name}`]));
}

/** What a reviewer of a plan must know of it: no catalogue entry says so. */
function noteOf({ method, host, path, doubt }: HttpRequest): string {
  const line = `${method} ${path}${host === 'partnerCenter' ? '' : ` at ${host}`}`;
  return method === 'GET' ? line : `${line}; not answered: ${doubts[doubt]}`;
}

const doubts: Readonly<Record<Doubt, string>> = {
  resend: 'sent again',
  lookup: 'looked up, then sent again',
  hold: 'held for a person',
};

/** What every such request has in common: for counts, limits and people who look it up by its name. */
export const anyHttpRequest: Operation = {
  ...httpOperation({
    method: 'POST',
    host: 'partnerCenter',
    path: '/',
    pathInputs: [],
    query: [],
    headers: [],
    body: true,
    expect: [],
    repeatable: false,
    doubt: 'hold',
  }),
  summary: 'Sends one request that the catalogue does not list.',
  lookAt: 'whether what the request was to do has happened',
};
