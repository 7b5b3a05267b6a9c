import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { behaviours } from '../src/emulator/behaviours/all.ts';
import { startEmulator } from '../src/emulator/server.ts';
import { extend } from '../src/operations/extend.ts';
import { isRead, type Lookup, type Operation } from '../src/operations/operation.ts';
import { buildCatalogue, loadOperations } from '../src/operations/read.ts';
import { fill } from '../src/operations/template.ts';
import { readAnswer } from '../src/partner-center/answer.ts';
import { buildRequest } from '../src/partner-center/request.ts';

/** A table over the whole catalogue: every entry is checked, its example sent, and what it names exists. */

const folder = path.join(import.meta.dirname, '../schemas/partner-center');
const workflows = path.join(import.meta.dirname, '../workflows');
/** Catalogues that workflows bring are held to the same. */
const folders = [
  folder,
  ...readdirSync(workflows)
    .map((name) => path.join(workflows, name, 'catalog'))
    .filter((catalog) => existsSync(catalog)),
];
const operations = folders
  .slice(1)
  .reduce((base, catalog) => extend(base, buildCatalogue(catalog), []), loadOperations(folder));
const all = operations.names.map((name) => operations.get(name)!);
const ajv = new Ajv2020({ strict: false, allErrors: true });
const entrySchema = ajv.compile(
  JSON.parse(readFileSync(path.join(folder, '../entry.schema.json'), 'utf8')) as object,
);
const files = folders.flatMap((place) =>
  readdirSync(place)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => path.join(place, file)),
);

describe.each(files)('the file %s', (file) => {
  const content = parse(readFileSync(file, 'utf8')) as {
    resource: string;
    operations?: Record<string, unknown>;
  };

  it('says only what an entry may say', () => {
    entrySchema(content);
    expect(entrySchema.errors ?? []).toEqual([]);
  });

  it('holds the operations of its own resource', () => {
    expect(
      Object.keys(content.operations ?? {}).filter((name) => name.split('.')[0] !== content.resource),
    ).toEqual([]);
  });
});

describe.each(all)('$name', (operation: Operation) => {
  it('has an example that fits its own schemas', () => {
    const input = ajv.compile(operation.input as object);
    input(operation.example.with);
    expect(input.errors ?? []).toEqual([]);
    const result = ajv.compile(operation.result as object);
    result(operation.example.answer);
    expect(result.errors ?? []).toEqual([]);
  });

  it('names, in its look-ups, reads that exist and are given what they need', () => {
    const names = {
      input: operation.example.with,
      found: { id: 'x', ...(operation.example.answer as object) },
      result: {
        ...(operation.example.answer as object),
        ...(operation.location === undefined ? {} : { [operation.location]: 'x' }),
      },
    };
    for (const { operation: name, with: inputs } of callsOf(operation)) {
      const called = operations.get(name);
      expect(called, name).toBeDefined();
      expect(isRead(called!), `${name} reads`).toBe(true);
      const given = fill(inputs, names) as Record<string, unknown>;
      const missing = (called!.input.required ?? []).filter(
        (input) => given[input] === undefined && called!.input.properties?.[input]?.default === undefined,
      );
      expect(missing, `${name} is given all`).toEqual([]);
      expect(Object.keys(given).filter((input) => called!.input.properties?.[input] === undefined)).toEqual(
        [],
      );
    }
  });

  it('can settle what its doubt says that it settles', () => {
    if (operation.doubt === 'lookup')
      expect(operation.lookup ?? operation.satisfied, 'a look-up').toBeDefined();
    if (operation.kind === 'create' && operation.lookup === undefined)
      expect(['resend', 'hold']).toContain(operation.doubt);
    if (operation.update !== undefined)
      expect(operations.get(operation.update.operation)?.kind).toBe('update');
    const replacement = operation.deprecated?.use;
    if (replacement !== undefined) expect(operations.get(replacement), replacement).toBeDefined();
  });

  it('makes a request whose path, query and body hold all that it is given', () => {
    const { method, url, body, headers } = requestOf(operation, 'https://host');
    expect(method).toBe(operation.method);
    expect(url).not.toMatch(/[{}]|undefined/u);
    expect(headers['ms-requestid']).toBe(operation.elsewhere === undefined ? 'id' : undefined);
    const sent = decodeURIComponent(url).replaceAll('+', ' ') + (body ?? '');
    for (const value of leavesOf(sentOf(operation))) expect(sent, String(value)).toContain(String(value));
  });

  it('is answered by the emulator, not with a route that is missing', async () => {
    const emulator = await running;
    const { method, url, headers, body } = requestOf(operation, emulator.url);
    const answer = await fetch(url, {
      method,
      headers: { ...headers, authorization: 'Bearer emulator-token' },
      ...(body === undefined ? {} : { body }),
    });
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const text = new TextDecoder().decode(bytes);
    expect(text).not.toContain('There is nothing at');
    const read = readAnswer(operation, { status: answer.status, headers: {}, body: text, bytes }, 0);
    expect(['ok', 'refused']).toContain(read.type);
  });
});

it('has no behaviour for what no entry describes', () => {
  expect(Object.keys(behaviours).filter((name) => operations.get(name) === undefined)).toEqual([]);
});

const running = startEmulator({}, operations);

function requestOf(operation: Operation, root: string) {
  const base = baseOf(operation, root);
  return buildRequest(operation, operation.example.with, {
    root,
    requestId: 'id',
    correlationId: 'correlation',
    locale: 'en-US',
    application: 'test',
    token: 't',
    timeoutMs: 1,
    ...base,
  });
}

/** What is read before the request; what lies elsewhere lies at the emulator, too. */
function baseOf({ merge, elsewhere, example }: Operation, root: string) {
  if (merge !== undefined) return { base: { ...(example.answer as object) } };
  if (elsewhere === undefined) return {};
  const told = operations.get(elsewhere.operation)?.example.answer as object;
  return { base: { ...told, [elsewhere.root]: `${root}/_storage/x` } };
}

function callsOf({
  lookup,
  satisfied,
  merge,
  poll,
  elsewhere,
}: Operation): readonly { readonly operation: string; readonly with: Readonly<Record<string, unknown>> }[] {
  const inside = (found: Lookup | undefined) =>
    found === undefined ? [] : [found, found.then, found.all, found.adopt];
  return [...inside(lookup), ...inside(satisfied), merge, poll, elsewhere].filter(
    (call) => call !== undefined,
  );
}

/** The example without what is there for look-ups alone, or for where a download is and goes. */
function sentOf({ example, pathInputs, query, body, lookup, satisfied, ...download }: Operation): object {
  const sent = JSON.stringify([pathInputs.map((name) => `$${name}`), query, body]);
  const saving = download.download === undefined ? undefined : '$saveAs';
  const looked = JSON.stringify([lookup?.with, satisfied?.with, download.elsewhere?.with, saving]);
  const alone = (name: string) => looked.includes(`"$${name}"`) && !sent.includes(`"$${name}"`);
  return Object.fromEntries(Object.entries(example.with).filter(([name]) => !alone(name)));
}

function leavesOf(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [value];
  return Object.values(value).flatMap(leavesOf);
}
