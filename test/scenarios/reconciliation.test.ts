import { cp, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from './customers.ts';
import { openRig, type Rig, workflows } from './rig.ts';

/** The charges behind invoices come home as files, from a storage that must never see a token. */

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
  await cp(path.join(workflows, 'reconcile-billing'), rig.file('reconcile-billing'), { recursive: true });
});
afterAll(() => rig.close());

type Row = Readonly<Record<string, string>>;

/** The rows of a file; outputs go by their own names. */
async function rowsOf(file: string): Promise<readonly Row[]> {
  const columns = (header: string[]) => header.map((name) => name.replace(/^tenantry_/u, ''));
  return parse(await rig.read(file), { columns, bom: true }) as Row[];
}

/** The lines of every file that was saved for an invoice. */
async function linesOf(kind: string, { currency, invoiceId }: Row, names: readonly string[]) {
  const files = names.map((name) => rig.file(`home/${kind}/${currency}/${invoiceId}/${name}`));
  const texts = await Promise.all(files.map(async (file) => gunzipSync(await readFile(file)).toString()));
  return texts
    .join('')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}

async function filesOf(kind: string, { currency, invoiceId }: Row): Promise<readonly string[]> {
  return readdir(rig.file(`home/${kind}/${currency}/${invoiceId}`)).catch(() => []);
}

describe('reconcile billing', () => {
  it('saves the charges of every invoice, whole, over as many files as the export has', async () => {
    await rig.behave({ pageLimit: 1, exportPolls: 1 });
    const args = ['--input', 'reconcile-billing/invoices.csv', '--results', 'home', '--yes'];
    const applied = await rig.run(['apply', 'reconcile-billing/playbook.yaml', ...args]);
    expect(applied.status, applied.stderr).toBe(0);
    await rig.behave({ pageLimit: 500 });
    const rows = await rowsOf('reconcile-billing/invoices.csv');
    const results = await rowsOf('home/results.csv');
    expect(results).toHaveLength(rows.length);
    const balances = await call<{ items: { currencyCode: string; balanceAmount: number }[] }>(
      rig,
      'GET',
      '/v1/invoices/summaries',
    );
    for (const row of results) {
      const names = await filesOf('charges', row);
      const lines = await linesOf('charges', row, names);
      expect(names.length, row.invoiceId).toBe(Number(row.files));
      expect(lines).toHaveLength(names.length); // a file a line, since pages are of one
      expect(lines.reduce((sum, line) => sum + Number(line.Total), 0)).toBeCloseTo(Number(row.total), 2);
      expect(new Set(lines.map(({ InvoiceNumber }) => InvoiceNumber))).toEqual(new Set([row.invoiceId]));
      const { balanceAmount } = balances.items.find(({ currencyCode }) => currencyCode === row.currency)!;
      expect(Number(row.unpaid)).toBe(balanceAmount);
      const wantsUsage = rows.find(({ invoiceId }) => invoiceId === row.invoiceId)!.usage === 'true';
      expect((await filesOf('usage', row)).length > 0, `use of ${row.invoiceId}`).toBe(wantsUsage);
    }
  });

  it('keeps the key of the storage out of state, results and output', async () => {
    const { status, stdout } = await rig.run(['export', '--results', 'again']);
    expect(status).toBe(0);
    const state = (await readFile(rig.file('.tenantry/state.db'))).toString('latin1');
    for (const text of [stdout, state, await rig.read('again/results.csv')])
      expect(text).not.toMatch(/[?&]?sig=/u);
  });

  it('says what the service says where there is nothing to export', async () => {
    await rig.write('none.yaml', lonely);
    await rig.write('none.csv', 'invoiceId\nG000000000\n');
    const applied = await rig.run([
      'apply',
      'none.yaml',
      '--input',
      'none.csv',
      '--results',
      'none',
      '--yes',
    ]);
    expect(applied.status).toBe(3);
    expect(await rig.read('none/failed.csv')).toMatch(/the service says failed/u);
  });
});

const lonely = `
tenantry: 1
name: none
input:
  key: \${{ record.invoiceId }}
  record: { type: object, required: [invoiceId], properties: { invoiceId: { type: string } } }
steps:
  - id: export
    uses: reconciliation.exportBilled
    with: { invoiceId: "\${{ record.invoiceId }}" }
`;
