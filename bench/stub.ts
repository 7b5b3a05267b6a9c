/**
 * A server that is not the bottleneck: answers every POST after a set delay with a new id, nothing else. Its own
 * process. Prints its port. `node bench/stub.ts LATENCY_MS`.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const latencyMs = Number(process.argv[2] ?? 0);
let next = 0;
const server = createServer((request, response) => {
  request.resume();
  request.once('end', () => {
    const answer = () => {
      next += 1;
      const body = `{"id":"00000000-0000-4000-8000-${String(next).padStart(12, '0')}","status":"Active","lineItems":[]}`;
      response.writeHead(201, { 'content-type': 'application/json', 'content-length': body.length });
      response.end(body);
    };
    if (latencyMs === 0) answer();
    else setTimeout(answer, latencyMs);
  });
});
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
