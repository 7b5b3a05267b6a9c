import { isRead, type Lookup, type Operation, type OperationError } from '../operations/operation.ts';
import type { JsonSchema } from '../schema/schema.ts';

/** What there is to say about an operation, in words: the reference pages and the terminal print the same. */
export interface Description {
  readonly name: string;
  readonly kind: string;
  readonly summary: string;
  readonly request: string;
  readonly deprecated?: string;
  readonly inputs: readonly Field[];
  readonly results: readonly Field[];
  /** A title and a sentence each. */
  readonly facts: readonly (readonly [title: string, text: string])[];
  readonly errors: readonly DescribedError[];
  /** A step as a playbook would have it, as plain data. */
  readonly step: Readonly<Record<string, unknown>>;
  readonly page: string;
  readonly pageUrl: string;
}

export interface Field {
  /** `companyProfile.domain`, `lineItems[].quantity`. */
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  readonly default?: string;
  readonly description: string;
}

export interface DescribedError {
  readonly status: string;
  readonly meaning: string;
  readonly advice: string;
}

export function describeOperation(operation: Operation): Description {
  const { deprecated } = operation;
  return {
    name: operation.name,
    kind: operation.kind,
    summary: operation.summary,
    request: `${operation.method} ${rootOf(operation.host)}${operation.path}`,
    ...(deprecated === undefined
      ? {}
      : {
          deprecated: `${deprecated.reason}${deprecated.use === undefined ? '' : `; use ${deprecated.use}`}`,
        }),
    inputs: fieldsOf(operation.input, ''),
    results: fieldsOf(operation.result, ''),
    facts: [...whoMay(operation), ...whatHappens(operation)],
    errors: operation.errors.map(describedError),
    step: {
      id: operation.name.split('.')[1],
      uses: operation.name,
      ...(Object.keys(operation.example.with).length === 0 ? {} : { with: operation.example.with }),
    },
    page: operation.page,
    pageUrl: pageUrlOf(operation),
  };
}

const roots = { partner: 'https://api.partner.microsoft.com', graph: 'https://graph.microsoft.com' } as const;
const pageRoots = {
  partnerCenter: 'https://learn.microsoft.com/partner-center/developer/',
  partner: 'https://learn.microsoft.com/partner-center/developer/',
  graph: 'https://learn.microsoft.com/graph/api/',
} as const;

function rootOf(host: Operation['host']): string {
  if (typeof host !== 'string') return host.url;
  return host === 'partnerCenter' ? '' : roots[host];
}

/** A catalogue of a partner's own names its page by an address, where it has one. */
function pageUrlOf({ host, page }: Operation): string {
  return typeof host !== 'string' || page.startsWith('https://') ? page : `${pageRoots[host]}${page}`;
}

/** Every field with its place, outer before inner; a schema without names has none. */
function fieldsOf(schema: JsonSchema, before: string): readonly Field[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const path = before + name;
    const field = {
      path,
      type: typeOf(inner),
      required: required.has(name),
      ...(inner.default === undefined ? {} : { default: JSON.stringify(inner.default) }),
      description: typeof inner.description === 'string' ? inner.description : '',
    };
    // Links and bookkeeping are the same everywhere.
    if (name === 'links' || name === 'attributes') return [field];
    return [field, ...fieldsOf(elementOf(inner), `${path}${'[]'.repeat(depthOf(inner))}.`)];
  });
}

function elementOf(schema: JsonSchema): JsonSchema {
  return schema.items === undefined ? schema : elementOf(schema.items);
}

function depthOf(schema: JsonSchema): number {
  return schema.items === undefined ? 0 : 1 + depthOf(schema.items);
}

