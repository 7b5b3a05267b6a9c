/** What the emulator answers: the body is plain data, the server makes it bytes. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  /** A body that is no JSON (a PDF, a compressed file); `headers` say its type. */
  readonly bytes?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Fields of any JSON object. */
export type Fields = Record<string, unknown>;

export function ok(body: unknown, status = 200): Reply {
  return { status, body };
}

export const noContent: Reply = { status: 204 };

/** A refusal in Partner Center's own form (page error-codes). */
export function refuse(status: number, code: string, description: string): Reply {
  return {
    status,
    body: { code: /^\d+$/u.test(code) ? Number(code) : code, description, data: [], source: 'PartnerFD' },
  };
}

/** The envelope of collections; `totalCount` counts the page. */
export function collection(
  items: readonly unknown[],
  uri: string,
  next?: { readonly uri: string; readonly token: string },
): Fields {
  const self = { uri, method: 'GET', headers: [] };
  const links =
    next === undefined
      ? { self }
      : {
          self,
          next: {
            uri: next.uri,
            method: 'GET',
            headers: [{ key: 'MS-ContinuationToken', value: next.token }],
          },
        };
  return { totalCount: items.length, items, links, attributes: { objectType: 'Collection' } };
}

/** Object types are named in `attributes`, as the service does. */
export function typed(objectType: string, fields: Fields, etag?: string): Fields {
  return { ...fields, attributes: etag === undefined ? { objectType } : { etag, objectType } };
}
