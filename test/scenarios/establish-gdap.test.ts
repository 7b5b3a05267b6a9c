import { cp } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestsOf, rowsOf } from './applied.ts';
import { openRig, type Rig, workflows } from './rig.ts';

/** GDAP at Microsoft Graph, by a catalogue that the workflow brings. */

const catalog = ['--catalog', 'establish-gdap/catalog'];
const args = [
  'establish-gdap/playbook.yaml',
  '--input',
  'establish-gdap/customers.csv',
  ...['roles', 'groups'].flatMap((name) => ['--related', `${name}=establish-gdap/${name}.csv`]),
];

let rig: Rig;
beforeAll(async () => {
  rig = await openRig(['--catalog', path.join(workflows, 'establish-gdap/catalog')]);
  await cp(path.join(workflows, 'establish-gdap'), rig.file('establish-gdap'), { recursive: true });
});
afterAll(() => rig.close());

/** As the input names them; records go side by side, so which one is drafted first is open. */
const names = ['GDAP Contoso', 'GDAP Fabrikam', 'GDAP Adatum'];

async function relationships(): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const all = (await rig.state()).delegatedAdminRelationships ?? [];
  return all.toSorted((a, b) => names.indexOf(String(a.displayName)) - names.indexOf(String(b.displayName)));
}

describe('establish-gdap', () => {
  it('is told what to add where its catalogue is not given', async () => {
    const validated = await rig.run(['validate', args[0]!]);
    expect(validated.status).toBe(1);
    expect(validated.stderr).toMatch(/UNKNOWN_OPERATION.*delegatedAdminRelationships\.create/u);
    expect(validated.stderr).toContain('--catalog');
  });

  it('drafts a relationship for each customer and asks for its approval', async () => {
    const planned = await rig.run(['plan', ...args, ...catalog, '--out', 'first.plan']);
    expect(planned.status, planned.stderr).toBe(0);
    // The plan names the folder: applying it needs no option.
    const applied = await rig.run(['apply', 'first.plan']);
    expect(applied.status, applied.stderr).toBe(0);
    expect((await relationships()).map(({ displayName, status }) => [displayName, status])).toEqual(
      names.map((name) => [name, 'approvalPending']),
    );
    const file = /(\S+results\.csv)/u.exec(applied.stdout + applied.stderr)![1]!;
    expect(rowsOf(await rig.read(file))[0]).toMatchObject({
      tenantry_status: 'approvalPending',
      tenantry_approvalLink: expect.stringContaining('granularAdminRelationships/'),
    });
  });

  it('gives the groups of those that approved their roles, and drafts nothing twice', async () => {
    const approve = { method: 'POST', body: '{"customerId":"52eaad04-13a2-4a2f-9ce8-93a294fadf36"}' };
    expect((await rig.fetch('/_emulator/approve', approve)).status).toBe(200);
    const before = await requestsOf(rig);
    const first = await rig.run(['apply', ...args, ...catalog, '--yes', '--param', 'waitForApproval=false']);
    expect(first.status, first.stderr).toBe(0);
    const second = await rig.run(['apply', ...args, ...catalog, '--yes']);
    expect(second.status, second.stderr).toBe(0);
    const [, fabrikam] = await relationships();
    expect(fabrikam).toMatchObject({ status: 'active' });
    const assignments = fabrikam!.accessAssignments as readonly Readonly<Record<string, unknown>>[];
    expect(assignments.map(({ status }) => status)).toEqual(['active', 'active']);
    expect(
      assignments.map(
        ({ accessDetails }) => (accessDetails as { unifiedRoles: unknown[] }).unifiedRoles.length,
      ),
    ).toEqual([2, 1]);
    const after = await requestsOf(rig);
    expect(after['delegatedAdminRelationships.create']).toBe(before['delegatedAdminRelationships.create']);
  });

  it('brings roles up to date under the etag that it read', async () => {
    const role = '62e90394-69f5-4237-9190-012177145e10';
    const roles = (await rig.read('establish-gdap/roles.csv')).replace(
      /^(52eaad04[^\n]*,)f2ef992c[^,]*/mu,
      `$1729827e3-9c14-49f7-bb1b-9608f156bbb8`,
    );
    expect(roles).not.toContain(role);
    await rig.write('establish-gdap/roles.csv', roles.replace(/^52eaad04[^\n]*\n/mu, ''));
    const applied = await rig.run(['apply', ...args, ...catalog, '--yes']);
    expect(applied.status, applied.stderr).toBe(0);
    expect((await requestsOf(rig))['delegatedAdminRelationships.updateAccess']).toBe(1);
    const [, fabrikam] = await relationships();
    const [first] = fabrikam!.accessAssignments as readonly { accessDetails: { unifiedRoles: unknown[] } }[];
    expect(first!.accessDetails.unifiedRoles).toHaveLength(1);
  });

  it('does nothing twice where answers are lost', async () => {
    await rig.write('more.csv', 'customerId,company\n11111111-d21f-4aa9-b7db-7fa1f56fb163,Woodgrove\n');
    await rig.write('none.csv', 'customerId,groupId\n');
    await rig.write(
      'role.csv',
      'customerId,roleId,groupId\n11111111-d21f-4aa9-b7db-7fa1f56fb163,729827e3-9c14-49f7-bb1b-9608f156bbb8,869713c9-0b28-4d08-8949-ae07ae1bf528\n',
    );
    await rig.behave({
      faults:
        'lost-answer=1@delegatedAdminRelationships.create,lost-answer=1@delegatedAdminRelationships.requestApproval',
    });
    const more = [
      args[0]!,
      '--input',
      'more.csv',
      '--related',
      'roles=role.csv',
      '--related',
      'groups=none.csv',
    ];
    const applied = await rig.run(['apply', ...more, ...catalog, '--yes']);
    await rig.behave({ faults: '' });
    expect(applied.status, applied.stderr).toBe(0);
    const made = (await relationships()).filter(({ displayName }) => displayName === 'GDAP Woodgrove');
    expect(made.map(({ status }) => status)).toEqual(['approvalPending']);
  });
});
