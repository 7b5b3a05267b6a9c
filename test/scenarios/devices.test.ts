import { cp } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readyToken } from '../../src/emulator/server.ts';
import { addCustomers, call } from './customers.ts';
import { type Finished, openRig, type Rig, workflows } from './rig.ts';

/** A delivery of devices, as a partner would register it: uploaded, added to, sent twice, refused in part, taken back. */

let rig: Rig;
let customers: ReadonlyMap<string, string>;
beforeAll(async () => {
  rig = await openRig();
  await cp(path.join(workflows, 'deploy-devices'), rig.folder, { recursive: true });
  customers = await addCustomers(
    rig,
    (await rowsOf('batches.csv')).map(({ domain }) => ({ domain: domain! })),
  );
});
afterAll(() => rig.close());

type Row = Readonly<Record<string, string>>;
type Thing = Readonly<Record<string, unknown>>;

async function rowsOf(file: string): Promise<readonly Row[]> {
  return parse(await rig.read(file), { columns: true, bom: true }) as Row[];
}

function apply(batches = 'batches.csv', devices = 'devices.csv'): Promise<Finished> {
  return rig.run(['apply', 'playbook.yaml', '--input', batches, '--related', `devices=${devices}`, '--yes']);
}

/** What the emulator holds of a kind for one customer. */
async function heldBy(kind: string, domain: string): Promise<readonly Thing[]> {
  const state = await rig.state();
  return (state[kind] ?? []).filter(({ customerId }) => customerId === customers.get(domain));
}

/** Requests that changed something, by operation. */
async function writes(): Promise<Readonly<Record<string, number>>> {
  const { perOperation } = (await rig.stats()) as unknown as { perOperation: Record<string, number> };
  return Object.fromEntries(
    Object.entries(perOperation).filter(([name]) =>
      /^(?:devices\.(?:create|add|apply|update|delete)|configurationPolicies\.(?:create|update|delete))/u.test(
        name,
      ),
    ),
  );
}

const skipped = ['skip_express_settings', 'skip_oem_registration', 'skip_eula'];

/** Each device of the files is in its customer's batch once and has its customer's policy, and there are no others. */
async function expectDeployed(batches: readonly Row[], devices: readonly Row[]): Promise<void> {
  for (const { domain = '', batch, policy, localAdmin } of batches) {
    const [held, ...more] = await heldBy('configurationPolicies', domain);
    expect(more, `policies of ${domain}`).toEqual([]);
    expect(held, `policy of ${domain}`).toMatchObject({
      name: policy === '' ? 'Company devices' : policy,
      category: 'o_o_b_e',
      policySettings: localAdmin === 'yes' ? skipped : [...skipped, 'oobe_user_not_local_admin'],
    });
    const wanted = devices.filter((device) => device.domain === domain);
    const there = await heldBy('devices', domain);
    expect(there.map(({ serialNumber }) => serialNumber).toSorted(), `devices of ${domain}`).toEqual(
      wanted.map(({ serialNumber }) => serialNumber).toSorted(),
    );
    for (const device of wanted)
      expect(there.find(({ serialNumber }) => serialNumber === device.serialNumber)).toMatchObject({
        batchId: batch,
        oemManufacturerName: device.manufacturer,
        modelName: device.model,
        policies: [{ key: 'o_o_b_e', value: held?.id }],
        ...(device.productKey === '' ? {} : { productKey: device.productKey }),
      });
  }
}

