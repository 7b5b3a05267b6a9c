import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { onboarding, type Sample } from './onboarding.ts';
import { type Finished, openRig, type Rig } from './rig.ts';

/** What a cloud does not have, and what a sign-in may not call, is refused at its line before anything is sent. */

let rig: Rig;
let sample: Sample;
beforeAll(async () => {
  rig = await openRig();
  sample = await onboarding(rig, 2);
  await rig.write('leavers.csv', 'customer\nc1\n');
  await rig.write(
    'users.yaml',
    [
      'tenantry: 1',
      'name: users',
      'input:',
      '  key: ${{ record.customer }}',
      '  record: { type: object, required: [customer], properties: { customer: { type: string } } }',
      'steps:',
      '  - id: users',
      '    uses: users.list',
      '    with: { customerId: "${{ record.customer }}" }',
      '',
    ].join('\n'),
  );
});
afterAll(() => rig.close());
beforeEach(() => rig.behave({ cloud: 'global', profile: 'direct', latencyMs: 0 }));

const appOnly = { TENANTRY_REFRESH_TOKEN: undefined };
const nobody = {
  ...appOnly,
  TENANTRY_CLIENT_ID: undefined,
  TENANTRY_CLIENT_SECRET: undefined,
  TENANTRY_TENANT_ID: undefined,
};
const users = ['users.yaml', '--input', 'leavers.csv'];

async function expectRefused(finished: Finished, ...words: readonly (string | RegExp)[]): Promise<void> {
  for (const word of words) expect(finished.stderr).toMatch(word);
  expect(finished.status).toBe(1);
}

describe('an operation that takes a user', () => {
  it.each([['validate'], ['plan'], ['apply', '--yes']])(
    'is refused to the app alone by %s, at its line and column, and nothing is sent',
    async (command, ...more) => {
      const before = await rig.stats();
      const finished = await rig.run([command, ...users, ...more], { env: appOnly });
      await expectRefused(
        finished,
        /users\.yaml:8:11 error SIGN_IN_KIND 'users\.list'/u,
        'TENANTRY_REFRESH_TOKEN',
        'tenantry login',
      );
      expect((await rig.stats()).requests).toBe(before.requests);
    },
  );

  it('is called with the sign-in of a user', async () => {
    expect((await rig.run(['validate', ...users])).status).toBe(0);
  });

  it('is judged by the cloud alone where there are no credentials', async () => {
    expect((await rig.run(['validate', ...users], { env: nobody })).status).toBe(0);
  });

  it('is refused by the emulator, too, as the service does', async () => {
    const token = await rig.fetch('/tenant/oauth2/token', {
      method: 'POST',
      body: String(
        new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: '00000000-0000-4000-8000-000000000001',
          client_secret: 'emulator-secret',
          resource: 'https://graph.windows.net',
        }),
      ),
    });
    const { access_token: bearer, ...rest } = (await token.json()) as Record<string, string>;
    // The first version of the endpoint writes numbers as text, and an app gets nothing of a user's.
    expect(rest).toMatchObject({ expires_in: '3600', resource: 'https://graph.windows.net' });
    expect(rest.refresh_token).toBeUndefined();
    const call = (path: string) => fetch(rig.url + path, { headers: { authorization: `Bearer ${bearer}` } });
    expect((await call('/v1/customers')).status).toBe(200);
    const answer = await call('/v1/customers/c1/users');
    expect([answer.status, await answer.json()]).toMatchObject([403, { code: 2032 }]);
  });
});

describe('a plan that was made by a user', () => {
  it('is not applied by the app alone', async () => {
    expect((await rig.run(['plan', 'playbook.yaml', ...sample.args, '--out', 'a.plan'])).status).toBe(0);
    const before = await rig.stats();
    await expectRefused(
      await rig.run(['apply', 'a.plan'], { env: appOnly }),
      /playbook\.yaml:\d+:\d+ error SIGN_IN_KIND/u,
    );
    expect((await rig.stats()).requests).toBe(before.requests);
    expect((await rig.run(['runs'])).stdout).toContain('holds no runs');
  });

  it('is not resumed by the app alone, and goes on with the user', async () => {
    await rig.behave({ latencyMs: 150 });
    const run = rig.start(['apply', 'a.plan']);
    await run.says('tenantry resume');
    run.process.kill('SIGINT');
    expect((await run.finished).status).toBe(130);
    await rig.behave({ latencyMs: 0 });
    const before = await rig.stats();
    await expectRefused(
      await rig.run(['resume'], { env: appOnly }),
      /playbook\.yaml:\d+:\d+ error SIGN_IN_KIND/u,
    );
    expect((await rig.stats()).requests).toBe(before.requests);
    expect((await rig.run(['resume'])).status).toBe(0);
    expect((await rig.state()).customers).toHaveLength(2);
  });
});

describe('a cloud that does not have an operation', () => {
  it('is known by its name, without credentials and without a network', async () => {
    const validate = (cloud: string) =>
      rig.run(['validate', 'users.yaml', '--target', cloud], { env: nobody });
    await expectRefused(
      await validate('china'),
      /users\.yaml:8:11 error NOT_IN_CLOUD .*china cloud/u,
      /these have it: global/u,
    );
    await expectRefused(await validate('germany'), /NOT_IN_CLOUD/u, /retired/u);
    expect((await validate('global')).status).toBe(0);
  });

  it('is told by the emulator that plays it', async () => {
    await rig.behave({ cloud: 'china' });
    const before = await rig.stats();
    for (const command of ['validate', 'plan'])
      await expectRefused(await rig.run([command, ...users]), /users\.yaml:8:11 error NOT_IN_CLOUD/u);
    expect((await rig.stats()).requests).toBe(before.requests);
  });

  it('is told offline, too, where it is named', async () => {
    await expectRefused(await rig.run(['plan', ...users, '--offline', '--target', 'china']), /NOT_IN_CLOUD/u);
    expect((await rig.run(['plan', ...users, '--offline'])).status).toBe(0);
  });
});

describe('a partner that may not call an operation', () => {
  it('is told by the emulator that plays it', async () => {
    await rig.behave({ profile: 'reseller' });
    await expectRefused(
      await rig.run(['validate', ...users]),
      /users\.yaml:8:11 error NOT_FOR_PARTNER .*indirect reseller/u,
    );
  });
});

describe('a playbook', () => {
  it('is no worse for a target that does not answer just now', async () => {
    const { status, stderr } = await rig.run(['validate', ...users, '--target', 'http://127.0.0.1:1']);
    expect(stderr).toMatch(/warning TARGET/u);
    expect(status).toBe(0);
  });
});
