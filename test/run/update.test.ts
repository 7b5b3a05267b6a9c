import { describe, expect, it } from 'vitest';
import { rows, stepsOf } from './playbooks.ts';
import { makeRig } from './rig.ts';
import { refusal, unknown } from './service.ts';

const suspend = stepsOf(
  '  - { id: pause, uses: subscriptions.suspend, with: { customerId: c, subscriptionId: s } }\n',
);
const rigWith = (status: string) =>
  makeRig(suspend, rows(1), {
    prepare: ({ subscriptions }) => subscriptions.set('s', { id: 's', status, quantity: 3 }),
  });
const settledOf = ({ stored }: Awaited<ReturnType<typeof rigWith>>) =>
  stored.entries.findLast((entry) => entry.type === 'settled' && entry.path === 'pause');
const sent = ({ service }: Awaited<ReturnType<typeof rigWith>>) =>
  service.seen.filter((line) => line.startsWith('subscriptions.suspend'));

describe('an update', () => {
  it('of what is as wanted sends nothing', async () => {
    const rig = await rigWith('active');
    rig.service.subscriptions.get('s')!.status = 'suspended';
    await rig.run();
    expect(settledOf(rig)).toMatchObject({ outcome: 'unchanged' });
    expect(sent(rig)).toEqual([]);
  });

  it('is merged into what the service holds', async () => {
    const rig = await rigWith('active');
    await rig.run();
    expect(settledOf(rig)).toMatchObject({
      outcome: 'succeeded',
      result: { status: 'suspended', quantity: 3 },
    });
    expect(rig.service.bases).toEqual([{ id: 's', status: 'active', quantity: 3 }]);
  });

  it('that may be repeated goes again under the same request id after a lost answer', async () => {
    const rig = await rigWith('active');
    rig.service.fail('subscriptions.suspend', unknown('maybe'));
    await rig.run();
    expect(sent(rig)).toHaveLength(2);
    expect(new Set(sent(rig)).size).toBe(1);
  });

  it('that meets another one is merged into what it left, as a new attempt', async () => {
    const rig = await rigWith('active');
    rig.service.fail('subscriptions.suspend', refusal(412, '', 'changed meanwhile'));
    await rig.run();
    expect(settledOf(rig)).toMatchObject({ outcome: 'succeeded' });
    expect(new Set(sent(rig)).size).toBe(2);
    expect(rig.service.bases).toHaveLength(2);
  });

  it('whose base cannot be read has failed, for nothing was sent', async () => {
    const rig = await rigWith('active');
    rig.service.fail(
      'subscriptions.get',
      refusal(404, '20003', 'no such subscription'),
      refusal(404, '20003', 'no such subscription'),
    );
    await rig.run();
    expect(settledOf(rig)).toMatchObject({ outcome: 'failed', error: { code: '20003' } });
    expect(rig.stored.entries.filter(({ type }) => type === 'intended')).toEqual([]);
  });
});

describe('a create that finds what it wants, and brings it up to date', () => {
  const account = stepsOf(`
  - id: account
    uses: users.create
    with:
      customerId: c
      userPrincipalName: dana@x.onmicrosoft.com
      displayName: Dana Lee
      usageLocation: US
      passwordProfile: { password: Secret-1, forceChangePassword: true }
`);
  const rigOf = () =>
    makeRig(account, rows(1), {
      prepare: ({ users }) =>
        users.push(
          { id: 'first', customerId: 'c', userPrincipalName: 'admin@x.onmicrosoft.com' },
          { id: 'dana', customerId: 'c', userPrincipalName: 'dana@x.onmicrosoft.com', displayName: 'D.' },
        ),
    });
  const resultOf = ({ stored }: Awaited<ReturnType<typeof rigOf>>) =>
    stored.entries.findLast((entry) => entry.type === 'settled' && entry.path === 'account');

  it('has that very thing as its result, whatever else there is', async () => {
    const rig = await rigOf();
    await rig.run();
    expect(resultOf(rig)).toMatchObject({
      outcome: 'succeeded',
      result: { id: 'dana', displayName: 'Dana Lee' },
    });
  });

  it('has it on resume, too, where the answer to the update was lost', async () => {
    const rig = await rigOf();
    rig.service.fail('users.update', 'lost');
    await rig.run();
    expect(resultOf(rig)).toMatchObject({ outcome: 'succeeded', result: { id: 'dana' } });
  });
});

describe('what is only accepted', () => {
  const register = stepsOf(
    '  - { id: register, uses: subscriptions.register, with: { customerId: c, subscriptionId: s } }\n',
  );
  const rigOf = (polls: number) => makeRig(register, rows(1), { registrationPolls: polls });

  it('is looked at soon, then at its documented pace, and done when its status says so', async () => {
    const rig = await rigOf(10);
    await rig.run();
    expect(rig.stored.entries.at(-2)).toMatchObject({
      path: 'register',
      outcome: 'succeeded',
      result: { status: 'Registered' },
    });
    const pace = [0.25, 0.5, 1, 2, 4, 8, 10, 10, 10].reduce((sum, seconds) => sum + seconds * 1_000, 0);
    expect(rig.clock.monotonic()).toBeGreaterThanOrEqual(pace);
    expect(rig.clock.monotonic()).toBeLessThan(pace + 100);
  });

  it('fails where its status does not change in time', async () => {
    const rig = await rigOf(100_000);
    await rig.run();
    expect(rig.stored.entries.findLast(({ path }) => path === 'register')).toMatchObject({
      outcome: 'failed',
      error: { code: 'TIMEOUT' },
    });
  });

  it('is asked for again on resume, not sent again', async () => {
    const rig = await rigOf(5);
    const drain = new AbortController();
    const run = rig.apply({ drain: drain.signal });
    await rig.clock.pass(15_000);
    drain.abort(new Error('interrupted'));
    await rig.clock.run(run);
    expect((await rig.run()).records.succeeded).toBe(1);
    expect(rig.service.seen.filter((line) => line.startsWith('subscriptions.register'))).toHaveLength(1);
  });
});
