import {
  isRead,
  type Lookup,
  type Operation,
  type Operations,
  type Template,
} from '../operations/operation.ts';
import { fill } from '../operations/template.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { validatorOf } from './json-schema.ts';
import { meant, type Problems } from './problems.ts';
import type { Place } from './schema-places.ts';

/** The place of a field of the entry. */
type PlaceOf = (path: readonly string[]) => Place;

/** What must hold of an entry beyond its form; the tests hold the same of the catalogue that ships. */
export function judgeEntry(
  operation: Operation,
  all: Operations,
  placeOf: PlaceOf,
  problems: Problems,
): void {
  judgeExample(operation, placeOf, problems);
  judgeTemplates(operation, placeOf, problems);
  judgeCalls(operation, all, placeOf, problems);
  judgeDoubt(operation, placeOf, problems);
  judgeHost(operation, placeOf, problems);
}

function judgeExample({ input, result, example }: Operation, placeOf: PlaceOf, problems: Problems): void {
  const fits = (value: unknown, schema: JsonSchema, part: 'with' | 'answer', what: string) => {
    try {
      const validate = validatorOf(schema);
      if (validate(value)) return;
      const [error] = validate.errors ?? [];
      const where = (error?.instancePath ?? '')
        .slice(1)
        .split('/')
        .filter((step) => step !== '');
      const field = error?.params.missingProperty ?? error?.params.additionalProperty;
      const named = typeof field === 'string' ? ` ('${field}')` : '';
      const message = `its example does not fit its own ${what}: ${where.join('.')} ${error?.message ?? ''}${named}`;
      problems.error('CATALOGUE', message.replaceAll('  ', ' '), placeOf(['example', part, ...where]).at);
    } catch (error) {
      const message = `its ${what} is no JSON Schema: ${(error as Error).message}`;
      problems.error('CATALOGUE', message, placeOf([part === 'with' ? 'input' : 'result']).keyAt);
    }
  };
  fits(example.with, input, 'with', 'input');
  fits(example.answer, result, 'answer', 'result');
}

/** `$name` is an input, or one of those that are named otherwise at that place. */
function judgeTemplates(operation: Operation, placeOf: PlaceOf, problems: Problems): void {
  const inputs = Object.keys(operation.input.properties ?? {});
  const places: readonly (readonly [readonly string[], Template, readonly string[]])[] = [
    [['query'], operation.query, []],
    [['headers'], operation.headers, []],
    [['body'], operation.body, ['item', 'found']],
    [['merge', 'with'], operation.merge?.with, []],
    [['lookup'], templatesOf(operation.lookup), ['item', 'found']],
    [['satisfied'], templatesOf(operation.satisfied), ['item', 'found']],
    [['update', 'with'], operation.update?.with, ['found']],
    [['poll', 'with'], operation.poll?.with, ['result']],
  ];
  for (const [path, template, named] of places)
    for (const name of rootsOf(template))
      if (![...inputs, ...named].includes(name))
        problems.error('CATALOGUE', `'$${name}' names no input`, placeOf(path).at, {
          expected: inputs.map((input) => `$${input}`).join(', ') || 'no inputs',
          ...meant(name, inputs),
        });
  for (const name of Object.keys(operation.headers))
    if (/^(?:authorization|proxy-.*|cookie|host|content-length|ms-requestid|client-request-id)$/iu.test(name))
      problems.error('CATALOGUE', `'${name}' is Tenantry's own to say`, placeOf(['headers', name]).keyAt);
}

function templatesOf(lookup: Lookup | undefined): Template {
  return lookup === undefined
    ? undefined
    : [lookup.with, lookup.equal, lookup.differ, lookup.then?.with, lookup.all?.with, lookup.result];
}

function rootsOf(template: Template): readonly string[] {
  if (typeof template === 'string')
    return /^\$[^$]/u.test(template) ? [template.slice(1).split('.')[0]!] : [];
  if (Array.isArray(template)) return template.flatMap(rootsOf);
  if (typeof template !== 'object' || template === null) return [];
  const { $each, $with: _, ...rest } = template as Readonly<Record<string, Template>>;
  return [
    ...(typeof $each === 'string' ? [$each.split('.')[0]!] : []),
    ...Object.values(rest).flatMap(rootsOf),
  ];
}

