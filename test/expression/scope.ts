import { compile, type Problem } from '../../src/expression/compile.ts';
import { EvaluationError, evaluate, type Functions } from '../../src/expression/evaluate.ts';
import type { Expression, Scope } from '../../src/expression/expression.ts';

const user = {
  type: 'object',
  required: ['name', 'licensed'],
  properties: {
    name: { type: 'string' },
    licensed: { type: 'boolean' },
    manager: { type: 'string' },
    skus: {
      type: 'array',
      items: { type: 'object', properties: { id: { type: 'string' }, seats: { type: 'integer' } } },
    },
  },
} as const;
const person = {
  type: 'object',
  properties: {
    account: { type: 'object', properties: { id: { type: 'string' }, age: { type: 'integer' } } },
  },
} as const;

/** Names of every kind that a playbook has. */
export const scope: Scope = {
  variables: {
    record: {
      type: 'object',
      required: ['domain', 'seats', 'users'],
      properties: {
        domain: { type: 'string' },
        seats: { type: 'integer' },
        price: { type: 'number' },
        discount: { type: ['number', 'null'] },
        active: { type: 'boolean' },
        phone: { type: 'string' },
        country: { enum: ['DE', 'US'] },
        nickname: { type: ['string', 'null'] },
        tags: { type: 'array', items: { type: 'string' } },
        counts: { type: 'array', items: { type: 'integer' } },
        users: { type: 'array', items: user },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        address: {
          type: 'object',
          properties: {
            city: { type: 'string' },
            geo: { type: 'object', properties: { lat: { type: 'number' } } },
          },
        },
        anything: {},
        either: { oneOf: [{ type: 'string' }, { type: 'integer' }] },
      },
    },
    params: { type: 'object', properties: { sku: { type: 'string' }, maxSeats: { type: 'integer' } } },
    steps: {
      type: 'object',
      properties: {
        customer: {
          type: 'object',
          properties: {
            id: { type: 'string' },
            profile: { type: 'object', properties: { company: { type: 'string' } } },
          },
        },
        order: { type: 'object', properties: { id: { type: 'string' }, total: { type: 'number' } } },
        people: { type: 'object', additionalProperties: person },
      },
    },
    run: { type: 'object', properties: { id: { type: 'string' }, startedAt: { type: 'string' } } },
    plan: { 'x-cel': 'PlanTotals' },
  },
};

export const values = {
  record: {
    domain: 'contoso.example',
    seats: 12,
    price: 4,
    discount: 10,
    active: true,
    country: 'DE',
    nickname: null,
    tags: ['new', 'eu'],
    counts: [3, 1, 2],
    users: [
      { name: 'Ana', licensed: true, manager: 'Bo', skus: [{ id: 'E3', seats: 2 }] },
      { name: 'Bo', licensed: false, skus: [] },
    ],
    labels: { tier: 'gold', region: 'west' },
    address: { city: 'Ulm' },
    anything: { deep: { n: 7, list: [1, 2.5] }, text: 'x' },
    either: 'text',
  },
  params: { sku: 'CFQ7TTC0LH18:0001', maxSeats: 300 },
  steps: {
    customer: { id: 'c-1', profile: { company: 'Contoso' } },
    people: { 'ana@x': { account: { id: 'u-1', age: 30 } }, 'bo@x': { account: { id: 'u-2', age: 40 } } },
  },
  run: { id: 'r-1', startedAt: '2026-01-02T03:04:05Z' },
};

export const functions: Functions = {
  succeeded: (id) => id === 'customer',
  count: (operation) => (operation === 'orders.create' ? 150 : 0),
  sum: (operation, path) => (`${operation}/${path}` === 'orders.create/quantity' ? 42.5 : 0),
};

/** The expression, or the reason why the test is wrong. */
export function compiled(source: string, names: Scope = scope): Expression {
  const result = compile(source, names);
  if (!result.ok) throw new Error(`${source}: ${result.problems.map(({ message }) => message).join('; ')}`);
  return result.expression;
}

export function problems(source: string, names: Scope = scope): readonly Problem[] {
  const result = compile(source, names);
  return result.ok ? [] : result.problems;
}

/** The value of an expression, or the message of its EvaluationError in an object. */
export function outcome(source: string, given: Readonly<Record<string, unknown>> = values): unknown {
  try {
    return evaluate(compiled(source), given, functions);
  } catch (error) {
    if (error instanceof EvaluationError) return { error: error.message };
    throw error;
  }
}
