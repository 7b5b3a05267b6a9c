import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addCustomers } from './customers.ts';
import { openRig, type Rig } from './rig.ts';

/** Seats are ordered, then a user is made: a wrong tenant for the user fails a record after its order has been placed. */
const playbook = `
tenantry: 1
name: seats-and-user
parameters: { password: { type: string, secret: true, default: Welcome-2026-Tenantry } }
input:
  key: \${{ record.name }}
  record:
    type: object
    required: [name, customerId, seats, home]
    properties:
      name: { type: string }
      customerId: { type: string }
      seats: { type: integer, minimum: 1 }
      home: { type: string }
      note: { type: string }
steps:
  - id: cart
    uses: carts.create
    with:
      customerId: \${{ record.customerId }}
      lineItems:
        - { catalogItemId: "CFQ7TTC0LCHC:0002:CFQ7TTC0SG7B", quantity: "\${{ record.seats }}", termDuration: P1Y, billingCycle: monthly }
  - id: order
    uses: carts.checkout
    with: { customerId: "\${{ record.customerId }}", cartId: "\${{ steps.cart.id }}" }
  - id: user
    uses: users.create
    with:
      customerId: \${{ record.home }}
      userPrincipalName: ana@\${{ record.name }}.onmicrosoft.com
      displayName: \${{ record.name }}
      usageLocation: US
      passwordProfile: { password: "\${{ params.password }}", forceChangePassword: true }
outputs:
  orderId: \${{ steps.order.orders[0].id }}
  userId: \${{ steps.user.id }}
`;

let rig: Rig;
let ids: ReadonlyMap<string, string>;

/** `home` is where the user goes: the customer of that name, or nobody's tenant. */
type Row = readonly [name: string, seats: number, home: string, note?: string];
const nobody = '00000000-0000-4000-8000-000000000000';

async function write(file: string, rows: readonly Row[]): Promise<void> {
  const idOf = (name: string): string => ids.get(`${name}.onmicrosoft.com`) ?? nobody;
  const lines = rows.map(([name, seats, home, note = '']) =>
    [name, idOf(name), seats, idOf(home), note].join(','),
  );
  await rig.write(file, `name,customerId,seats,home,note\n${lines.join('\n')}\n`);
}

beforeEach(async () => {
  rig = await openRig();
  await rig.behave({ requireAgreement: false });
  ids = await addCustomers(
    rig,
    ['north', 'south', 'east', 'west'].map((name) => ({ domain: `${name}.onmicrosoft.com` })),
  );
  await rig.write('playbook.yaml', playbook);
  await write('input.csv', [
    ['north', 1, 'north'],
    ['south', 2, 'sout'],
    ['east', 3, 'eest'],
  ]);
  const applied = await rig.run([
    'apply',
    'playbook.yaml',
    '--input',
    'input.csv',
    '--yes',
    '--results',
    'first',
  ]);
  expect(applied.status, applied.stderr + applied.stdout).toBe(3);
});
afterEach(() => rig.close());

const ana = (name: string): string => `ana@${name}.onmicrosoft.com`;
const sent = async (): Promise<Readonly<Record<string, number>>> =>
  (await rig.stats()).perOperation as Readonly<Record<string, number>>;
const orders = async () => (await rig.state()).orders!.length;
const users = async () =>
  (await rig.state())
    .users!.map(({ userPrincipalName }) => String(userPrincipalName))
    .filter((name) => name.startsWith('ana@'))
    .sort();

interface Planned {
  readonly header: { readonly revises: { readonly run: string; readonly position: number } };
  readonly records: readonly {
    readonly key: string;
    readonly actions: readonly { readonly path: string; readonly action: string; readonly reason?: string }[];
    readonly revision: { readonly what: string; readonly kept: readonly string[] };
  }[];
}

async function planned(...args: readonly string[]): Promise<Planned> {
  const revised = await rig.run(['revise', ...args, '--json']);
  expect(revised.status, revised.stderr).toBe(0);
  return JSON.parse(revised.stdout) as Planned;
}

