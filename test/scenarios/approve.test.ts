import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRig, type Rig } from './rig.ts';

const playbook = `tenantry: 1
name: approved-users
input:
  key: \${{ record.domain }}
  record:
    type: object
    required: [domain]
    properties: { domain: { type: string } }
steps:
  - id: customer
    uses: customers.create
    with:
      companyProfile: { domain: "\${{ record.domain }}" }
      billingProfile:
        companyName: \${{ record.domain }}
        email: a@contoso.example
        defaultAddress: { country: US, city: Redmond, state: WA, postalCode: "98052", addressLine1: 1 Way, firstName: Ada, lastName: Miller }
  - id: agreed
    uses: approve
    with: { message: "a user for \${{ record.domain }} (\${{ steps.customer.id }})" }
  - id: ana
    uses: users.create
    with:
      customerId: \${{ steps.customer.id }}
      userPrincipalName: ana@\${{ record.domain }}
      displayName: Ana
      usageLocation: US
      passwordProfile: { password: Pass-word-1, forceChangePassword: true }
outputs:
  approvedBy: \${{ steps.agreed.by }}
`;

describe('records that wait for a person', () => {
  let rig: Rig;
  const runId = async (): Promise<string> =>
    (JSON.parse((await rig.run(['runs', '--json'])).stdout) as { runs: { id: string }[] }).runs[0]!.id;
  const users = async () =>
    (await rig.state()).users!.filter(({ userPrincipalName }) => String(userPrincipalName).startsWith('ana@'))
      .length;

  beforeAll(async () => {
    rig = await openRig();
    await rig.write('playbook.yaml', playbook);
    await rig.write('customers.csv', 'domain\na1.onmicrosoft.com\na2.onmicrosoft.com\na3.onmicrosoft.com\n');
  });
  afterAll(() => rig.close());

  it('are said in the plan', async () => {
    const { stdout, status } = await rig.run(['plan', 'playbook.yaml', '--input', 'customers.csv']);
    expect(status).toBe(0);
    expect(stdout).toContain('| approve     agreed');
    expect(stdout).toContain('3 to approve');
  });

  it('end the run with a status of their own, 3, and a file with what is asked', async () => {
    const { stdout, status } = await rig.run([
      ...['apply', 'playbook.yaml', '--input', 'customers.csv', '--yes', '--results', 'results'],
    ]);
    expect(status).toBe(3);
    expect(stdout).toContain(
      'waits for approval: 3 records, 0 succeeded, 0 failed, 0 in doubt, 3 waiting for approval',
    );
    expect(stdout).toContain(`tenantry approve ${await runId()}`);
    expect(await rig.read('results/waiting.csv')).toMatch(
      /^a1\.onmicrosoft\.com,"agreed","APPROVAL","a user for a1\.onmicrosoft\.com \([\w-]+\)"/mu,
    );
    expect(await users()).toBe(0);
  });

  it('are listed with the command for each', async () => {
    const { stdout } = await rig.run(['show', '--waiting']);
    expect(stdout).toContain('waits for approval at step agreed');
    expect(stdout).toContain(`tenantry approve ${await runId()} a2.onmicrosoft.com`);
    const document = JSON.parse((await rig.run(['show', '--json'])).stdout) as {
      records: { outcome: string; approvals: { state: string; what: string }[] }[];
    };
    expect(document.records.map(({ outcome }) => outcome)).toEqual(['waiting', 'waiting', 'waiting']);
    expect(document.records[0]!.approvals[0]).toMatchObject({
      state: 'waiting',
      what: expect.stringContaining('a1.'),
    });
  });

  it('are not approved by a mistyped name', async () => {
    const { status, stderr } = await rig.run([
      'approve',
      await runId(),
      'a2.onmicrosoft.com',
      'a4.onmicrosoft.com',
    ]);
    expect(status).toBe(1);
    expect(stderr).toContain("'a4.onmicrosoft.com' does not wait for approval in this run; did you mean 'a");
    expect((await rig.run(['resume'])).status).toBe(3);
    expect(await users()).toBe(0);
  });

  it('go on once they are approved, and fail where they are rejected', async () => {
    const id = await runId();
    const said = await rig.run([
      'approve',
      id,
      'a1.onmicrosoft.com',
      '--by',
      'Grace',
      '--comment',
      'ticket 12',
    ]);
    expect(said).toMatchObject({ status: 0, stdout: expect.stringContaining(`tenantry resume ${id}`) });
    await rig.run(['approve', id, 'a2.onmicrosoft.com', '--reject', '--by', 'Grace']);
    const { status, stdout } = await rig.run(['resume']);
    expect(status).toBe(3);
    expect(stdout).toContain('1 succeeded, 1 failed, 0 in doubt, 1 waiting for approval');
    expect(await users()).toBe(1);
    expect(await rig.read('results/results.csv')).toContain('a1.onmicrosoft.com,"Grace"');
    expect(await rig.read('results/failed.csv')).toContain('"REJECTED","Grace rejected it"');
    const shown = (await rig.run(['show'])).stdout;
    expect(shown).toMatch(
      /approved at step agreed by Grace, [\d-]+ [\d:]+ UTC: a user for a1.+ \(ticket 12\)/u,
    );
  });

  it('are all approved where none is named', async () => {
    const id = await runId();
    expect((await rig.run(['approve', id])).status).toBe(0);
    expect((await rig.run(['approve', id])).stderr).toContain('no record of this run waits for approval');
    await rig.run(['resume']);
    expect(await users()).toBe(2);
    expect((await rig.run(['show', '--waiting', '--json'])).stdout).toContain('"records":[\n]');
  });
});
