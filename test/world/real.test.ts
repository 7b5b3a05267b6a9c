import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realClock, realFiles, realWorld } from '../../src/world/real.ts';

describe('the real clock', () => {
  it('rejects a sleep with the reason that it was aborted with', async () => {
    const controller = new AbortController();
    const reason = new Error('the run halts');
    const sleeping = realClock.sleep(60_000, controller.signal);
    controller.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
    await expect(realClock.sleep(60_000, controller.signal)).rejects.toBe(reason);
  });
});

describe('the real transport', () => {
  let server: Server | undefined;
  const world = realWorld();
  afterEach(
    () =>
      new Promise<unknown>((resolve) => {
        if (server === undefined) return resolve(undefined);
        server.closeAllConnections();
        server.close(resolve);
      }),
  );

  async function serve(listener: RequestListener): Promise<string> {
    server = createServer(listener);
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  const request = (url: string, more: { readonly timeoutMs?: number; readonly binary?: true } = {}) => ({
    method: 'GET',
    url,
    headers: {},
    timeoutMs: 5_000,
    ...more,
  });

  it('gives status, headers in lower case and the text', async () => {
    const url = await serve((_request, response) => response.writeHead(404, { 'X-Thing': 'a' }).end('ß'));
    expect(await world.transport.send(request(url))).toMatchObject({
      status: 404,
      headers: { 'x-thing': 'a' },
      body: 'ß',
    });
  });

  it('asks once more when the connection stands, and writes nothing where the answer is no', async () => {
    let seen = 0;
    const url = await serve((_request, response) => {
      seen += 1;
      response.end('done');
    });
    const connected: number[] = [];
    server!.on('connection', () => connected.push(seen));
    const refused = new Error('another process owns the run');
    const sent = world.transport.send(request(url), undefined, () => {
      throw refused;
    });
    await expect(sent).rejects.toBe(refused);
    let asked = 0;
    const leaving = () => {
      asked += 1;
    };
    expect((await world.transport.send(request(url), undefined, leaving)).body).toBe('done');
    expect({ asked, seen }).toEqual({ asked: 1, seen: 1 });
    expect(connected.length, 'the first one had its connection already').toBeGreaterThan(0);
  });

  it('gives the bytes that came where they are asked for, and a failure as text all the same', async () => {
    const url = await serve((_request, response) => response.writeHead(200).end(Buffer.from([0, 255, 128])));
    const answer = await world.transport.send(request(url, { binary: true }));
    expect({ ...answer, bytes: [...answer.bytes!] }).toMatchObject({ body: '', bytes: [0, 255, 128] });
    server!.removeAllListeners('request');
    server!.on('request', (_request, response) => response.writeHead(404).end('{"code":1000}'));
    const failed = await world.transport.send(request(url, { binary: true }));
    expect(failed).toMatchObject({ status: 404, body: '{"code":1000}' });
    expect(failed.bytes).toBeUndefined();
  });

  it('never follows a redirect, since the token would go along', async () => {
    const url = await serve((_request, response) =>
      response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    );
    expect((await world.transport.send(request(url))).status).toBe(302);
  });

  it('knows that a refused connection sent nothing', async () => {
    const url = await serve(() => {});
    await new Promise((resolve) => server!.close(resolve));
    server = undefined;
    await expect(world.transport.send(request(url))).rejects.toMatchObject({ sent: 'no', reason: 'refused' });
  });

  it('does not know what became of a request whose connection broke', async () => {
    const url = await serve(({ socket }) => socket.destroy());
    await expect(world.transport.send(request(url))).rejects.toMatchObject({
      sent: 'maybe',
      reason: 'reset',
    });
  });

  it('knows that a request which was given up before its connection stood has not left, and never writes it', async () => {
    let seen = 0;
    const url = await serve((_request, response) => {
      seen += 1;
      response.end('done');
    });
    const stop = new AbortController();
    const sent = world.transport.send(request(url), stop.signal);
    for (let tick = 0; tick < 20; tick += 1) await undefined; // no connection stands before the next turn
    stop.abort();
    await expect(sent).rejects.toMatchObject({ sent: 'no', reason: 'aborted' });
    await expect(world.transport.send(request(url), stop.signal)).rejects.toMatchObject({ sent: 'no' });
    expect((await world.transport.send(request(url))).body).toBe('done');
    expect(seen).toBe(1);
  });

  it('does not know what became of a request that was stopped on its way', async () => {
    const stop = new AbortController();
    const url = await serve(() => stop.abort());
    await expect(world.transport.send(request(url), stop.signal)).rejects.toMatchObject({
      sent: 'maybe',
      reason: 'aborted',
    });
  });

  it('waits for the answer behind early hints', async () => {
    const url = await serve((_request, response) => {
      response.writeEarlyHints({ link: '</a>; rel=preload' });
      response.writeHead(201).end('made');
    });
    expect(await world.transport.send(request(url))).toMatchObject({ status: 201, body: 'made' });
  });

  it('ends an exchange whose body trickles for longer than its time', async () => {
    const url = await serve((_request, response) => response.writeHead(200).write('{'));
    await expect(world.transport.send(request(url, { timeoutMs: 50 }))).rejects.toMatchObject({
      sent: 'maybe',
      reason: 'timeout',
    });
  });
});

describe('the real files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tenantry-files-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const bytes = (text: string) => new TextEncoder().encode(text);

  it('makes the folders above, lets the owner alone read, and leaves nothing half done', async () => {
    const file = path.join(folder, 'a/b/c.pdf');
    await writeFile(path.join(folder, 'left.part'), 'of a cut', { mode: 0o644 });
    await realFiles.write(file, bytes('whole'));
    await realFiles.write(path.join(folder, 'left'), bytes('whole'));
    expect(await readFile(file, 'utf8')).toBe('whole');
    expect((await readdir(folder, { recursive: true })).sort()).toEqual(['a', 'a/b', 'a/b/c.pdf', 'left']);
    for (const written of [file, path.join(folder, 'left')])
      expect((await stat(written)).mode & 0o777).toBe(0o600);
  });

  it('writes over what is there whole, and knows when', async () => {
    const file = path.join(folder, 'a.pdf');
    expect(await realFiles.changedAt(file)).toBeUndefined();
    await realFiles.write(file, bytes('first'));
    await utimes(file, 1000, 1000);
    expect(await realFiles.changedAt(file)).toBe(1_000_000);
    await realFiles.write(file, bytes('second'));
    expect(await readFile(file, 'utf8')).toBe('second');
    expect(await realFiles.changedAt(file)).toBeGreaterThan(1_000_000);
  });

  it('says what the system says', async () => {
    await writeFile(path.join(folder, 'a'), '');
    await expect(realFiles.write(path.join(folder, 'a/b.pdf'), bytes('x'))).rejects.toMatchObject({
      syscall: 'mkdir',
    });
  });
});
