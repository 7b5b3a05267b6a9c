import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadOperations } from '../../src/operations/read.ts';
import type { PlannedRecord } from '../../src/plan/plan.ts';
import { writePlan } from '../../src/plan/plan-file.ts';
import { Summary } from '../../src/plan/summary.ts';
import { openBrowser, type Reading, readPage, violations } from './browser.ts';
import { openRig, type Rig, workflows } from './rig.ts';

const nasty = [
  '<script>alert(1)</script>',
  '</script><img src=x onerror=alert(2)>',
  `"quoted" & 'single'`,
  '\u202Egnp.exe\u202C',
  'Plain & Sons',
];

const columns =
  'domain,companyName,firstName,lastName,email,culture,language,country,city,state,postalCode,addressLine1,seats,azure';
const customers = [
  columns,
  ...Array.from({ length: 12 }, (_, index) => {
    const name = (nasty[index] ?? `Company ${index}`).replaceAll('"', '""');
    const seats = index === 7 ? 280 : 5 + (index % 3);
    return `c${index}.onmicrosoft.com,"${name}",Ana,Lind,ana@example.com,en-US,en,US,Seattle,WA,98101,1 Main,${seats},no`;
  }),
  '',
].join('\n');
const users =
  'domain,userPrincipalName,displayName,firstName,lastName,licence\nc4.onmicrosoft.com,eva@c4.onmicrosoft.com,Eva,Eva,Costa,yes\n';
const prices =
  'ProductId,SkuId,SkuTitle,TermDuration,BillingPlan,Market,Currency,UnitPrice\nCFQ7TTC0LCHC,2,Business Premium,P1Y,Monthly,US,USD,221.76\n';

let rig: Rig;
let browser: Browser;
let html: string;

beforeAll(async () => {
  rig = await openRig();
  browser = await openBrowser();
  await rig.write('customers.csv', customers);
  await rig.write('users.csv', users);
  await rig.write('prices.csv', prices);
  const playbook = path.join(workflows, 'onboard-customers/playbook.yaml');
  const input = ['--input', 'customers.csv', '--related', 'users=users.csv'];
  const page = ['--html', 'plan.html', '--prices', 'prices.csv', '--out', 'a.plan'];
  const made = await rig.run(['plan', playbook, ...input, ...page]);
  expect(made, made.stderr).toMatchObject({ status: 0 });
  html = await rig.read('plan.html');
});
afterAll(async () => {
  await browser?.close();
  await rig?.close();
});

const open = (options = {}, file = 'plan.html'): Promise<Reading> =>
  readPage(browser, rig.file(file), options);

