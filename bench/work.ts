/**
 * The work that every peer of the bench does: so many records, five calls each, every call with what the one before it
 * answered. Nothing of it can be looked up, so a plan of it asks for nothing.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { end } from './measure.ts';

export const steps = 5;
export const inFlight = 50;

/** Writes the playbook of that work into a folder. @returns its path */
export function writePlaybook(folder: string): string {
  const step = (index: number) => `  - id: cart${index}
    uses: carts.create
    with:
      customerId: \${{ record.customer }}
      lineItems:
        - { catalogItemId: 'product:sku:availability', quantity: 1, billingCycle: monthly, friendlyName: "${index === 0 ? 'none' : `\${{ steps.cart${index - 1}.id }}`}" }
`;
  const text = `tenantry: 1
name: bench
input:
  key: \${{ record.customer }}
  record: { type: object, required: [customer], properties: { customer: { type: string } } }
limits: { concurrency: ${inFlight}, perCustomer: 1 }
steps:
${Array.from({ length: steps }, (_, index) => step(index)).join('')}`;
  const file = path.join(folder, 'bench.yaml');
  writeFileSync(file, text);
  return file;
}

export function writeInput(folder: string, records: number): string {
  const file = path.join(folder, `${records}.csv`);
  const rows = Array.from({ length: records }, (_, index) => `customer-${index}`);
  writeFileSync(file, `customer\n${rows.join('\n')}\n`);
  return file;
}

/** A server of its own process that answers after so many milliseconds and is not the bottleneck. */
export async function withStub<T>(latencyMs: number, work: (url: string) => Promise<T>): Promise<T> {
  const stub = spawn(process.execPath, [path.join(import.meta.dirname, 'stub.ts'), String(latencyMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [port] = (await once(stub.stdout, 'data')) as [Buffer];
    return await work(`http://127.0.0.1:${port.toString().trim()}`);
  } finally {
    await end(stub);
  }
}
