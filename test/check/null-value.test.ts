import { describe, expect, it } from 'vitest';
import { checkPlaybook } from '../../src/check/check-playbook.ts';
import { readDocument } from '../../src/load/document.ts';
import { loadOperations } from '../../src/operations/read.ts';

const operations = loadOperations();

/** What the checker says of a cart with this item, which is needed, and this name of it, which is not. */
function errorsOf({ item = '"A:1:B"', name = '"Ana"' }) {
  const text = `
tenantry: 1
name: test
input:
  key: \${{ record.id }}
  record: { type: object, required: [id, vip], properties: { id: { type: string }, vip: { type: boolean } } }
steps:
  - id: cart
    uses: carts.create
    with:
      customerId: \${{ record.id }}
      lineItems:
        - quantity: 1
          billingCycle: monthly
          catalogItemId: '\${{ ${item} }}'
          friendlyName: '\${{ ${name} }}'
`;
  const document = readDocument('playbook.yaml', text);
  if (!document.ok) throw new Error(JSON.stringify(document.diagnostics));
  return checkPlaybook(document.value, operations).diagnostics;
}

describe('a value that may be null', () => {
  it('is fine where the field may be left out', () => {
    expect(errorsOf({ name: 'record.vip ? "Ana" : null' })).toEqual([]);
  });

  it.each([
    'record.vip ? "Ana" : null',
    'record.vip ? (record.id == "x" ? null : "Ana") : "Bo"',
    'record.?id.orValue(null)',
  ])('is refused where the field is needed: %s', (source) => {
    const [found, ...more] = errorsOf({ item: source });
    expect(more).toEqual([]);
    expect(found).toMatchObject({
      code: 'MAYBE_MISSING',
      message: expect.stringMatching(/'catalogItemId'.*null/u),
      help: expect.stringContaining('`if`'),
    });
  });

  it('is no matter where null is only asked for, not given', () => {
    expect(errorsOf({ item: 'record.id == null ? "Bo" : record.id' })).toEqual([]);
  });
});