/** The type of a schema in words. */
export function typeOf(schema: JsonSchema): string {
  const secret = schema.secret === true ? ', secret' : '';
  if (schema.enum !== undefined) return schema.enum.map(String).join(', ') + secret;
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`;
  if (schema.properties === undefined && typeof schema.additionalProperties === 'object')
    return `map of ${typeOf(schema.additionalProperties)}`;
  const type = typeof schema.type === 'string' ? schema.type : (schema.type ?? ['anything']).join(' or ');
  return `${type}${typeof schema.format === 'string' ? ` (${schema.format})` : ''}${limitsOf(schema)}${secret}`;
}

function limitsOf({ minimum, maximum, maxLength }: JsonSchema): string {
  const limits = [
    minimum === undefined ? [] : [`at least ${String(minimum)}`],
    maximum === undefined ? [] : [`at most ${String(maximum)}`],
    maxLength === undefined ? [] : [`at most ${String(maxLength)} characters`],
  ].flat();
  return limits.length === 0 ? '' : `, ${limits.join(', ')}`;
}

type Facts = Description['facts'];

const partnerWords = { direct: 'direct partners', provider: 'providers', reseller: 'indirect resellers' };
const authWords = { app: 'the app alone', 'app+user': 'the app for a user' };

function whoMay(operation: Operation): Facts {
  const { auth, clouds, partners, throttle, sandboxOnly } = operation;
  const ceiling = throttle.perMinute === undefined ? '' : `, documented: ${throttle.perMinute} a minute`;
  return [
    ['Sign-in', auth.map((way) => authWords[way]).join(' or ')],
    ['Clouds', clouds.join(', ')],
    ['Partners', partners.map((kind) => partnerWords[kind]).join(', ')],
    ['Allowance', `${throttle.group}${throttle.perCustomer ? ', apart for each customer' : ''}${ceiling}`],
    ...(sandboxOnly ? [['Sandbox', 'only the integration sandbox has it'] as const] : []),
  ];
}

function whatHappens(operation: Operation): Facts {
  const { kind, paging, poll, partFailure, download } = operation;
  return [
    ...(kind === 'list' && paging !== 'none'
      ? [['Pages', 'all of them are read, one after another'] as const]
      : []),
    ...(isRead(operation)
      ? []
      : [['Sent twice', repeatOf(operation)] as const, ['No answer', doubtOf(operation)] as const]),
    ...lookupsOf(operation),
    ...(poll === undefined
      ? []
      : [
          [
            'Takes its time',
            `\`${poll.operation}\` is asked every ${poll.everySeconds} s, for ${minutes(poll.timeoutSeconds)} at most, until its \`${poll.path}\` says that it is done`,
          ] as const,
        ]),
    ...[partFailure, poll?.partFailure]
      .filter((failure) => failure !== undefined)
      .map(({ path, message }) => ['Can fail in part', `\`${path}\`: ${message}`] as const),
    ...(download === undefined
      ? []
      : [
          ['Download', `a file (${download}), saved below the results folder where \`saveAs\` says`] as const,
        ]),
  ];
}

function minutes(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} minutes`;
}

function repeatOf({ repeatable }: Operation): string {
  return repeatable
    ? 'the second request changes nothing'
    : 'it would be done twice; it never is sent twice unseen';
}

function doubtOf({ doubt, lookup, satisfied }: Operation): string {
  if (doubt === 'resend') return 'the same request goes out again, under the same request id';
  if (doubt === 'hold')
    return 'the record is held as in doubt until a person says how it ended (`tenantry resume --settle`)';
  const asked = (lookup ?? satisfied)?.operation;
  return `\`${asked}\` tells whether it happened: then its result is taken, else the request goes out again`;
}

function lookupsOf({ kind, lookup, satisfied, update, merge, undo }: Operation): Facts {
  return [
    ...(lookup === undefined || kind !== 'create'
      ? []
      : [['There already', `${foundBy(lookup)}; what is found is adopted instead of made again`] as const]),
    ...(update === undefined
      ? []
      : [
          [
            'Brought up to date',
            `where ${list(update.fields)} of what was found differ, \`${update.operation}\` sets them`,
          ] as const,
        ]),
    ...(satisfied === undefined ? [] : [['Nothing to do', `where ${foundBy(satisfied)}`] as const]),
    ...(lookup === undefined || kind === 'create' ? [] : [['Look-up', foundBy(lookup)] as const]),
    ...(merge === undefined
      ? []
      : [['Reads first', `\`${merge.operation}\`, whose answer goes back with the change in it`] as const]),
    ...(undo === undefined
      ? []
      : [
          ['Taken back', 'never' in undo ? `by nothing: ${undo.never}` : `by \`${undo.operation}\``] as const,
        ]),
  ];
}

function foundBy({ operation, equal, absent, each, lagSeconds }: Lookup): string {
  const fields = Object.entries(equal).map(([path, wanted]) =>
    typeof wanted === 'string' && !wanted.startsWith('$') ? `\`${path}\` ${wanted}` : `the same \`${path}\``,
  );
  const one = each === undefined ? 'one' : `one for each of \`${each}\`,`;
  const what =
    fields.length === 0
      ? `\`${operation}\` finds it${absent === true ? ' no longer' : ''}`
      : `\`${operation}\` shows ${absent === true ? 'none' : one} with ${fields.join(' and ')}`;
  return `${what}${lagSeconds === undefined ? '' : `; a miss counts ${minutes(lagSeconds)} after the request`}`;
}

function list(paths: readonly string[]): string {
  return paths.map((path) => `\`${path}\``).join(', ');
}

function describedError(error: OperationError): DescribedError {
  const { status, code, meaning } = error;
  return {
    status: code === undefined ? String(status) : `${status} ${code}`,
    meaning,
    advice: adviceFor(error),
  };
}

const advices: Readonly<Record<number, string>> = {
  401: 'sign in again, or as the user that it needs; then resume',
  403: 'the record fails: what it needs first, or the right to do it, is missing; then resume --retry-failed',
  404: 'the record fails: what it names is not there',
  409: 'the record fails: it is taken, or was changed by somebody else',
  412: 'it was changed since it was read; resume --retry-failed reads it again',
  429: 'waited for as long as the service says, then sent again',
};

function adviceFor({ status, then }: OperationError): string {
  if (then === 'again') return 'waited for, then sent again';
  if (then === 'done') return 'it had happened before: settled by the look-up';
  if (status >= 500) return 'sent again after a wait, as far as its doubt allows';
  return advices[status] ?? 'the record fails: put the input right, then resume --retry-failed';
}
