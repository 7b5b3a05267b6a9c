import { cp } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRig, type Rig, workflows } from './rig.ts';

/** The workflows that ship, one after another on one emulator, as a partner would run them over a year. */

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
  await cp(workflows, rig.folder, { recursive: true });
});
afterAll(() => rig.close());

interface Row {
  readonly [column: string]: string;
}

async function rowsOf(file: string): Promise<readonly Row[]> {
  return parse(await rig.read(file), { columns: true, bom: true }) as Row[];
}

/** Checks, plans and applies a workflow; everything must succeed. */
async function run(name: string, input: string, ...more: readonly string[]): Promise<void> {
  const args = [path.join(name, 'playbook.yaml'), '--input', path.join(name, input), ...more];
  for (const command of [['validate'], ['plan', '--out', `${name}.plan`]]) {
    const [verb = '', ...options] = command;
    const finished = await rig.run([verb, ...args, ...options]);
    expect(finished.stderr).not.toMatch(/error/iu);
    expect(finished.status).toBe(0);
  }
  const applied = await rig.run(['apply', `${name}.plan`]);
  expect(applied.stderr).not.toMatch(/failed|in doubt/iu);
  expect(applied.status).toBe(0);
}

async function subscriptionsOf(domain: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const state = await rig.state();
  const customer = state.customers.find(
    ({ companyProfile }) => (companyProfile as { domain: string }).domain === domain,
  );
  return (state.subscriptions ?? []).filter(({ customerId }) => customerId === customer?.id);
}

const licences = 'CFQ7TTC0LCHC';

describe('the workflows', () => {
  it('onboard customers', () =>
    run('onboard-customers', 'customers.csv', '--related', 'users=onboard-customers/users.csv'));

  it('change the seats of those who asked for it', async () => {
    await run('change-seats', 'seats.csv');
    for (const row of await rowsOf('change-seats/seats.csv')) {
      const found = (await subscriptionsOf(row.domain!)).filter(({ offerId }) =>
        String(offerId).startsWith(row.product === '' || row.product === undefined ? licences : row.product),
      );
      expect(
        found.map(({ quantity }) => quantity),
        row.domain,
      ).toEqual([Number(row.seats)]);
    }
  });

  it('send nothing where the seats are right already', async () => {
    const before = (await rig.stats()).perOperation as Readonly<Record<string, number>>;
    await run('change-seats', 'seats.csv');
    const after = (await rig.stats()).perOperation as Readonly<Record<string, number>>;
    const patches = (counts: Readonly<Record<string, number>>) =>
      Object.entries(counts)
        .filter(([name]) =>
          /^subscriptions\.(?:updateQuantity|rename|suspend|reactivate|setAutoRenew)$/u.test(name),
        )
        .reduce((sum, [, count]) => sum + count, 0);
    expect(patches(after)).toBe(patches(before));
  });

  it('suspend those who do not pay', async () => {
    await run('suspend-nonpaying', 'nonpaying.csv');
    for (const { domain } of await rowsOf('suspend-nonpaying/nonpaying.csv')) {
      const found = await subscriptionsOf(domain!);
      expect(
        found.some(({ status }) => status === 'suspended'),
        domain,
      ).toBe(true);
    }
  });

  it('reactivate those who have paid', async () => {
    await run('reactivate', 'paid.csv');
    for (const { domain } of await rowsOf('reactivate/paid.csv')) {
      expect(
        (await subscriptionsOf(domain!)).map(({ status }) => status),
        domain,
      ).not.toContain('suspended');
    }
  });

  it('offboard users: their licences are free again and their accounts deleted', async () => {
    const leavers = await rowsOf('offboard-users/leavers.csv');
    await run('offboard-users', 'leavers.csv');
    const state = await rig.state();
    const names = new Set(leavers.map(({ userPrincipalName }) => userPrincipalName));
    expect(state.users!.filter(({ userPrincipalName }) => names.has(String(userPrincipalName)))).toEqual([]);
    expect(state.deletedUsers!.map(({ userPrincipalName }) => userPrincipalName).toSorted()).toEqual(
      [...names].toSorted(),
    );
    const gone = new Set(state.deletedUsers!.map(({ id }) => id));
    expect(state.licences!.filter(({ userId }) => gone.has(userId))).toEqual([]);
  });
});
