import { expect, it } from 'vitest';
import { makeClient } from '../../src/partner-center/client.ts';
import { resolveTarget } from '../../src/partner-center/clouds.ts';
import { operation, scriptedWorld, wire } from './service.ts';

/** A partner's own host: its token goes there and nowhere else, and no other token does. */

const own = { name: 'billing', url: 'https://billing.example/api', token: 'BILLING_TOKEN' };

async function sent(targetName: string, host: typeof own | { name: string; url: string } | 'partnerCenter') {
  const world = scriptedWorld([wire(200, {})]);
  const target = resolveTarget(targetName);
  if (!target.ok) throw new Error('no target');
  const asked: string[] = [];
  const client = makeClient({
    world,
    target: target.value,
    tokens: {
      signIns: ['app'],
      get: async (need) => {
        asked.push(need.host);
        return 'microsoft-token';
      },
      renew: async () => 'microsoft-token',
    },
    application: 'test',
    ownToken: () => 'own-token',
  });
  const what = operation({ host, path: '/things', pathInputs: [] });
  await client.call(what, {}, { requestId: 'id' });
  const [{ url, headers }] = world.sent as [(typeof world.sent)[number]];
  return { url, authorization: headers.authorization, asked, headers };
}

it('is called at its address with its own token, and told nothing of Microsoft’s', async () => {
  const { url, authorization, asked, headers } = await sent('global', own);
  expect({ url, authorization, asked }).toEqual({
    url: 'https://billing.example/api/things',
    authorization: 'Bearer own-token',
    asked: [],
  });
  expect(headers['ms-requestid']).toBe('id');
  expect(headers).not.toHaveProperty('ms-partnercenter-application');
});

it('is called without a token where it takes none', async () => {
  const { headers } = await sent('global', { name: 'billing', url: 'https://billing.example' });
  expect(headers).not.toHaveProperty('authorization');
});

it('is played by a target of this machine, which never sees the token', async () => {
  const { url, authorization } = await sent('http://127.0.0.1:9', own);
  expect(url).toBe('http://127.0.0.1:9/_hosts/billing/things');
  expect(authorization).toBe('Bearer emulated');
});

it('has no part in what goes to Microsoft', async () => {
  const { url, authorization, asked } = await sent('global', 'partnerCenter');
  expect(url).toBe('https://api.partnercenter.microsoft.com/things');
  expect({ authorization, asked }).toEqual({
    authorization: 'Bearer microsoft-token',
    asked: ['partnerCenter'],
  });
});
