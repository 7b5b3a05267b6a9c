import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsOf } from './applied.ts';
import { addCustomers } from './customers.ts';
import { openRig, type Rig } from './rig.ts';

/** `uses: http.request`: what the catalogue does not list, with the same promise as what it does. */

let rig: Rig;
let customerId: string;
beforeAll(async () => {
  rig = await openRig();
  customerId = [...(await addCustomers(rig, [{ domain: 'fabrikam.onmicrosoft.com' }])).values()][0]!;
});
afterAll(() => rig.close());

async function playbook(name: string, repeats: string): Promise<readonly string[]> {
  const file = `${name}.yaml`;
  await rig.write(
    file,
    `tenantry: 1
name: ${name}
input:
  key: \${{ record.name }}
  record:
    type: object
    required: [customerId, name]
    properties: { customerId: { type: string }, name: { type: string } }
steps:
  - id: before
    uses: http.request
    with:
      method: GET
      path: /v1/customers/\${{ record.customerId }}/policies/none
      expect: [200, 404]
  - id: policy
    uses: http.request
    with:
      method: POST
      path: /v1/customers/\${{ record.customerId }}/policies
      body: { name: "\${{ record.name }}", category: o_o_b_e, policySettings: [skip_eula] }
${repeats}
outputs:
  before: \${{ steps.before.status }}
  id: \${{ steps.policy.body.id }}
`,
  );
  await rig.write('policies.csv', `customerId,name\n${customerId},${name}\n`);
  return [file, '--input', 'policies.csv', '--state', `${name}.db`];
}

async function policiesNamed(name: string): Promise<number> {
  const all = JSON.stringify(await rig.state());
  return all.split(`"name":"${name}"`).length - 1;
}

describe('a request that the catalogue does not list', () => {
  it('is shown with what happens where no answer comes, counted, and sent', async () => {
    const args = await playbook('shown', '      repeatable: false');
    const planned = await rig.run(['plan', ...args, '--detailed-exitcode']);
    expect(planned.status, planned.stderr).toBe(2);
    expect(planned.stdout).toContain(
      'POST /v1/customers/{customerId}/policies; not answered: held for a person',
    );
    expect(planned.stdout).toContain('GET /v1/customers/{customerId}/policies/none');
    expect(planned.stdout).toMatch(/http\.request\s+1\s+1/u);
    const applied = await rig.run(['apply', ...args, '--yes']);
    expect(applied.status, applied.stderr).toBe(0);
    expect(await policiesNamed('shown')).toBe(1);
    const file = /(\S+results\.csv)/u.exec(applied.stdout + applied.stderr)![1]!;
    const [row] = rowsOf(await rig.read(file));
    expect(row).toMatchObject({
      tenantry_before: '404',
      tenantry_id: expect.stringMatching(/^[0-9a-f-]{36}$/u),
    });
  });

  it('is never sent twice where its author did not say that it may be', async () => {
    const args = await playbook('held', '      repeatable: false');
    await rig.behave({ faults: 'lost-answer=1@configurationPolicies.create' });
    const applied = await rig.run(['apply', ...args, '--yes']);
    await rig.behave({ faults: '' });
    expect(applied.status).toBe(3);
    expect(await policiesNamed('held')).toBe(1);
    const again = await rig.run(['resume', '--state', 'held.db']);
    expect(again.status).toBe(3);
    expect(await policiesNamed('held')).toBe(1);
    const shown = await rig.run(['show', '--state', 'held.db']);
    expect(shown.stdout).toMatch(/in doubt: http\.request at step policy/u);
    expect(shown.stdout).toContain('"/v1/customers/{customerId}/policies"');
  });

  it('is looked up by the read that its author gave, and taken for done where that shows it', async () => {
    const args = await playbook(
      'looked',
      `      repeatable: false
      doubt: lookup
      lookup:
        path: /v1/customers/\${{ record.customerId }}/policies
        in: items
        equal: { name: "\${{ record.name }}" }`,
    );
    await rig.behave({ faults: 'lost-answer=1@configurationPolicies.create' });
    const applied = await rig.run(['apply', ...args, '--yes']);
    await rig.behave({ faults: '' });
    expect(applied.status, applied.stderr).toBe(0);
    expect(await policiesNamed('looked')).toBe(1);
    const file = /(\S+results\.csv)/u.exec(applied.stdout + applied.stderr)![1]!;
    expect(rowsOf(await rig.read(file))[0]!.tenantry_id).toMatch(/^[0-9a-f-]{36}$/u);
  });

  it('goes to no other host, whatever a row says', async () => {
    const args = await playbook('hostile', '      repeatable: false');
    await rig.write('policies.csv', `customerId,name\n../../elsewhere?x=,hostile\n`);
    const applied = await rig.run(['apply', ...args, '--yes']);
    expect(applied.status).toBe(3);
    expect(Object.keys((await rig.stats()).perOperation as object)).not.toContain('elsewhere');
    expect(await policiesNamed('hostile')).toBe(0);
  });
});