describe('a run that is revised', () => {
  it('goes on with corrected rows: what is done stays, what was half done is finished, once', async () => {
    await write('fixed.csv', [
      ['north', 1, 'north'],
      ['south', 2, 'south'],
      ['west', 4, 'west'],
    ]);
    const before = await sent();
    const plan = await planned('--input', 'fixed.csv');
    expect(plan.records.map(({ key, revision }) => [key, revision.what])).toEqual([
      ['north', 'done'],
      ['south', 'again'],
      ['west', 'new'],
      ['east', 'closed'],
    ]);
    expect(plan.records[1]!.revision.kept).toEqual(['cart', 'order']);
    expect(plan.records[1]!.actions.map(({ path, action }) => `${path} ${action}`)).toEqual([
      'cart unchanged',
      'order unchanged',
      'user create',
    ]);
    expect(plan.records[3]!.actions.map(({ path }) => path)).toEqual(['cart', 'order']);

    const shown = await rig.run(['revise', '--input', 'fixed.csv', '--out', 'revised.plan']);
    expect(shown.stdout).toContain('1 stay as they are done, 1 go on, 1 are new, 1 are closed');
    expect(shown.stderr).toContain('tenantry apply revised.plan');
    expect((await sent())['users.create'], 'planning changes nothing').toBe(before['users.create']);

    const applied = await rig.run(['apply', 'revised.plan', '--results', 'second']);
    expect(applied.status, applied.stderr + applied.stdout).toBe(0);
    expect(await orders(), 'north, south and east before, west now').toBe(4);
    expect(await users()).toEqual(['north', 'south', 'west'].map(ana));
    const runs = JSON.parse((await rig.run(['runs', '--json'])).stdout) as {
      readonly runs: readonly unknown[];
    };
    expect(runs.runs.length, 'it is the same run').toBe(1);
    const results = await rig.read('second/results.csv');
    expect(
      results
        .trim()
        .split('\n')
        .map((line) => line.split(',')[0]),
    ).toEqual(['name', 'north', 'south', 'west']);
    expect((await rig.run(['resume', '--retry-failed'])).status).toBe(0);
    expect(await orders()).toBe(4);
  });

  it('shows a row that has changed since it was done, and leaves what is done alone', async () => {
    await write('fixed.csv', [
      ['north', 9, 'north', 'more'],
      ['south', 2, 'south'],
      ['east', 3, 'east'],
    ]);
    const shown = await rig.run(['revise', '--input', 'fixed.csv', '--yes']);
    expect(shown.status, shown.stderr).toBe(0);
    expect(shown.stdout).toContain('it is done, and stays so although its row has changed');
    expect(shown.stdout).toContain('seats: 1 → 9');
    expect(await orders()).toBe(3);
  });

  it('is refused where it would place an order a second time, and says what was ordered', async () => {
    await write('fixed.csv', [
      ['south', 5, 'south'],
      ['east', 3, 'east'],
    ]);
    const refused = await rig.run(['revise', '--input', 'fixed.csv', '--out', 'refused.plan']);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('south (row 2): cart: carts.create was done by this run with lineItems');
    expect(refused.stderr).toContain('take the row out and put what is left to do into a run of its own');
    expect((await rig.run(['apply', 'refused.plan'])).status).toBe(1);
    const renamed = playbook.replace('id: order', 'id: purchase').replace('steps.order.', 'steps.purchase.');
    await rig.write('renamed.yaml', renamed);
    const again = await rig.run(['revise', '--input', 'input.csv', '--playbook', 'renamed.yaml']);
    expect(again.status).toBe(1);
    expect(again.stderr).toContain(
      'the run has done carts.checkout at order, which is gone: give the step back its id',
    );
    expect(await orders()).toBe(3);
  });

  it('goes on with a corrected playbook, and keeps it for whatever comes later', async () => {
    await rig.write(
      'fixed.yaml',
      `${playbook.replace('${{ record.home }}', '${{ record.customerId }}')}  home: \${{ record.customerId }}\n`,
    );
    const revised = await rig.run(['revise', '--playbook', 'fixed.yaml', '--yes']);
    expect(revised.status, revised.stderr + revised.stdout).toBe(0);
    await rig.run(['export', '--results', 'again']);
    expect((await rig.read('again/results.csv')).split('\n')[0]).toContain('tenantry_home');
    expect(await users()).toEqual(['east', 'north', 'south'].map(ana));
    expect(await orders()).toBe(3);
  });

  it('takes its own failed.csv as input', async () => {
    const lines = (await rig.read('first/failed.csv')).split('\n');
    await rig.write(
      'fixed.csv',
      lines.map((line) => line.replace(nobody, line.split(',')[1] ?? '')).join('\n'),
    );
    const revised = await rig.run(['revise', '--input', 'fixed.csv', '--yes', '--results', 'second']);
    expect(revised.status, revised.stderr + revised.stdout).toBe(0);
    const results = await rig.read('second/results.csv');
    expect(results.split('\n')[0]).toBe(
      'name,customerId,seats,home,note,"tenantry_orderId","tenantry_userId"',
    );
    for (const line of results.trim().split('\n')) expect(line.split(',').length, line).toBe(7);
    expect(await orders()).toBe(3);
  });

  it('is refused once the run has gone on, and where the files are not those of the plan', async () => {
    await write('fixed.csv', [['south', 2, 'south']]);
    expect((await rig.run(['revise', '--input', 'fixed.csv', '--out', 'a.plan'])).status).toBe(0);
    await write('fixed.csv', [['south', 2, 'east']]);
    const changed = await rig.run(['apply', 'a.plan']);
    expect(changed.status).toBe(1);
    expect(changed.stderr).toContain('the input fixed.csv has changed since');
    await write('fixed.csv', [['south', 2, 'south']]);
    expect((await rig.run(['resume', '--retry-failed'])).status).toBe(3);
    const moved = await rig.run(['apply', 'a.plan']);
    expect(moved.status).toBe(1);
    expect(moved.stderr).toContain('has gone on since it was made');
    expect(await users()).toEqual([ana('north')]);
  });

  it('wants what is in doubt settled first, and settles it without beginning anything', async () => {
    await rig.behave({ faults: 'lost-answer=1@carts.checkout' });
    await write('more.csv', [['west', 4, 'west']]);
    const interrupted = rig.start(['apply', 'playbook.yaml', '--input', 'more.csv', '--yes', '--json']);
    await interrupted.says('"operation":"carts.checkout"');
    interrupted.signal('SIGKILL');
    await interrupted.finished;
    await write('fixed.csv', [['west', 4, 'east']]);
    const refused = await rig.run(['revise', '--input', 'fixed.csv', '--yes']);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('--settle-only');
    await rig.behave({ faults: '' });
    expect((await rig.run(['resume', '--settle-only'])).status, 'it is open still').toBe(3);
    expect(await users(), 'nothing new was begun').toEqual([ana('north')]);
    expect((await rig.run(['revise', '--input', 'fixed.csv', '--yes'])).status).toBe(0);
    expect(await users()).toEqual([ana('north'), ana('west')]);
    expect(await orders()).toBe(4);
  });
});