describe('deploying devices', () => {
  it('makes the batch and the policy of each customer, and counts what is registered', async () => {
    const applied = await apply();
    expect(applied.stderr).not.toMatch(/failed|in doubt/iu);
    expect(applied.status).toBe(0);
    const devices = await rowsOf('devices.csv');
    await expectDeployed(await rowsOf('batches.csv'), devices);
    const results = await rowsOf(resultsOf(applied, 'results'));
    expect(results).toHaveLength(customers.size);
    for (const row of results) {
      const count = devices.filter(({ domain }) => domain === row.domain).length;
      expect(row, row.domain).toMatchObject({
        tenantry_customerId: customers.get(row.domain!),
        tenantry_devices: String(count),
        tenantry_registered: String(count),
      });
    }
  });

  it('a second time sends nothing, also where the devices come in pages', async () => {
    const before = await writes();
    await rig.behave({ pageLimit: 2 });
    const applied = await apply();
    await rig.behave({ pageLimit: 500 });
    expect(applied.status).toBe(0);
    expect(applied.stdout).toContain('0 to add, 0 to change, 0 to destroy, 0 to do');
    expect(await writes()).toEqual(before);
  });

  it('sends only what is new, and fails a customer by the device that belongs to somebody else', async () => {
    const devices = await rowsOf('devices.csv');
    const foreign = devices.find(({ domain }) => domain === 'pacificcedar.onmicrosoft.com')!;
    await rig.write(
      'more.csv',
      `${await rig.read('devices.csv')}fernandfinch.onmicrosoft.com,NEW0001,HP,EliteBook 840 G10,\n` +
        `fernandfinch.onmicrosoft.com,${foreign.serialNumber},${foreign.manufacturer},${foreign.model},\n`,
    );
    const before = await writes();
    const applied = await apply('batches.csv', 'more.csv');
    expect(applied.status).toBe(3);
    const failed = await rowsOf(resultsOf(applied, 'failed'));
    expect(failed.map(({ domain }) => domain)).toEqual(['fernandfinch.onmicrosoft.com']);
    expect(failed[0]).toMatchObject({
      tenantry_step: 'upload.more',
      tenantry_code: 'PART_FAILURE',
      tenantry_reason: `some devices were not taken: ${foreign.serialNumber} 808: ZtdDeviceAssignedToOtherTenant`,
    });
    expect(await writes()).toEqual({
      ...before,
      'devices.addToBatch': (before['devices.addToBatch'] ?? 0) + 1,
      'devices.applyPolicies': before['devices.applyPolicies']! + 1,
    });
    const mine = (await rowsOf('more.csv')).filter(
      ({ domain, serialNumber }) =>
        !(domain === 'fernandfinch.onmicrosoft.com' && serialNumber === foreign.serialNumber),
    );
    await expectDeployed(await rowsOf('batches.csv'), mine);
  });
});

describe('a batch whose answers are lost', () => {
  it('is uploaded once, and each of its devices is there once', async () => {
    const domain = 'lostanswers.onmicrosoft.com';
    customers = new Map([...customers, ...(await addCustomers(rig, [{ domain }]))]);
    await rig.write('one.csv', `domain,batch,policy,localAdmin\n${domain},Lost,,no\n`);
    await rig.write(
      'two.csv',
      `domain,serialNumber,manufacturer,model,productKey\n${domain},LA1,HP,ZBook,\n${domain},LA2,HP,ZBook,KEY-LA2\n`,
    );
    await rig.behave({
      faults: 'no-request-id=0.5@devices.,lost-answer=0.4@devices.,lost-answer=0.4@configurationPolicies.',
    });
    const applied = await apply('one.csv', 'two.csv');
    await rig.behave({ faults: '' });
    expect(applied.stderr).not.toMatch(/failed|in doubt/iu);
    expect(applied.status).toBe(0);
    await expectDeployed(await rowsOf('one.csv'), await rowsOf('two.csv'));
  });
});

