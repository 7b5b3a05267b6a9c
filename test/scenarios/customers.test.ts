import { cp } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Row, requestsOf, rowsOf } from './applied.ts';
import { addCustomers, call } from './customers.ts';
import { buy, buyReservation, premium, seats } from './orders.ts';
import { openRig, type Rig, workflows } from './rig.ts';

/** Customers from their creation under a reseller to their end in the sandbox, each compared with its row. */

type Thing = Readonly<Record<string, unknown>>;

let rig: Rig;
const start = async (names: readonly string[], args: readonly string[] = []) => {
  rig = await openRig(args);
  for (const name of names) await cp(path.join(workflows, name), rig.file(name), { recursive: true });
};
const stop = () => rig.close();

const domainOf = ({ companyProfile }: Thing) => String((companyProfile as Thing).domain);
const customerOf = async (domain: unknown) =>
  (await rig.state()).customers.find((customer) => domainOf(customer) === domain);
const agreementsOf = async (customerId: unknown) =>
  (await rig.state()).agreements!.filter((agreement) => agreement.customerId === customerId);

describe('a provider creates customers for its resellers', () => {
  beforeAll(() => start(['onboard-for-reseller'], ['--profile', 'provider']));
  afterAll(stop);
  const playbook = 'onboard-for-reseller/playbook.yaml';
  const input = 'onboard-for-reseller/customers.csv';
  const resellers: Readonly<Record<string, string>> = {
    '4847383': '484e548c-f5f3-4528-93a9-c16c6373cb59',
    '4847433': 'b01b1487-b36e-4e6d-9b5e-0b58974c4b28',
  };
  let first: readonly Row[];

  it('each under the reseller of its row, with the agreement where the row has its day', async () => {
    first = await applied(rig, playbook, input);
    const rows = rowsOf(await rig.read(input));
    expect((await rig.state()).customers).toHaveLength(rows.length);
    for (const [index, row] of rows.entries()) {
      const customer = (await customerOf(row.domain))!;
      expect(customer.id, row.domain).toBe(first[index]!.tenantry_customerId);
      expect(customer.associatedPartnerId, row.domain).toBe(resellers[row.resellerMpnId!]);
      expect(customer.billingProfile, row.domain).toMatchObject({
        companyName: row.companyName,
        email: row.email,
        defaultAddress: { country: row.country, city: row.city, addressLine1: row.addressLine1 },
      });
      const dates = (await agreementsOf(customer.id)).map(({ dateAgreed }) => dateAgreed);
      expect(dates, row.domain).toEqual(row.acceptedOn === '' ? [] : [`${row.acceptedOn}T00:00:00Z`]);
    }
  });

  it('and none of them a second time', async () => {
    const before = await requestsOf(rig);
    const again = await applied(rig, playbook, input);
    expect(again.map((row) => row.tenantry_customerId)).toEqual(first.map((row) => row.tenantry_customerId));
    const after = await requestsOf(rig);
    for (const name of ['customers.create', 'agreements.confirm']) expect(after[name]).toBe(before[name]);
  });

  it('but none for a reseller that has not signed, or is not related', async () => {
    const [head, row] = (await rig.read(input)).split('\n') as [string, string];
    const rest = row.slice(row.indexOf(',')).replaceAll('alderbrookdental', 'saltmarshlab');
    await rig.write('unfit.csv', `${head}\n4847501${rest}\n4900018${rest.replaceAll('saltmarsh', 'peat')}\n`);
    const finished = await rig.run(['apply', playbook, '--input', 'unfit.csv', '--yes']);
    expect(finished.status).not.toBe(0);
    expect(finished.stdout + finished.stderr).toMatch(/2203/u);
    expect(finished.stdout + finished.stderr).toContain('4900018 is no indirect reseller of ours');
    expect(await customerOf('saltmarshlab.onmicrosoft.com')).toBeUndefined();
    expect(await customerOf('peatlab.onmicrosoft.com')).toBeUndefined();
  });
});

