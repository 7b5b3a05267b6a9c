import type { MapNode, Node } from '../load/document.ts';
import { type HttpMethod, httpMethods, httpOperation } from '../operations/http.ts';
import type { Doubt, Host, Lookup, Operation } from '../operations/operation.ts';
import type { Checking } from './check-expression.ts';
import { checkHttpPath, type HttpPath } from './check-http-path.ts';
import { checkValue } from './check-value.ts';
import type { Value } from './playbook.ts';
import { Fields, headOf, kindOf, placeOf } from './problems.ts';
import type { StepScope } from './scope.ts';

/** A request that the catalogue does not list: the operation that it is, and the inputs of the step. */
export interface CheckedHttp {
  readonly operation: Operation;
  readonly with: Readonly<Record<string, Value>>;
}

const hosts: readonly Host[] = ['partnerCenter', 'partner', 'graph'];

/**
 * `uses: http.request`. The author says what the catalogue says of its operations: where it goes, which answers are
 * good, and what is to happen where none comes. The default is the most careful: a person is asked.
 */
export function checkHttp(fields: Fields, scope: StepScope, checking: Checking): CheckedHttp | undefined {
  const { problems } = checking;
  const node = fields.map('with');
  if (node === undefined) {
    problems.error('MISSING_FIELD', 'http.request needs `with: { method, path }`', fields.keyAt('uses'));
    return undefined;
  }
  const before = problems.found.length;
  const inputs = new Fields(node, 'http.request', problems);
  const method = inputs.required('method') && inputs.choice('method', httpMethods);
  const host = inputs.choice('host', hosts) ?? 'partnerCenter';
  const pathNode = inputs.required('path');
  const path = pathNode && checkHttpPath(pathNode, scope, checking);
  const query = checkNamed(inputs, 'query', queryName, scope, checking);
  const headers = checkNamed(inputs, 'headers', headerName, scope, checking);
  const body = checkBody(inputs, method, scope, checking);
  const expect = checkExpect(inputs, checking);
  const repeats = checkRepeats(inputs, method, host, scope, checking);
  inputs.end([
    'method',
    'host',
    'path',
    'query',
    'headers',
    'body',
    'expect',
    'repeatable',
    'doubt',
    'lookup',
  ]);
  if (problems.found.length > before || method === undefined || path === undefined) return undefined;
  const literal = (value: unknown): Value => ({ type: 'literal', value, at: node.at });
  return {
    operation: httpOperation({
      method,
      host,
      path: path.path,
      pathInputs: Object.keys(path.inputs),
      query: namesOf(query),
      headers: namesOf(headers),
      body: body !== undefined,
      expect,
      repeatable: repeats.repeatable,
      doubt: repeats.doubt,
      ...(repeats.lookup === undefined ? {} : { lookup: repeats.lookup.lookup }),
    }),
    with: {
      method: literal(method),
      ...(host === 'partnerCenter' ? {} : { host: literal(host) }),
      path: literal(path.path),
      ...path.inputs,
      ...(query === undefined ? {} : { query }),
      ...(headers === undefined ? {} : { headers }),
      ...(body === undefined ? {} : { body }),
      ...(repeats.lookup === undefined ? {} : { lookup: repeats.lookup.value }),
    },
  };
}

type MapValue = Extract<Value, { readonly type: 'map' }>;

function namesOf(value: MapValue | undefined): readonly string[] {
  return Object.keys(value?.entries ?? {});
}

/** Why a name cannot be used; undefined where it can. */
type Flaw = (name: string) => string | undefined;

const queryName: Flaw = (name) => (/^[$@\w-]+$/u.test(name) ? undefined : 'letters, digits, _, -, $ and @');

/** What is said by Tenantry itself: who calls, which request it is, and how it is written. */
const ownHeaders =
  /^(?:authorization|proxy-.*|cookie|host|connection|content-length|content-type|transfer-encoding|expect|upgrade|te|trailer|accept-encoding|ms-requestid|ms-correlationid|client-request-id)$/iu;