describe('the page of a plan', () => {
  it('is one file that only its owner may read, and the same from the plan file', async () => {
    expect((await stat(rig.file('plan.html'))).mode & 0o777).toBe(0o600);
    const again = await rig.run(['report', 'a.plan', '--html', 'again.html', '--prices', 'prices.csv']);
    expect(again, again.stderr).toMatchObject({ status: 0 });
    expect(await rig.read('again.html')).toBe(html);
  });

  it('holds no foreign markup and no secret', () => {
    expect(html).not.toContain('alert(');
    expect(html).not.toContain('\u202E');
    expect(html).not.toContain('Welcome-2026');
    expect(html.match(/<\/script>/gu)).toHaveLength(html.match(/<script/gu)!.length);
    expect(html).not.toMatch(/\son\w+=/u);
  });

  it('runs from disk: nothing is asked of a network, nothing is complained about, foreign text stays text', async () => {
    const { page, complaints, asked, close } = await open();
    for (const key of ['c0', 'c1', 'c2', 'c3']) {
      const button = page.getByRole('button', { name: `${key}.onmicrosoft.com` });
      await button.click();
      await page.getByRole('button', { name: 'Open all steps' }).first().click();
      await button.click();
    }
    await page.getByRole('button', { name: 'c0.onmicrosoft.com' }).click();
    expect(await page.locator('.opened pre').allTextContents()).toEqual(
      expect.arrayContaining([expect.stringContaining('"companyName": "<script>alert(1)</script>"')]),
    );
    await page.getByRole('button', { name: 'c3.onmicrosoft.com' }).click();
    expect(await page.content()).not.toContain('\u202E');
    expect(complaints).toEqual([]);
    expect(asked).toEqual([]);
    await close();
  });

  it('says first what stands out, and leads to it', async () => {
    const { page, close } = await open();
    const card = page.locator('#attention .card').first();
    expect(await card.textContent()).toContain('up to 280 where half of all are');
    await card.getByRole('link', { name: 'c7.onmicrosoft.com' }).click();
    await page.locator('#status', { hasText: '1 record found in 12.' }).waitFor();
    await close();
  });

  it('sums the cost of what it knows', async () => {
    const { page, close } = await open();
    // (280 + 3×5 + 4×6 + 4×7) seats or so: taken from the same rows
    const seats = Array.from({ length: 12 }, (_, index) => (index === 7 ? 280 : 5 + (index % 3))).reduce(
      (a, b) => a + b,
    );
    const sum = (seats * 221.76).toLocaleString('en-US', {
      minimumFractionDigits: 2,
      maximumFractionDigits: 2,
    });
    expect(await page.locator('#cost .sum').first().textContent()).toBe(`${sum} USD`);
    await close();
  });

  it('draws the steps, and says them in words', async () => {
    const { page, close } = await open();
    expect(await page.locator('#steps svg .node').count()).toBe(25);
    expect(await page.locator('#steps .words li').count()).toBe(25);
    await close();
  });

  it('is used by the keyboard: search, filter, open, the exact request', async () => {
    const { page, close } = await open();
    await page.getByRole('searchbox', { name: 'Search' }).focus();
    await page.keyboard.type('eva@c4');
    await page.locator('#status', { hasText: '1 record found in 12.' }).waitFor();
    await page
      .getByRole('button', { name: /known|create/u })
      .first()
      .focus();
    await page.keyboard.press('Space');
    expect(await page.locator('.filters [aria-pressed="true"]').count()).toBe(1);
    const record = page.getByRole('button', { name: 'c4.onmicrosoft.com' });
    await record.focus();
    await page.keyboard.press('Enter');
    expect(await record.getAttribute('aria-expanded')).toBe('true');
    const account = page.locator('.steps summary', { hasText: 'people[eva@c4.onmicrosoft.com].account' });
    await account.focus();
    await page.keyboard.press('Enter');
    const request = page
      .locator('.steps li', { hasText: 'people[eva@c4.onmicrosoft.com].account' })
      .locator('.request');
    expect(await request.textContent()).toContain('POST /v1/customers/{customerId}/users');
    expect(await request.locator('pre').textContent()).toContain('"password": secret, not shown');
    await close();
  });

  it.each(['light', 'dark'] as const)('has nothing that axe-core finds wrong, %s', async (colorScheme) => {
    const { page, close } = await open({ colorScheme });
    await page.getByRole('button', { name: 'c4.onmicrosoft.com' }).click();
    await page.getByRole('button', { name: 'Open all steps' }).click();
    await page.locator('.words summary').click();
    await page.locator('.filters button:visible').first().click();
    expect(await violations(page)).toEqual([]);
    await close();
  });

  it('fits a telephone: the page itself does not scroll sideways', async () => {
    const { page, close } = await open({ viewport: { width: 360, height: 700 } });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    await close();
  });

  it('prints every section, without what is there to be pressed', async () => {
    const { page, close } = await open();
    await page.emulateMedia({ media: 'print' });
    const heads = await page.locator('h2:visible').allTextContents();
    expect(heads.map((text) => text.replace(/ \d+$/u, ''))).toEqual([
      'Look at these first',
      'Totals',
      'Cost',
      'Steps',
      'Records alike',
      'Records',
    ]);
    expect(await page.locator('.records tbody tr:visible').count()).toBe(12);
    expect(await page.locator('.controls:visible, nav:visible').count()).toBe(0);
    await close();
  });
});