describe('changing what is there', () => {
  const domain = 'kestrelmarine.onmicrosoft.com';

  it('brings the policy to the settings of the row, and leaves its devices', async () => {
    const text = await rig.read('batches.csv');
    await rig.write('changed.csv', text.replace(/^(kestrelmarine.*),yes$/mu, '$1,no'));
    const before = await writes();
    expect((await apply('changed.csv')).status).toBe(0);
    expect(await writes()).toEqual({ ...before, 'configurationPolicies.update': 1 });
    await expectDeployed(
      (await rowsOf('changed.csv')).filter((row) => row.domain === domain),
      await rowsOf('devices.csv'),
    );
  });

  it('gives one device another policy, and a second time there is nothing to do', async () => {
    const [device, other] = await heldBy('devices', domain);
    const customerId = customers.get(domain);
    const { id } = await call<{ id: string }>(rig, 'POST', `/v1/customers/${customerId}/policies`, {
      name: 'Bridge',
      category: 'o_o_b_e',
      policySettings: ['skip_eula'],
    });
    await rig.write(
      'move.yaml',
      `tenantry: 1
name: move
input:
  key: \${{ record.device }}
  record:
    type: object
    required: [customerId, batch, device, policy]
    properties: { customerId: { type: string }, batch: { type: string }, device: { type: string }, policy: { type: string } }
steps:
  - id: device
    uses: devices.update
    with:
      customerId: \${{ record.customerId }}
      deviceBatchId: \${{ record.batch }}
      deviceId: \${{ record.device }}
      policies: [{ key: o_o_b_e, value: "\${{ record.policy }}" }]
`,
    );
    await rig.write(
      'move.csv',
      `customerId,batch,device,policy\n${customerId},${String(device?.batchId)},${String(device?.id)},${id}\n`,
    );
    for (const said of ['1 to change', '1 unchanged']) {
      const applied = await rig.run(['apply', 'move.yaml', '--input', 'move.csv', '--yes']);
      expect(applied.status).toBe(0);
      expect(applied.stdout).toContain(said);
    }
    expect((await writes())['devices.update']).toBe(1);
    const [moved, left] = await heldBy('devices', domain);
    expect(moved).toEqual({ ...device, policies: [{ key: 'o_o_b_e', value: id }] });
    expect(left).toEqual(other);
  });

  it('fails a device whose policy does not exist, by its serial number', async () => {
    const [device] = await heldBy('devices', domain);
    const customer = `/v1/customers/${customers.get(domain)}`;
    const started = await fetch(`${rig.url}${customer}/DevicePolicyUpdates`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${readyToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ Devices: [{ Id: device?.id, Policies: [{ Key: 'o_o_b_e', Value: 'none' }] }] }),
    });
    expect(started.status).toBe(202);
    const address = `/v1${started.headers.get('location')}`;
    expect(await call(rig, 'GET', address)).toMatchObject({ status: 'processing' });
    expect(await call(rig, 'GET', address)).toMatchObject({
      status: 'finished',
      devicesStatus: [
        { serialNumber: device?.serialNumber, status: 'finished_with_errors', errorCode: '404' },
      ],
    });
  });
});

describe('taking a device back', () => {
  it('deletes it, and then its policy; a second time there is nothing to do', async () => {
    const domain = 'gruenwaldbau.onmicrosoft.com';
    const [device] = await heldBy('devices', domain);
    const [policy] = await heldBy('configurationPolicies', domain);
    await rig.write(
      'retire.yaml',
      `tenantry: 1
name: retire
input:
  key: \${{ record.customerId }}
  record:
    type: object
    required: [customerId, batch, device, policy]
    properties: { customerId: { type: string }, batch: { type: string }, device: { type: string }, policy: { type: string } }
steps:
  - id: device
    uses: devices.delete
    with: { customerId: "\${{ record.customerId }}", deviceBatchId: "\${{ record.batch }}", deviceId: "\${{ record.device }}" }
  - id: policy
    uses: configurationPolicies.delete
    with: { customerId: "\${{ record.customerId }}", policyId: "\${{ record.policy }}" }
`,
    );
    await rig.write(
      'retire.csv',
      `customerId,batch,device,policy\n${customers.get(domain)},${String(device?.batchId)},${String(device?.id)},${String(policy?.id)}\n`,
    );
    const retire = ['apply', 'retire.yaml', '--input', 'retire.csv', '--yes'];
    expect((await rig.run(retire)).status).toBe(0);
    expect(await heldBy('devices', domain)).toEqual([]);
    expect(await heldBy('configurationPolicies', domain)).toEqual([]);
    const before = await writes();
    const again = await rig.run(retire);
    expect(again.status).toBe(0);
    expect(again.stdout).toContain('2 unchanged');
    expect(await writes()).toEqual(before);
  });
});

/** The file of a run's results, as its summary names it. */
function resultsOf({ stdout }: Finished, kind: string): string {
  const found = new RegExp(`(\\S+/${kind}\\.csv)`, 'u').exec(stdout)?.[1];
  if (found === undefined) throw new Error(`the summary names no ${kind}.csv:\n${stdout}`);
  return path.relative(rig.folder, path.resolve(rig.folder, found));
}
