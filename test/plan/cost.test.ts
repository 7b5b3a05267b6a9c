import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Costs } from '../../src/plan/cost.ts';
import { amountOf, moneyText } from '../../src/plan/money.ts';
import type { PlannedAction, PlannedRecord } from '../../src/plan/plan.ts';
import { type PriceSheet, readPriceSheet } from '../../src/plan/prices.ts';

/** Columns as the page new-commerce-price-lists has them; SkuId as a spreadsheet left it. */
const sheetText = `ProductTitle,ProductId,SkuId,SkuTitle,Publisher,SkuDescription,UnitOfMeasure,TermDuration,BillingPlan,Market,Currency,UnitPrice,PricingTierRangeMin,PricingTierRangeMax,EffectiveStartDate,EffectiveEndDate,Tags,ERP Price,Segment
Microsoft 365 Business Basic,CFQ7TTC0LH18,1,Business Basic,Microsoft Corporation,"Best, for mail",,P1Y,Annual,US,USD,57.6,,,2/1/2023 0:00,11/30/9999 23:59,License,72,Commercial
Microsoft 365 Business Basic,CFQ7TTC0LH18,1,Business Basic,Microsoft Corporation,"Best, for mail",,P1Y,Monthly,US,USD,60.48,,,2/1/2023 0:00,11/30/9999 23:59,License,72,Commercial
Microsoft 365 Business Basic,CFQ7TTC0LH18,1,Business Basic,Microsoft Corporation,"Best, for mail",,P1Y,Monthly,US,USD,48,,,2/1/2020 0:00,2/1/2023 0:00,License,60,Commercial
Microsoft 365 Business Basic,CFQ7TTC0LH18,1,Business Basic,Microsoft Corporation,"Best, for mail",,P1M,Monthly,US,USD,5.76,,,2/1/2023 0:00,11/30/9999 23:59,License,7.2,Commercial
Power BI,CFQ7TTC0H6RP,0002,Power BI,Microsoft Corporation,,,P1Y,Monthly,US,USD,10,,,2021-10-01T00:00:00.0000000Z,9999-11-30T23:59:59.0000000Z,,12,Commercial
Power BI,CFQ7TTC0H6RP,0002,Power BI,Microsoft Corporation,,,P1Y,Monthly,US,USD,2,,,2021-10-01T00:00:00.0000000Z,9999-11-30T23:59:59.0000000Z,,3,Education
Tiered,CFQ7TTC0TIER,0001,Tiered,Microsoft Corporation,,,P1Y,Annual,US,USD,10,1,99,2021-10-01T00:00:00.0000000Z,9999-11-30T23:59:59.0000000Z,,12,Commercial
Tiered,CFQ7TTC0TIER,0001,Tiered,Microsoft Corporation,,,P1Y,Annual,US,USD,8,100,,2021-10-01T00:00:00.0000000Z,9999-11-30T23:59:59.0000000Z,,12,Commercial
Windows Server,DG7GMGF0D5SL,0007,CAL,Microsoft,,,OneTime,,US,EUR,30.05,,,2021-10-01T00:00:00.0000000Z,9999-11-30T23:59:59.0000000Z,,12,Commercial
`;

