import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { realClock, realWorld } from '../../src/world/real.ts';

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

  const request = (url: string, more: { readonly timeoutMs?: number } = {}) => ({
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

  it('ends an exchange whose body trickles for longer than its time', async () => {
    const url = await serve((_request, response) => response.writeHead(200).write('{'));
    await expect(world.transport.send(request(url, { timeoutMs: 50 }))).rejects.toMatchObject({
      sent: 'maybe',
      reason: 'timeout',
    });
  });
});
