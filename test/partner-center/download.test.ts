import { describe, expect, it } from 'vitest';
import { readAnswer } from '../../src/partner-center/answer.ts';
import { makeClient } from '../../src/partner-center/client.ts';
import { resolveTarget } from '../../src/partner-center/clouds.ts';
import type { WireAnswer } from '../../src/world/world.ts';
import { operation, scriptedWorld, wire } from './service.ts';

const found = resolveTarget('https://api.example');
if (!found.ok) throw new Error('no target');
const target = found.value;
const pdf = new TextEncoder().encode('%PDF-1.4');
const document = operation({ path: '/v1/invoices/{id}/document', download: 'application/pdf' });
const file = (type = 'application/pdf', bytes = pdf): WireAnswer => ({
  status: 200,
  headers: { 'content-type': type },
  body: '',
  bytes,
});

const blob = operation({
  path: '/{name}',
  download: 'application/octet-stream',
  elsewhere: { operation: 'things.manifest', with: {}, root: 'root', query: 'key' },
});

function rig(script: Parameters<typeof scriptedWorld>[0]) {
  const world = scriptedWorld(script);
  const asked = { tokens: 0 };
  const token = async () => {
    asked.tokens += 1;
    return 'secret-token';
  };
  const tokens = { signIns: ['app' as const], get: token, renew: token };
  return { world, asked, client: makeClient({ world, target, tokens, application: 'Tenantry' }) };
}

async function fetchBlob(root: unknown, name = 'part-1.json.gz', key: unknown = 'sig=a%2Fb') {
  const { world, asked, client } = rig([file('application/x-gzip')]);
  const answer = await client.call(blob, { name }, { requestId: 'r1', base: { root, key } });
  return { answer, sent: world.sent, asked };
}

describe('a download', () => {
  it('asks for its type as bytes, and its result are the bytes', async () => {
    const { world, client } = rig([file()]);
    const answer = await client.call(document, { id: 'D1' }, { requestId: 'r1' });
    expect(answer).toMatchObject({ type: 'ok', result: pdf });
    expect(world.sent[0]).toMatchObject({
      binary: true,
      headers: { accept: 'application/pdf', authorization: 'Bearer secret-token' },
    });
  });

  it.each(['application/pdf; charset=binary', 'application/octet-stream', 'Application/PDF'])(
    'may come as %s',
    (type) => expect(readAnswer(document, file(type), 0)).toMatchObject({ type: 'ok' }),
  );

  it.each([
    ['a page that asks to sign in', file('text/html')],
    ['nothing', file('application/pdf', new Uint8Array())],
    ['no bytes', wire(200, '', { 'content-type': 'application/pdf' })],
  ])('is unknown where it is %s', (_, answer) =>
    expect(readAnswer(document, answer, 0)).toMatchObject({ type: 'unknown' }),
  );

  it('that is refused says why, as any other request', () => {
    const refused = wire(404, { code: 1000, description: 'no such invoice' });
    expect(readAnswer(document, refused, 0)).toMatchObject({ type: 'refused', error: { code: '1000' } });
  });
});

describe('a file that lies elsewhere', () => {
  it('is asked for below the address that was told, with the key that opens it and nothing else of ours', async () => {
    const { answer, sent, asked } = await fetchBlob('https://storage.example/a/b/');
    expect(answer).toMatchObject({ type: 'ok', result: pdf });
    expect(sent).toEqual([
      {
        method: 'GET',
        url: 'https://storage.example/a/b/part-1.json.gz?sig=a%2Fb',
        headers: { accept: '*/*' },
        binary: true,
        timeoutMs: 100_000,
      },
    ]);
    expect(asked.tokens).toBe(0);
  });

  it('is not asked for again with a token where it is refused', async () => {
    const { world, asked, client } = rig([wire(401)]);
    const base = { root: 'https://storage.example/a', key: 'sig=1' };
    expect(await client.call(blob, { name: 'x' }, { requestId: 'r1', base })).toMatchObject({
      type: 'refused',
    });
    expect([world.sent.length, asked.tokens]).toEqual([1, 0]);
  });

  it('stays below that address, whatever its name', async () => {
    const { sent } = await fetchBlob('https://storage.example/a', '../../up?x=1#y');
    expect(sent[0]!.url).toBe('https://storage.example/a/..%2F..%2Fup%3Fx%3D1%23y?sig=a%2Fb');
  });

  it('may lie on this machine without TLS', async () => {
    expect((await fetchBlob('http://127.0.0.1:8080/x')).sent).toHaveLength(1);
  });

  it.each([
    ['without TLS', 'http://storage.example/a'],
    ['at a name that only begins as this machine', 'http://127.0.0.1.evil.example/a'],
    ['of another kind', 'file:///etc'],
    ['with a user', 'https://api.example@evil.example/a'],
    ['with a query of its own', 'https://storage.example/a?x=1'],
    ['that is none', 'storage'],
    ['that is missing', undefined],
  ])('is not asked for at an address %s', async (_, root) => {
    const { answer, sent } = await fetchBlob(root);
    expect(answer).toMatchObject({ type: 'refused', error: { code: 'InputError' } });
    expect(sent).toEqual([]);
  });

  it.each(['.', '..', ''])('has a name: %j is none', async (name) => {
    const { answer, sent } = await fetchBlob('https://storage.example/a', name);
    expect(answer).toMatchObject({ type: 'refused' });
    expect(sent).toEqual([]);
  });
});

describe('an id that is the last part of an address', () => {
  const status = operation({ lastPartOf: { manifestId: ['link@odata.navigationLink', 'link'] } });
  it.each([
    [{ 'link@odata.navigationLink': 'https://graph.example/v1.0/manifests/m%201' }, 'm 1'],
    [{ link: '/manifests/m2?x=1' }, 'm2'],
  ])('is taken from the first that is there: %o', (body, manifestId) =>
    expect(readAnswer(status, wire(200, body), 0)).toMatchObject({ result: { manifestId } }),
  );
  it('is left out where there is none', () => {
    expect(readAnswer(status, wire(200, { status: 'running' }), 0)).toMatchObject({
      result: { status: 'running' },
    });
  });
});
