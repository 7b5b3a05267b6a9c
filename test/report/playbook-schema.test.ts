import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadOperations } from '../../src/operations/read.ts';
import { type Draft, playbookSchema } from '../../src/report/playbook-schema.ts';
import { generated, generatedText } from '../../tools/generate.ts';

interface Step {
  [field: string]: unknown;
  steps?: Step[];
}
interface Playbook {
  [field: string]: unknown;
  steps: Step[];
}

const workflows = ['onboard-customers', 'change-seats', 'suspend-nonpaying', 'reactivate', 'offboard-users'];

function workflow(name: string): Playbook {
  return parse(
    readFileSync(new URL(`../../workflows/${name}/playbook.yaml`, import.meta.url), 'utf8'),
  ) as Playbook;
}

function find(steps: readonly Step[], id: string): Step {
  for (const step of steps) {
    if (step.id === id) return step;
    const inner = (step.steps ?? []).some((child) => child.id === id)
      ? find(step.steps ?? [], id)
      : undefined;
    if (inner !== undefined) return inner;
  }
  throw new Error(`no step ${id}`);
}

function validator(draft: Draft): (playbook: unknown) => readonly string[] {
  const options = { allErrors: true, strict: false, allowUnionTypes: true };
  const ajv = draft === '2020-12' ? new Ajv2020(options) : new Ajv(options);
  formats.default(ajv);
  const validate = ajv.compile(playbookSchema(loadOperations(), draft));
  return (playbook) =>
    validate(playbook)
      ? []
      : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.keyword}`);
}

describe('the files under schemas/ that are made from the catalogue', () => {
  it.each(generated)(
    '$file is what the catalogue gives; npm run generate makes it anew',
    ({ file, draft }) => {
      expect(readFileSync(new URL(`../../schemas/${file}`, import.meta.url), 'utf8')).toBe(
        generatedText(draft),
      );
    },
  );

  it.each(generated)('$file stays small enough for an editor: under 400 KB', ({ draft }) => {
    expect(Buffer.byteLength(generatedText(draft))).toBeLessThan(400_000);
  });
});

describe.each(['2020-12', 'draft-07'] as const)('the JSON Schema of a playbook in %s', (draft) => {
  const problems = validator(draft);

  it.each(workflows)('takes the workflow %s', (name) => {
    expect(problems(workflow(name))).toEqual([]);
  });

  it('offers every operation of the catalogue', () => {
    const text = JSON.stringify(playbookSchema(loadOperations(), draft));
    for (const name of loadOperations().names) expect(text).toContain(`"const":"${name}"`);
  });

  // The step that is spoilt ('' for the file itself), the fields that spoil it, and what must be found.
  const mistakes: readonly [string, string, object, string][] = [
    ['an operation that does not exist', 'customer', { uses: 'customers.make' }, 'enum'],
    [
      'an unknown input',
      'order',
      { with: { customerId: 'x', cartId: 'x', cart: 'x' } },
      'additionalProperties',
    ],
    ['a required input that is missing', 'order', { with: { cartId: 'x' } }, 'required'],
    ['a word that is none of the allowed ones', 'cart', { with: cart({ billingCycle: 'weekly' }) }, 'enum'],
    ['a quantity that is no number', 'cart', { with: cart({ quantity: 'ten' }) }, 'type'],
    ['a length of time without its unit', 'reservations', { timeout: '30' }, 'pattern'],
    ['a misspelt field of a step', 'people', { foreach: '${{ record.users }}' }, 'additionalProperties'],
    ['a condition that is no expression', 'licences', { if: 'record.seats > 0' }, 'pattern'],
    ['a wait without a time and without a read', 'visible', { with: { every: '5s' } }, 'required'],
    ['an assertion without its message', 'sellable', { with: { check: '${{ true }}' } }, 'required'],
    ['a missing version', '', { tenantry: undefined }, 'required'],
    ['a field of the file that does not exist', '', { step: [] }, 'additionalProperties'],
  ];

  it.each(mistakes)('finds %s', (_, id, spoil, keyword) => {
    const book = workflow('onboard-customers');
    Object.assign(id === '' ? book : find(book.steps, id), spoil);
    expect(problems(book).map((problem) => problem.split(' ').at(-1))).toContain(keyword);
  });
});

function cart(spoil: object): object {
  return {
    customerId: 'x',
    lineItems: [{ catalogItemId: 'x', quantity: 1, billingCycle: 'annual', ...spoil }],
  };
}
