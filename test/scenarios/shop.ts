import { cp } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { applied, type Row, requestsOf, rowsOf } from './applied.ts';
import { addCustomers, call } from './customers.ts';
import { openRig, type Rig, workflows } from './rig.ts';

export type Thing = Readonly<Record<string, unknown>>;

/** Customers of some workflows' samples, who buy things; the workflows that are run for them, and what they then have. */
export interface Shop {
  readonly rig: Rig;
  /** Rows of a workflow's sample. */
  rows(workflow: string): readonly Row[];
  run(workflow: string): Promise<void>;
  /** Runs it while half the answers of some operations get lost on the way. */
  runLosing(workflow: string, ...operations: readonly string[]): Promise<void>;
  /** Runs it and expects that nothing is bought or changed. */
  sendsNothing(workflow: string): Promise<void>;
  /** Orders one line for a customer; the subscription that it gives. */
  order(domain: string, offerId: string, quantity: number, billingCycle?: string): Promise<string>;
  /** What the emulator holds of a kind for a customer. */
  kept(kind: string, domain: string): Promise<readonly Thing[]>;
  /** The customer's own address. */
  of(domain: string): string;
}

/** Opens a rig with the workflows and their samples' customers. */
export async function openShop(inputs: Readonly<Record<string, string>>): Promise<Shop> {
  const rig = await openRig();
  await rig.behave({ requireAgreement: false, provisioningPolls: 0 });
  const lists = new Map<string, readonly Row[]>();
  for (const [name, input] of Object.entries(inputs)) {
    await cp(path.join(workflows, name), rig.file(name), { recursive: true });
    lists.set(name, rowsOf(await rig.read(`${name}/${input}`)));
  }
  const countries = new Map<string, string>();
  for (const row of [...lists.values()].flat())
    countries.set(row.domain!, row.country ?? countries.get(row.domain!) ?? 'US');
  const ids = await addCustomers(
    rig,
    [...countries].map(([domain, country]) => ({ domain, country })),
  );
  const of = (domain: string) => `/v1/customers/${ids.get(domain)}`;
  const run = async (name: string) => {
    await applied(rig, `${name}/playbook.yaml`, `${name}/${inputs[name]}`);
  };
  return {
    rig,
    rows: (name) => lists.get(name) ?? [],
    run,
    runLosing: async (name, ...operations) => {
      await rig.behave({ faults: operations.map((operation) => `lost-answer=0.5@${operation}`).join(',') });
      await run(name);
      expect((await rig.stats()).faults).toMatchObject({ 'lost-answer': expect.any(Number) });
      await rig.behave({ faults: '' });
    },
    sendsNothing: async (name) => {
      const before = await writesOf(rig);
      expect(before).toBeGreaterThan(0);
      await run(name);
      expect(await writesOf(rig)).toBe(before);
    },
    order: async (domain, offerId, quantity, billingCycle = 'monthly') => {
      const placed = await call<{ lineItems: readonly [{ subscriptionId: string }] }>(
        rig,
        'POST',
        `${of(domain)}/orders`,
        { billingCycle, lineItems: [{ lineItemNumber: 0, offerId, quantity }] },
      );
      return placed.lineItems[0].subscriptionId;
    },
    kept: async (kind, domain) =>
      ((await rig.state())[kind] ?? []).filter(({ customerId, referenceCustomerId }) =>
        [customerId, referenceCustomerId].includes(ids.get(domain)),
      ),
    of,
  };
}

/** How many requests that buy or change something were sent. */
async function writesOf(rig: Rig): Promise<number> {
  return Object.entries(await requestsOf(rig))
    .filter(([name]) =>
      /^(?:carts|orders\.(?:add|create)|subscriptions\.(?:cancel|convertTrial|transition|upgrade)$|productUpgrades\.create)/u.test(
        name,
      ),
    )
    .reduce((sum, [, count]) => sum + count, 0);
}
