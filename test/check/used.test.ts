import { describe, expect, it } from 'vitest';
import type { Block } from '../../src/check/playbook.ts';
import { input } from '../run/playbooks.ts';
import { playbookOf } from '../run/rig.ts';
import { found, foundIn } from './playbooks.ts';

/** `uses: ./other.yaml`: another playbook as a step, with typed inputs and outputs. */

const lookAt = `
parameters:
  size: { type: integer, default: 3 }
input:
  key: \${{ record.domain }}
  record:
    type: object
    required: [domain]
    properties: { domain: { type: string, minLength: 3 }, deep: { type: boolean, default: false } }
steps:
  - id: free
    uses: domains.check
    with: { domain: "\${{ record.domain }}" }
  - id: more
    if: \${{ record.deep }}
    uses: domains.check
    with: { domain: "\${{ record.domain }}" }
outputs:
  domain: \${{ record.domain }}
  size: \${{ params.size }}
  exists: \${{ steps.free.available }}
  more: \${{ steps.more.available }}
`.replaceAll('\\$', '$');

const use = (lines: string) => `  - id: look\n    uses: ./look.yaml\n${lines}`;
const good = use('    with: { domain: "${{ record.domain }}" }\n');
const files = { 'look.yaml': lookAt };

/** A step behind the used one that reads something of it. */
const reads = (expression: string) =>
  `${good}  - id: next\n    uses: assert\n    with: { check: "\${{ ${expression} }}", message: x }\n`;

describe('a playbook that is used', () => {
  it('is a block whose steps are its own, and keeps the texts of all files', () => {
    const playbook = playbookOf(`${input}steps:\n${good}`, files);
    const [step] = playbook.steps as readonly [Block];
    expect(step).toMatchObject({ type: 'block', used: { place: 'look.yaml' } });
    expect(step.steps.map(({ id }) => id)).toEqual(['free', 'more']);
    expect(playbook.used['look.yaml']).toContain('domains.check');
  });

  it('gives its outputs with their types', () => {
    expect(found(reads("steps.look.size + 1 == 4 && steps.look.domain.startsWith('a')"), files)).toEqual([]);
    expect(found(reads("steps.look.size.startsWith('a')"), files)[0]?.code).toBe('EXPRESSION_TYPE');
    expect(found(reads('steps.look.sizes == 1'), files)[0]).toMatchObject({
      code: 'EXPRESSION_NAME',
      didYouMean: 'size',
    });
  });

  it('gives outputs of steps that may be skipped as what may be missing', () => {
    expect(found(reads('steps.look.more == true'), files)[0]).toMatchObject({
      code: 'MAYBE_MISSING',
      help: expect.stringContaining('steps.look.?more.orValue'),
    });
    expect(found(reads('steps.look.?more.orValue(false)'), files)).toEqual([]);
    expect(found(reads('has(steps.look.more) && steps.look.more == true'), files)).toEqual([]);
  });

  it('sees nothing of the playbook that uses it, nor that of its steps', () => {
    const nosy = lookAt.replace(
      '${{ record.domain }}" }\n  - id: more',
      '${{ record.key }}" }\n  - id: more',
    );
    expect(found(good, { 'look.yaml': nosy })[0]).toMatchObject({
      code: 'EXPRESSION_NAME',
      relatedTo: ['playbook.yaml: ./look.yaml'],
    });
    expect(found(reads('steps.free.available == true'), files)[0]?.code).toBe('UNKNOWN_STEP');
  });

  it('may have steps of the same names, and may be used more than once', () => {
    const twice = good + good.replace('id: look', 'id: free');
    expect(found(twice, files)).toEqual([]);
  });

  it('can be used once for each element of a list', () => {
    const many = `  - id: each\n    forEach: \${{ ["aaa", "bbb"] }}\n    key: \${{ item }}\n    uses: ./look.yaml\n    with: { domain: "\${{ item }}" }\n  - id: next\n    uses: assert\n    with: { check: "\${{ steps.each['aaa'].size == 3 }}", message: x }\n`;
    expect(found(many, files)).toEqual([]);
  });

  it('carries a secret on as one', () => {
    const secret = lookAt
      .replace('domain: { type: string, minLength: 3 }', 'domain: { type: string, secret: true }')
      .replace(
        '  domain: ${{ record.domain }}\n  size',
        '  domain: { value: "${{ record.domain }}", secret: true }\n  size',
      )
      .replace('key: ${{ record.domain }}', 'key: ${{ string(record.deep) }}')
      .replaceAll('with: { domain: "${{ record.domain }}" }', 'with: { domain: aaa }');
    const shown = `${input}steps:\n${good}outputs:\n  shown: \${{ steps.look.domain }}\n`;
    expect(foundIn(shown, { 'look.yaml': secret }).map(({ code }) => code)).toEqual(['SECRET_EXPOSED']);
  });
});

