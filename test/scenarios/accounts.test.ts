import { cp } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from './customers.ts';
import { type Finished, openRig, type Rig, workflows } from './rig.ts';

/** A provider looks after its own account: its profiles, its resellers, and what was done in its name. */

let rig: Rig;
beforeAll(async () => {
  rig = await openRig(['--profile', 'provider']);
  for (const name of ['update-profiles', 'indirect-resellers', 'audit-export'])
    await cp(path.join(workflows, name), rig.file(name), { recursive: true });
});
afterAll(() => rig.close());

type Row = Readonly<Record<string, string>>;
type Thing = Readonly<Record<string, unknown>>;

async function rowsOf(file: string): Promise<readonly Row[]> {
  return parse(await rig.read(file), { columns: true, bom: true }) as Row[];
}

async function apply(name: string, input: string): Promise<Finished> {
  const playbook = path.join(name, 'playbook.yaml');
  const results = ['--results', `${name}-results`];
  const finished = await rig.run(['apply', playbook, '--input', path.join(name, input), '--yes', ...results]);
  expect(finished.stderr).not.toMatch(/failed:|in doubt:/u);
  expect(finished.status, finished.stderr).toBe(0);
  return finished;
}

async function countOf(pattern: RegExp): Promise<number> {
  const { perOperation } = (await rig.stats()) as unknown as { perOperation: Record<string, number> };
  return Object.entries(perOperation)
    .filter(([name]) => pattern.test(name))
    .reduce((sum, [, count]) => sum + count, 0);
}

describe('the partner’s profiles', () => {
  const profile = async (name: string) =>
    (await rig.state()).profiles!.find((one) => one.profile === name) as Thing;

  it('become what the row of the account that is signed in to says', async () => {
    const before = await call<Thing>(rig, 'GET', '/v1/profiles/legalbusiness');
    const { stdout } = await apply('update-profiles', 'accounts.csv');
    expect(stdout, 'the plan names each change').toContain('telephone: "4255555555" → "+1 425 555 0140"');
    expect(stdout).toContain('primaryContact.lastName: "Burk" → "Delgado"');
    const [row] = (await rowsOf('update-profiles/accounts.csv')) as [Row];
    expect(await profile('support')).toMatchObject({
      email: row.supportEmail,
      telephone: row.supportTelephone,
      website: row.supportWebsite,
    });
    expect(await profile('billing')).toMatchObject({
      primaryContact: {
        firstName: row.billingFirstName,
        lastName: row.billingLastName,
        email: row.billingEmail,
        phoneNumber: row.billingPhone,
      },
      purchaseOrderNumber: row.purchaseOrderNumber,
      taxId: '12-345678',
    });
    const { firstName, lastName, email, phoneNumber } = (await profile('legalBusiness'))
      .primaryContact as Row;
    expect([firstName, lastName, email, phoneNumber]).toEqual([
      row.legalFirstName,
      row.legalLastName,
      row.legalEmail,
      row.legalPhone,
    ]);
    expect((await profile('legalBusiness')).address, 'what the file does not name').toEqual(before.address);
  });

  it('are not sent again where nothing differs, and rows of other accounts never', async () => {
    const sent = await countOf(/^profiles\.update/u);
    expect(sent).toBe(3);
    const { stdout } = await apply('update-profiles', 'accounts.csv');
    expect(stdout).toContain('3 unchanged');
    expect(await countOf(/^profiles\.update/u)).toBe(sent);
  });

  it('are refused with an etag that is not the newest', async () => {
    const read = await call<Thing>(rig, 'GET', '/v1/profiles/billing');
    await call(rig, 'PUT', '/v1/profiles/billing', { ...read, purchaseOrderNumber: 'PO-1' });
    await expect(call(rig, 'PUT', '/v1/profiles/billing', read)).rejects.toThrow(/400 .*2055/u);
  });
});

