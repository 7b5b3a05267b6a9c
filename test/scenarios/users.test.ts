import { cp } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Row, requestsOf, rowsOf } from './applied.ts';
import { addCustomers, call } from './customers.ts';
import { accept, basic, buy, premium, seats } from './orders.ts';
import { openRig, type Rig, workflows } from './rig.ts';

/** Joiners and movers of several customers, each compared with the row of the file. */

type Thing = Readonly<Record<string, unknown>>;

const parts: Readonly<Record<string, string>> = {
  SPB: 'cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46',
  O365_BUSINESS_ESSENTIALS: '3b555118-da6a-4418-894f-7df1e2096870',
};
const playbook = 'manage-users/playbook.yaml';
const input = 'manage-users/users.csv';
const password = 'Welcome-2026-Tenantry';

let rig: Rig;
let ids: ReadonlyMap<string, string>;
let rows: readonly Row[];

async function addUser(domain: string, name: string, licence?: string): Promise<string> {
  const at = `/v1/customers/${ids.get(domain)}/users`;
  const { id } = await call<{ readonly id: string }>(rig, 'POST', at, {
    userPrincipalName: `${name}@${domain}`,
    displayName: 'As it was',
    firstName: 'As',
    lastName: 'It was',
    usageLocation: 'US',
    passwordProfile: { password: 'An-old-one-1', forceChangePassword: false },
  });
  if (licence !== undefined)
    await call(rig, 'POST', `${at}/${id}/licenseupdates`, { licensesToAssign: [{ skuId: licence }] });
  return id;
}

beforeAll(async () => {
  rig = await openRig();
  await cp(path.join(workflows, 'manage-users'), rig.file('manage-users'), { recursive: true });
  rows = rowsOf(await rig.read(input));
  const domains = [...new Set(rows.map(({ domain = '' }) => domain))];
  ids = await addCustomers(
    rig,
    domains.map((domain) => ({ domain })),
  );
  for (const id of ids.values()) {
    await accept(rig, id);
    await buy(rig, id, seats(premium, 4));
    await buy(rig, id, seats(basic, 2));
  }
  // Movers with the smaller licence, and somebody who left and comes back.
  await addUser('coppermilltools.onmicrosoft.com', 'mia.trent', parts.O365_BUSINESS_ESSENTIALS);
  await addUser('ateliersmarin.onmicrosoft.com', 'yann.leroux', parts.O365_BUSINESS_ESSENTIALS);
  const left = await addUser('coppermilltools.onmicrosoft.com', 'jonas.reed');
  await call(rig, 'DELETE', `/v1/customers/${ids.get('coppermilltools.onmicrosoft.com')}/users/${left}`);
});
afterAll(() => rig.close());

describe('managing users', () => {
  it('leaves each as the row says: names, licences, role; who comes back has the old account', async () => {
    const results = await applied(rig, playbook, input);
    const state = await rig.state();
    for (const [index, row] of rows.entries()) {
      const name = row.userPrincipalName!;
      const [user, ...more] = state.users!.filter(({ userPrincipalName }) => userPrincipalName === name);
      expect(more, name).toEqual([]);
      expect(user, name).toMatchObject({
        id: results[index]!.tenantry_userId,
        displayName: row.displayName,
        firstName: row.firstName,
        lastName: row.lastName,
        usageLocation: row.usageLocation,
        state: 'active',
      });
      const held = state.licences!.filter(({ userId }) => userId === user!.id).map(({ skuId }) => skuId);
      expect(held, name).toEqual(row.licence === '' ? [] : [parts[row.licence!]]);
      const member = state.roles!.filter(({ id }) => id === user!.id);
      expect(member, name).toHaveLength(row.role === '' ? 0 : 1);
    }
    expect(state.deletedUsers).toEqual([]);
    expect(results.filter(({ tenantry_restored }) => tenantry_restored === 'true')).toHaveLength(1);
  });

  it('does nothing twice but what is asked for each time: new passwords', async () => {
    const before = await requestsOf(rig);
    await applied(rig, playbook, input);
    const after = await requestsOf(rig);
    const added = (name: string) => (after[name] ?? 0) - (before[name] ?? 0);
    for (const name of ['users.create', 'users.assignLicenses', 'roles.addMember', 'users.delete'])
      expect(added(name), name).toBe(0);
    // The three uses of PATCH are counted as one operation.
    expect(added('users.resetPassword')).toBe(
      rows.filter(({ resetPassword }) => resetPassword === 'yes').length,
    );
  });

  it('shows no password, neither in what it prints nor in its results', async () => {
    const finished = await rig.run(['apply', playbook, '--input', input, '--yes', '--results', 'shown']);
    const results = await rig.read('shown/results.csv');
    for (const text of [finished.stdout, finished.stderr, results]) expect(text).not.toContain(password);
  });

  it('makes nobody an administrator whose role the playbook does not allow', async () => {
    const [head, row] = (await rig.read(input)).split('\n') as [string, string];
    await rig.write(
      'admin.csv',
      `${head}\n${row.replace('User Account Administrator', 'Company Administrator')}\n`,
    );
    const finished = await rig.run(['apply', playbook, '--input', 'admin.csv', '--yes']);
    expect(finished.status).not.toBe(0);
    expect(finished.stdout + finished.stderr).toContain('may not become Company Administrator by a file');
  });

  it('refuses more licences than there are, and licences of two groups at once', async () => {
    const customerId = ids.get('tannenhofmoebel.onmicrosoft.com')!;
    await buy(rig, customerId, seats('CFQ7TTC0K5DR:0002:CFQ7TTC0K9F7', 1));
    const assign = async (user: string, skus: readonly string[]) =>
      call<Thing>(rig, 'POST', `/v1/customers/${customerId}/users/${user}/licenseupdates`, {
        licensesToAssign: skus.map((skuId) => ({ skuId })),
      });
    const minecraft = '984df360-9a74-4647-8cf8-696749f6247a';
    const one = await addUser('tannenhofmoebel.onmicrosoft.com', 'one');
    const two = await addUser('tannenhofmoebel.onmicrosoft.com', 'two');
    await expect(assign(one, [minecraft, parts.SPB!])).rejects.toThrow(/one license group/u);
    await assign(one, [minecraft]);
    await expect(assign(two, [minecraft])).rejects.toThrow(/60012/u);
    const shown = async (groups: string) =>
      (
        await call<{ readonly items: readonly unknown[] }>(
          rig,
          'GET',
          `/v1/customers/${customerId}/users/${one}/licenses${groups}`,
        )
      ).items;
    expect(await shown(''), 'the first group alone').toEqual([]);
    expect(await shown('?licenseGroupIds=Group1&licenseGroupIds=Group2')).toHaveLength(1);
  });
});