describe('customers that are there already', () => {
  beforeAll(async () => {
    await start(['sign-agreements', 'clean-sandbox']);
    const rows = rowsOf(await rig.read('sign-agreements/agreements.csv'));
    await addCustomers(rig, [
      ...rows.map(({ domain = '' }) => ({ domain })),
      { domain: 'staysasitis.onmicrosoft.com' },
    ]);
    const { id } = (await customerOf(direct))!;
    await fetch(`${rig.url}/_emulator/sign`, { method: 'POST', body: JSON.stringify({ customerId: id }) });
  });
  afterAll(stop);
  const direct = 'northforkcoffee.onmicrosoft.com';

  it('have their agreements stated, but for those who signed themselves and those who did not yet', async () => {
    const results = await applied(rig, 'sign-agreements/playbook.yaml', 'sign-agreements/agreements.csv');
    for (const row of results) {
      const { id } = (await customerOf(row.domain))!;
      const stated = (await agreementsOf(id)).map(({ dateAgreed, primaryContact }) => [
        dateAgreed,
        (primaryContact as Thing).email,
      ]);
      const expected =
        row.domain === direct || row.acceptedOn === '' ? [] : [[`${row.acceptedOn}T00:00:00Z`, row.email]];
      expect(stated, row.domain).toEqual(expected);
      expect(row.tenantry_signedDirectly, row.domain).toBe(String(row.domain === direct));
      expect(row.tenantry_mayBuy, row.domain).toBe(String(row.acceptedOn !== ''));
    }
  });

  it('have nothing stated twice', async () => {
    const before = await requestsOf(rig);
    await applied(rig, 'sign-agreements/playbook.yaml', 'sign-agreements/agreements.csv');
    expect((await requestsOf(rig))['agreements.confirm']).toBe(before['agreements.confirm']);
  });

  it('leave the sandbox with all that they bought; who is not named stays', async () => {
    const idOf = async (domain: string) => String((await customerOf(domain))!.id);
    await buy(rig, await idOf('coppermilltools.onmicrosoft.com'), seats(premium, 5));
    await buy(rig, await idOf(direct), seats(premium, 2));
    await buy(rig, await idOf('lindenparkclinic.onmicrosoft.com'), {
      catalogItemId: 'DG7GMGF0DWTL:0001:DG7GMGF0DSJB',
      quantity: 1,
      billingCycle: 'one_time',
    });
    await buyReservation(rig, await idOf('molinosdelsur.onmicrosoft.com'));
    await expect(
      call(rig, 'DELETE', `/v1/customers/${await idOf('molinosdelsur.onmicrosoft.com')}`),
    ).rejects.toThrow(/must be cancelled first/u);

    const named = rowsOf(await rig.read('clean-sandbox/customers.csv')).map(({ domain }) => domain);
    const there = (await rig.state()).customers.map(domainOf).filter((domain) => named.includes(domain));
    const results = await applied(rig, 'clean-sandbox/playbook.yaml', 'clean-sandbox/customers.csv');
    expect(
      results.filter(({ tenantry_wasThere }) => tenantry_wasThere === 'true').map(({ domain }) => domain),
    ).toEqual(named.filter((domain) => there.includes(domain!)));
    expect((await rig.state()).customers.map(domainOf).toSorted()).toEqual([
      'rijnhavenlogistiek.onmicrosoft.com',
      'staysasitis.onmicrosoft.com',
    ]);
  });

  it('are not deleted where there is no sandbox', async () => {
    await rig.behave({ sandbox: false });
    await rig.write('real.csv', 'domain,note\nstaysasitis.onmicrosoft.com,A real customer\n');
    const finished = await rig.run(['apply', 'clean-sandbox/playbook.yaml', '--input', 'real.csv', '--yes']);
    expect(finished.status).toBe(3);
    expect(finished.stderr).toContain('only an integration sandbox has this');
    expect(await customerOf('staysasitis.onmicrosoft.com')).toBeDefined();
  });
});
