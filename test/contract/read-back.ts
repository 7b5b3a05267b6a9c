import type { Operation, Template } from '../../src/operations/operation.ts';
import type { JsonSchema } from '../../src/schema/schema.ts';

/**
 * Turns a documented request back into the inputs that would make it: path, query and body are laid on the
 * operation's templates. Letter case of names is ignored, as the service ignores it; null means left out.
 */
export interface ReadBack {
  readonly input: Readonly<Record<string, unknown>>;
  /** What the request holds that the operation cannot say. */
  readonly problems: readonly string[];
}

interface Request {
  readonly path: string;
  readonly body: unknown;
}

type Fields = Record<string, unknown>;

/** What the service itself keeps in an object; requests may carry it, and it does nothing there. */
const bookkeeping = ['attributes', 'links'];

export function readBack(operation: Operation, request: Request): ReadBack {
  const input: Fields = {};
  const problems: string[] = [];
  const [target = '', ...query] = request.path.split('?');
  readPath(operation, target, input);
  readQuery(operation, new URLSearchParams(query.join('&')), input, problems);
  const body = withoutNulls(request.body);
  if (body !== undefined) {
    const at = { input, item: undefined, problems, operation };
    if (operation.body === undefined) problems.push('request: a body, which the operation has not');
    else unify(operation.body, body, 'body', at);
  }
  return {
    input: { ...besideTheRequest(operation), ...(named(input, operation.input) as Fields) },
    problems,
  };
}

/** Inputs that no part of the request shows (where to keep a download): the example's do. */
function besideTheRequest(operation: Operation): Fields {
  const { pathInputs, query, body, headers, input, example } = operation;
  const sent = JSON.stringify([query, body, headers]);
  const unsent = (input.required ?? []).filter(
    (name) => !pathInputs.includes(name) && !sent.includes(`$${name}`) && !sent.includes(`"$each":"${name}`),
  );
  return Object.fromEntries(unsent.map((name) => [name, example.with[name]]));
}

function readPath(operation: Operation, target: string, input: Fields): void {
  const parts = target.split('/');
  for (const [index, part] of operation.path.split('/').entries()) {
    const place = /^\{(\w+)\}$/u.exec(part)?.[1];
    if (place !== undefined)
      set(
        input,
        place,
        typedAs(decodeURIComponent(parts[index] ?? '').trim(), operation.input.properties?.[place]),
      );
  }
}

function readQuery(operation: Operation, query: URLSearchParams, input: Fields, problems: string[]): void {
  for (const [name, text] of query) {
    if (isOfPaging(name, operation)) continue;
    const found = Object.entries(operation.query).find(([own]) => same(own, name));
    if (found === undefined) {
      problems.push(`request: no query ${name}`);
      continue;
    }
    const [, template] = found;
    const at = { input, item: undefined, problems, operation };
    if (typeof template === 'object' && template !== null && '$repeat' in template)
      unify(template.$repeat as Template, query.getAll(name), `query ${name}`, at);
    else if (typeof template === 'object' && template !== null && '$json' in template)
      unify(template.$json as Template, JSON.parse(text), `query ${name}`, at);
    else if (typeof template === 'string' && template.startsWith('$'))
      unify(template, typedAs(text, operation.input.properties?.[template.slice(1)]), `query ${name}`, at);
    else unify(template, text, `query ${name}`, at);
  }
}

/** Which page of a list is asked for is the client's to say, not the author's. */
function isOfPaging(name: string, { paging, pageSize }: Operation): boolean {
  if (same(name, pageSize?.query)) return true;
  return paging !== 'none' && ['size', 'offset', 'skip', 'top', 'seekoperation'].includes(name.toLowerCase());
}

interface At {
  readonly input: Fields;
  /** What `$item` stands for, being put together. */
  readonly item: { value: unknown } | undefined;
  readonly problems: string[];
  readonly operation: Operation;
}

