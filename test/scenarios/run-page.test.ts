import { stat } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, readPage, violations } from './browser.ts';
import { type Finished, openRig, type Rig } from './rig.ts';

const playbook = `
tenantry: 1
name: make-customers
parameters:
  password: { type: string, secret: true, default: Quite-Secret-2026 }
input:
  key: \${{ record.domain }}
  record:
    type: object
    required: [domain, companyName, seats]
    properties: { domain: { type: string }, companyName: { type: string }, seats: { type: integer } }
limits: { concurrency: 4, maxFailures: 100% }
steps:
  - id: few
    uses: assert
    with:
      check: \${{ record.seats <= 10 }}
      message: '\${{ record.companyName }} at \${{ record.domain }} has too many seats: \${{ record.seats }}'
  - id: customer
    uses: customers.create
    with:
      companyProfile: { domain: '\${{ record.domain }}' }
      billingProfile:
        companyName: \${{ record.companyName }}
        firstName: Ana
        lastName: Lind
        email: ana@example.com
        culture: en-US
        language: en
        defaultAddress:
          { firstName: Ana, lastName: Lind, country: US, city: Seattle, state: WA, postalCode: '98101', addressLine1: 1 Main }
  - id: user
    uses: users.create
    with:
      customerId: \${{ steps.customer.id }}
      userPrincipalName: ana@\${{ record.domain }}
      displayName: Ana
      usageLocation: US
      passwordProfile: { password: '\${{ params.password }}', forceChangePassword: true }
  - id: order
    if: \${{ record.seats > 0 }}
    uses: orders.create
    with:
      customerId: \${{ steps.customer.id }}
      billingCycle: monthly
      lineItems: [{ lineItemNumber: 0, offerId: 195416C1-3447-423A-B37B-EE59A99A19C4, quantity: '\${{ record.seats }}' }]
`;
/** Two are refused by the check, three orders are never answered, seven have nothing to order. */
const seats = [50, 60, 5, 5, 5, 0, 0, 0, 0, 0, 0, 0];
const rows = seats.map(
  (n, index) => `c${index}.onmicrosoft.com,<img src=x onerror=alert(${index})> ${index},${n}`,
);

let rig: Rig;
let browser: Browser;
let applied: Finished;

beforeAll(async () => {
  rig = await openRig(['--faults', 'lost-answer=1@orders.create']);
  browser = await openBrowser();
  await rig.write('playbook.yaml', playbook);
  await rig.write('customers.csv', ['domain,companyName,seats', ...rows, ''].join('\n'));
  applied = await rig.run(['apply', 'playbook.yaml', '--input', 'customers.csv', '--yes']);
  expect(applied, applied.stderr).toMatchObject({ status: 3 });
  const reported = await rig.run(['report', '--html', 'run.html']);
  expect(reported, reported.stderr).toMatchObject({ status: 0 });
});
afterAll(async () => {
  await browser?.close();
  await rig?.close();
});

describe('report of a run', () => {
  it('says as text how it ended, each cause once, what to do, and how long requests took', async () => {
    const { stdout, status } = await rig.run(['report']);
    expect(status).toBe(0);
    expect(stdout).toContain('12 records: 7 succeeded, 2 failed, 3 in doubt.');
    expect(stdout).toMatch(/3 in doubt: orders\.create was sent/u);
    expect(stdout.match(/2 failed: .*too many seats/gu)).toHaveLength(1);
    expect(stdout).toMatch(/customers\.create +10 +0 +0 +0 +\d+ +\d+ +\d+/u);
    expect(stdout).toMatch(/orders\.create +3 +0 +0 +3 /u);
    expect(stdout).toMatch(/tenantry show \S+ --failed/u);
  });

  it('is one JSON document', async () => {
    const { stdout } = await rig.run(['report', '--json']);
    const { run, causes, operations, timeline } = JSON.parse(stdout);
    expect(run.records).toMatchObject({ total: 12, succeeded: 7, failed: 2, inDoubt: 3 });
    expect(
      causes.map(({ outcome, records }: { outcome: string; records: number }) => [outcome, records]),
    ).toEqual([
      ['inDoubt', 3],
      ['failed', 2],
    ]);
    const users = operations.find(({ operation }: { operation: string }) => operation === 'users.create');
    expect(users).toMatchObject({ requests: 10, ok: 10, medianMs: expect.any(Number) });
    const answers = timeline.reduce((sum: number, { ok }: { ok: number }) => sum + ok, 0);
    expect(answers).toBe(20);
  });

  it('of a run that there is not is refused, and prices are for plans', async () => {
    expect(await rig.run(['report', 'nothing'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('RUN_UNKNOWN'),
    });
    expect(await rig.run(['report', '--prices', 'x.csv'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('plan files'),
    });
  });
});

describe('the page of a run', () => {
  it('is readable by its owner only, holds no foreign markup and no secret', async () => {
    expect((await stat(rig.file('run.html'))).mode & 0o777).toBe(0o600);
    const html = await rig.read('run.html');
    expect(html).toContain('&lt;img src=x');
    expect(html).not.toContain('<img');
    expect(html).not.toContain('Quite-Secret');
  });

  it('runs from disk: causes lead to their records, and those to what was sent and answered', async () => {
    const { page, complaints, asked, close } = await readPage(browser, rig.file('run.html'));
    await page.locator('#causes').getByRole('link', { name: 'c2.onmicrosoft.com' }).click();
    await page.locator('#status', { hasText: '1 record found in 12.' }).waitFor();
    await page.getByRole('button', { name: 'c2.onmicrosoft.com' }).click();
    await page.getByRole('button', { name: 'Open all steps' }).click();
    const steps = page.locator('.steps > li');
    expect(await steps.locator('.word').allTextContents()).toEqual([
      'not journaled',
      'succeeded',
      'succeeded',
      'in doubt',
    ]);
    expect(await steps.nth(2).locator('pre').textContent()).toContain('"password": secret, not shown');
    expect(await steps.nth(3).textContent()).toContain('"quantity": 5');
    expect(await steps.nth(3).locator('.log').textContent()).toMatch(
      /sent as [0-9a-f-]{36}, attempt 1.*no answer/su,
    );
    expect(complaints).toEqual([]);
    expect(asked).toEqual([]);
    await close();
  });

  it('filters by how records ended', async () => {
    const { page, close } = await readPage(browser, rig.file('run.html'));
    await page.getByRole('button', { name: 'failed 2' }).click();
    await page.locator('#status', { hasText: '2 records found in 12.' }).waitFor();
    expect(await page.locator('.records tbody tr:visible').first().textContent()).toContain(
      '<img src=x onerror=alert(0)> 0',
    );
    await close();
  });

  it.each(['light', 'dark'] as const)('has nothing that axe-core finds wrong, %s', async (colorScheme) => {
    const { page, close } = await readPage(browser, rig.file('run.html'), { colorScheme });
    await page.getByRole('button', { name: 'c2.onmicrosoft.com' }).click();
    await page.getByRole('button', { name: 'Open all steps' }).click();
    await page.locator('#timeline summary').click();
    expect(await violations(page)).toEqual([]);
    await close();
  });

  it('prints every section, and fits a telephone', async () => {
    const { page, close } = await readPage(browser, rig.file('run.html'), {
      viewport: { width: 360, height: 700 },
    });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('h2:visible').allTextContents()).toEqual([
      'What went wrong',
      'Timeline',
      'Requests by operation',
      'Records 12',
    ]);
    expect(await page.locator('.records tbody tr:visible').count()).toBe(12);
    await close();
  });
});