describe('a revision that is killed', () => {
  it('has happened or has not, wherever it was: the run goes on either way, and nothing is done twice', async () => {
    await write('fixed.csv', [
      ['north', 1, 'north'],
      ['south', 2, 'south'],
      ['east', 3, 'east'],
    ]);
    expect((await rig.run(['revise', '--input', 'fixed.csv', '--out', 'a.plan'])).status).toBe(0);
    await rig.behave({ latencyMs: 30 });
    const seen = new Set<string>();
    for (let after = 0; after < 6; after += 1) {
      const applying = rig.start(['apply', 'a.plan', '--json']);
      if (after < 4) await new Promise((resolve) => setTimeout(resolve, 200 + after * 250));
      else await applying.says(after < 5 ? 'run.started' : 'record.settled').catch(() => {});
      applying.signal('SIGKILL');
      const { stderr } = await applying.finished;
      const { run } = JSON.parse((await rig.run(['show', '--json'])).stdout) as {
        readonly run: { readonly records: { readonly failed: number } };
      };
      seen.add(run.records.failed === 2 ? 'old' : 'new');
      if (stderr.includes('has gone on since')) break;
    }
    const left = await rig.run(['apply', 'a.plan']);
    if (left.status === 1) expect((await rig.run(['resume'])).status).toBe(0);
    else expect(left.status).toBe(0);
    expect([...seen]).toContain('new');
    expect(await users()).toEqual(['east', 'north', 'south'].map(ana));
    expect(await orders()).toBe(3);
  });
});
