import { mkdir, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsOf } from './applied.ts';
import { openRig, type Rig } from './rig.ts';

/** `--catalog DIR`: a partner's own billing system, as operations like any other. */

const entries = `resource: accounts
title: Accounts
summary: Accounts of our billing system.
hosts:
  billing: { url: "https://billing.example", token: BILLING_TOKEN }
defaults: { host: billing }
schemas:
  Account: { type: object, required: [id], properties: { id: { type: string }, number: { type: string } } }
operations:
  accounts.list:
    summary: Lists all accounts that there are.
    kind: list
    request: GET /api/accounts
    items: Account
    page: https://billing.example/docs
    errors: []
    example: { with: {}, answer: { totalCount: 1, items: [{ id: "1", number: C-1 }] } }
  accounts.create:
    summary: Opens an account; one of this number is adopted.
    kind: create
    request: POST /api/accounts
    input: { type: object, required: [number], properties: { number: { type: string } } }
    result: Account
    repeatable: false
    doubt: lookup
    lookup: { operation: accounts.list, with: {}, equal: { number: $number } }
    page: https://billing.example/docs
    errors: []
    example: { with: { number: C-1 }, answer: { id: "1", number: C-1 } }
`;

const playbook = `tenantry: 1
name: accounts
input:
  key: \${{ record.number }}
  record: { type: object, required: [number], properties: { number: { type: string } } }
limits: { operations: { accounts.create: 2 } }
guards:
  - { check: "\${{ plan.count('accounts.create') <= 5 }}", message: too many accounts }
steps:
  - id: account
    uses: accounts.create
    with: { number: "\${{ record.number }}" }
outputs: { account: "\${{ steps.account.id }}" }
`;

const args = ['accounts.yaml', '--input', 'accounts.csv'];
const catalog = ['--catalog', 'billing'];

let rig: Rig;
beforeAll(async () => {
  const folder = await openRig();
  await mkdir(folder.file('billing'));
  await writeFile(folder.file('billing/accounts.yaml'), entries);
  const place = folder.file('billing');
  // The emulator knows the catalogue from its start.
  rig = await openRig(['--catalog', place]);
  await folder.close();
  await mkdir(rig.file('billing'));
  await writeFile(rig.file('billing/accounts.yaml'), entries);
  await rig.write('accounts.yaml', playbook);
  await rig.write('accounts.csv', 'number\nC-1\nC-2\n');
});
afterAll(() => rig.close());

async function accounts(): Promise<readonly unknown[]> {
  return (await rig.state()).others!.filter(({ path }) => path === '/_hosts/billing/api/accounts');
}

describe('operations of one’s own', () => {
  it('are described, and offered to editors', async () => {
    const described = await rig.run(['operations', 'accounts.create', ...catalog]);
    expect(described.stdout).toContain('POST https://billing.example/api/accounts');
    const schema = await rig.run(['schema', ...catalog]);
    expect(schema.stdout).toContain('"accounts.create"');
    expect((await rig.run(['schema'])).stdout).not.toContain('"accounts.create"');
  });

  it('are planned, applied and found again like any other', async () => {
    const planned = await rig.run(['plan', ...args, ...catalog, '--out', 'accounts.plan']);
    expect(planned.status, planned.stderr).toBe(0);
    const applied = await rig.run(['apply', 'accounts.plan']);
    expect(applied.status, applied.stderr).toBe(0);
    expect(await accounts()).toHaveLength(2);
    const again = await rig.run(['plan', ...args, '--detailed-exitcode'], {
      env: { TENANTRY_CATALOG: 'billing' },
    });
    expect(again.status, again.stderr).toBe(0);
    expect(again.stdout).toMatch(/= unchanged\s+account/u);
    const file = /(\S+results\.csv)/u.exec(applied.stdout + applied.stderr)![1]!;
    expect(rowsOf(await rig.read(file))[0]!.tenantry_account).toMatch(/^[0-9a-f-]{36}$/u);
  });

  it('do nothing twice where an answer is lost', async () => {
    await rig.write('accounts.csv', 'number\nC-3\n');
    await rig.behave({ faults: 'lost-answer=1@accounts.create' });
    const applied = await rig.run(['apply', ...args, ...catalog, '--yes']);
    await rig.behave({ faults: '' });
    expect(applied.status, applied.stderr).toBe(0);
    expect(await accounts()).toHaveLength(3);
  });

  it('make a plan stale where they have changed since the review', async () => {
    await rig.write('accounts.csv', 'number\nC-4\n');
    expect((await rig.run(['plan', ...args, ...catalog, '--out', 'stale.plan'])).status).toBe(0);
    await writeFile(
      rig.file('billing/accounts.yaml'),
      entries.replace('POST /api/accounts', 'POST /api/elsewhere'),
    );
    const applied = await rig.run(['apply', 'stale.plan']);
    await writeFile(rig.file('billing/accounts.yaml'), entries);
    expect(applied.status).toBe(1);
    expect(applied.stderr).toContain('the operations in billing have changed since');
    expect(await accounts()).toHaveLength(3);
  });

  it('are resumed from the state file alone', async () => {
    await rig.write('accounts.csv', 'number\nC-5\nC-6\n');
    await rig.behave({ latencyMs: 150 });
    const applying = rig.start(['apply', ...args, ...catalog, '--yes', '--state', 'cut.db']);
    await applying.says('go on with');
    applying.signal('SIGKILL');
    await applying.finished;
    await rig.behave({ latencyMs: 0 });
    await rm(rig.file('billing'), { recursive: true });
    const resumed = await rig.run(['resume', '--state', 'cut.db']);
    expect(resumed.status, resumed.stderr).toBe(0);
    expect(await accounts()).toHaveLength(5);
    expect((await rig.run(['export', '--state', 'cut.db'])).status).toBe(0);
  });

  it('are refused, with the line, where something in them is wrong', async () => {
    await mkdir(rig.file('wrong'));
    await writeFile(
      rig.file('wrong/accounts.yaml'),
      entries.replace('operation: accounts.list', 'operation: accounts.lst'),
    );
    const validated = await rig.run(['validate', 'accounts.yaml', '--catalog', 'wrong']);
    expect(validated.status).toBe(1);
    expect(validated.stderr).toMatch(/wrong\/accounts\.yaml:26:26 error CATALOGUE/u);
    expect((await rig.run(['validate', 'accounts.yaml', '--catalog', 'nowhere'])).stderr).toContain(
      'there is no such folder',
    );
  });

  it('want their token where they are not played', async () => {
    await mkdir(rig.file('again'));
    await writeFile(rig.file('again/accounts.yaml'), entries);
    const validated = await rig.run(
      ['validate', 'accounts.yaml', '--catalog', 'again', '--target', 'global'],
      {
        env: { TENANTRY_ACCESS_TOKEN: undefined },
      },
    );
    expect(validated.status).toBe(1);
    expect(validated.stderr).toMatch(/CREDENTIALS.*whose token is not set/u);
    expect(validated.stderr).toContain('BILLING_TOKEN');
  });
});