describe('the provider’s resellers', () => {
  const ours: Readonly<Record<string, readonly string[]>> = {
    '484e548c-f5f3-4528-93a9-c16c6373cb59': ['firsta.onmicrosoft.com', 'firstb.onmicrosoft.com'],
    'b01b1487-b36e-4e6d-9b5e-0b58974c4b28': ['relea.onmicrosoft.com'],
  };

  beforeAll(async () => {
    for (const [associatedPartnerId, domains] of Object.entries(ours))
      for (const domain of domains)
        await call(rig, 'POST', '/v1/customers', {
          associatedPartnerId,
          companyProfile: { domain },
          billingProfile: {
            companyName: domain,
            email: `post@${domain}`,
            culture: 'en-US',
            language: 'en',
            defaultAddress: { country: 'US', city: 'Anywhere', addressLine1: '1 Way' },
          },
        });
  });

  it('are reported with relation, agreement and customers', async () => {
    await apply('indirect-resellers', 'resellers.csv');
    const reported = (await rowsOf('indirect-resellers-results/results.csv')).map((row) => [
      row.mpnId,
      row.tenantry_related,
      row.tenantry_agreementSigned,
      row.tenantry_customers?.split(' ').toSorted().join(' '),
    ]);
    expect(reported).toEqual([
      ['4847383', 'true', 'true', ours['484e548c-f5f3-4528-93a9-c16c6373cb59']!.join(' ')],
      ['4847433', 'true', 'true', ours['b01b1487-b36e-4e6d-9b5e-0b58974c4b28']!.join(' ')],
      ['4847501', 'true', 'false', ''],
      ['4900018', 'false', 'false', ''],
      ['4911270', 'false', 'false', ''],
    ]);
  });

  it('are known by their customers as well', async () => {
    const { customers } = await rig.state();
    for (const customer of customers) {
      const { items } = await call<{ readonly items: readonly Thing[] }>(
        rig,
        'GET',
        `/v1/customers/${String(customer.id)}/relationships`,
      );
      expect(items.map(({ id }) => id)).toEqual([customer.associatedPartnerId]);
    }
  });
});

describe('the audit records', () => {
  it('of a day are exported page by page, each write once', async () => {
    await rig.behave({ pageLimit: 3 });
    await apply('audit-export', 'days.csv');
    const { auditRecords = [], customers } = await rig.state();
    const rows = await rowsOf('audit-export-results/results.csv');
    const of = (resourceType: string) =>
      rows.find((row) => row.daysAgo === '0' && row.resourceType === resourceType);
    const exported = JSON.parse(of('')!.tenantry_records!) as readonly Thing[];
    expect(exported.map(({ id }) => id).toSorted()).toEqual(auditRecords.map(({ id }) => id).toSorted());
    expect(auditRecords.length).toBe((await countOf(/^(?:profiles\.update|customers\.create)/u)) - 1); // one was refused
    const made = JSON.parse(of('customer')!.tenantry_records!) as readonly Thing[];
    expect(made.map(({ what }) => what)).toEqual(customers.map(() => 'add_customer'));
    expect(made.map(({ customer }) => customer).toSorted()).toEqual(
      customers.map(({ companyProfile }) => (companyProfile as Row).companyName).toSorted(),
    );
    for (const row of rows.filter(({ daysAgo }) => daysAgo !== '0')) expect(row.tenantry_count).toBe('0');
  });

  it('hold no password', async () => {
    expect(JSON.stringify((await rig.state()).auditRecords)).not.toMatch(/password/iu);
  });

  it('are refused from more than 90 days back', async () => {
    await expect(call(rig, 'GET', '/v1/auditrecords?startDate=2017-06-01')).rejects.toThrow(/400 .*90 days/u);
  });
});

describe('who the caller is', () => {
  it('decides what it may call', async () => {
    await rig.behave({ profile: 'direct' });
    await expect(call(rig, 'GET', '/v1/relationships')).rejects.toThrow(/403 .*2032/u);
  });

  it.each([
    [['--profile', 'distributor'], /direct, provider, reseller/u],
    [['--cloud', 'mars'], /global, china, usgov, germany/u],
  ])('is one of a few: emulator %j', async (args, choices) => {
    const { status, stderr } = await rig.run(['emulator', ...args]);
    expect(status).toBe(1);
    expect(stderr).toMatch(choices);
  });
});
