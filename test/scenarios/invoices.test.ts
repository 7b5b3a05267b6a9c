import { createHash } from 'node:crypto';
import { cp, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addCustomers, call } from './customers.ts';
import { openRig, type Rig, workflows } from './rig.ts';

/** The month's invoices are filed: statements beside the results, totals in them. */

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
  await cp(path.join(workflows, 'monthly-invoices'), rig.file('monthly-invoices'), { recursive: true });
});
afterAll(() => rig.close());

type Row = Readonly<Record<string, string>>;
type Thing = Readonly<Record<string, unknown>>;

/** The rows of a file; outputs go by their own names. */
async function rowsOf(file: string): Promise<readonly Row[]> {
  const columns = (header: string[]) => header.map((name) => name.replace(/^tenantry_/u, ''));
  return parse(await rig.read(file), { columns, bom: true }) as Row[];
}

function apply(input: string, results: string) {
  const args = ['--input', input, '--results', results, '--yes'];
  return rig.run(['apply', 'monthly-invoices/playbook.yaml', ...args]);
}

async function places(domain: string, customerId: string, item: string, quantity: number): Promise<Thing> {
  const [catalogItemId, billingCycle, termDuration] = item.split(' ');
  const line = { catalogItemId, friendlyName: domain, quantity, billingCycle, termDuration };
  const carts = `/v1/customers/${customerId}/carts`;
  const { id } = await call<{ id: string }>(rig, 'POST', carts, { lineItems: [line] });
  const { orders } = await call<{ orders: Thing[] }>(rig, 'POST', `${carts}/${id}/checkout`);
  return orders[0]!;
}

const seats = 'CFQ7TTC0LCHC:0002:CFQ7TTC0SG7B monthly P1Y';
const software = 'DG7GMGF0DWTL:0001:DG7GMGF0DSJB one_time';

describe('the invoices of a month', () => {
  it('are saved as PDFs that are what the results say, with the totals of the service', async () => {
    const applied = await apply('monthly-invoices/invoices.csv', 'filed');
    expect(applied.status, applied.stderr).toBe(0);
    const rows = await rowsOf('monthly-invoices/invoices.csv');
    const results = await rowsOf('filed/results.csv');
    expect(results.map(({ invoiceId }) => invoiceId).toSorted()).toEqual(
      rows.map(({ invoiceId }) => invoiceId).toSorted(),
    );
    for (const { invoiceId, month, total, statement, sha256 } of results) {
      expect(statement).toBe(`statements/${month}/${invoiceId}.pdf`);
      const pdf = await readFile(rig.file(`filed/${statement}`));
      expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
      expect(pdf.toString('latin1')).toContain(
        `Total ${rows.find((row) => row.invoiceId === invoiceId)!.currency} ${Number(total).toFixed(2)}`,
      );
      expect(createHash('sha256').update(pdf).digest('hex')).toBe(sha256);
      expect((await stat(rig.file(`filed/${statement}`))).mode & 0o777).toBe(0o600);
      const { totalCharges } = await call<{ totalCharges: number }>(rig, 'GET', `/v1/invoices/${invoiceId}`);
      expect(Number(total)).toBe(totalCharges);
    }
  });

  it('are not written over by a later run into the same folder', async () => {
    const again = await apply('monthly-invoices/invoices.csv', 'filed');
    expect(again.status).toBe(3);
    expect(await rig.read('filed/failed.csv')).toMatch(/older than this run/u);
  });

  it('fail where another total was booked, and keep their statement', async () => {
    await rig.write('wrong.csv', 'invoiceId,month,currency,booked\nD0302100FH,2025-10,USD,7450\n');
    const applied = await apply('wrong.csv', 'wrong');
    expect(applied.status).toBe(3);
    expect(await rig.read('wrong/failed.csv')).toContain('7450 was booked');
    expect((await readFile(rig.file('wrong/statements/2025-10/D0302100FH.pdf'))).length).toBeGreaterThan(500);
  });

  it('are never filed outside the results', async () => {
    await rig.write(
      'out.yaml',
      (await rig.read('monthly-invoices/playbook.yaml')).replace(
        'saveAs: statements',
        'saveAs: ../statements',
      ),
    );
    const refused = await rig.run(['validate', 'out.yaml']);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("'saveAs' names no file below the results folder");
  });
});

describe('what was ordered', () => {
  it('is open until its month is over, then on an invoice whose total is the sum of its lines', async () => {
    const ids = await addCustomers(rig, [
      { domain: 'larchbooks.onmicrosoft.com', country: 'US' },
      { domain: 'ahornwerk.onmicrosoft.com', country: 'DE' },
    ]);
    await rig.behave({ requireAgreement: false });
    for (const [domain, id] of ids) {
      await places(domain, id, seats, 12);
      await places(domain, id, software, 2);
    }
    const query = 'provider=onetime&invoicelineitemtype=billinglineitems&currencycode=eur&period=current';
    const { items: open } = await call<{ items: Thing[] }>(
      rig,
      'GET',
      `/v1/invoices/unbilled/lineitems?${query}`,
    );
    expect(open.map(({ customerDomainName }) => customerDomainName)).toEqual(
      Array(2).fill('ahornwerk.onmicrosoft.com'),
    );

    await rig.behave({ aheadSeconds: 40 * 24 * 3600 });
    await call(rig, 'GET', '/v1/invoices');
    const state = await rig.state();
    const orders = state.orders!.map(({ id }) => String(id));
    const invoices = state.invoices!.filter((invoice) =>
      (invoice.orders as string[]).some((id) => orders.includes(id)),
    );
    expect(invoices.flatMap((invoice) => invoice.orders as string[]).toSorted()).toEqual(orders.toSorted());
    expect(invoices.map(({ type, currency }) => `${type} ${currency}`).toSorted()).toEqual([
      'OneTime EUR',
      'OneTime USD',
      'Recurring EUR',
      'Recurring USD',
    ]);
    for (const { id, type, total } of invoices) {
      const provider = type === 'Recurring' ? 'Office' : 'OneTime';
      const lines = await call<{ items: Thing[] }>(
        rig,
        'GET',
        `/v1/invoices/${id}/lineitems?provider=${provider}&invoicelineitemtype=BillingLineItems`,
      );
      const sum = lines.items.reduce((all, line) => all + Number(line.totalForCustomer), 0);
      expect(sum).toBeCloseTo(Number(total), 2);
    }
    const [customerId] = ids.values();
    const costs = await call<{ details: { summary: { afterTaxTotal: number } }[] }>(
      rig,
      'GET',
      `/v1/customers/${customerId}/servicecosts/MostRecent`,
    );
    // Twelve seats at 22 and two licence packs at 3945, without tax in the United States.
    expect(costs.details.map(({ summary }) => summary.afterTaxTotal)).toEqual([264, 7890]);
  });
});
