import type { Operation } from '../operations/operation.ts';

type Json = Readonly<Record<string, unknown>>;

/** The JSON Schema of a playbook's `limits`. */
export function limitsSchema(catalogue: readonly Operation[]): Json {
  const count: Json = { type: 'integer', minimum: 1 };
  const portion = [
    { type: 'integer', minimum: 0 },
    { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?%$' },
  ];
  const waves: Json = {
    type: 'array',
    minItems: 1,
    description: 'Sizes: a number of records, a share of all, or `rest` at the end.',
    items: { anyOf: [...portion, { const: 'rest' }] },
  };
  return {
    type: 'object',
    description: 'How much happens at once, and how much may fail.',
    additionalProperties: false,
    properties: {
      concurrency: { ...count, description: 'Records in flight.' },
      perCustomer: { ...count, description: 'Calls in flight for one customer tenant.' },
      requestsPerSecond: {
        type: 'number',
        exclusiveMinimum: 0,
        description: 'Ceiling of requests a second.',
      },
      maxFailures: {
        description: 'Failed records that the run bears, as a number or a share; more stop it.',
        anyOf: portion,
      },
      rollout: {
        description: 'Records go in waves, and each must pass before the next begins.',
        anyOf: [
          waves,
          {
            type: 'object',
            required: ['waves'],
            additionalProperties: false,
            properties: {
              waves,
              maxFailures: {
                description:
                  'Records of a wave that may fail or be in doubt; more stop the run after it. None unless given.',
                anyOf: portion,
              },
              approve: {
                type: 'boolean',
                description: 'A person approves every wave before the next begins.',
              },
            },
          },
        ],
      },
      operations: {
        type: 'object',
        description: 'Calls in flight of one operation.',
        propertyNames: { enum: catalogue.map((operation) => operation.name) },
        additionalProperties: count,
      },
    },
  };
}