function unify(template: Template, value: unknown, where: string, at: At): void {
  if (typeof template === 'string' && template.startsWith('$') && !template.startsWith('$$')) {
    const [root = '', ...rest] = template.slice(1).split('.');
    if (root === 'found' || root === 'result') return;
    if (root !== 'item') return set(at.input, [root, ...rest].join('.'), value);
    if (at.item === undefined) return;
    if (rest.length === 0) at.item.value = value;
    else {
      at.item.value ??= {};
      set(at.item.value as Fields, rest.join('.'), value);
    }
    return;
  }
  if (typeof template !== 'object' || template === null) {
    const literal = typeof template === 'string' ? template.replace(/^\$\$/u, '$') : template;
    if (!same(String(literal), String(value)))
      at.problems.push(
        `request: ${where} is ${JSON.stringify(value)}, the operation sends ${JSON.stringify(literal)}`,
      );
    return;
  }
  if (Array.isArray(template)) {
    if (!Array.isArray(value)) at.problems.push(`request: ${where} is no list`);
    else
      for (const [index, inner] of template.entries())
        if (index < value.length) unify(inner, value[index], `${where}.${index}`, at);
    return;
  }
  const map = template as Readonly<Record<string, Template>>;
  if ('$each' in map) return unifyEach(map, value, where, at);
  unifyMap(map, value, where, at);
}

function unifyEach(map: Readonly<Record<string, Template>>, value: unknown, where: string, at: At): void {
  if (!Array.isArray(value)) {
    at.problems.push(`request: ${where} is no list`);
    return;
  }
  const items = value.map((inner, index) => {
    const item: { value: unknown } = { value: undefined };
    unify(map.$to, inner, `${where}.${index}`, { ...at, item });
    return item.value;
  });
  set(at.input, String(map.$each), items);
}

function unifyMap(map: Readonly<Record<string, Template>>, value: unknown, where: string, at: At): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    at.problems.push(`request: ${where} is no object`);
    return;
  }
  for (const [name, inner] of Object.entries(value)) {
    const known = Object.keys(map).find((own) => same(own, name));
    if (known !== undefined) unify(map[known], inner, `${where}.${known}`, at);
    // An update lays its body over what it read, which the sample then shows whole.
    else if (at.operation.merge === undefined && !bookkeeping.includes(name.toLowerCase()))
      at.problems.push(`request: ${where}.${name} is not sent`);
  }
}

function set(fields: Fields, dotted: string, value: unknown): void {
  const [first = '', ...rest] = dotted.split('.');
  if (rest.length === 0) fields[first] = value;
  else {
    fields[first] ??= {};
    set(fields[first] as Fields, rest.join('.'), value);
  }
}

function same(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && one.toLowerCase() === other?.toLowerCase();
}

/** Text of a path or a query as the type that the input has. */
function typedAs(text: string, schema: JsonSchema | undefined): unknown {
  switch (schema?.type) {
    case 'integer':
    case 'number':
      return Number(text);
    case 'boolean':
      return text.toLowerCase() === 'true';
    case 'array':
      return text.split(',').map((part) => typedAs(part.trim(), schema.items));
    default:
      return text;
  }
}

/** The value with the names that the schema has, and without bookkeeping that it does not have. */
function named(value: unknown, schema: JsonSchema | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => named(item, schema?.items));
  if (typeof value !== 'object' || value === null) return value;
  const names = Object.keys(schema?.properties ?? {});
  const fields: Fields = {};
  for (const [name, inner] of Object.entries(value)) {
    const known = names.find((own) => same(own, name));
    if (known === undefined && names.length > 0 && bookkeeping.includes(name.toLowerCase())) continue;
    fields[known ?? name] = named(inner, known === undefined ? undefined : schema?.properties?.[known]);
  }
  return fields;
}

/** Null means left out, wherever it stands; so does the day that the SDK has for a date without a value. */
export function withoutNulls(value: unknown): unknown {
  if (value === null || value === '0001-01-01T00:00:00') return undefined;
  if (Array.isArray(value)) return value.map(withoutNulls).filter((item) => item !== undefined);
  if (typeof value !== 'object') return value;
  const fields = Object.entries(value as Fields).map(([name, inner]) => [name, withoutNulls(inner)] as const);
  return Object.fromEntries(fields.filter(([, inner]) => inner !== undefined));
}
