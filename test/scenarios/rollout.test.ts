import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRig, type Rig } from './rig.ts';

const playbook = `tenantry: 1
name: customers-in-waves
input:
  key: \${{ record.domain }}
  record:
    type: object
    required: [domain, country]
    properties: { domain: { type: string }, country: { type: string } }
limits: { rollout: { waves: [1, 2, rest], approve: true } }
steps:
  - id: known
    uses: assert
    with: { check: "\${{ record.country != 'XX' }}", message: no such country }
  - id: customer
    uses: customers.create
    with:
      companyProfile: { domain: "\${{ record.domain }}" }
      billingProfile:
        companyName: \${{ record.domain }}
        email: a@contoso.example
        defaultAddress: { country: "\${{ record.country }}", city: Redmond, state: WA, postalCode: "98052", addressLine1: 1 Way, firstName: Ada, lastName: Miller }
`;

describe('a rollout in waves', () => {
  let rig: Rig;
  let id: string;
  const customers = async () => (await rig.state()).customers.length;

  beforeAll(async () => {
    rig = await openRig();
    await rig.write('playbook.yaml', playbook);
    const rows = ['US', 'US', 'XX', 'US', 'US'].map((country, n) => `row${n}.onmicrosoft.com,${country}\n`);
    await rig.write('customers.csv', `domain,country\n${rows.join('')}`);
  });
  afterAll(() => rig.close());

  it('is said in the plan', async () => {
    const { stdout } = await rig.run(['plan', 'playbook.yaml', '--input', 'customers.csv']);
    expect(stdout).toContain('In 3 waves of 1, 2, 2 records; each must pass before the next begins.');
  });

  it('stops after the first wave until a person approves it', async () => {
    const applied = await rig.run(['apply', 'playbook.yaml', '--input', 'customers.csv', '--yes']);
    expect(applied.status, applied.stderr).toBe(3);
    expect(applied.stdout).toContain(
      'wave 1 of 3: 0 of its 1 records failed or are in doubt; the next begins once',
    );
    expect(applied.stdout).toContain('1 succeeded, 0 failed, 0 in doubt, 4 not reached');
    id = (JSON.parse((await rig.run(['runs', '--json'])).stdout) as { runs: { id: string }[] }).runs[0]!.id;
    expect(await customers()).toBe(1);
    expect((await rig.run(['resume'])).status).toBe(3);
    expect(await customers()).toBe(1);
    expect((await rig.run(['show'])).stdout).toContain(`tenantry approve ${id} --wave 1`);
  });

  it('begins the next one then, and stops where that failed', async () => {
    expect((await rig.run(['approve', id, '--wave', '2'])).stderr).toContain(
      'the run does not stand at wave 2',
    );
    expect((await rig.run(['approve', id, '--wave', '1', '--by', 'Grace'])).status).toBe(0);
    const second = await rig.run(['resume', '--json']);
    expect(second.status).toBe(3);
    const finished = JSON.parse(second.stdout.trim().split('\n').at(-1)!) as { run: unknown };
    expect(finished.run).toMatchObject({
      status: 'stopped',
      reason: 'wave 2 of 3: 1 of its 2 records failed or are in doubt, and 0 may',
      records: { succeeded: 2, failed: 1, open: 2 },
    });
  });

  it('goes on behind failures that a person has approved', async () => {
    expect((await rig.run(['approve', id, '--wave', '2'])).status).toBe(0);
    const last = await rig.run(['resume']);
    expect(last.stdout).toContain('4 succeeded, 1 failed');
    expect(await customers()).toBe(4);
    expect((await rig.run(['approve', id, '--wave', '2'])).stderr).toContain('no wave of this run waits');
  });
});
