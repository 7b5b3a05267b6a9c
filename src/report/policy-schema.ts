import type { Operations } from '../operations/operation.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * The JSON Schema (2020-12) of an organisation's policy, for editors. It says less than `tenantry validate --policy`:
 * whether a pattern means any operation is known there only.
 */
export function policySchema(operations: Operations): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Tenantry policy',
    description: 'What an organisation allows, whatever a playbook says.',
    type: 'object',
    required: ['tenantryPolicy', 'name'],
    additionalProperties: false,
    properties: {
      tenantryPolicy: { const: 1, description: 'Version of policies.' },
      name: { type: 'string', description: 'Shown in plans, and where something is refused.' },
      description: { type: 'string' },
      operations: rule('Operations: names, `*` for any part.', {
        type: 'string',
        examples: ['customers.*', 'carts.checkout'],
        anyOf: [{ enum: [...operations.names, 'http.request'] }, { pattern: '\\*' }],
      }),
      skus: rule('What may be bought: product, product:sku or a catalogItemId.', {
        type: 'string',
        pattern: '^[\\w-]+(:[\\w-]+){0,2}$',
      }),
      countries: rule('Countries of what is sent.', { type: 'string', pattern: '^[A-Z]{2}$' }),
      mostOrders: { type: 'integer', minimum: 0, description: 'Orders that a run may place.' },
      mostSeatsPerCustomer: {
        type: 'integer',
        minimum: 0,
        description: 'Seats that a run may buy or set for one customer.',
      },
      spending: {
        type: 'object',
        description: 'What a run may spend over the terms that it buys.',
        required: ['most', 'currency', 'prices'],
        additionalProperties: false,
        properties: {
          most: { type: 'number', minimum: 0 },
          currency: { type: 'string', pattern: '^[A-Z]{3}$' },
          prices: {
            type: 'string',
            description: 'A price sheet of Partner Center, from the folder of this file.',
          },
          unknownPrices: {
            enum: ['refuse', 'say'],
            description:
              'A purchase without a known price: refused (default), or told and left out of the sum.',
          },
        },
      },
    },
  };
}

function rule(description: string, items: Json): Json {
  const words = { type: 'array', items };
  return {
    type: 'object',
    description,
    additionalProperties: false,
    properties: {
      allowed: { ...words, description: 'Nothing else is; anything where it is left out.' },
      forbidden: { ...words, description: 'Even where it is allowed.' },
    },
  };
}
