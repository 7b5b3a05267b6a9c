import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkCatalogue } from '../../src/check/check-catalogue.ts';
import { checkPlaybook } from '../../src/check/check-playbook.ts';
import { type Document, readDocument } from '../../src/load/document.ts';
import { extend } from '../../src/operations/extend.ts';
import type { Operations } from '../../src/operations/operation.ts';
import { entrySchema, loadOperations } from '../../src/operations/read.ts';
import { areaOf, areas } from '../../src/report/areas.ts';
import { describeOperation } from '../../src/report/describe-operation.ts';
import { searchOperations } from '../../src/report/search-operations.ts';
import { referencePages, staleReference } from '../../tools/reference-pages.ts';

const operations = loadOperations();
const all = operations.names.map((name) => operations.get(name)!);
const docs = path.join(import.meta.dirname, '../../docs');

/** Every YAML snippet of a page, with the line that it begins on. */
function snippetsOf(text: string): readonly (readonly [line: number, snippet: string])[] {
  return [...text.matchAll(/^```yaml\n(.*?)^```/gmsu)].map((match) => [
    text.slice(0, match.index).split('\n').length + 1,
    match[1]!,
  ]);
}

/** A snippet is a whole playbook, or a list of steps of one. */
function asPlaybook(snippet: string): string {
  if (!snippet.startsWith('- ')) return snippet;
  const fields = ['customerId', 'subscriptionId'].map((name) => `${name}: { type: string }`);
  const record = `{ type: object, required: [customerId, subscriptionId, seats], properties: { ${fields.join(', ')}, seats: { type: integer } } }`;
  const head = `tenantry: 1\nname: snippet\ninput:\n  key: \${{ record.customerId }}\n  record: ${record}\n`;
  return `${head}steps:\n${snippet.replaceAll(/^/gmu, '  ')}`;
}

/** Snippets that say in their first line which file they are: others of the page may use them. */
function filesOf(text: string): ReadonlyMap<string, Document> {
  return new Map(
    snippetsOf(text).flatMap(([, snippet]) => {
      const place = /^# \.\/(\S+\.yaml)\n/u.exec(snippet)?.[1];
      const document = readDocument(place ?? '', snippet);
      return place === undefined || !document.ok ? [] : [[place, document.value] as const];
    }),
  );
}

/** The operations that a page knows: those of the catalogue, and those that its own snippets describe. */
function operationsOf(text: string): Operations {
  const files = new Map(
    snippetsOf(text).flatMap(([line, snippet]) => {
      const document = readDocument('catalog.yaml', snippet);
      return /^resource: /mu.test(snippet) && document.ok ? [[String(line), document.value] as const] : [];
    }),
  );
  if (files.size === 0) return operations;
  const checked = checkCatalogue(files, operations, entrySchema());
  if (!checked.ok) throw new Error(checked.diagnostics.map(({ message }) => message).join('\n'));
  return extend(operations, checked.value, []);
}

function errorsOf(
  snippet: string,
  files: ReadonlyMap<string, Document> = new Map(),
  known: Operations = operations,
): readonly string[] {
  if (/^resource: /mu.test(snippet)) return [];
  const document = readDocument('snippet.yaml', asPlaybook(snippet));
  const checked = document.ok ? checkPlaybook(document.value, known, files) : document;
  return checked.diagnostics
    .filter(({ severity }) => severity === 'error')
    .map(({ code, message }) => `${code}: ${message}`);
}