const at = Date.UTC(2026, 10, 24);
let folder: string;
let sheet: PriceSheet;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tenantry-prices-'));
  await writeFile(path.join(folder, 'prices.csv'), sheetText);
  sheet = await readPriceSheet(path.join(folder, 'prices.csv'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Line = Readonly<Record<string, unknown>>;

function cart(
  lineItems: unknown,
  more: readonly Partial<PlannedAction>[] = [{ uses: 'carts.checkout', action: 'act' }],
) {
  const actions = [{ path: 'cart', uses: 'carts.create', with: { customerId: 'x', lineItems } }, ...more];
  return {
    index: 0,
    key: 'contoso',
    row: 2,
    digest: '',
    actions: actions.map((action) => ({ path: 'order', uses: '', action: 'create', calls: 1, ...action })),
  } as PlannedRecord;
}

const line = (catalogItemId: unknown, quantity: unknown, more: Line = {}): Line => ({
  catalogItemId,
  quantity,
  ...more,
});
const basic = (quantity: number, more: Line = { termDuration: 'P1Y', billingCycle: 'annual' }) =>
  line('CFQ7TTC0LH18:0001:CFQ7TTC0K97G', quantity, more);

function costOf(records: readonly PlannedRecord[], prices: PriceSheet | undefined = sheet) {
  const costs = new Costs(prices, at);
  for (const record of records) costs.add(record);
  return costs.finish();
}

describe('what a plan costs', () => {
  it('is unit price × quantity, the unit price being for the whole term', () => {
    const cost = costOf([cart([basic(10)]), cart([basic(25)])]);
    expect(cost.lines).toMatchObject([
      {
        item: 'CFQ7TTC0LH18:0001',
        title: 'Business Basic',
        unitPrice: '57.60',
        quantity: 35,
        total: '2,016.00',
        purchases: 2,
      },
    ]);
    expect(cost.totals).toEqual([{ currency: 'USD', certain: '2,016.00' }]);
    expect(cost.unknown).toEqual([]);
  });

  it('tells billing plans, terms and dates apart', () => {
    const cost = costOf([
      cart([
        basic(1, { termDuration: 'P1Y', billingCycle: 'monthly' }),
        basic(1, { termDuration: 'P1M', billingCycle: 'monthly' }),
      ]),
    ]);
    expect(cost.lines.map(({ total }) => total)).toEqual(['60.48', '5.76']);
  });

  it('takes the tier of the quantity', () => {
    const tiered = (quantity: number) =>
      cart([line('CFQ7TTC0TIER:0001:A', quantity, { termDuration: 'P1Y', billingCycle: 'annual' })]);
    expect(costOf([tiered(99), tiered(100)]).lines.map(({ total }) => total)).toEqual(['990.00', '800.00']);
  });

  it('sums each currency by itself', () => {
    const cost = costOf([cart([basic(1), line('DG7GMGF0D5SL:0007:A', 2, { billingCycle: 'one_time' })])]);
    expect(cost.totals).toEqual([
      { currency: 'EUR', certain: '60.10' },
      { currency: 'USD', certain: '57.60' },
    ]);
  });

  it('keeps what may not happen apart', () => {
    const record = cart([basic(1)]);
    const [first, ...others] = record.actions;
    const perhaps = { ...record, actions: [{ ...first!, action: 'conditional' as const }, ...others] };
    expect(costOf([record, perhaps]).totals).toEqual([
      { currency: 'USD', certain: '57.60', conditional: '57.60' },
    ]);
  });

  it('knows product and SKU of an availability that is read when applied', () => {
    const read = { path: 'availability', uses: 'availabilities.listForCustomer', action: 'read' as const };
    const record = cart(
      [line({ $unknown: 'steps.availability' }, 3, { termDuration: 'P1Y', billingCycle: 'annual' })],
      [
        { ...read, with: { productId: 'CFQ7TTC0LH18', skuId: '0001' } },
        { uses: 'carts.checkout', action: 'act' },
      ],
    );
    expect(costOf([record]).totals).toEqual([{ currency: 'USD', certain: '172.80' }]);
  });

  it('counts no cart that is not checked out, and nothing that is not sent', () => {
    expect(costOf([cart([basic(1)], [])])).toEqual({ sheet: sheet.file, lines: [], totals: [], unknown: [] });
    expect(costOf([cart([basic(1)], [{ uses: 'carts.checkout', action: 'skip' }])]).lines).toEqual([]);
  });
});

describe('what is not known', () => {
  const why = (record: PlannedRecord, prices?: PriceSheet) =>
    costOf([record], prices).unknown.map((one) => one.why);

  it('is said with its reason, never guessed', () => {
    expect(
      why(cart([line('CFQ7TTC0H6RP:0002:A', 5, { termDuration: 'P1Y', billingCycle: 'monthly' })])),
    ).toEqual(['the price sheet has several prices of CFQ7TTC0H6RP:0002: segment Commercial or Education']);
    expect(why(cart([line('CFQ7TTC0NONE:0001:A', 5)]))).toEqual(['the price sheet has no CFQ7TTC0NONE:0001']);
    expect(why(cart([basic(1, { termDuration: 'P3Y', billingCycle: 'annual' })]))).toEqual([
      'the price sheet has no price of CFQ7TTC0LH18:0001 for the term P3Y',
    ]);
    expect(why(cart([line('195416c1-3447-423a-b37b-ee59a99a19c4', 5)]))).toEqual([
      'classic offers are in no price sheet',
    ]);
    expect(why(cart([line({ $unknown: 'steps.sku' }, 5)]))).toEqual([
      'what is bought is known only after apply',
    ]);
    expect(why(cart({ $unknown: 'steps.lines' }))).toEqual(['its lines are known only after apply']);
    expect(
      why(
        cart([basic(1)], [{ uses: 'subscriptions.updateQuantity', action: 'update', with: { quantity: 7 } }]),
      ),
    ).toEqual(['the request names the subscription, not the product']);
  });

  it('is everything where there is no price sheet', () => {
    const costs = new Costs(undefined, at);
    costs.add(cart([basic(4)]));
    expect(costs.finish()).toMatchObject({
      totals: [],
      unknown: [
        { what: 'CFQ7TTC0LH18:0001', why: 'no price sheet was given', quantity: 4, examples: ['contoso'] },
      ],
    });
  });
});

describe('a price sheet', () => {
  const refused = async (text: string) => {
    const file = path.join(folder, 'bad.csv');
    await writeFile(file, text);
    return readPriceSheet(file).catch((error: { diagnostics: unknown }) => error.diagnostics);
  };

  it('is refused where it is none, or a price is no number', async () => {
    expect(await refused('a,b\n1,2\n')).toMatchObject([{ code: 'INPUT_HEADER' }]);
    expect(await refused('ProductId,SkuId,Currency,UnitPrice\nA,1,USD,free\n')).toMatchObject([
      { code: 'INPUT_CELL', cell: { row: 2, column: 'UnitPrice', value: 'free' } },
    ]);
  });
});

describe('money', () => {
  it('is added without drifting', () => {
    const tenth = amountOf('0.1')!;
    expect(moneyText(tenth * 3n)).toBe('0.30');
    expect(moneyText(amountOf('0.000004')! * 1_000_000n)).toBe('4.00');
    expect(moneyText(amountOf('1234567.125')!)).toBe('1,234,567.125');
    expect(['', '1e3', '-1', '1,5'].map(amountOf)).toEqual([undefined, undefined, undefined, undefined]);
  });
});
