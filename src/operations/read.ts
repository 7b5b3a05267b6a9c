import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { JsonSchema } from '../schema/schema.ts';
import { type CatalogueJson, digestOf, openCatalogue } from './built.ts';
import { anyHttpRequest, httpName } from './http.ts';
import type { Kind, Operation, Operations } from './operation.ts';
import { resolveReferences, type SchemaFiles } from './references.ts';

interface ResourceFile {
  readonly resource: string;
  readonly defaults?: Readonly<Record<string, unknown>>;
  readonly schemas?: Readonly<Record<string, JsonSchema>>;
  readonly operations?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The package's root: one level above the bundle, two above this source. */
const root = existsSync(path.join(import.meta.dirname, '../../schemas/partner-center'))
  ? path.join(import.meta.dirname, '../..')
  : path.join(import.meta.dirname, '..');

/**
 * The catalogue.
 * @param folder folder of entries; without one the built catalogue beside the bundle, or the package's own entries
 * @throws Error naming file and entry where an entry is wrong: a bug of the project, which tests find
 */
export function loadOperations(folder?: string): Operations {
  for (const built of folder === undefined ? ['catalogue.jsons', '../catalogue.jsons'] : []) {
    const file = path.join(import.meta.dirname, built);
    if (existsSync(file)) return openCatalogue(readFileSync(file));
  }
  return operationsOf(buildCatalogue(folder));
}

function operationsOf(catalogue: CatalogueJson): Operations {
  let digest: string | undefined;
  return {
    names: Object.keys(catalogue).sort(),
    get digest() {
      digest ??= digestOf(catalogue);
      return digest;
    },
    get: (name) =>
      Object.hasOwn(catalogue, name) ? catalogue[name] : name === httpName ? anyHttpRequest : undefined,
  };
}

/** Reads and resolves every entry of a folder. */
export function buildCatalogue(folder = path.join(root, 'schemas/partner-center')): CatalogueJson {
  const files = readFiles(folder);
  const schemas: SchemaFiles = new Map([...files].map(([name, file]) => [name, file.schemas ?? {}]));
  const entries: [string, Operation][] = [];
  for (const [name, file] of files) {
    for (const [id, entry] of Object.entries(file.operations ?? {})) {
      try {
        entries.push([
          id,
          resolveEntry(id, file, { ...file.defaults, ...entry }, (node) =>
            resolveReferences(node, name, schemas),
          ),
        ]);
      } catch (error) {
        throw new Error(`${name}.yaml: ${id}: ${(error as Error).message}`, { cause: error });
      }
    }
  }
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function readFiles(folder: string): ReadonlyMap<string, ResourceFile> {
  // The YAML library is needed only where the catalogue was not built beforehand.
  const { parse } = createRequire(import.meta.url)('yaml') as typeof import('yaml');
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort();
  return new Map(
    names.map((file) => [
      file.slice(0, -'.yaml'.length),
      parse(readFileSync(path.join(folder, file), 'utf8')) as ResourceFile,
    ]),
  );
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

function resolveEntry(
  name: string,
  file: ResourceFile,
  entry: Entry,
  resolve: (node: JsonSchema) => JsonSchema,
): Operation {
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
    host: (entry.host as Operation['host'] | undefined) ?? 'partnerCenter',
    path: target,
    pathInputs,
    query,
    input,
    ...bodyOf(entry, declared, method, query),
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
