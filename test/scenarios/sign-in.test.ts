import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../src/emulator/certificate.ts';
import { type Finished, openRig, type Rig } from './rig.ts';

/**
 * Every way to sign in, by the built command against the emulator's authority over HTTPS: the same code, the same
 * library and the same verification of certificates as against the real one.
 */

let rig: Rig;
beforeAll(async () => {
  rig = await openRig(['--https']);
});
afterAll(() => rig.close());
beforeEach(() =>
  rig.behave({ mfa: true, signInAheadSeconds: 0, refreshGraceSeconds: 3600, devicePolls: 1e9 }),
);

type Env = Readonly<Record<string, string | undefined>>;

/** The app alone, by its secret. */
const appOnly: Env = { TENANTRY_REFRESH_TOKEN: undefined };
const noProof: Env = { ...appOnly, TENANTRY_CLIENT_SECRET: undefined };

interface Who {
  readonly signIns: readonly {
    readonly auth: string;
    readonly user?: string;
    readonly appId: string;
    readonly tenantId: string;
    readonly roles: readonly string[];
    readonly mfa?: boolean;
    readonly endsAt: string;
  }[];
}

async function whoami(env: Env = {}): Promise<Who> {
  const finished = await rig.run(['whoami', '--json'], { env });
  expect(finished.stderr).toBe('');
  expect(finished.status).toBe(0);
  return JSON.parse(finished.stdout) as Who;
}

async function refused(
  env: Env,
): Promise<{ readonly code: string; readonly message: string; readonly help: string }> {
  const { status, stdout } = await rig.run(['whoami', '--json'], { env });
  expect(status).toBe(1);
  return (JSON.parse(stdout) as { diagnostics: [Awaited<ReturnType<typeof refused>>] }).diagnostics[0];
}

const auths = ({ signIns }: Who) => signIns.map(({ auth }) => auth);

describe('an app signs in', () => {
  it('by its secret', async () => {
    const who = await whoami(appOnly);
    expect(who).toMatchObject({ target: rig.url, cloud: 'global', signIns: [{ auth: 'app', roles: [] }] });
    expect(Date.parse(who.signIns[0]!.endsAt)).toBeGreaterThan(Date.now() + 3_000_000);
  });

  it('by its certificate, where that is the one that is registered', async () => {
    await rig.write('app.pem', await (await rig.fetch('/_emulator/client-certificate')).text());
    const env = { ...noProof, TENANTRY_CLIENT_CERTIFICATE: 'app.pem' };
    expect(auths(await whoami(env))).toEqual(['app']);
    const other = makeCertificate({ commonName: 'somebody else', keyType: 'rsa', now: Date.now() });
    await rig.write('app.pem', other.key + other.certificate);
    expect(await refused(env)).toMatchObject({
      code: 'CREDENTIALS',
      message: expect.stringMatching(/the certificate.*AADSTS700027/u),
    });
  });

  it('in a GitHub job that it trusts, and in no other', async () => {
    const job = (query: string): Env => ({
      ...noProof,
      ACTIONS_ID_TOKEN_REQUEST_URL: `${rig.url}/_emulator/jobs/github?${query}`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'emulator-job-token',
    });
    expect(auths(await whoami(job('api-version=2')))).toEqual(['app']);
    expect(await refused(job('subject=repo:somebody/else'))).toMatchObject({
      code: 'CREDENTIALS',
      message: expect.stringMatching(/CI job.*AADSTS700213/u),
    });
    expect(await refused({ ...job(''), ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'another' })).toMatchObject({
      help: expect.stringContaining('id-token: write'),
    });
  });

  it('in an Azure Pipelines job, by its service connection', async () => {
    const env = {
      ...noProof,
      SYSTEM_OIDCREQUESTURI: `${rig.url}/_emulator/jobs/pipelines`,
      SYSTEM_ACCESSTOKEN: 'emulator-job-token',
      TENANTRY_SERVICE_CONNECTION_ID: '00000000-0000-4000-8000-0000000000c1',
    };
    expect(auths(await whoami(env))).toEqual(['app']);
  });

  it('by nothing: what is missing is named', async () => {
    expect(await refused(noProof)).toMatchObject({
      code: 'CREDENTIALS',
      message: expect.stringContaining('TENANTRY_CLIENT_SECRET'),
      help: expect.stringContaining('tenantry login'),
    });
  });
});