const headerName: Flaw = (name) =>
  ownHeaders.test(name)
    ? 'a header that Tenantry does not set itself: tokens, ids and lengths are its own'
    : /^[\w-]+$/u.test(name)
      ? undefined
      : 'letters, digits, _ and -';

/** `query` and `headers`: a map whose names are the author's, and whose values are text, numbers or lists of them. */
function checkNamed(
  inputs: Fields,
  field: 'query' | 'headers',
  flaw: Flaw,
  scope: StepScope,
  checking: Checking,
): MapValue | undefined {
  const node = inputs.map(field);
  if (node === undefined) return undefined;
  for (const { key, keyAt } of node.entries) {
    const expected = flaw(key);
    if (expected !== undefined)
      checking.problems.error('WRONG_VALUE', `'${key}' cannot be given under '${field}'`, keyAt, {
        expected,
      });
  }
  const value = { type: ['string', 'integer', 'number', 'boolean', ...(field === 'query' ? ['array'] : [])] };
  const schema = { type: 'object', additionalProperties: value };
  return checkValue(node, { schema, required: true, name: field }, scope, checking) as MapValue | undefined;
}

function checkBody(
  inputs: Fields,
  method: HttpMethod | undefined,
  scope: StepScope,
  checking: Checking,
): Value | undefined {
  const node = inputs.get('body');
  if (node === undefined) return undefined;
  if (method === 'GET')
    checking.problems.error('UNKNOWN_FIELD', 'a GET has no body', inputs.keyAt('body'), {
      help: 'what it asks for goes under `query`',
    });
  const secretHelp =
    'plans show the body of a request that the catalogue does not list; describe the operation in a catalogue of your own (--catalog), whose schema marks the field secret';
  return checkValue(node, { schema: {}, required: false, name: 'body', secretHelp }, scope, checking);
}

/** Statuses that say something of the way there, not of the request. */
const noAnswers: ReadonlySet<number> = new Set([401, 408, 429]);

function checkExpect(inputs: Fields, { problems }: Checking): readonly number[] {
  const node = inputs.get('expect');
  if (node === undefined) return [];
  return (node.type === 'list' ? node.items : [node]).flatMap((item) => {
    const status = item.type === 'scalar' && Number.isInteger(item.value) ? (item.value as number) : 0;
    if (status >= 200 && status < 500 && !noAnswers.has(status)) return [status];
    problems.error('WRONG_VALUE', `'expect' is ${kindOf(item)} that is no answer`, placeOf(item), {
      expected: 'a status from 200 to 499, such as 201; not 401, 408 or 429, which are answered for you',
    });
    return [];
  });
}

interface Repeats {
  readonly repeatable: boolean;
  readonly doubt: Doubt;
  readonly lookup?: { readonly lookup: Lookup; readonly value: Value };
}

/** What a repeat means. Reads may always be repeated; of a write its author must say so. */
function checkRepeats(
  inputs: Fields,
  method: HttpMethod | undefined,
  host: Host,
  scope: StepScope,
  checking: Checking,
): Repeats {
  const { problems } = checking;
  const said = inputs.boolean('repeatable');
  const wanted = inputs.choice<Doubt>('doubt', ['resend', 'lookup', 'hold']);
  const lookup = checkLookup(inputs, host, scope, checking);
  if (method === 'GET') {
    for (const name of ['repeatable', 'doubt', 'lookup'])
      if (inputs.get(name) !== undefined)
        problems.error(
          'UNKNOWN_FIELD',
          `a GET changes nothing: '${name}' says nothing of it`,
          inputs.keyAt(name),
        );
    return { repeatable: true, doubt: 'resend' };
  }
  if (inputs.get('repeatable') === undefined)
    problems.error(
      'MISSING_FIELD',
      "http.request needs 'repeatable': the catalogue does not know",
      headOf(inputs.node),
      {
        help: 'true where a second, equal request changes nothing; false where it would be done twice, or where you are not sure',
      },
    );
  const doubt = wanted ?? (said === true ? 'resend' : 'hold');
  if (doubt === 'resend' && said === false)
    problems.error(
      'WRONG_VALUE',
      "'doubt: resend' sends again what 'repeatable: false' forbids",
      inputs.keyAt('doubt'),
      {
        expected: 'hold, or lookup with a `lookup`',
      },
    );
  if (doubt === 'lookup' && inputs.get('lookup') === undefined)
    problems.error('MISSING_FIELD', "'doubt: lookup' needs 'lookup'", inputs.keyAt('doubt'), {
      help: 'a GET that shows whether it happened: lookup: { path, equal }',
    });
  if (doubt !== 'lookup' && inputs.get('lookup') !== undefined)
    problems.error('UNKNOWN_FIELD', "'lookup' goes with 'doubt: lookup'", inputs.keyAt('lookup'));
  return { repeatable: said === true, doubt, ...(lookup === undefined ? {} : { lookup }) };
}