interface Call {
  readonly operation: string;
  readonly with: Readonly<Record<string, Template>>;
}

/** What an operation calls by itself exists, reads, and is given all that it takes. */
function judgeCalls(operation: Operation, all: Operations, placeOf: PlaceOf, problems: Problems): void {
  const { lookup, satisfied, merge, poll, update, example, location } = operation;
  const answer = typeof example.answer === 'object' ? example.answer : {};
  const names = {
    input: example.with,
    found: { id: 'x', ...answer },
    result: { id: 'x', ...answer, ...(location === undefined ? {} : { [location]: 'x' }) },
  };
  const inside = (field: string, found: Lookup | undefined) => [
    [[field], found] as const,
    [[field, 'then'], found?.then] as const,
    [[field, 'all'], found?.all] as const,
    [[field, 'adopt'], found?.adopt] as const,
  ];
  const calls = [
    ...inside('lookup', lookup),
    ...inside('satisfied', satisfied),
    [['merge'], merge],
    [['poll'], poll],
  ];
  for (const [path, call] of calls as readonly (readonly [readonly string[], Call | undefined])[]) {
    if (call === undefined) continue;
    const at = placeOf([...path, 'operation']).at;
    const called = all.get(call.operation);
    if (called === undefined || !isRead(called)) {
      const why = called === undefined ? 'does not exist' : 'does not read';
      problems.error('CATALOGUE', `'${call.operation}' ${why}`, at, meant(call.operation, all.names));
      continue;
    }
    const given = fill(call.with, names) as Readonly<Record<string, unknown>>;
    const known = called.input.properties ?? {};
    for (const name of called.input.required ?? [])
      if (given[name] === undefined && known[name]?.default === undefined)
        problems.error(
          'CATALOGUE',
          `'${called.name}' needs '${name}', and the example gives nothing for it`,
          at,
        );
    for (const name of Object.keys(given))
      if (known[name] === undefined)
        problems.error(
          'CATALOGUE',
          `'${called.name}' takes no '${name}'`,
          placeOf([...path, 'with', name]).keyAt,
        );
  }
  if (update !== undefined && all.get(update.operation)?.kind !== 'update')
    problems.error(
      'CATALOGUE',
      `'${update.operation}' is no operation that updates`,
      placeOf(['update', 'operation']).at,
    );
}

/** What is to happen with a request that nobody answered can be done. */
function judgeDoubt(operation: Operation, placeOf: PlaceOf, problems: Problems): void {
  const { kind, doubt, lookup, satisfied, host, repeatable } = operation;
  if (isRead(operation)) return;
  const { at } = placeOf(['doubt']);
  if (doubt === 'lookup' && (lookup ?? satisfied) === undefined)
    problems.error('CATALOGUE', "'doubt: lookup' has no look-up", at, {
      help: "give it a 'lookup', or let it hold",
    });
  if (kind === 'create' && lookup === undefined && doubt === 'lookup')
    problems.error('CATALOGUE', 'what is created is found by its own look-up', at, {
      expected: "a 'lookup'",
    });
  if (doubt === 'resend' && !repeatable && host !== 'partnerCenter')
    problems.error('CATALOGUE', "'doubt: resend' sends again what 'repeatable: false' forbids", at, {
      expected: 'lookup or hold',
    });
}

/** Tokens go over TLS, or nowhere but this machine. */
function judgeHost({ host, auth }: Operation, placeOf: PlaceOf, problems: Problems): void {
  if (typeof host === 'string') {
    if (auth.length === 0) problems.error('CATALOGUE', 'nobody could call it', placeOf(['auth']).at);
    return;
  }
  const { protocol, hostname } = new URL(host.url);
  if (protocol === 'http:' && !/^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/u.test(hostname))
    problems.error(
      'CATALOGUE',
      `the host ${host.name} is reached without TLS: ${host.url}`,
      placeOf(['request']).at,
      {
        expected: `https://${hostname}`,
      },
    );
}