describe('a user signs in', () => {
  it('by the consent that the app holds', async () => {
    const { signIns } = await whoami();
    expect(signIns).toMatchObject([
      { auth: 'app+user', user: 'admin.agent@partner.example', roles: ['Global Administrator'], mfa: true },
      { auth: 'app' },
    ]);
  });

  it('again and again, though a refresh token is good for one use only', async () => {
    const own = await openRig();
    try {
      await own.behave({ refreshGraceSeconds: 0 });
      for (let command = 0; command < 3; command += 1)
        expect((await own.run(['whoami'])).stdout).toContain('admin.agent@partner.example');
      // What was kept is the only one that is still good.
      await own.run(['logout']);
      expect((await own.run(['whoami'])).stderr).toMatch(/CREDENTIALS .*refresh token.*AADSTS700082/u);
    } finally {
      await own.close();
    }
  });

  it('by a code that is typed elsewhere; it is kept, and forgotten', async () => {
    const login = rig.start(['login', '--json'], { env: noProof });
    await login.says('type the code');
    const [code] = /[A-Z0-9]{9}/u.exec(login.stderr().split('type the code ')[1]!)!;
    expect(login.stderr()).toContain(`${rig.url}/_emulator/device`);
    await rig.fetch('/_emulator/device/approve', { method: 'POST', body: JSON.stringify({ code }) });
    const finished = await login.finished;
    expect(finished.status).toBe(0);
    expect(JSON.parse(finished.stdout)).toMatchObject({
      ok: true,
      user: 'admin.agent@partner.example',
      mfa: true,
    });

    const nothing = { ...noProof, TENANTRY_TENANT_ID: undefined, TENANTRY_CLIENT_ID: undefined };
    expect(auths(await whoami(nothing))).toEqual(['app+user']);
    expect(auths(await whoami(appOnly))).toEqual(['app+user', 'app']);
    await expectKeptInSecret();

    const forgotten = await rig.run(['logout', '--json'], { env: nothing });
    expect((JSON.parse(forgotten.stdout) as { forgotten: unknown[] }).forgotten).toContainEqual(
      expect.objectContaining({ user: 'admin.agent@partner.example' }),
    );
    expect(await refused(nothing)).toMatchObject({ code: 'CREDENTIALS' });
  });

  it('not by a code that was declined', async () => {
    const login = rig.start(['login'], { env: noProof });
    await login.says('type the code');
    await rig.fetch('/_emulator/device/decline', { method: 'POST' });
    const { status, stderr } = await login.finished;
    expect(status).toBe(1);
    expect(stderr).toMatch(/CREDENTIALS .*declined/u);
  });
});

/** Nobody else may read what is kept, and whoever reads it learns nothing. */
async function expectKeptInSecret(): Promise<void> {
  const folder = rig.file('config/tenantry/tokens');
  const files = await readdir(folder);
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    expect((await stat(path.join(folder, file))).mode & 0o077).toBe(0);
    expect(await readFile(path.join(folder, file), 'utf8')).not.toMatch(/admin\.agent|refresh|tenantId/u);
  }
}

