import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildCatalogue, loadOperations } from '../../src/operations/read.ts';

function withCatalogue<T>(files: Readonly<Record<string, string>>, work: (folder: string) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), 'tenantry-catalogue-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const things = `
resource: things
defaults: { auth: [app], clouds: [global], throttle: { group: things } }
schemas:
  Thing: { type: object, properties: { id: { type: string }, parts: { type: array, items: { $ref: Thing } }, owner: { $ref: 'people#Person' } } }
operations:
  things.create:
    kind: create
    request: POST /v1/owners/{ownerId}/things
    input: { type: object, required: [name], properties: { name: { type: string }, colour: { type: string } } }
    query: { colour: $colour }
    result: Thing
    repeatable: false
    doubt: hold
  things.list:
    kind: list
    request: GET /v1/things
    items: Thing
`;
const people =
  'resource: people\nschemas: { Person: { type: object, properties: { name: { type: string, secret: true } } } }\n';

describe('an entry, resolved', () => {
  const operations = withCatalogue({ 'things.yaml': things, 'people.yaml': people }, (folder) =>
    loadOperations(folder),
  );

  it('takes the names of its path as required inputs, and refuses what it does not know', () => {
    expect(operations.get('things.create')?.input).toMatchObject({
      required: ['ownerId', 'name'],
      additionalProperties: false,
      properties: { ownerId: { type: 'string' } },
    });
  });

  it('sends as its body what is neither in the path nor in the query', () => {
    expect(operations.get('things.create')?.body).toEqual({ name: '$name' });
  });

  it('has the defaults of its file and of its kind', () => {
    expect(operations.get('things.list')).toMatchObject({
      auth: ['app'],
      repeatable: true,
      success: [200],
      paging: 'none',
      doubt: 'resend',
    });
    expect(operations.get('things.create')).toMatchObject({
      repeatable: false,
      doubt: 'hold',
      throttle: { group: 'things', perCustomer: false },
    });
  });

  it('has schemas in the place of references, and ends where one holds itself', () => {
    const { properties } = operations.get('things.create')!.result;
    expect(properties?.owner?.properties?.name).toEqual({ type: 'string', secret: true });
    expect(properties?.parts?.items).toEqual({ description: 'Thing, again' });
  });

  it('gives lists as items with their number', () => {
    expect(operations.get('things.list')?.result).toMatchObject({
      required: ['items', 'totalCount'],
      properties: { items: { type: 'array' } },
    });
  });
});

describe('the catalogue', () => {
  it('has the same digest however often it is read, and another after any change', () => {
    const digest = (text: string) =>
      withCatalogue(
        { 'things.yaml': text, 'people.yaml': people },
        (folder) => loadOperations(folder).digest,
      );
    expect(digest(things)).toBe(digest(things));
    expect(digest(things.replace('hold', 'resend'))).not.toBe(digest(things));
  });

  it('names file and entry where a reference leads nowhere', () => {
    const broken = things.replace("'people#Person'", 'Nobody');
    expect(() => withCatalogue({ 'things.yaml': broken }, (folder) => buildCatalogue(folder))).toThrow(
      /things\.yaml: things\.create: \$ref Nobody/u,
    );
  });
});
