/**
 * The reference data of Partner Center that stands beside the project (../shared/partner-center): what the
 * documentation says of every operation, and its samples. Only checks read it; nothing that ships does.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const folder = path.join(import.meta.dirname, '../../shared/partner-center');

/** Whether the data are there; a clone without them cannot check the catalogue against the documentation. */
export const hasReferenceData = existsSync(path.join(folder, 'operations-other.json'));

/** One operation as the documentation has it. Fields that the data do not say are undefined. */
export interface Documented {
  /** Its id in the data, or its page (with the request, where a page has several). */
  readonly key: string;
  readonly page: string;
  readonly method: string;
  readonly path: string;
  readonly auth: readonly string[];
  readonly clouds: readonly string[];
  readonly id?: string;
  readonly kind?: string;
  readonly success?: number;
  readonly paging?: string;
  readonly repeatable?: boolean;
  readonly deprecated?: boolean;
  readonly ifMatch?: boolean;
}

export interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A documented exchange. */
export interface Sample {
  /** Its page, with a number from the second on. */
  readonly name: string;
  readonly page: string;
  /** The id of operations-other.json, where it is from there. */
  readonly operation?: string;
  readonly request: Message & { readonly method: string; readonly path: string };
  readonly response: Message & { readonly status: number };
}

export function documentedOperations(): readonly Documented[] {
  return [...others(), ...pages()];
}

interface OtherRow {
  readonly id: string;
  readonly doc: string;
  readonly kind: string;
  readonly method: string;
  readonly path: string;
  readonly auth: readonly string[];
  readonly clouds: readonly string[];
  readonly success: number;
  readonly paging: string;
  readonly repeatable: boolean;
  readonly deprecated: unknown;
}

function others(): readonly Documented[] {
  return json<readonly OtherRow[]>('operations-other.json').map(
    ({ id, doc, kind, method, path: target, auth, clouds, success, paging, repeatable, deprecated }) => ({
      key: id,
      id,
      page: doc,
      method,
      path: target,
      auth,
      clouds,
      kind,
      success,
      paging,
      repeatable,
      deprecated: deprecated !== null,
    }),
  );
}

interface PageRow {
  readonly doc: string;
  readonly method: string;
  readonly path: string;
  readonly auth: readonly string[];
  readonly clouds: readonly string[];
  readonly ifMatch: boolean;
}

function pages(): readonly Documented[] {
  const rows = json<readonly PageRow[]>('pages-customers-orders.json');
  return rows.map(({ doc, method, path: target, auth, clouds, ifMatch }) => ({
    key: rows.filter((row) => row.doc === doc).length === 1 ? doc : `${doc} ${method} ${target}`,
    page: doc,
    method,
    path: target,
    auth,
    clouds,
    ifMatch,
  }));
}

type SampleRow = Omit<Sample, 'name' | 'page'> & { readonly doc: string };

export function samples(): readonly Sample[] {
  const seen = new Map<string, number>();
  return ['samples-customers-orders.json', 'samples-other.json']
    .flatMap((file) => json<readonly SampleRow[]>(file))
    .map(({ doc, request, response, operation }) => {
      const number = (seen.get(doc) ?? 0) + 1;
      seen.set(doc, number);
      return {
        name: number === 1 ? doc : `${doc} ${number}`,
        page: doc,
        request,
        response,
        ...(operation === undefined ? {} : { operation }),
      };
    });
}

function json<T>(file: string): T {
  return JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as T;
}

/** A request without what differs from page to page: host, letter case, names of places. */
export function requestShape(method: string, target: string): string {
  const plain = target.replace(/^https?:\/\/[^/]+/u, '').replace(/\?.*$/u, '');
  return `${method} ${plain.replaceAll(/\{[^}]*\}/gu, '{}').toLowerCase()}`;
}