describe('a certificate of the target that is not trusted', () => {
  it('is refused: nothing is sent', async () => {
    const before = await rig.stats();
    expect(await refused({ TENANTRY_CA_FILE: undefined })).toMatchObject({
      code: 'TARGET',
      help: expect.stringContaining('TENANTRY_CA_FILE'),
    });
    expect(await rig.stats()).toMatchObject({ requests: before.requests, tokens: before.tokens });
  });

  it('is trusted by NODE_EXTRA_CA_CERTS as well', async () => {
    const file = await rig.write('ca.pem', await readFile(rig.caFile!, 'utf8'));
    const env = { ...appOnly, TENANTRY_CA_FILE: undefined, NODE_EXTRA_CA_CERTS: file };
    expect(auths(await whoami(env))).toEqual(['app']);
  });
});

interface Checks {
  readonly ok: boolean;
  readonly checks: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly help?: string;
  }[];
}

async function doctor(
  env: Env = {},
  args: readonly string[] = [],
): Promise<Checks & Pick<Finished, 'status'>> {
  const { status, stdout } = await rig.run(['doctor', '--json', ...args], { env });
  return { status, ...(JSON.parse(stdout) as Checks) };
}

const troubles = ({ checks }: Checks) =>
  checks.filter(({ status }) => status !== 'ok').map(({ name, status }) => `${name}: ${status}`);

describe('the doctor', () => {
  it('finds everything in order, in a line each', async () => {
    const { status, stdout } = await rig.run(['doctor']);
    expect(stdout).not.toMatch(/^[!✗]/mu);
    for (const name of [
      'Node.js',
      'state key',
      'state file',
      'network',
      'clock',
      'sign-in, app+user',
      'second factor',
      'call',
    ])
      expect(stdout).toMatch(new RegExp(`^✓ ${name.replace('+', '\\+')} `, 'mu'));
    expect(status).toBe(0);
  });

  it('doubts what only some operations need', async () => {
    const found = await doctor(appOnly);
    expect(troubles(found)).toEqual(['sign-in, app+user: doubtful']);
    expect(found).toMatchObject({ status: 0, ok: true });
  });

  it.each([
    ['a user without a second factor', { mfa: false }, ['second factor: broken', 'call: broken']],
    ['a clock ten minutes apart', { signInAheadSeconds: 600 }, ['clock: broken']],
    ['a clock two minutes apart', { signInAheadSeconds: -120 }, ['clock: doubtful']],
  ])('finds %s', async (_, behaviour, expected) => {
    await rig.behave(behaviour);
    const found = await doctor();
    expect(troubles(found)).toEqual(expected);
    expect(found.status).toBe(expected.some((line) => line.endsWith('broken')) ? 1 : 0);
    for (const check of found.checks) if (check.status !== 'ok') expect(check.help).not.toBe('');
  });

  it('finds a wrong secret, a damaged state, a target that is not there; and says what to do', async () => {
    await rig.write('bad.db', 'not a state file at all');
    const found = await doctor({ ...appOnly, TENANTRY_CLIENT_SECRET: 'wrong' }, ['--state', 'bad.db']);
    expect(troubles(found)).toEqual([
      'state file: broken',
      'sign-in, app: broken',
      'sign-in, app+user: doubtful',
    ]);
    expect(found.status).toBe(1);
    const nowhere = await doctor({ TENANTRY_TARGET: 'https://127.0.0.1:1' });
    expect(nowhere.checks.at(-1)).toMatchObject({ status: 'broken', help: expect.any(String) });
    expect(nowhere.status).toBe(1);
  });

  it('looks at the machine alone where no target is named', async () => {
    expect(troubles(await doctor({ TENANTRY_TARGET: undefined }))).toEqual(['target: doubtful']);
  });
});

describe('secrets', () => {
  it('are in no message, whatever is wrong with them', async () => {
    const secrets: Env = {
      TENANTRY_CLIENT_SECRET: 'hunter2-secret',
      TENANTRY_REFRESH_TOKEN: 'hunter2-refresh',
    };
    for (const command of ['whoami', 'doctor', 'login']) {
      const { stdout, stderr } = await rig.run([command, '--debug'], { env: secrets });
      expect(stdout + stderr).not.toContain('hunter2');
    }
  });
});
