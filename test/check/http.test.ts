import { describe, expect, it } from 'vitest';
import type { OperationStep } from '../../src/check/playbook.ts';
import { stepsOf } from '../run/playbooks.ts';
import { found } from './playbooks.ts';

/** `uses: http.request`: what may be said of a request that the catalogue does not list. */

function request(lines: readonly string[]): string {
  return ['  - id: one', '    uses: http.request', '    with:', ...lines.map((line) => `      ${line}`)].join(
    '\n',
  );
}

const note = ['method: POST', 'path: /v1/customers/${{ record.key }}/notes', 'repeatable: false'];

function operationOf(lines: readonly string[]): OperationStep {
  return stepsOf(`${request(lines)}\n`).steps[0] as OperationStep;
}

describe('a request', () => {
  it('is an operation of its own, with a place for each expression of its path', () => {
    const { operation, with: inputs } = operationOf([
      ...note.slice(0, 1),
      'path: /v1/customers/${{ record.key }}/notes/a-${{ record.domain }}',
      'repeatable: false',
    ]);
    expect(operation).toMatchObject({
      name: 'http.request',
      method: 'POST',
      host: 'partnerCenter',
      path: '/v1/customers/{customerId}/notes/a-{path2}',
    });
    expect(Object.keys(inputs)).toEqual(['method', 'path', 'customerId', 'path2']);
  });

  it('is held for a person unless its author says more', () => {
    expect(operationOf(note)).toMatchObject({
      inDoubt: 'hold',
      operation: { doubt: 'hold', repeatable: false },
    });
  });

  it('is sent again where its author says that a repeat changes nothing', () => {
    expect(operationOf([...note.slice(0, 2), 'repeatable: true'])).toMatchObject({ inDoubt: 'resend' });
  });

  it('that reads needs no word about repeats', () => {
    expect(operationOf(['method: GET', 'path: /v1/things']).operation).toMatchObject({ kind: 'read' });
  });

  it('is looked up by a read of its own', () => {
    const { operation } = operationOf([
      ...note,
      'doubt: lookup',
      'lookup: { path: "/v1/customers/${{ record.key }}/notes", in: items, equal: { text: "${{ record.domain }}" } }',
    ]);
    expect(operation.lookup).toMatchObject({
      operation: 'http.request',
      in: 'body.items',
      equal: { text: '$lookup.equal.field1' },
      read: { method: 'GET', path: '/v1/customers/{customerId}/notes' },
    });
  });
});

const mistakes: readonly (readonly [string, readonly string[], string, string])[] = [
  ['no word on repeats', note.slice(0, 2), 'MISSING_FIELD', 'method'],
  [
    'another host',
    ['method: GET', 'path: https://elsewhere.example/v1'],
    'WRONG_VALUE',
    'https://elsewhere.example/v1',
  ],
  [
    'a host behind two slashes',
    ['method: GET', 'path: //elsewhere.example'],
    'WRONG_VALUE',
    '//elsewhere.example',
  ],
  [
    'a path that is an expression',
    ['method: GET', 'path: ${{ record.key }}'],
    'WRONG_VALUE',
    '${{ record.key }}',
  ],
  ['a query in the path', ['method: GET', 'path: /v1/things?size=1'], 'WRONG_VALUE', '/v1/things?size=1'],
  ['a way up', ['method: GET', 'path: /v1/things/../secrets'], 'WRONG_VALUE', '/v1/things/../secrets'],
  ['an encoded way up', ['method: GET', 'path: /v1/%2e%2e/secrets'], 'WRONG_VALUE', '/v1/%2e%2e/secrets'],
  ['a place in braces', ['method: GET', 'path: "/v1/{id}"'], 'WRONG_VALUE', '"/v1/{id}"'],
  [
    'a token of its own',
    ['method: GET', 'path: /v1', 'headers: { Authorization: x }'],
    'WRONG_VALUE',
    'Authorization',
  ],
  [
    'an id of its own',
    ['method: GET', 'path: /v1', 'headers: { ms-requestid: x }'],
    'WRONG_VALUE',
    'ms-requestid',
  ],
  ['a GET with a body', ['method: GET', 'path: /v1', 'body: { a: 1 }'], 'UNKNOWN_FIELD', 'body'],
  [
    'a GET that cannot be repeated',
    ['method: GET', 'path: /v1', 'repeatable: false'],
    'UNKNOWN_FIELD',
    'repeatable',
  ],
  ['a repeat of what is not repeatable', [...note, 'doubt: resend'], 'WRONG_VALUE', 'doubt'],
  ['a look-up that is not there', [...note, 'doubt: lookup'], 'MISSING_FIELD', 'doubt'],
  ['a look-up for nothing', [...note, 'lookup: { path: /v1, equal: { a: 1 } }'], 'UNKNOWN_FIELD', 'lookup'],
  [
    'a look-up that finds anything',
    [...note, 'doubt: lookup', 'lookup: { path: /v1, equal: {} }'],
    'MISSING_FIELD',
    '{}',
  ],
  ['a status that is no answer', [...note, 'expect: [201, 429]'], 'WRONG_VALUE', '429'],
  ['a method that is none', ['method: FETCH', 'path: /v1', 'repeatable: true'], 'WRONG_VALUE', 'FETCH'],
  ['a field that is none', [...note, 'url: x'], 'UNKNOWN_FIELD', 'url'],
];

describe('is refused where it stands:', () => {
  it.each(mistakes)('%s', (_, lines, code, pointsAt) => {
    const [first, ...more] = found(`${request(lines)}\n`);
    expect(more).toEqual([]);
    expect(first).toMatchObject({ code, severity: 'error', pointsAt });
  });

  it('a step that is less careful than the request', () => {
    const [first] = found(`${request(note)}\n    inDoubt: resend\n`);
    expect(first).toMatchObject({ code: 'WRONG_VALUE', pointsAt: 'inDoubt' });
  });
});
