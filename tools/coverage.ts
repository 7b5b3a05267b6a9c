/**
 * Compares the catalogue with what the documentation has: operations that are missing, that are more than it has,
 * and that are different. `npm run coverage:operations`; test/contract/coverage.test.ts holds it.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { Operation, Operations } from '../src/operations/operation.ts';
import { loadOperations } from '../src/operations/read.ts';
import { type Documented, documentedOperations, hasReferenceData, requestShape } from './reference-data.ts';

const omittedFile = path.join(import.meta.dirname, '../docs/operations/omitted.md');

export interface Difference {
  readonly operation: string;
  readonly field: string;
  readonly documented: string;
  readonly ours: string;
}

export interface Coverage {
  /** Key of the documented operation → names of ours. */
  readonly found: ReadonlyMap<string, readonly string[]>;
  /** Documented, and neither in the catalogue nor left out for a reason. */
  readonly missing: readonly string[];
  /** In the catalogue, and in none of the data. */
  readonly extra: readonly string[];
  readonly different: readonly Difference[];
  /** Rows of docs/operations/omitted.md that say what is no longer so. */
  readonly stale: readonly string[];
}

/** What docs/operations/omitted.md says, by hand and with reasons. */
export interface Omitted {
  /** Key of the documented operation. */
  readonly omitted: ReadonlySet<string>;
  /** Page or id → the operation of another page that it describes, too. */
  readonly same: ReadonlyMap<string, string>;
  /** Page → the request that is right where the page's table is wrong. */
  readonly requests: ReadonlyMap<string, string>;
  /** `operation field` where the catalogue differs from the data on purpose. */
  readonly different: ReadonlySet<string>;
}

/** Reads the tables of the page: its first column names a thing, its last says why. */
export function readOmitted(text = readFileSync(omittedFile, 'utf8')): Omitted {
  const rows = (heading: string): readonly (readonly string[])[] => {
    const section = text.split(/^## /mu).find((part) => part.startsWith(heading)) ?? '';
    const lines = section.split('\n').filter((line) => line.startsWith('|'));
    return lines.slice(2).map((line) => {
      const cells = line.split('|').slice(1, -1);
      return cells.map((cell) => cell.trim().replaceAll('`', ''));
    });
  };
  return {
    omitted: new Set(rows('Left out').map(([key]) => key!)),
    same: new Map(rows('The same operation').map(([page, operation]) => [page!, operation!])),
    requests: new Map(rows('Requests that a page').map(([page, request]) => [page!, request!])),
    different: new Set(rows('Different from').map(([operation, field]) => `${operation} ${field}`)),
  };
}

export function coverageOf(
  operations: Operations,
  documented: readonly Documented[],
  omitted: Omitted,
): Coverage {
  const all = operations.names.map((name) => operations.get(name)!);
  const right = documented.map((row) => corrected(row, omitted));
  const ids = new Set(right.flatMap(({ id }) => (id === undefined ? [] : [id])));
  const found = new Map(right.map((row) => [row.key, operationsFor(row, all, ids, omitted)] as const));
  const without = right.filter(({ key }) => found.get(key)!.length === 0).map(({ key }) => key);
  const different = right.flatMap((row) =>
    omitted.same.has(row.key) ? [] : found.get(row.key)!.flatMap((operation) => differences(row, operation)),
  );
  const named = new Set([...found.values()].flat().map(({ name }) => name));
  const differing = new Set(different.map(({ operation, field }) => `${operation} ${field}`));
  return {
    found: new Map([...found].map(([key, ours]) => [key, ours.map(({ name }) => name)])),
    missing: without.filter((key) => !omitted.omitted.has(key)),
    extra: all
      .filter(({ name }) => !named.has(name))
      .filter((operation) => !right.some((row) => row.page === operation.page && isRequestOf(row, operation)))
      .map(({ name }) => name),
    different: different.filter(({ operation, field }) => !omitted.different.has(`${operation} ${field}`)),
    stale: [
      ...[...omitted.omitted].filter((key) => !without.includes(key)),
      ...[...omitted.different].filter((row) => !differing.has(row)),
    ],
  };
}

function corrected(row: Documented, { requests }: Omitted): Documented {
  const [method, target] = requests.get(row.key)?.split(' ') ?? [];
  return method === undefined || target === undefined ? row : { ...row, method, path: target };
}

/** By request and name, else by request and page, else the operation that the table of same operations names. */
function operationsFor(
  row: Documented,
  all: readonly Operation[],
  ids: ReadonlySet<string>,
  { same }: Omitted,
): readonly Operation[] {
  const near = all.filter((operation) => isRequestOf(row, operation));
  const named = near.filter(({ name }) => name === row.id || name === same.get(row.key));
  if (named.length > 0) return named;
  return near.filter(({ name, page }) => page === row.page && !ids.has(name));
}

function isRequestOf(row: Documented, { method, path: target }: Operation): boolean {
  return requestShape(row.method, row.path) === requestShape(method, target);
}

const pagingOf: Readonly<Record<string, string>> = { 'offset-size': 'offset' };

function differences(row: Documented, operation: Operation): readonly Difference[] {
  const compared: readonly (readonly [string, unknown, unknown])[] = [
    ['auth', list(row.auth), list(operation.auth)],
    ['clouds', list(row.clouds), list(operation.clouds)],
    ['success', row.success, operation.success.find((status) => status === row.success) ?? operation.success],
    ['paging', row.paging === undefined ? undefined : (pagingOf[row.paging] ?? row.paging), operation.paging],
    ['kind', row.kind, row.kind === 'read' && operation.kind === 'list' ? 'read' : operation.kind],
    ['repeatable', row.repeatable, operation.repeatable],
    ['deprecated', row.deprecated, operation.deprecated !== undefined],
    ['ifMatch', row.ifMatch === true ? true : undefined, operation.ifMatch],
  ];
  return compared
    .filter(([, documented, ours]) => documented !== undefined && String(documented) !== String(ours))
    .map(([field, documented, ours]) => ({
      operation: operation.name,
      field,
      documented: String(documented),
      ours: String(ours),
    }));
}

function list(values: readonly string[]): string {
  return [...values].sort().join(', ');
}

if (import.meta.main) {
  if (!hasReferenceData) {
    process.stderr.write('there is no ../shared/partner-center beside the project to compare with\n');
    process.exit(1);
  }
  const operations = loadOperations();
  const { found, missing, extra, different, stale } = coverageOf(
    operations,
    documentedOperations(),
    readOmitted(),
  );
  const section = (title: string, lines: readonly string[]) =>
    `${title}: ${lines.length}\n${lines.map((line) => `  ${line}\n`).join('')}`;
  process.stdout.write(
    `${operations.names.length} operations in the catalogue, ${found.size} documented\n` +
      section('missing', missing) +
      section('more than the data have', extra) +
      section(
        'different',
        different.map(
          ({ operation, field, documented, ours }) =>
            `${operation} ${field}: documented ${documented}, ours ${ours}`,
        ),
      ) +
      section('no longer so in docs/operations/omitted.md', stale),
  );
  process.exitCode = missing.length + different.length + stale.length > 0 ? 1 : 0;
}
