/**
 * The peer: what a partner writes by hand. undici and p-limit, no state, the same calls with the same
 * concurrency. Prints its wall milliseconds. `node bench/script.ts URL RECORDS STEPS IN_FLIGHT`.
 */
import { randomUUID } from 'node:crypto';
import pLimit from 'p-limit';
import { Agent, request, setGlobalDispatcher } from 'undici';

const [url, records, steps, inFlight] = [
  process.argv[2]!,
  Number(process.argv[3]),
  Number(process.argv[4]),
  Number(process.argv[5]),
];
setGlobalDispatcher(new Agent({ connections: inFlight, pipelining: 1 }));
const limit = pLimit(inFlight);

async function onboard(index: number): Promise<void> {
  let last = 'none';
  for (let step = 0; step < steps; step += 1) {
    const { statusCode, body } = await request(`${url}/v1/customers/customer-${index}/carts`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: 'Bearer ready',
        'ms-requestid': randomUUID(),
        'ms-correlationid': randomUUID(),
      },
      body: JSON.stringify({
        lineItems: [
          {
            catalogItemId: 'product:sku:availability',
            quantity: 1,
            billingCycle: 'monthly',
            friendlyName: last,
          },
        ],
      }),
    });
    const answer = (await body.json()) as { id: string };
    if (statusCode !== 201) throw new Error(`status ${statusCode}`);
    last = answer.id;
  }
}

const start = performance.now();
const cpu = process.cpuUsage();
await Promise.all(Array.from({ length: records }, (_, index) => limit(() => onboard(index))));
const used = process.cpuUsage(cpu);
process.stdout.write(
  `${JSON.stringify({ wallMs: performance.now() - start, cpuMs: (used.user + used.system) / 1000 })}\n`,
);
process.exit(0);
