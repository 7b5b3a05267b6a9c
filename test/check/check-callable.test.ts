import { describe, expect, it } from 'vitest';
import { type CallerAndPlace, checkCallable } from '../../src/check/check-callable.ts';
import type { Playbook } from '../../src/check/playbook.ts';
import type { Operation, Operations } from '../../src/operations/operation.ts';
import { loadOperations } from '../../src/operations/read.ts';
import { operation } from '../partner-center/service.ts';
import { stepsOf } from '../run/playbooks.ts';

const global: CallerAndPlace = { target: 'global', cloud: 'global', signIns: ['app', 'app+user'] };

/** A step that uses `things.change`, which the catalogue of this test describes. */
const playbook: Pick<Playbook, 'steps'> = stepsOf(
  '  - id: one\n    uses: domains.check\n    with: { domain: a.onmicrosoft.com }\n',
);

function catalogue(...parts: readonly Partial<Operation>[]): Operations {
  const all = new Map(parts.map((part) => [part.name!, operation(part)]));
  return { names: [...all.keys()], digest: '', get: (name) => all.get(name) };
}

/** The findings for a step that uses the first operation. */
function judge(caller: CallerAndPlace, first: Partial<Operation>, ...others: readonly Partial<Operation>[]) {
  const [step] = playbook.steps;
  const used = { ...step, operation: operation(first) } as Playbook['steps'][number];
  return checkCallable({ steps: [used] }, catalogue(first, ...others), caller);
}

const change = { name: 'things.change', auth: ['app', 'app+user'], clouds: ['global', 'china'] } as const;

describe('an operation', () => {
  it('that the cloud has and the sign-in may call is fine', () => {
    expect(judge(global, change)).toEqual([]);
  });

  it('that the cloud does not have is refused where it is named, with the clouds that have it', () => {
    const [found] = judge({ ...global, cloud: 'usgov', target: 'usgov' }, change);
    expect(found).toMatchObject({
      code: 'NOT_IN_CLOUD',
      severity: 'error',
      message: expect.stringMatching(/'things\.change'.*usgov/u),
      help: expect.stringContaining('global, china'),
    });
    const { source } = stepsOf('  - id: one\n    uses: domains.check\n    with: { domain: a }\n');
    expect(source.slice(found!.at!.offset, found!.at!.offset + found!.at!.length)).toBe('domains.check');
  });

  it('is refused in Germany with the reason', () => {
    expect(judge({ ...global, cloud: 'germany' }, change)[0]!.help).toMatch(/retired/u);
  });

  it('that takes a user is refused to the app alone, with what to set', () => {
    const [found] = judge({ ...global, signIns: ['app'] }, { ...change, auth: ['app+user'] });
    expect(found).toMatchObject({ code: 'SIGN_IN_KIND', message: expect.stringContaining('user’s sign-in') });
    expect(found!.help).toMatch(/TENANTRY_REFRESH_TOKEN[\s\S]*tenantry login/u);
  });

  it('that takes the app is refused to a user alone', () => {
    const [found] = judge({ ...global, signIns: ['app+user'] }, { ...change, auth: ['app'] });
    expect(found).toMatchObject({
      code: 'SIGN_IN_KIND',
      help: expect.stringContaining('TENANTRY_CLIENT_SECRET'),
    });
  });

  it('is not judged by the sign-in where there are no credentials', () => {
    const { signIns: _, ...nobody } = global;
    expect(judge(nobody, { ...change, auth: ['app+user'] })).toEqual([]);
  });

  it('that another kind of partner calls is refused where the target tells who calls', () => {
    const direct = { ...change, partners: ['provider'] } as const;
    expect(judge(global, direct)).toEqual([]);
    expect(judge({ ...global, partner: 'direct' }, direct)).toMatchObject([{ code: 'NOT_FOR_PARTNER' }]);
  });

  it('of the sandbox is a warning', () => {
    expect(judge(global, { ...change, sandboxOnly: true })).toMatchObject([
      { code: 'SANDBOX_ONLY', severity: 'warning' },
    ]);
  });
});

describe('what an operation calls', () => {
  const read = { name: 'things.read', auth: ['app+user'], clouds: ['global'] } as const;
  const call = { operation: 'things.read', with: {}, equal: {} };
  const ways: readonly (readonly [string, Partial<Operation>])[] = [
    ['looks up', { lookup: call }],
    [
      'adopts',
      {
        lookup: {
          ...call,
          operation: 'things.list',
          adopt: { ...call, as: 'x', since: 'y', where: {}, lagSeconds: 1 },
        },
      },
    ],
    ['lists all of', { lookup: { ...call, operation: 'things.list', all: call } }],
    ['compares', { satisfied: call }],
    ['merges into', { merge: call }],
    ['polls', { poll: { ...call, path: 'x', done: [1], failed: [], everySeconds: 1, timeoutSeconds: 1 } }],
    ['updates with', { update: { ...call, fields: [] } }],
  ];

  it.each(ways)('counts where it is what it %s, and is named', (_, part) => {
    const app: CallerAndPlace = { ...global, signIns: ['app'] };
    const found = judge(app, { ...change, ...part }, { ...change, name: 'things.list' }, read);
    expect(found).toMatchObject([
      { code: 'SIGN_IN_KIND', message: expect.stringMatching(/^'things\.change' calls 'things\.read' to /u) },
    ]);
  });

  it('counts at any depth, and a ring of calls ends', () => {
    const deep = { ...change, name: 'things.deep', lookup: { ...call, operation: 'things.read' } };
    const ring = { ...read, lookup: { ...call, operation: 'things.change' } };
    const found = judge(
      { ...global, cloud: 'china' },
      { ...change, lookup: { ...call, operation: 'things.deep' } },
      deep,
      ring,
    );
    expect(found).toMatchObject([
      { code: 'NOT_IN_CLOUD', message: expect.stringContaining("'things.deep' calls 'things.read'") },
    ]);
  });

  it('is not told beside the operation itself', () => {
    expect(judge({ ...global, cloud: 'usgov' }, { ...change, lookup: call }, read)).toHaveLength(1);
  });
});

describe('a playbook', () => {
  it('is judged in its blocks, its rescues and its waits, too', () => {
    const steps = stepsOf(`
  - id: block
    steps:
      - id: users
        uses: users.list
        with: { customerId: c }
    rescue:
      - id: waited
        uses: wait
        with: { uses: users.list, with: { customerId: c }, until: "\${{ true }}" }
    finally:
      - id: last
        uses: users.list
        with: { customerId: c }
`);
    const found = checkCallable(steps, loadOperations(), { ...global, signIns: ['app'] });
    expect(found.map(({ code }) => code)).toEqual(['SIGN_IN_KIND', 'SIGN_IN_KIND', 'SIGN_IN_KIND']);
    expect(new Set(found.map(({ at }) => at!.offset)).size).toBe(3);
  });
});