/** `lookup: { path, query, in, equal }`: a GET at the same host, and what its answer shows where it happened. */
function checkLookup(
  inputs: Fields,
  host: Host,
  scope: StepScope,
  checking: Checking,
): Repeats['lookup'] | undefined {
  const node = inputs.map('lookup');
  if (node === undefined) return undefined;
  const fields = new Fields(node, 'lookup', checking.problems);
  const pathNode = fields.required('path');
  const path = pathNode && checkHttpPath(pathNode, scope, checking);
  const query = checkNamed(fields, 'query', queryName, scope, checking);
  const list = fields.text('in');
  const equalNode = fields.required('equal') && fields.map('equal');
  const equal = equalNode && checkEqual(equalNode, scope, checking);
  fields.end(['path', 'query', 'in', 'equal']);
  if (path === undefined || equal === undefined) return undefined;
  return lookupOf({ node, path, query, list, equal, host });
}

function checkEqual(node: MapNode, scope: StepScope, checking: Checking): MapValue | undefined {
  if (node.entries.length === 0)
    checking.problems.error('MISSING_FIELD', "'equal' names nothing that tells it apart", placeOf(node));
  const wanted = { schema: { type: 'object', additionalProperties: {} }, required: true, name: 'equal' };
  return checkValue(node, wanted, scope, checking) as MapValue | undefined;
}

const nth = (index: number): string => `field${index + 1}`;

interface LookupParts {
  readonly node: Node;
  readonly path: HttpPath;
  readonly query: MapValue | undefined;
  readonly list: string | undefined;
  readonly equal: MapValue;
  readonly host: Host;
}

function lookupOf({ node, path, query, list, equal, host }: LookupParts): NonNullable<Repeats['lookup']> {
  const pathInputs = Object.keys(path.inputs);
  const read = httpOperation({
    method: 'GET',
    host,
    path: path.path,
    pathInputs,
    query: namesOf(query),
    headers: [],
    body: false,
    expect: [],
    repeatable: true,
    doubt: 'resend',
  });
  // What is compared is a path, and so no name of an input.
  const wanted = Object.keys(equal.entries);
  const from = (name: string) => [name, `$lookup.${name}`] as const;
  const inBody = list === undefined || list === '' ? 'body' : `body.${list}`;
  return {
    lookup: {
      operation: read.name,
      read,
      with: Object.fromEntries([
        ['method', 'GET'],
        ['path', path.path],
        ...pathInputs.map(from),
        ...(query === undefined ? [] : [from('query')]),
      ]),
      ...(list === undefined ? {} : { in: inBody, result: { status: 200, body: '$found' } }),
      equal: Object.fromEntries(
        wanted.map((name, index) => [
          list === undefined ? `body.${name}` : name,
          `$lookup.equal.${nth(index)}`,
        ]),
      ),
    },
    value: {
      type: 'map',
      at: node.at,
      entries: {
        ...path.inputs,
        ...(query === undefined ? {} : { query }),
        equal: {
          ...equal,
          entries: Object.fromEntries(wanted.map((name, at) => [nth(at), equal.entries[name]!])),
        },
      },
    },
  };
}
