import type { JsonSchema } from '../schema/schema.ts';
import type { CatalogueJson } from './built.ts';
import type { Host, Kind, Operation, OwnHost, Undo } from './operation.ts';
import { resolveReferences, type SchemaFiles } from './references.ts';

/** One file of the catalogue, as it is written. */
export interface ResourceFile {
  readonly resource: string;
  /** Hosts of a partner's own, by the name that `host` says. */
  readonly hosts?: Readonly<Record<string, Omit<OwnHost, 'name'>>>;
  readonly defaults?: Readonly<Record<string, unknown>>;
  readonly schemas?: Readonly<Record<string, JsonSchema>>;
  readonly operations?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** An entry that cannot be resolved. */
export class EntryError extends Error {
  override readonly name = 'EntryError';
  readonly file: string;
  readonly entry: string;

  constructor(file: string, entry: string, cause: Error) {
    super(cause.message, { cause });
    this.file = file;
    this.entry = entry;
  }
}

/**
 * The operations of some files: references followed, defaults filled in.
 * @param files name (without ending) → file; references and hosts of one may be those of another
 * @throws EntryError where an entry is wrong
 */
export function resolveFiles(files: ReadonlyMap<string, ResourceFile>): CatalogueJson {
  const schemas: SchemaFiles = new Map([...files].map(([name, file]) => [name, file.schemas ?? {}]));
  const hosts = Object.assign({}, ...[...files.values()].map((file) => file.hosts ?? {})) as Hosts;
  const entries: [string, Operation][] = [];
  for (const [name, file] of files) {
    for (const [id, entry] of Object.entries(file.operations ?? {})) {
      try {
        const resolve = (node: JsonSchema) => resolveReferences(node, name, schemas);
        entries.push([id, resolveEntry(id, { file, hosts, resolve }, { ...file.defaults, ...entry })]);
      } catch (error) {
        throw new EntryError(name, id, error as Error);
      }
    }
  }
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

type Hosts = NonNullable<ResourceFile['hosts']>;

const builtHosts: readonly string[] = ['partnerCenter', 'partner', 'graph'] satisfies readonly Host[];

function hostOf(name: string, hosts: Hosts): Operation['host'] {
  if (builtHosts.includes(name)) return name as Host;
  const own = Object.hasOwn(hosts, name) ? hosts[name] : undefined;
  if (own === undefined)
    throw new Error(`host '${name}' is none: ${[...builtHosts, ...Object.keys(hosts)].join(', ')}`);
  return { name, ...own };
}

const successOf: Readonly<Record<Kind, readonly number[]>> = {
  read: [200],
  list: [200],
  create: [200, 201],
  update: [200, 201, 202, 204],
  delete: [200, 202, 204],
  action: [200, 201, 202, 204],
};

type Entry = Readonly<Record<string, unknown>>;

interface Around {
  readonly file: ResourceFile;
  readonly hosts: Hosts;
  readonly resolve: (node: JsonSchema) => JsonSchema;
}

function resolveEntry(name: string, { file, hosts, resolve }: Around, entry: Entry): Operation {
  const [method = '', target = ''] = String(entry.request).split(' ');
  const pathInputs = [...target.matchAll(/\{(\w+)\}/gu)].map(([, place]) => place!);
  const kind = entry.kind as Kind;
  const declared = resolve((entry.input as JsonSchema | undefined) ?? { type: 'object', properties: {} });
  const input = inputOf(pathInputs, entry.download === undefined ? closed(declared) : saved(declared));
  const query = (entry.query as Operation['query'] | undefined) ?? {};
  const read = kind === 'read' || kind === 'list';
  const { summary, page, example, doubt, throttle } = entry as unknown as Operation;
  const optional = [
    'merge',
    'pageSize',
    'lookup',
    'lookAt',
    'update',
    'satisfied',
    'poll',
    'partFailure',
    'deprecated',
    'location',
    'notReady',
    'lastPartOf',
    'download',
    'elsewhere',
  ] as const;
  return {
    name,
    resource: file.resource,
    summary,
    kind,
    method,
    host: hostOf((entry.host as string | undefined) ?? 'partnerCenter', hosts),
    path: target,
    pathInputs,
    query,
    input,
    ...bodyOf(entry, declared, method, query),
    ...(entry.undo === undefined ? {} : { undo: entry.undo as Undo }),
    ...Object.fromEntries(
      optional.filter((key) => entry[key] !== undefined).map((key) => [key, withEqual(entry[key])]),
    ),
    ifMatch: entry.ifMatch === true,
    headers: (entry.headers as Operation['headers'] | undefined) ?? {},
    result: entry.download === undefined ? resultOf(entry, resolve) : savedFile,
    answers: (entry.answers as Operation['answers'] | undefined) ?? {},
    success: (entry.success as readonly number[] | undefined) ?? successOf[kind],
    paging: (entry.paging as Operation['paging'] | undefined) ?? 'none',
    repeatable: (entry.repeatable as boolean | undefined) ?? read,
    doubt: read ? 'resend' : doubt,
    throttle: { ...throttle, perCustomer: throttle?.perCustomer ?? pathInputs.includes('customerId') },
    auth: entry.auth as Operation['auth'],
    clouds: entry.clouds as Operation['clouds'],
    partners: (entry.partners as Operation['partners'] | undefined) ?? ['direct', 'provider'],
    errors: (entry.errors as Operation['errors'] | undefined) ?? [],
    sandboxOnly: entry.sandboxOnly === true,
    page,
    example,
  };
}

/** Look-ups may leave `equal` out: that the thing exists is then the find. */
function withEqual(value: unknown): unknown {
  const lookup =
    typeof value === 'object' &&
    value !== null &&
    'operation' in value &&
    !('path' in value) &&
    !('fields' in value);
  return lookup ? { equal: {}, ...value } : value;
}

/** Unknown fields in `with:` are mistakes: every object with named properties is closed. */
function closed(schema: JsonSchema): JsonSchema {
  const properties =
    schema.properties &&
    Object.fromEntries(Object.entries(schema.properties).map(([name, inner]) => [name, closed(inner)]));
  return {
    ...schema,
    ...(properties === undefined ? {} : { properties }),
    ...(schema.items === undefined ? {} : { items: closed(schema.items) }),
    ...(properties !== undefined && schema.additionalProperties === undefined
      ? { additionalProperties: false }
      : {}),
  };
}

function inputOf(pathInputs: readonly string[], declared: JsonSchema): JsonSchema {
  const places = Object.fromEntries(
    pathInputs.map((name) => [name, declared.properties?.[name] ?? { type: 'string', minLength: 1 }]),
  );
  return {
    ...declared,
    type: 'object',
    required: [...new Set([...pathInputs, ...(declared.required ?? [])])],
    properties: { ...places, ...declared.properties },
    additionalProperties: false,
  };
}

/** What a download holds afterwards. */
const savedFile: JsonSchema = {
  type: 'object',
  required: ['file', 'bytes', 'sha256'],
  properties: {
    file: { type: 'string', description: "Where it was saved, below the run's results folder." },
    bytes: { type: 'integer' },
    sha256: { type: 'string' },
  },
};

/** A download takes one input more: where to save it. */
function saved(declared: JsonSchema): JsonSchema {
  const description =
    "File below the run's results folder, with / between its folders; one of its own for every record.";
  return closed({
    ...declared,
    required: [...(declared.required ?? []), 'saveAs'],
    properties: { ...declared.properties, saveAs: { type: 'string', minLength: 1, description } },
  });
}

/** Without a template the body is every input that is neither in the path nor in the query. */
function bodyOf(
  entry: Entry,
  declared: JsonSchema,
  method: string,
  query: Operation['query'],
): { readonly body?: unknown } {
  if ('body' in entry) return entry.body === null ? {} : { body: entry.body };
  if (method === 'GET' || method === 'HEAD' || method === 'DELETE') return {};
  const inPath = [...String(entry.request).matchAll(/\{(\w+)\}/gu)].map(([, place]) => place!);
  const inQuery = JSON.stringify(query);
  const names = Object.keys(declared.properties ?? {}).filter(
    (name) => !inPath.includes(name) && !inQuery.includes(`"$${name}"`),
  );
  return names.length === 0 ? {} : { body: Object.fromEntries(names.map((name) => [name, `$${name}`])) };
}

function resultOf(entry: Entry, resolve: (node: JsonSchema) => JsonSchema): JsonSchema {
  const schemaOf = (named: unknown): JsonSchema =>
    resolve(typeof named === 'string' ? { $ref: named } : ((named as JsonSchema | undefined) ?? {}));
  if (entry.items === undefined) return schemaOf(entry.result);
  return {
    type: 'object',
    required: ['items', 'totalCount'],
    properties: { items: { type: 'array', items: schemaOf(entry.items) }, totalCount: { type: 'integer' } },
  };
}
