import { describe, expect, it } from 'vitest';
import { checkPlaybook } from '../../src/check/check-playbook.ts';
import { readDocument } from '../../src/load/document.ts';
import { loadOperations } from '../../src/operations/read.ts';

const operations = loadOperations();

/** Codes of the errors of a playbook with these outputs and this display name. */
function errorsOf({ name = 'Ana', key = 'record.id', outputs = '{}', more = '' }): readonly string[] {
  const text = `
tenantry: 1
name: test
input:
  key: \${{ ${key} }}
  record:
    type: object
    required: [id, pin, customer, people]
    properties:
      id: { type: string }
      customer: { type: string }
      pin: { type: string, secret: true }
      people:
        type: array
        items: { type: object, required: [name, password], properties: { name: { type: string }, password: { type: string, secret: true } } }
steps:
  - id: account
    uses: users.create
    with:
      customerId: \${{ record.customer }}
      userPrincipalName: ana@contoso.onmicrosoft.com
      displayName: '${name}'
      usageLocation: US
      passwordProfile: { password: "\${{ record.pin }}", forceChangePassword: true }
${more}
outputs: ${outputs}
`;
  const document = readDocument('playbook.yaml', text);
  if (!document.ok) throw new Error(JSON.stringify(document.diagnostics));
  return checkPlaybook(document.value, operations).diagnostics.map(({ code }) => code);
}

describe('a secret', () => {
  it('may go into a field that is secret itself, and into a secret output', () => {
    expect(errorsOf({})).toEqual([]);
    expect(errorsOf({ outputs: '{ pin: { value: "${{ record.pin }}", secret: true } }' })).toEqual([]);
  });

  it.each([
    ['a field that plans show', { name: '${{ record.pin }}' }],
    ['text around it', { name: 'Ana, ${{ record.pin }}' }],
    ['what is made from it', { name: '${{ record.pin + "!" }}' }],
    ['an output', { outputs: '{ pin: "${{ record.pin }}" }' }],
    ['an output of the whole that holds it', { outputs: '{ people: "${{ record.people }}" }' }],
    ['a list of secrets', { outputs: '{ all: "${{ record.people.map(p, p.password) }}" }' }],
    ['the key of a record', { key: 'record.pin' }],
    [
      'the key of an item',
      {
        more: '  - { id: each, forEach: "${{ record.people }}", as: p, key: "${{ p.password }}", uses: wait, with: { for: 1s } }',
      },
    ],
  ])('is refused in %s', (_, parts) => {
    expect(errorsOf(parts)).toEqual(['SECRET_EXPOSED']);
  });

  it.each([
    ['whether it is there', { outputs: '{ given: "${{ has(record.pin) }}" }' }],
    ['how long it is', { outputs: '{ length: "${{ size(record.pin) }}" }' }],
    ['what stands beside it', { outputs: '{ names: "${{ record.people.map(p, p.name) }}" }' }],
  ])('does not keep anybody from asking %s', (_, parts) => {
    expect(errorsOf(parts)).toEqual([]);
  });
});
