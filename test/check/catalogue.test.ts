import { describe, expect, it } from 'vitest';
import { checkCatalogue } from '../../src/check/check-catalogue.ts';
import type { Document } from '../../src/load/document.ts';
import { readDocument } from '../../src/load/document.ts';
import { extend } from '../../src/operations/extend.ts';
import { entrySchema, loadOperations } from '../../src/operations/read.ts';

/** A catalogue of a partner's own: checked as strictly as the one that ships, each mistake at its place. */

const base = loadOperations();
const schema = entrySchema();

const billing = `resource: accounts
title: Accounts
summary: Accounts of our billing system.
hosts:
  billing: { url: "https://billing.example", token: BILLING_TOKEN }
defaults: { host: billing }
schemas:
  Account: { type: object, required: [id], properties: { id: { type: string }, number: { type: string } } }
operations:
  accounts.list:
    summary: Lists all accounts that there are.
    kind: list
    request: GET /api/accounts
    items: Account
    page: https://billing.example/docs
    errors: []
    example: { with: {}, answer: { totalCount: 1, items: [{ id: "1", number: C-1 }] } }
  accounts.create:
    summary: Opens an account; one of this number is adopted.
    kind: create
    request: POST /api/accounts
    input: { type: object, required: [number], properties: { number: { type: string } } }
    result: Account
    repeatable: false
    doubt: lookup
    lookup: { operation: accounts.list, with: {}, equal: { number: $number } }
    page: https://billing.example/docs
    errors: []
    example: { with: { number: C-1 }, answer: { id: "1", number: C-1 } }
`;

function check(...texts: readonly string[]) {
  const files = new Map<string, Document>();
  for (const [index, text] of texts.entries()) {
    const document = readDocument(`file${index}.yaml`, text);
    if (!document.ok) throw new Error(JSON.stringify(document.diagnostics));
    files.set(`file${index}`, document.value);
  }
  const checked = checkCatalogue(files, base, schema);
  const found = checked.diagnostics.map(({ code, message, at, didYouMean }) => ({
    code,
    message,
    didYouMean,
    pointsAt: texts[Number(/\d+/u.exec(at!.file)![0])]!.slice(at!.offset, at!.offset + at!.length),
  }));
  return { checked, found };
}

describe('a catalogue of one’s own', () => {
  it('adds its operations, at its own host and with what it need not say', () => {
    const { checked } = check(billing);
    if (!checked.ok) throw new Error(JSON.stringify(checked.diagnostics));
    const all = extend(base, checked.value, [{ folder: 'own', files: {} }]);
    expect(all.get('accounts.create')).toMatchObject({
      host: { name: 'billing', url: 'https://billing.example', token: 'BILLING_TOKEN' },
      clouds: ['global', 'china', 'usgov', 'germany'],
      throttle: { group: 'accounts' },
    });
    expect(all.get('customers.create')).toBe(base.get('customers.create'));
    expect(all.names).toContain('accounts.list');
    expect(all.digest).not.toBe(base.digest);
  });

  it('has another digest when anything in it changes', () => {
    const digest = (text: string) => {
      const { checked } = check(text);
      return checked.ok ? extend(base, checked.value, []).digest : '';
    };
    expect(digest(billing)).toBe(digest(billing));
    expect(digest(billing)).not.toBe(digest(billing.replace('billing.example"', 'other.example"')));
  });
});

const mistakes: readonly (readonly [string, string, string, string, string])[] = [
  ['a field that is none', 'kind: create', 'kinds: create', 'UNKNOWN_FIELD', 'kinds'],
  ['a kind that is none', 'kind: create', 'kind: make', 'WRONG_VALUE', 'make'],
  [
    'a request without a method',
    'request: POST /api/accounts',
    'request: /api/accounts',
    'WRONG_VALUE',
    '/api/accounts',
  ],
  ['no word on repeats', '    repeatable: false\n', '', 'MISSING_FIELD', 'accounts.create'],
  ['an operation of another resource', 'accounts.create:', 'account.create:', 'CATALOGUE', 'account.create'],
  [
    'a host that is none',
    'defaults: { host: billing }',
    'defaults: { host: biling }',
    'CATALOGUE',
    'accounts.list',
  ],
  [
    'a host without TLS',
    'https://billing.example"',
    'http://billing.example"',
    'CATALOGUE',
    'GET /api/accounts',
  ],
  [
    'a host with a query',
    'https://billing.example"',
    'https://billing.example?a"',
    'WRONG_VALUE',
    '"https://billing.example?a"',
  ],
  ['a token that is no variable', 'BILLING_TOKEN', 'secret-token', 'WRONG_VALUE', 'secret-token'],
  ['a schema that is none', 'result: Account', 'result: Acount', 'CATALOGUE', 'accounts.create'],
  [
    'an input that is none',
    '$number',
    '$numbr',
    'CATALOGUE',
    '{ operation: accounts.list, with: {}, equal: { number: $numb',
  ],
  [
    'a look-up that is none',
    'operation: accounts.list',
    'operation: accounts.lst',
    'CATALOGUE',
    'accounts.lst',
  ],
  [
    'a look-up that writes',
    'operation: accounts.list',
    'operation: accounts.create',
    'CATALOGUE',
    'accounts.create',
  ],
  ['a look-up given too much', 'with: {}, equal', 'with: { a: 1 }, equal', 'CATALOGUE', 'a'],
  [
    'a doubt that nothing settles',
    '    lookup: { operation: accounts.list, with: {}, equal: { number: $number } }\n',
    '',
    'CATALOGUE',
    'lookup',
  ],
  ['a repeat of what is not repeatable', 'doubt: lookup', 'doubt: resend', 'CATALOGUE', 'resend'],
  [
    'an example that does not fit',
    'with: { number: C-1 }',
    'with: { numbr: C-1 }',
    'CATALOGUE',
    '{ numbr: C-1 }',
  ],
  [
    'an answer that does not fit',
    'answer: { id: "1", number: C-1 }',
    'answer: { number: C-1 }',
    'CATALOGUE',
    '{ number: C-1 }',
  ],
  [
    'a token of its own',
    '    result: Account\n',
    '    result: Account\n    headers: { Authorization: x }\n',
    'CATALOGUE',
    'Authorization',
  ],
];

describe('is refused where it stands:', () => {
  it.each(mistakes)('%s', (_, from, to, code, pointsAt) => {
    expect(billing).toContain(from);
    const { checked, found } = check(billing.replace(from, to));
    expect(checked.ok).toBe(false);
    expect(found[0]).toMatchObject({ code, pointsAt });
  });

  it('an operation that exists already', () => {
    const { found } = check(
      billing.replaceAll('accounts.', 'customers.').replace('resource: accounts', 'resource: customers'),
    );
    expect(found.map(({ message }) => message)).toEqual([
      "there is an operation 'customers.list' already",
      "there is an operation 'customers.create' already",
    ]);
  });

  it('an operation that stands in two files', () => {
    const { found } = check(billing, billing.replace(/hosts:\n.*\n/u, ''));
    expect(found.map(({ pointsAt }) => pointsAt)).toEqual(['accounts.list', 'accounts.create']);
  });
});