describe('a plan of 50,000 records', () => {
  const operations = loadOperations();
  const record = (index: number): PlannedRecord => ({
    index,
    key: `customer-${String(index).padStart(5, '0')}`,
    row: index + 2,
    digest: '0123456789abcdef',
    actions: [
      {
        path: 'seats',
        uses: 'subscriptions.updateQuantity',
        action: index % 10 === 0 ? 'update' : 'unchanged',
        with: { customerId: `id-${index}`, subscriptionId: `sub-${index}`, quantity: (index % 40) + 1 },
        calls: 2,
      },
    ],
  });

  beforeAll(async () => {
    const header = JSON.parse((await readFile(rig.file('a.plan'), 'utf8')).split('\n')[0]!);
    async function* records() {
      for (let index = 0; index < 50_000; index += 1) yield record(index);
    }
    const playbook = { guards: [], limits: { concurrency: 10, perCustomer: 2, operations: {} } } as never;
    await writePlan(rig.file('large.plan'), header, records(), {
      summary: new Summary(playbook, operations, {}),
      planningCalls: () => 0,
    });
    const made = await rig.run(['report', 'large.plan', '--html', 'large.html']);
    expect(made, made.stderr).toMatchObject({ status: 0 });
  });

  it('is a page of a few megabytes with a few rows of it in the document at once', async () => {
    expect((await stat(rig.file('large.html'))).size).toBeLessThan(8_000_000);
    const { page, complaints, close } = await open({}, 'large.html');
    await page.locator('#status', { hasText: '1 to 100 of 50,000 records.' }).waitFor();
    const nodes = () => page.evaluate('document.querySelectorAll("*").length') as Promise<number>;
    expect(await nodes()).toBeLessThan(3_000);
    await page.getByRole('button', { name: 'Last' }).click();
    await page.getByRole('button', { name: 'customer-49990' }).click();
    await page.locator('.opened:visible .steps summary').click();
    expect(await page.locator('.opened:visible .request').textContent()).toContain(
      'PATCH /v1/customers/id-49990/subscriptions/sub-49990',
    );
    expect(await nodes()).toBeLessThan(3_000);
    expect(complaints).toEqual([]);
    await close();
  });

  it('is searched and filtered as a whole', async () => {
    const { page, close } = await open({}, 'large.html');
    await page.getByRole('searchbox').fill('sub-31337');
    await page.locator('#status', { hasText: '1 record found in 50,000.' }).waitFor();
    await page.getByRole('searchbox').fill('');
    await page.getByRole('button', { name: /update/u }).click();
    await page.locator('#status', { hasText: '5,000 records found in 50,000.' }).waitFor();
    await close();
  });

  it('goes onto paper in part, and says so', async () => {
    const { page, close } = await open({}, 'large.html');
    await page.locator('#status', { hasText: 'of 50,000' }).waitFor();
    await page.emulateMedia({ media: 'print' });
    await page.locator('#status', { hasText: '1 to 1,000 of 50,000 records.' }).waitFor();
    await close();
  });
});

describe('what is refused', () => {
  it('a page that cannot be written, a price sheet that is none, prices for nothing', async () => {
    const cannot = await rig.run(['report', 'a.plan', '--html', 'missing/plan.html']);
    expect(cannot).toMatchObject({ status: 1, stderr: expect.stringContaining('cannot write the page') });
    const none = await rig.run(['report', 'a.plan', '--html', 'x.html', '--prices', 'users.csv']);
    expect(none).toMatchObject({ status: 1, stderr: expect.stringContaining('is no price sheet') });
    const nothing = await rig.run(['report', 'a.plan']);
    expect(nothing).toMatchObject({ status: 1, stderr: expect.stringContaining('--html FILE') });
  });
});
