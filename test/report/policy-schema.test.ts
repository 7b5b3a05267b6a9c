import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkPolicy } from '../../src/check/check-policy.ts';
import { validatorOf } from '../../src/check/json-schema.ts';
import { readDocument } from '../../src/load/document.ts';
import { loadOperations } from '../../src/operations/read.ts';
import { policySchema } from '../../src/report/policy-schema.ts';
import type { JsonSchema } from '../../src/schema/schema.ts';
import { policySchemaText } from '../../tools/generate.ts';

const operations = loadOperations();
const fitsSchema = validatorOf(policySchema(operations) as JsonSchema);

function accepted(text: string): boolean {
  const document = readDocument('policy.yaml', text);
  return document.ok && checkPolicy(document.value, operations).ok;
}

const head = 'tenantryPolicy: 1\nname: Contoso\n';
const snippet = /```text\n([\s\S]*?tenantryPolicy[\s\S]*?)```/u.exec(
  readFileSync(new URL('../../docs/policy.md', import.meta.url), 'utf8'),
)![1]!;

it('policy.schema.json is what npm run generate makes', () => {
  expect(readFileSync(new URL('../../schemas/policy.schema.json', import.meta.url), 'utf8')).toBe(
    policySchemaText(),
  );
});

it.each([
  ['what docs/policy.md shows', snippet, true],
  ['nothing but a name', head, true],
  [
    'every price named',
    `${head}spending: { most: 1.5, currency: EUR, prices: a.csv, unknownPrices: say }`,
    true,
  ],
  ['no version', 'name: Contoso', false],
  ['another version', 'tenantryPolicy: 2\nname: Contoso', false],
  ['a field that there is not', `${head}mostCustomers: 3`, false],
  ['an operation that there is not', `${head}operations: { forbidden: [customers.remove] }`, false],
  ['a country in small letters', `${head}countries: { allowed: [us] }`, false],
  ['a country that YAML reads as a truth value', `${head}countries: { allowed: [true] }`, false],
  ['half an order', `${head}mostOrders: 0.5`, false],
  ['spending without prices', `${head}spending: { most: 5, currency: EUR }`, false],
])('%s: the schema and the checker agree', (_, text, good) => {
  expect(accepted(text)).toBe(good);
  expect(fitsSchema(parse(text))).toBe(good);
});
