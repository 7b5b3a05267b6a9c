import { cp } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from './customers.ts';
import { type Finished, openRig, type Rig, workflows } from './rig.ts';

/** A CRM export is brought together with the referrals of Partner Center, week after week. */

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
  await cp(path.join(workflows, 'referrals-follow-up'), rig.folder, { recursive: true });
  await rig.behave({ pageLimit: 5 }); // so that finding one means following links
});
afterAll(() => rig.close());

type Row = Readonly<Record<string, string>>;
type Thing = Readonly<Record<string, unknown>>;

async function deals(): Promise<readonly Row[]> {
  return parse(await rig.read('deals.csv'), { columns: true, bom: true }) as Row[];
}

function apply(): Promise<Finished> {
  return rig.run(['apply', 'playbook.yaml', '--input', 'deals.csv', '--yes']);
}

async function writes(): Promise<number> {
  const { perOperation } = (await rig.stats()) as unknown as { perOperation: Record<string, number> };
  return (perOperation['referrals.create'] ?? 0) + (perOperation['referrals.update'] ?? 0);
}

const wantedState: Readonly<Record<string, readonly [string, string]>> = {
  New: ['New', 'Received'],
  Active: ['Active', 'Accepted'],
  Won: ['Closed', 'Won'],
  Lost: ['Closed', 'Lost'],
};

/** There is one referral for each deal, and it says what the export says. */
async function expectFollowed(): Promise<void> {
  const { referrals = [] } = await rig.state();
  const rows = await deals();
  expect(referrals.map(({ externalReferenceId }) => externalReferenceId).toSorted()).toEqual(
    rows.map(({ crmId }) => crmId).toSorted(),
  );
  for (const row of rows) {
    const found = referrals.find(({ externalReferenceId }) => externalReferenceId === row.crmId) as Thing;
    const [status, substatus] = wantedState[row.status!]!;
    expect(found, row.crmId).toMatchObject({ name: row.name, status, substatus });
    const { name, team } = found.customerProfile as { readonly name: string; readonly team: readonly Row[] };
    expect([name, team[0]?.email], row.crmId).toEqual([row.customer, row.contactEmail]);
    const details = found.details as Thing;
    const given = (value: string | undefined) => (value === '' ? undefined : value);
    expect(details.notes, row.crmId).toBe(given(row.notes));
    expect(details.dealValue, row.crmId).toBe(row.dealValue === '' ? undefined : Number(row.dealValue));
    expect(details.closingDateTime, row.crmId).toBe(
      row.closing === '' ? undefined : `${row.closing}T00:00:00Z`,
    );
    expect(details.requirements, row.crmId).toEqual({ products: [{ id: row.product }] });
  }
}

describe('the referrals', () => {
  it('are made for each deal, once, though half of the answers are lost', async () => {
    await rig.behave({ faults: 'lost-answer=0.5@referrals.create' });
    const { status, stderr } = await apply();
    const { faults } = await rig.stats();
    await rig.behave({ faults: '' });
    expect((faults as Readonly<Record<string, number>>)['lost-answer']).toBeGreaterThan(0);
    expect(status, stderr).toBe(0);
    await expectFollowed();
  });

  it('are left alone where the export says nothing new', async () => {
    const before = await writes();
    const { status, stdout } = await apply();
    expect(status).toBe(0);
    expect(stdout).toContain('24 unchanged');
    expect(await writes()).toBe(before);
  });

  it('move on with the deals, each by one request', async () => {
    const before = await writes();
    const text = await rig.read('deals.csv');
    await rig.write(
      'deals.csv',
      text
        .replace(
          '2027-02-26,Active,,Workshop on 12 January; CFO joins.',
          '2027-02-26,Won,Signed.,Order placed.',
        )
        .replace('22400.5,EUR,2027-03-31,New,,', '24100,EUR,2027-04-30,Active,,Second workshop in March.'),
    );
    const { status, stderr } = await apply();
    expect(status, stderr).toBe(0);
    expect(await writes()).toBe(before + 2);
    await expectFollowed();
  });

  it('that are closed are not opened again by an old export', async () => {
    const before = await writes();
    const text = await rig.read('deals.csv');
    await rig.write('deals.csv', text.replace('2027-02-26,Won,Signed.', '2027-02-26,Active,'));
    const { status, stderr } = await apply();
    expect(status).toBe(3);
    expect(stderr).toContain('OPP-20417 is Active in the export and closed in Partner Center');
    expect(await writes()).toBe(before);
    await rig.write('deals.csv', text);
  });
});

describe('the referrals host', () => {
  const root = '/v1.0/engagements/referrals';

  it('refuses an etag that is not the newest, in its own words', async () => {
    const { value } = await call<{ readonly value: readonly Thing[] }>(rig, 'GET', root);
    const { id, ...referral } = value.find(({ status }) => status === 'Active') as Thing;
    const put = (etag: string) =>
      fetch(`${rig.url}${root}/${String(id)}`, {
        method: 'PUT',
        headers: {
          authorization: 'Bearer emulator-token',
          'content-type': 'application/json',
          'if-match': etag,
        },
        body: JSON.stringify({ ...referral, statusReason: 'again' }),
      });
    expect((await put(String(referral.eTag))).status).toBe(200);
    const stale = await put(String(referral.eTag));
    expect(stale.status).toBe(412);
    expect(JSON.parse((await stale.text()).replace(/^\uFEFF/u, ''))).toMatchObject({
      error: { code: 'preconditionFailed' },
    });
  });

  it('filters, orders and counts a page', async () => {
    const page = await call<{ readonly value: readonly Thing[] } & Thing>(
      rig,
      'GET',
      `${root}?${new URLSearchParams({ $filter: "status eq 'Closed' and substatus eq 'Won'", $orderby: 'createdDateTime desc' })}`,
    );
    expect(page['@odata.count']).toBe(3);
    const dates = page.value.map(({ createdDateTime }) => String(createdDateTime));
    expect(dates).toEqual(dates.toSorted().toReversed());
    await expect(call(rig, 'GET', `${root}?$filter=colour%20eq%20'red'`)).rejects.toThrow(
      /400 .*invalidRequest/u,
    );
  });

  it('patches by JSON Patch, with what it knows of it', async () => {
    const { value } = await call<{ readonly value: readonly Thing[] }>(rig, 'GET', root);
    const { id } = value.find(({ status }) => status === 'Active') as Thing;
    const patch = (...operations: readonly Thing[]) =>
      call<Thing>(rig, 'PATCH', `${root}/${String(id)}`, operations);
    const person = { firstName: 'Kim', email: 'kim@partner.example.com' };
    await patch({ op: 'add', path: '/team', value: [] });
    const after = await patch(
      { op: 'replace', path: '/details/dealValue', value: 7 },
      { op: 'add', path: '/team/-', value: person },
    );
    expect(after).toMatchObject({ details: { dealValue: 7 }, team: [person] });
    await expect(patch({ op: 'remove', path: '/team' })).rejects.toThrow(/400 .*invalidRequest/u);
    await expect(patch({ op: 'replace', path: '/status', value: 'New' })).rejects.toThrow(/400/u);
  });
});
