import { describe, expect, it } from 'vitest';
import { DiagnosticsError } from '../../src/diagnostics/diagnostic.ts';
import { resolveTarget, type Target } from '../../src/partner-center/clouds.ts';
import { credentialsFrom } from '../../src/partner-center/credentials.ts';
import { makeTokens, type Need } from '../../src/partner-center/token.ts';
import { TransportError } from '../../src/world/world.ts';
import { scriptedWorld, wire } from './service.ts';

function targetOf(name: string): Target {
  const found = resolveTarget(name);
  if (!found.ok) throw new Error(`no target ${name}`);
  return found.value;
}

const emulator = targetOf('http://127.0.0.1:4321');
const credentials = {
  type: 'app',
  tenantId: 'tenant-1',
  clientId: 'app-1',
  proof: { type: 'secret', secret: 'hunter2!' },
} as const;
const app: Need = { host: 'partnerCenter', auth: 'app' };
const user: Need = { host: 'partnerCenter', auth: 'app+user' };
const granted = (token: string, seconds = 3599) =>
  wire(200, { token_type: 'Bearer', expires_in: seconds, ext_expires_in: seconds, access_token: token });
const refused = (status: number, code: number) =>
  wire(status, {
    error: 'invalid_client',
    error_description: `AADSTS${code}: something about hunter2!. Trace ID: 1-2 Correlation ID: 3`,
    error_codes: [code],
  });

async function failureOf(script: Parameters<typeof scriptedWorld>[0]) {
  const error = await makeTokens(emulator, credentials, scriptedWorld(script))
    .get(app)
    .catch((thrown: unknown) => thrown);
  if (!(error instanceof DiagnosticsError)) throw error;
  return error.diagnostics[0]!;
}

describe('a token', () => {
  it('is asked for with the secret, at the token endpoint of the tenant, in one request', async () => {
    const world = scriptedWorld([granted('a')]);
    expect(await makeTokens(emulator, credentials, world).get(app)).toBe('a');
    const [request] = world.sent;
    expect(request).toMatchObject({
      method: 'POST',
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:4321\/tenant-1\/oauth2\/v2\.0\/token/u),
    });
    expect(Object.fromEntries(new URLSearchParams(request!.body))).toMatchObject({
      grant_type: 'client_credentials',
      client_id: 'app-1',
      client_secret: 'hunter2!',
      scope: expect.stringContaining('/.default'),
    });
  });

  it.each([
    ['global', 'https://login.microsoftonline.com/tenant-1/'],
    ['china', 'https://login.partner.microsoftonline.cn/tenant-1/'],
    ['usgov', 'https://login.microsoftonline.us/tenant-1/'],
    ['germany', 'https://login.microsoftonline.de/tenant-1/'],
    ['https://api.partnercenter.microsoft.com', 'https://login.microsoftonline.com/tenant-1/'],
  ])('for %s comes from its own authority', async (name, authority) => {
    const world = scriptedWorld([granted('a')]);
    await makeTokens(targetOf(name), credentials, world).get(app);
    expect(world.sent[0]!.url.startsWith(authority)).toBe(true);
  });

  it('is shared by all who ask at the same time, and kept', async () => {
    const world = scriptedWorld([granted('a')]);
    const tokens = makeTokens(emulator, credentials, world);
    expect(new Set(await Promise.all(Array.from({ length: 100 }, () => tokens.get(app))))).toEqual(
      new Set(['a']),
    );
    expect(await tokens.get(app)).toBe('a');
    expect(world.sent.length).toBe(1);
  });

  it('is renewed five minutes before it ends', async () => {
    const world = scriptedWorld([granted('a', 3600), granted('b', 3600)]);
    const tokens = makeTokens(emulator, credentials, world);
    await tokens.get(app);
    world.now += 54 * 60_000;
    expect(await tokens.get(app)).toBe('a');
    world.now += 2 * 60_000;
    expect(await tokens.get(app)).toBe('b');
  });

  it('that lives for minutes only is used for half of them', async () => {
    const world = scriptedWorld([granted('a', 120), granted('b', 120)]);
    const tokens = makeTokens(emulator, credentials, world);
    await tokens.get(app);
    world.now += 50_000;
    expect(await tokens.get(app)).toBe('a');
    world.now += 20_000;
    expect(await tokens.get(app)).toBe('b');
  });

  it('that the service refused is renewed once for all who were refused', async () => {
    const world = scriptedWorld([granted('a'), granted('b')]);
    const tokens = makeTokens(emulator, credentials, world);
    await tokens.get(app);
    expect(await Promise.all([tokens.renew(app, 'a'), tokens.renew(app, 'a')])).toEqual(['b', 'b']);
    expect(await tokens.renew(app, 'a')).toBe('b');
    expect(world.sent.length).toBe(2);
  });

  it('is asked for again after a failure', async () => {
    const world = scriptedWorld([refused(401, 7000215), granted('a')]);
    const tokens = makeTokens(emulator, credentials, world);
    await expect(tokens.get(app)).rejects.toBeInstanceOf(DiagnosticsError);
    expect(await tokens.get(app)).toBe('a');
  });

  it('for a user is asked for with the refresh token, and the next one with the token that took its place', async () => {
    const rotated = { token_type: 'Bearer', expires_in: 3599, access_token: 'a', refresh_token: 'second' };
    const world = scriptedWorld([wire(200, rotated), granted('b')]);
    const refresh = { token: 'first', byDevice: false };
    const tokens = makeTokens(emulator, { ...credentials, refresh }, world);
    expect([await tokens.get(user), await tokens.renew(user, 'a')]).toEqual(['a', 'b']);
    expect(
      world.sent.map(({ body }) => {
        const form = new URLSearchParams(body);
        return [form.get('grant_type'), form.get('refresh_token')];
      }),
    ).toEqual([
      ['refresh_token', 'first'],
      ['refresh_token', 'second'],
    ]);
  });

  it('that is ready is used as it is', async () => {
    const world = scriptedWorld([]);
    const tokens = makeTokens(emulator, { type: 'token', token: 'ready' }, world);
    expect([await tokens.get(app), await tokens.renew(app, 'ready')]).toEqual(['ready', 'ready']);
  });
});

