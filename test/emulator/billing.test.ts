import { afterAll, describe, expect, it } from 'vitest';
import { readyToken, startEmulator } from '../../src/emulator/server.ts';
import { loadOperations } from '../../src/operations/read.ts';
import { makeClient } from '../../src/partner-center/client.ts';
import { resolveTarget } from '../../src/partner-center/clouds.ts';
import { realWorld } from '../../src/world/real.ts';

/** The pages of what is billed, as the client follows them: by offset and by a token in a header. */

const operations = loadOperations();
const emulator = await startEmulator({ pageLimit: 2 }, operations);
const world = realWorld();
afterAll(async () => {
  await world.transport.close();
  await emulator.close();
});
const found = resolveTarget(emulator.url);
if (!found.ok) throw new Error('no target');
const token = async () => readyToken;
const client = makeClient({
  world,
  target: found.value,
  tokens: { signIns: ['app+user'], get: token, renew: token },
  application: 'test',
});

async function list(name: string, input: Readonly<Record<string, unknown>> = {}) {
  const answer = await client.call(operations.get(name)!, input, { requestId: 'r' });
  if (answer.type !== 'ok') throw new Error(`${name} is answered with ${JSON.stringify(answer)}`);
  return (answer.result as { readonly items: readonly Readonly<Record<string, unknown>>[] }).items;
}

describe('pages', () => {
  it('of invoices hold each once', async () => {
    const ids = (await list('invoices.list')).map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(50);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('of invoices may be those since a day', async () => {
    const filter = JSON.stringify({
      Field: 'InvoiceDate',
      Value: '2025-10-01',
      Operator: 'greater_than_or_equals',
    });
    const dates = (await list('invoices.list', { filter })).map(({ invoiceDate }) => String(invoiceDate));
    expect(dates.length).toBeGreaterThan(5);
    expect(dates.filter((date) => date < '2025-10-01')).toEqual([]);
  });

  it.each([
    [
      'invoices.listLineItems',
      { invoiceId: 'D02005YFHI', provider: 'Office', lineItemType: 'BillingLineItems' },
    ],
    ['invoices.listOneTimeLineItems', { invoiceId: 'G000024135' }],
    [
      'invoices.listLineItemsByPath',
      {
        invoiceId: 'OneTime-G000024135',
        billingProvider: 'OneTime',
        invoiceLineItemType: 'BillingLineItems',
      },
    ],
  ])('of %s hold each line once', async (name, input) => {
    const orders = (await list(name, input)).map(({ orderId }) => orderId);
    expect(orders).toHaveLength(3);
    expect(new Set(orders).size).toBe(3);
  });

  it('of the balance add up to the invoices, currency by currency', async () => {
    const invoices = await list('invoices.list');
    for (const { currencyCode, balanceAmount } of await list('invoices.listSummaries')) {
      const own = invoices.filter((invoice) => invoice.currencyCode === currencyCode);
      const unpaid = own.reduce(
        (sum, { totalCharges, paidAmount }) => sum + Number(totalCharges) - Number(paidAmount),
        0,
      );
      expect(balanceAmount).toBeCloseTo(unpaid, 2);
    }
  });
});