describe('the pages under docs/operations', () => {
  it('are what the catalogue gives; npm run generate makes them anew', () => {
    expect(staleReference()).toEqual([]);
  });

  it('name every operation and each of its inputs and errors', () => {
    const text = [...referencePages().values()].join('\n');
    for (const operation of all) {
      expect(text).toContain(`## ${operation.name}\n`);
      for (const name of Object.keys(operation.input.properties ?? {})) expect(text).toContain(`\`${name}\``);
    }
  });

  it.each([...referencePages()])('%s has snippets that the checker accepts', (_file, text) => {
    const wrong = snippetsOf(text).flatMap(([line, snippet]) =>
      errorsOf(snippet).map((error) => `${line}: ${error}`),
    );
    expect(wrong).toEqual([]);
  });

  it('have an area for every resource, and no resource twice', () => {
    expect(
      [...new Set(all.map(({ resource }) => resource))].filter((name) => areaOf(name) === 'Other'),
    ).toEqual([]);
    const named = areas.flatMap(([, resources]) => resources);
    expect(named).toHaveLength(new Set(named).size);
  });
});

describe('the pages written by hand', () => {
  const pages = readdirSync(docs).filter((file) => file.endsWith('.md'));
  it.each([...pages, '../README.md'])('%s has snippets that the checker accepts', (file) => {
    const text = readFileSync(path.join(docs, file), 'utf8');
    const known = operationsOf(text);
    const wrong = snippetsOf(text).flatMap(([line, snippet]) =>
      parse(snippet) === null
        ? []
        : errorsOf(snippet, filesOf(text), known).map((error) => `${line}: ${error}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe('the links of the pages', () => {
  const pages = readdirSync(docs, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.md'),
  );
  it.each([...pages, '../README.md'])('%s leads to files and headings that are there', (file) => {
    const text = readFileSync(path.join(docs, file), 'utf8');
    const folder = path.dirname(path.join(docs, file));
    const broken = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/gu)].filter(
      ([, target = '', heading]) => {
        const linked = target === '' ? path.join(docs, file) : path.join(folder, target);
        if (!existsSync(linked)) return true;
        return heading !== undefined && !headingsOf(readFileSync(linked, 'utf8')).includes(heading);
      },
    );
    expect(broken.map(([link]) => link)).toEqual([]);
  });
});

/** Headings as links name them. */
function headingsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gmu)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\w\s-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('the description of an operation', () => {
  const { inputs, facts, errors } = describeOperation(operations.get('carts.checkout')!);

  it('tells what a repeat and a lost answer mean, and how to find out', () => {
    const told = Object.fromEntries(facts);
    expect(told['Sent twice']).toContain('done twice');
    expect(told['No answer']).toContain('`carts.get` tells whether it happened');
    expect(told['Can fail in part']).toContain('`orderErrors`');
  });

  it('gives nested inputs their place, type, default and whether they are required', () => {
    expect(inputs.map(({ path: name, required }) => [name, required])).toEqual([
      ['customerId', true],
      ['cartId', true],
    ]);
    const customer = describeOperation(operations.get('customers.create')!).inputs;
    expect(customer.map(({ path: name }) => name)).toContain('billingProfile.defaultAddress.country');
    const lines = describeOperation(operations.get('carts.create')!).inputs;
    expect(lines.find(({ path: name }) => name === 'lineItems[].quantity')).toMatchObject({
      type: 'integer, at least 1',
      required: true,
    });
  });

  it('says of every error what to do about it', () => {
    expect(errors.find(({ status }) => status === '400 800065')?.advice).toContain('had happened before');
    for (const operation of all)
      for (const { advice } of describeOperation(operation).errors) expect(advice).not.toBe('');
  });
});

describe('the search', () => {
  const names = (...words: readonly string[]) => searchOperations(all, words).map(({ name }) => name);

  it('puts a name before a summary before a field', () => {
    expect(names('checkout')[0]).toBe('carts.checkout');
    expect(
      names('customers')
        .slice(0, 3)
        .every((name) => name.startsWith('customers.')),
    ).toBe(true);
    expect(names('userPrincipalName')).toContain('users.create');
  });

  it('finds by an error code, and wants every word', () => {
    expect(names('800065')).toContain('carts.checkout');
    expect(names('cart', 'quantity')).toContain('carts.create');
    expect(names('cart', 'nosuchword')).toEqual([]);
  });

  it('gives all of them without a word', () => {
    expect(names()).toEqual(operations.names);
  });
});