describe('is refused, with the place in both files where there are two:', () => {
  const step = (name: string, more = '') => `  - id: a\n    uses: ${name}\n${more}`;
  const given = '    with: { domain: xyz, key: x }\n';
  const steps = (name: string) => `${input}steps:\n${step(name, given)}`;

  it('an input that is missing, unknown or of another type', () => {
    expect(found(use(''), files)[0]).toMatchObject({ code: 'MISSING_FIELD', pointsAt: 'uses' });
    expect(found(use('    with: { domains: x }\n'), files).map(({ code }) => code)).toEqual([
      'UNKNOWN_FIELD',
      'MISSING_FIELD',
    ]);
    expect(found(use('    with: { domain: abc, deep: 7 }\n'), files)[0]).toMatchObject({
      code: 'WRONG_TYPE',
      pointsAt: '7',
    });
    expect(found(use('    with: { domain: ab }\n'), files)[0]).toMatchObject({
      code: 'WRONG_VALUE',
      pointsAt: 'ab',
    });
  });

  it('a parameter that it does not have', () => {
    expect(found(use('    with: { domain: abc }\n    params: { sizes: 1 }\n'), files)[0]).toMatchObject({
      code: 'UNKNOWN_FIELD',
      didYouMean: 'size',
    });
  });

  it('a mistake in it, told once', () => {
    const wrong = lookAt.replace('uses: domains.check', 'uses: domains.chek');
    const problems = found(good + good.replace('id: look', 'id: again'), { 'look.yaml': wrong });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({
      code: 'UNKNOWN_OPERATION',
      at: { file: 'look.yaml' },
      pointsAt: 'domains.chek',
      relatedTo: ['playbook.yaml: ./look.yaml'],
    });
  });

  it('one that uses itself, over others', () => {
    const problems = foundIn(steps('./b.yaml'), {
      'b.yaml': steps('./parts/c.yaml'),
      'parts/c.yaml': steps('../b.yaml'),
    });
    expect(problems[0]).toMatchObject({
      code: 'STEP_CYCLE',
      message: expect.stringContaining('b.yaml → parts/c.yaml → b.yaml'),
      at: { file: 'parts/c.yaml' },
      relatedTo: ['b.yaml: ./parts/c.yaml', 'playbook.yaml: ./b.yaml'],
    });
    expect(foundIn(steps('./playbook.yaml'))[0]?.code).toBe('STEP_CYCLE');
  });

  it('one that lies too deep', () => {
    const chain = Object.fromEntries(
      Array.from({ length: 10 }, (_, depth) => [`p${depth}.yaml`, steps(`./p${depth + 1}.yaml`)]),
    );
    expect(foundIn(steps('./p0.yaml'), chain).some(({ message }) => message.includes('too deep'))).toBe(true);
  });

  it('so many steps that a record would never end', () => {
    const ten = (name: string) =>
      `${input}steps:\n${Array.from({ length: 10 }, (_, index) => step(name, given).replace('id: a', `id: a${index}`)).join('')}`;
    const problems = foundIn(ten('./p1.yaml'), {
      'p1.yaml': ten('./p2.yaml'),
      'p2.yaml': ten('./p3.yaml'),
      'p3.yaml': ten('./look.yaml'),
      'look.yaml': lookAt.replace('properties: {', 'properties: { key: { type: string },'),
    });
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('a record would go through'),
    ]);
  });

  it.each([
    ['../above.yaml', 'outside the folder'],
    ['./look.json', 'no YAML'],
    ['./a\\\\b.yaml', 'a backslash'],
  ])('%s: %s', (name) => {
    expect(found(step(name), files)[0]).toMatchObject({ code: 'WRONG_VALUE', pointsAt: name });
  });

  it('a file that is not there', () => {
    expect(found(step('./none.yaml'))[0]).toMatchObject({ code: 'FILE_NOT_FOUND', pointsAt: './none.yaml' });
  });

  it('guards that read parameters; others hold for the whole plan', () => {
    const guarded = (check: string) =>
      lookAt.replace('steps:', `guards:\n  - { check: "\${{ ${check} }}", message: x }\nsteps:`);
    expect(found(good, { 'look.yaml': guarded('params.size > 1') })[0]).toMatchObject({
      code: 'WRONG_VALUE',
      pointsAt: './look.yaml',
    });
    const kept = playbookOf(`${input}steps:\n${good}`, {
      'look.yaml': guarded("plan.count('carts.checkout') < 9"),
    });
    expect(kept.guards).toHaveLength(1);
  });

  it('a policy for doubt, which its steps have themselves', () => {
    expect(found(`${good}    inDoubt: hold\n`, files)[0]).toMatchObject({
      code: 'UNKNOWN_FIELD',
      pointsAt: 'inDoubt',
    });
  });
});
