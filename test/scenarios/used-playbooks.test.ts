import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsOf } from './applied.ts';
import { addCustomers } from './customers.ts';
import { openRig, type Rig } from './rig.ts';

/** `uses: ./other.yaml`: a playbook of several files is reviewed, applied and resumed as one. */

let rig: Rig;
const ids = new Map<string, string>();
beforeAll(async () => {
  rig = await openRig();
  const domains = ['adatum', 'fabrikam'].map((name) => ({ domain: `${name}.onmicrosoft.com` }));
  for (const [domain, id] of await addCustomers(rig, domains)) ids.set(domain, id);
});
afterAll(() => rig.close());

const device = `tenantry: 1
name: set-up-policy
input:
  key: \${{ record.name }}
  record:
    type: object
    required: [customerId, name]
    properties: { customerId: { type: string }, name: { type: string, minLength: 3 } }
parameters:
  setting: { type: string, default: skip_eula }
guards:
  - { check: "\${{ plan.count('configurationPolicies.create') <= 3 }}", message: more than three policies }
steps:
  - id: policy
    uses: configurationPolicies.create
    with:
      customerId: \${{ record.customerId }}
      name: \${{ record.name }}
      policySettings: ["\${{ params.setting }}"]
outputs:
  id: \${{ steps.policy.id }}
`;

const main = `tenantry: 1
name: policies
input:
  key: \${{ record.domain }}
  record:
    type: object
    required: [domain]
    properties: { domain: { type: string }, extra: { type: string } }
steps:
  - id: customer
    uses: customers.findByDomain
    with: { domain: "\${{ record.domain }}" }
  - id: first
    uses: ./parts/device.yaml
    with: { customerId: "\${{ steps.customer.items[0].id }}", name: first }
    params: { setting: skip_express_settings }
  - id: second
    if: \${{ has(record.extra) }}
    uses: ./parts/device.yaml
    with: { customerId: "\${{ steps.customer.items[0].id }}", name: "\${{ record.extra }}" }
outputs:
  first: \${{ steps.first.id }}
  second: \${{ steps.second.id }}
`;

async function write(name: string, rows: string): Promise<readonly string[]> {
  await mkdir(rig.file(`${name}/parts`), { recursive: true });
  await writeFile(rig.file(`${name}/playbook.yaml`), main);
  await writeFile(rig.file(`${name}/parts/device.yaml`), device);
  await writeFile(rig.file(`${name}/rows.csv`), rows);
  return [`${name}/playbook.yaml`, '--input', `${name}/rows.csv`, '--state', `${name}/state.db`];
}

const rows = 'domain,extra\nadatum.onmicrosoft.com,more\nfabrikam.onmicrosoft.com,\n';

describe('a playbook of several files', () => {
  it('is planned and applied as one, with paths that nest and outputs that come back', async () => {
    const args = await write('whole', rows);
    const planned = await rig.run(['plan', ...args, '--out', 'whole.plan']);
    expect(planned.status, planned.stderr).toBe(0);
    expect(planned.stdout).toMatch(/\+ create\s+first\.policy/u);
    expect(planned.stdout).toMatch(/\. skip\s+second\s+parts\/device\.yaml/u);
    const header = JSON.parse((await rig.read('whole.plan')).split('\n')[0]!) as {
      digests: { used: object };
    };
    expect(Object.keys(header.digests.used)).toEqual(['parts/device.yaml']);
    const applied = await rig.run(['apply', 'whole.plan', '--state', 'whole/state.db']);
    expect(applied.status, applied.stderr).toBe(0);
    const file = /(\S+results\.csv)/u.exec(applied.stdout + applied.stderr)![1]!;
    const results = rowsOf(await rig.read(file));
    expect(results.map((row) => [row.tenantry_first !== '', row.tenantry_second !== ''])).toEqual([
      [true, true],
      [true, false],
    ]);
  });

  it('is not applied where one of its files has changed since the review', async () => {
    const args = await write('stale', rows);
    expect((await rig.run(['plan', ...args, '--out', 'stale.plan'])).status).toBe(0);
    await writeFile(
      rig.file('stale/parts/device.yaml'),
      device.replace('skip_eula', 'skip_oem_registration'),
    );
    const applied = await rig.run(['apply', 'stale.plan', '--state', 'stale/state.db']);
    expect(applied.status).toBe(1);
    expect(applied.stderr).toMatch(/PLAN_STALE/u);
    expect(applied.stderr).toContain(
      'the playbook parts/device.yaml, which stale/playbook.yaml uses, has changed',
    );
  });

  it('is resumed from the state file alone, and does nothing twice', async () => {
    const args = await write('cut', 'domain,extra\nfabrikam.onmicrosoft.com,again\n');
    await rig.behave({ latencyMs: 150 });
    const applying = rig.start(['apply', ...args, '--yes']);
    await applying.says('go on with');
    applying.signal('SIGKILL');
    await applying.finished;
    await rig.behave({ latencyMs: 0 });
    await rm(rig.file('cut/playbook.yaml'));
    await rm(rig.file('cut/parts'), { recursive: true });
    const resumed = await rig.run(['resume', '--state', 'cut/state.db']);
    expect(resumed.status, resumed.stderr).toBe(0);
    const text = JSON.stringify(await rig.state());
    expect(text.split('"name":"again"').length - 1).toBe(1);
  });

  it('keeps the guards of all its files', async () => {
    const many = `domain,extra\n${['adatum', 'fabrikam'].map((name) => `${name}.onmicrosoft.com,g-${name}\n`).join('')}`;
    const args = await write('guarded', many);
    await writeFile(rig.file('guarded/parts/device.yaml'), device.replace('<= 3', '<= 1'));
    const planned = await rig.run(['plan', ...args]);
    expect(planned.status).toBe(1);
    expect(planned.stderr).toMatch(/more than three policies/u);
    expect(planned.stderr).toContain('guarded/parts/device.yaml');
  });

  it('tells a mistake with the lines of both files', async () => {
    const args = await write('wrong', rows);
    await writeFile(
      rig.file('wrong/parts/device.yaml'),
      device.replace('name: ${{ record.name }}', 'name: ${{ record.nam }}'),
    );
    const validated = await rig.run(['validate', args[0]!]);
    expect(validated.status).toBe(1);
    expect(validated.stderr).toContain('wrong/parts/device.yaml:');
    expect(validated.stderr).toContain('wrong/playbook.yaml:');
  });

  it('takes no file that a link brings in from elsewhere', async () => {
    const args = await write('linked', rows);
    await rig.write('outside.yaml', device);
    await rm(rig.file('linked/parts/device.yaml'));
    await symlink(rig.file('outside.yaml'), rig.file('linked/parts/device.yaml'));
    const validated = await rig.run(['validate', args[0]!]);
    expect(validated.status).toBe(1);
    expect(validated.stderr).toContain('leads out of the playbook');
  });

  it('judges what it is given by the other playbook’s own schema', async () => {
    const args = await write('judged', 'domain,extra\nadatum.onmicrosoft.com,no\n');
    const planned = await rig.run(['plan', ...args]);
    expect(planned.stdout).toMatch(
      /x refuse\s+second .*the input of parts\/device\.yaml is not what it takes/u,
    );
  });
});
