import { describe, expect, it } from 'vitest';
import { resolveTarget, type Target } from '../../src/partner-center/clouds.ts';
import {
  credentialsFrom,
  digestOfToken,
  type KeptSignIn,
  signInFor,
  signInsOf,
} from '../../src/partner-center/credentials.ts';

function targetOf(name: string): Target {
  const found = resolveTarget(name);
  if (!found.ok) throw new Error(`no target ${name}`);
  return found.value;
}

const global = targetOf('global');
const emulator = targetOf('http://127.0.0.1:4321');
const app = { TENANTRY_TENANT_ID: 't', TENANTRY_CLIENT_ID: 'c' };
const secret = { ...app, TENANTRY_CLIENT_SECRET: 's' };
const kept: KeptSignIn = {
  source: 'login',
  authority: global.authority,
  tenantId: 'T',
  tenantName: 'partner.example',
  clientId: 'C',
  refreshToken: 'kept',
  byDevice: true,
  keptAt: 1,
};

describe('the credentials of the environment', () => {
  it('may be a ready token on this machine, and nowhere else', () => {
    const env = { ...secret, TENANTRY_ACCESS_TOKEN: 'ready' };
    expect(credentialsFrom(env, emulator)).toMatchObject({ value: { type: 'token', token: 'ready' } });
    expect(credentialsFrom(env, global)).toMatchObject({ value: { type: 'app', proof: { type: 'secret' } } });
  });

  it.each([
    ['a secret', secret, { type: 'secret', secret: 's' }],
    [
      'a certificate',
      { ...app, TENANTRY_CLIENT_CERTIFICATE: 'f.pem' },
      { type: 'certificate', file: 'f.pem' },
    ],
    [
      'the token of a GitHub job',
      { ...app, ACTIONS_ID_TOKEN_REQUEST_URL: 'https://u', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'j' },
      { type: 'federated', source: { type: 'github', url: 'https://u', token: 'j' } },
    ],
    [
      'the token of an Azure Pipelines job',
      {
        ...app,
        SYSTEM_OIDCREQUESTURI: 'https://u',
        SYSTEM_ACCESSTOKEN: 'j',
        TENANTRY_SERVICE_CONNECTION_ID: 'x',
      },
      {
        type: 'federated',
        source: { type: 'pipelines', url: 'https://u', token: 'j', serviceConnection: 'x' },
      },
    ],
    [
      'a token in a file',
      { ...app, AZURE_FEDERATED_TOKEN_FILE: 'f' },
      { type: 'federated', source: { type: 'file', file: 'f' } },
    ],
    [
      'a secret, in a job that could have a token',
      { ...secret, AZURE_FEDERATED_TOKEN_FILE: 'f' },
      { type: 'secret' },
    ],
  ])('prove the app by %s', (_, env, proof) => {
    const found = credentialsFrom(env, global);
    expect(found).toMatchObject({ ok: true, value: { tenantId: 't', clientId: 'c', proof } });
    expect(signInsOf((found as { value: Parameters<typeof signInsOf>[0] }).value)).toEqual(['app']);
  });

  it('with a refresh token sign in for a user, too', () => {
    const found = credentialsFrom({ ...secret, TENANTRY_REFRESH_TOKEN: 'r' }, global);
    expect(found).toMatchObject({ value: { refresh: { token: 'r', byDevice: false } } });
    expect(signInsOf((found as { value: Parameters<typeof signInsOf>[0] }).value)).toEqual([
      'app',
      'app+user',
    ]);
  });

  it('are refused by the names that are missing', () => {
    const found = credentialsFrom({ ...secret, TENANTRY_CLIENT_SECRET: '' }, global);
    expect(found).toMatchObject({ ok: false, diagnostics: [{ code: 'CREDENTIALS' }] });
    expect(found.diagnostics[0]!.message).toContain('TENANTRY_CLIENT_SECRET');
    expect(found.diagnostics[0]!.message).not.toContain('TENANTRY_CLIENT_ID');
  });

  it('are refused where a secret and a certificate are both set', () => {
    const found = credentialsFrom({ ...secret, TENANTRY_CLIENT_CERTIFICATE: 'f' }, global);
    expect(found).toMatchObject({
      ok: false,
      diagnostics: [{ message: expect.stringContaining('both set') }],
    });
  });
});

describe('a sign-in that is kept', () => {
  it('alone is enough, by its own tenant and app', () => {
    expect(credentialsFrom({}, global, [kept])).toMatchObject({
      value: { tenantId: 'T', clientId: 'C', refresh: { token: 'kept', byDevice: true } },
    });
  });

  it.each([
    ['another authority', {}, { authority: 'https://login.other' }],
    ['another tenant', { TENANTRY_TENANT_ID: 'other' }, {}],
    ['another app', { TENANTRY_CLIENT_ID: 'other' }, {}],
  ])('of %s is not used', (_, env, part) => {
    expect(credentialsFrom(env, global, [{ ...kept, ...part }])).toMatchObject({ ok: false });
  });

  it('is found by the name of the tenant as well as by its id', () => {
    const env = { TENANTRY_TENANT_ID: 'Partner.example', TENANTRY_CLIENT_ID: 'c' };
    expect(credentialsFrom(env, global, [kept])).toMatchObject({ value: { refresh: { token: 'kept' } } });
  });

  it('is not guessed among several', () => {
    expect(credentialsFrom({}, global, [kept, { ...kept, clientId: 'D' }])).toMatchObject({ ok: false });
  });

  it('gives way to the refresh token of the environment', () => {
    const env = { ...secret, TENANTRY_REFRESH_TOKEN: 'r' };
    expect(credentialsFrom(env, global, [kept])).toMatchObject({ value: { refresh: { token: 'r' } } });
  });

  it('that follows the refresh token of the environment takes its place, and only its', () => {
    const newer: KeptSignIn = {
      ...kept,
      tenantId: 't',
      clientId: 'c',
      source: 'environment',
      follows: digestOfToken('r'),
    };
    const env = { ...secret, TENANTRY_REFRESH_TOKEN: 'r' };
    expect(credentialsFrom(env, global, [newer])).toMatchObject({
      value: { refresh: { token: 'kept', fallback: 'r', byDevice: false } },
    });
    const consentedAnew = { ...secret, TENANTRY_REFRESH_TOKEN: 'new' };
    expect(credentialsFrom(consentedAnew, global, [newer])).toMatchObject({
      value: { refresh: { token: 'new' } },
    });
    // Whoever unsets it wants to be the app alone again.
    expect(credentialsFrom(secret, global, [newer])).toMatchObject({ value: { proof: { type: 'secret' } } });
    expect(JSON.stringify(credentialsFrom(secret, global, [newer]))).not.toContain('refresh');
  });
});

describe('an operation is called', () => {
  it.each([
    [['app', 'app+user'], ['app', 'app+user'], 'app+user'],
    [['app', 'app+user'], ['app'], 'app'],
    [['app'], ['app', 'app+user'], 'app'],
    [['app+user'], ['app'], undefined],
  ] as const)('that allows %j, by one who can %j, as %s', (auth, signIns, as) => {
    expect(signInFor({ auth }, signIns)).toBe(as);
  });
});
