import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DiagnosticsError } from '../../src/diagnostics/diagnostic.ts';
import { makeCertificate } from '../../src/emulator/certificate.ts';
import { resolveTarget, type Target } from '../../src/partner-center/clouds.ts';
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

describe('tokens for several things', () => {
  const forms = (world: ReturnType<typeof scriptedWorld>) =>
    world.sent.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));

  it('are one for each host, made out to it', async () => {
    const world = scriptedWorld([granted('a'), granted('b'), granted('c')]);
    const tokens = makeTokens(targetOf('china'), credentials, world);
    const got: string[] = [];
    for (const host of ['partnerCenter', 'partner', 'graph', 'partnerCenter'] as const)
      got.push(await tokens.get({ host, auth: 'app' }));
    expect(got).toEqual(['a', 'b', 'c', 'a']);
    expect(forms(world).map(({ scope }) => scope!.split(' ')[0])).toEqual([
      'https://partner.partnercenterapi.microsoftonline.cn/.default',
      'https://api.partner.microsoft.com/.default',
      'https://microsoftgraph.chinacloudapi.cn/.default',
    ]);
  });

  it('of a user are got one after another, each by the refresh token that the one before gave', async () => {
    const rotated = (token: string, next: string) =>
      wire(200, { token_type: 'Bearer', expires_in: 3599, access_token: token, refresh_token: next });
    const world = scriptedWorld([rotated('a', 'second'), rotated('b', 'third')]);
    const kept: string[] = [];
    const keeper = { keep: async (token: string) => void kept.push(token) };
    const both = { ...credentials, refresh: { token: 'first', byDevice: false } };
    const tokens = makeTokens(targetOf('global'), both, world, keeper);
    const needs: readonly Need[] = [user, { ...user, host: 'graph' }, user];
    expect(await Promise.all(needs.map((need) => tokens.get(need)))).toEqual(['a', 'b', 'a']);
    expect(forms(world).map(({ refresh_token: used }) => used)).toEqual(['first', 'second']);
    expect(kept).toEqual(['second', 'third']);
  });

  it('of a user and of the app stand beside each other', async () => {
    const world = scriptedWorld([granted('of the user'), granted('of the app')]);
    const both = { ...credentials, refresh: { token: 'first', byDevice: false } };
    const tokens = makeTokens(emulator, both, world);
    expect(tokens.signIns).toEqual(['app', 'app+user']);
    expect([await tokens.get(user), await tokens.get(app)]).toEqual(['of the user', 'of the app']);
  });

  it('are not given before the refresh token that came with them is kept', async () => {
    const body = { token_type: 'Bearer', expires_in: 3599, access_token: 'a', refresh_token: 'second' };
    const world = scriptedWorld([wire(200, body)]);
    let release: () => void = () => {};
    const kept = new Promise<void>((resolve) => {
      release = resolve;
    });
    const keeper = { keep: () => kept };
    const both = { ...credentials, refresh: { token: 'first', byDevice: false } };
    const order: string[] = [];
    const asked = makeTokens(emulator, both, world, keeper)
      .get(user)
      .then(() => order.push('given'));
    while (world.sent.length === 0) await new Promise(setImmediate);
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    order.push('kept');
    release();
    await asked;
    expect(order).toEqual(['kept', 'given']);
  });

  it('are asked for with the environment’s own refresh token where the kept one is refused', async () => {
    const over = wire(400, {
      error: 'invalid_grant',
      error_description: 'AADSTS700082: The refresh token has expired.',
      error_codes: [700082],
    });
    const world = scriptedWorld([over, granted('a')]);
    const refresh = { token: 'kept', fallback: 'given', byDevice: false };
    expect(await makeTokens(emulator, { ...credentials, refresh }, world).get(user)).toBe('a');
    expect(forms(world).map(({ refresh_token: used }) => used)).toEqual(['kept', 'given']);
  });

  it('by a sign-in on a device are asked for without the app’s secret', async () => {
    const world = scriptedWorld([granted('a')]);
    const refresh = { token: 'first', byDevice: true };
    await makeTokens(emulator, { ...credentials, refresh }, world).get(user);
    expect(forms(world)[0]).toMatchObject({ grant_type: 'refresh_token', refresh_token: 'first' });
    expect(forms(world)[0]!.client_secret).toBeUndefined();
  });
});