describe('a sign-in that is refused', () => {
  it.each([
    [400, 90002, /the tenant/u, /TENANTRY_TENANT_ID/u],
    [400, 700016, /the app/u, /TENANTRY_CLIENT_ID/u],
    [401, 7000215, /the secret/u, /TENANTRY_CLIENT_SECRET/u],
    [401, 7000222, /expired/u, /TENANTRY_CLIENT_SECRET/u],
    [400, 65001, /refused/u, /TENANTRY_TENANT_ID/u],
  ])('with %i and AADSTS%i says which part of it', async (status, code, message, help) => {
    const diagnostic = await failureOf([refused(status, code)]);
    expect(diagnostic).toMatchObject({
      code: 'CREDENTIALS',
      message: expect.stringMatching(message),
      help: expect.stringMatching(help),
    });
    expect(JSON.stringify(diagnostic)).not.toContain('hunter2!');
    expect(diagnostic.message).not.toContain('Trace ID');
  });

  it.each([
    ['without a network', new TransportError('getaddrinfo ENOTFOUND', { sent: 'no', reason: 'unresolved' })],
    ['by a page of HTML', wire(200, '<html>Sign in to the Wi-Fi</html>')],
    ['by an authority that is down', wire(503, '')],
  ])('%s is about the target, not about the credentials', async (_, step) => {
    expect(await failureOf([step, step, step])).toMatchObject({ code: 'TARGET' });
  });
});

describe('a target', () => {
  it.each([
    ['http://localhost:8080', true],
    ['http://127.9.9.9', true],
    ['http://[::1]:1', true],
    ['https://gateway.example', false],
  ])('%s may be on this machine: %s', (name, loopback) => {
    expect(targetOf(name)).toMatchObject({ name, loopback });
  });

  it.each([
    ['http://gateway.example', undefined],
    ['http://127.0.0.1.evil.example', undefined],
    ['https://user:pw@gateway.example', undefined],
    ['https://gateway.example/v1', undefined],
    ['ftp://localhost', undefined],
    ['globel', 'global'],
    ['constructor', undefined],
    ['', undefined],
  ])('%j is refused', (name, didYouMean) => {
    const found = resolveTarget(name);
    expect(found).toMatchObject({ ok: false, diagnostics: [{ code: 'TARGET' }] });
    expect(found.diagnostics[0]!.didYouMean).toBe(didYouMean);
  });
});

describe('the credentials of the environment', () => {
  const secret = { TENANTRY_TENANT_ID: 't', TENANTRY_CLIENT_ID: 'c', TENANTRY_CLIENT_SECRET: 's' };

  it('may be a ready token on this machine, and nowhere else', () => {
    const env = { ...secret, TENANTRY_ACCESS_TOKEN: 'ready' };
    expect(credentialsFrom(env, emulator)).toMatchObject({ value: { type: 'token', token: 'ready' } });
    expect(credentialsFrom(env, targetOf('global'))).toMatchObject({
      value: { type: 'app', proof: { type: 'secret' } },
    });
  });

  it('are refused by the names that are missing', () => {
    const found = credentialsFrom({ ...secret, TENANTRY_CLIENT_SECRET: '' }, targetOf('global'));
    expect(found).toMatchObject({ ok: false, diagnostics: [{ code: 'CREDENTIALS' }] });
    expect(found.diagnostics[0]!.message).toContain('TENANTRY_CLIENT_SECRET');
    expect(found.diagnostics[0]!.message).not.toContain('TENANTRY_CLIENT_ID');
  });
});