describe('the proof of an app', () => {
  const assertionOf = (request: { readonly body?: string }) => {
    const form = new URLSearchParams(request.body);
    expect(form.get('client_secret')).toBeNull();
    return form.get('client_assertion');
  };

  it('in GitHub Actions is the job’s token, made out to the authority of the cloud', async () => {
    const source = { type: 'github', url: 'https://ci.example/token?a=1', token: 'job-secret' } as const;
    const world = scriptedWorld([wire(200, { value: 'job.token.x' }), granted('a')]);
    const proof = { type: 'federated', source } as const;
    await makeTokens(targetOf('usgov'), { ...credentials, proof }, world).get(app);
    const [asked, got] = world.sent;
    expect(asked).toMatchObject({ method: 'GET', headers: { authorization: 'Bearer job-secret' } });
    expect(new URL(asked!.url).searchParams.get('audience')).toBe('api://AzureADTokenExchangeUSGov');
    expect(new URL(asked!.url).searchParams.get('a')).toBe('1');
    expect(assertionOf(got!)).toBe('job.token.x');
  });

  it('in Azure Pipelines is the token of the service connection', async () => {
    const source = {
      type: 'pipelines',
      url: 'https://ci.example/oidc',
      token: 'job-secret',
      serviceConnection: 'connection-1',
    } as const;
    const world = scriptedWorld([wire(200, { oidcToken: 'job.token.x' }), granted('a')]);
    await makeTokens(emulator, { ...credentials, proof: { type: 'federated', source } }, world).get(app);
    const [asked, got] = world.sent;
    expect(asked).toMatchObject({ method: 'POST', headers: { authorization: 'Bearer job-secret' } });
    expect(new URL(asked!.url).searchParams.get('serviceConnectionId')).toBe('connection-1');
    expect(assertionOf(got!)).toBe('job.token.x');
  });

  it.each([
    ['is refused by the CI system', wire(403, { message: 'no' })],
    ['comes without a token', wire(200, {})],
    ['cannot be reached', new TransportError('down', { sent: 'no', reason: 'refused' })],
  ])('that %s is about the job, and tells no secret', async (_, step) => {
    const source = { type: 'github', url: 'https://ci.example/token', token: 'job-secret' } as const;
    const proof = { type: 'federated', source } as const;
    const error = await makeTokens(emulator, { ...credentials, proof }, scriptedWorld([step]))
      .get(app)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      diagnostics: [{ code: 'CREDENTIALS', help: expect.stringContaining('id-token') }],
    });
    expect(JSON.stringify(error)).not.toContain('job-secret');
  });

  it('is never sent to a CI system in clear', async () => {
    const source = { type: 'github', url: 'http://ci.example/token', token: 'job-secret' } as const;
    const world = scriptedWorld([]);
    const proof = { type: 'federated', source } as const;
    await expect(makeTokens(emulator, { ...credentials, proof }, world).get(app)).rejects.toThrow(/https/u);
    expect(world.sent).toEqual([]);
  });
});

describe('a certificate', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tenantry-certificate-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const now = Date.UTC(2026, 10, 23);
  const made = makeCertificate({ commonName: 'app', keyType: 'rsa', now });
  const other = makeCertificate({ commonName: 'other', keyType: 'rsa', now });
  const old = makeCertificate({ commonName: 'old', keyType: 'rsa', now: now - 200 * 86_400_000 });

  async function ask(text: string, script: Parameters<typeof scriptedWorld>[0] = []) {
    const file = path.join(folder, 'app.pem');
    await writeFile(file, text);
    const world = scriptedWorld(script);
    const proof = { type: 'certificate', file } as const;
    const got = await makeTokens(emulator, { ...credentials, proof }, world)
      .get(app)
      .catch((error: unknown) => error);
    return { world, got };
  }

  it('proves the app by an assertion that it signs, naming itself by its SHA-256 thumbprint', async () => {
    const { world, got } = await ask(made.key + made.certificate, [granted('a')]);
    expect(got).toBe('a');
    const assertion = new URLSearchParams(world.sent[0]!.body).get('client_assertion')!;
    const [head, claims] = assertion.split('.').map((part) => Buffer.from(part, 'base64url').toString());
    const { fingerprint256 } = new X509Certificate(made.certificate);
    const thumbprint = Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
    expect(JSON.parse(head!)).toMatchObject({
      alg: 'PS256',
      'x5t#S256': thumbprint,
      x5c: [expect.any(String)],
    });
    expect(JSON.parse(claims!)).toMatchObject({ iss: 'app-1', sub: 'app-1' });
  });

  it.each([
    ['has no key', made.certificate, /no private key/u],
    ['has no certificate', made.key, /no certificate/u],
    ['has the key of another', other.key + made.certificate, /not the certificate’s/u],
    ['has ended', old.key + old.certificate, /ended on 2026/u],
    [
      'is none',
      '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      /cannot be read/u,
    ],
  ])('that %s is told by the file, and nothing is sent', async (_, text, message) => {
    const { world, got } = await ask(text);
    expect(got).toMatchObject({
      diagnostics: [{ code: 'CREDENTIALS', message: expect.stringMatching(message) }],
    });
    expect(String((got as Error).message)).toContain('app.pem');
    expect(world.sent).toEqual([]);
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
  it('at the address of a cloud is that cloud', () => {
    const { name: _, ...china } = targetOf('china');
    expect(targetOf('https://partner.partnercenterapi.microsoftonline.cn')).toMatchObject(china);
  });

  it('at an address of its own gets tokens made out to that address, never Partner Center’s', () => {
    const { scopes, roots } = targetOf('https://gateway.example');
    expect(new Set(Object.values(scopes))).toEqual(new Set(['https://gateway.example/.default']));
    expect(new Set(Object.values(roots))).toEqual(new Set(['https://gateway.example']));
  });

  it.each([
    ['http://localhost:8080', true],
    ['http://127.9.9.9', true],
    ['http://[::1]:1', true],
    ['https://gateway.example', false],
    ['https://partner.partnercenterapi.microsoftonline.cn', false],
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
