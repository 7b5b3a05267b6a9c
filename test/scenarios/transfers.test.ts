import { cp } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emulatorCredentials } from '../../src/emulator/server.ts';
import { applied, type Row, rowsOf } from './applied.ts';
import { addCustomers, call } from './customers.ts';
import { accept, basic, buy, premium, seats } from './orders.ts';
import { openRig, type Rig, workflows } from './rig.ts';

/** Two partners: the playbook offers as the source, the test answers as the target. */

type Thing = Readonly<Record<string, unknown>>;

const source = emulatorCredentials.tenantId;
const target = '656218b1-80c9-40b2-83ae-3a2703b55271';
const playbook = 'transfer-subscriptions/playbook.yaml';
const input = 'transfer-subscriptions/customers.csv';
const args = ['--param', `sourcePartner=${source}`];
const rejecting = 'oliveiracomercio.onmicrosoft.com';
const losing = 'ateliersmarin.onmicrosoft.com';

let rig: Rig;
let ids: ReadonlyMap<string, string>;
let rows: readonly Row[];
let tokens: Readonly<Record<string, string>>;

async function tokenOf(tenant: string): Promise<string> {
  const { clientId, clientSecret } = emulatorCredentials;
  const form = {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope: 'https://api.partnercenter.microsoft.com/.default',
  };
  const answer = await fetch(`${rig.url}/${tenant}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  return ((await answer.json()) as { readonly access_token: string }).access_token;
}

async function as(partner: string, method: string, place: string, body?: unknown) {
  const answer = await fetch(rig.url + place, {
    method,
    headers: { authorization: `Bearer ${tokens[partner]}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = (await answer.text()).replace(/^\uFEFF/u, '');
  return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Thing };
}

beforeAll(async () => {
  rig = await openRig();
  await cp(path.join(workflows, 'transfer-subscriptions'), rig.file('transfer-subscriptions'), {
    recursive: true,
  });
  const text = await rig.read(playbook);
  expect(text).toContain('every: 30s');
  await rig.write(playbook, text.replace('every: 30s', 'every: 1s'));
  rows = rowsOf(await rig.read(input));
  ids = await addCustomers(
    rig,
    rows.map(({ domain = '' }) => ({ domain })),
  );
  for (const id of ids.values()) {
    await accept(rig, id);
    await buy(rig, id, seats(premium, 3));
    await buy(rig, id, seats(basic, 2));
  }
  tokens = Object.fromEntries(
    await Promise.all(
      [source, target, 'a-third-partner'].map(async (tenant) => [tenant, await tokenOf(tenant)]),
    ),
  ) as Record<string, string>;
});
afterAll(() => rig.close());

/** Answers every offer as the target, once all are there. */
async function answerAll(): Promise<void> {
  let open: readonly Thing[] = [];
  while (open.length < rows.length) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    open = (await rig.state()).transfers ?? [];
  }
  for (const { id, customerId, lineItems } of open) {
    const place = `/v1/customers/${customerId}/transfers/${id}`;
    if (customerId === ids.get(losing)) {
      const [, second] = lineItems as readonly Thing[];
      await call(rig, 'PATCH', `/v1/customers/${customerId}/subscriptions/${second!.subscriptionId}`, {
        status: 'suspended',
      });
    }
    const answer =
      customerId === ids.get(rejecting)
        ? await as(target, 'PATCH', place, { id, status: 'reject' })
        : await as(target, 'POST', `${place}/accept`);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  }
}

const wanted = ({ product }: Row, { offerId }: Thing) =>
  product === '' || String(offerId).startsWith(product!);
const statusOf = ({ domain }: Row) =>
  domain === rejecting ? 'Reject' : domain === losing ? 'PartiallyComplete' : 'Complete';

describe('subscriptions go to another partner', () => {
  it('those of the file and no others, each only once the other partner has accepted it', async () => {
    const [results] = await Promise.all([applied(rig, playbook, input, ...args), answerAll()]);
    const { subscriptions = [], orders = [] } = await rig.state();
    for (const row of results) {
      const status = statusOf(row);
      expect(row.tenantry_status, row.domain).toBe(status);
      const mine = subscriptions.filter(({ customerId }) => customerId === ids.get(row.domain!));
      const offered = mine.filter((one) => wanted(row, one));
      const count = status === 'Reject' ? 0 : status === 'PartiallyComplete' ? 1 : row.product === '' ? 2 : 1;
      expect(row.tenantry_transferred, row.domain).toBe(String(count));
      expect(
        offered.filter(({ status: is }) => is === 'deleted'),
        row.domain,
      ).toHaveLength(count);
      expect(
        offered.filter(({ status: is }) => is === 'active'),
        row.domain,
      ).toHaveLength(status === 'Reject' ? 1 : count);
      // Two orders were there before; what was taken over has one each.
      expect(
        orders.filter(({ customerId }) => customerId === ids.get(row.domain!)),
        row.domain,
      ).toHaveLength(2 + count);
      const others = mine.filter((one) => !wanted(row, one));
      expect(
        others.map(({ status: is }) => is),
        row.domain,
      ).toEqual(row.product === '' ? [] : ['active']);
    }
  });

  it('offers nothing a second time, neither what went nor what was turned down', async () => {
    const before = (await rig.state()).transfers!;
    const again = await applied(rig, playbook, input, ...args, '--param', 'waitForAnswer=false');
    const after = (await rig.state()).transfers!;
    const open = after.filter(({ status }) => status === 'Active');
    // What could not go was suspended; the rest is decided.
    expect(open).toEqual([]);
    expect(after).toHaveLength(before.length);
    expect(again.map((row) => row.tenantry_status)).toEqual(rows.map(statusOf));
  });

  it('shows each partner what it sells', async () => {
    const customerId = ids.get('coppermilltools.onmicrosoft.com');
    const list = async (partner: string) => {
      const { body } = await as(partner, 'GET', `/v1/customers/${customerId}/subscriptions`);
      return (body.items as readonly Thing[]).map(({ status }) => status);
    };
    expect(await list(source)).toEqual(['deleted', 'deleted']);
    expect(await list(target)).toEqual(['active', 'active']);
    expect((await as('a-third-partner', 'GET', `/v1/customers/${customerId}/transfers`)).body).toEqual([]);
  });
});

describe('the service', () => {
  const customerId = () => ids.get(rejecting);
  const place = () => `/v1/customers/${customerId()}/transfers`;
  const offer = async () => {
    const { body } = await as(source, 'GET', `/v1/customers/${customerId()}/subscriptions`);
    const found = (body.items as readonly Thing[]).find(({ status }) => status === 'active')!;
    return {
      sourcePartnerTenantId: source,
      targetPartnerTenantId: target,
      lineItems: [{ subscriptionId: found.id }],
    };
  };

  it('lets the source withdraw and the target accept, and neither do the other’s part', async () => {
    const asked = await offer();
    expect((await as(target, 'POST', place(), asked)).body.code).toBe(2032);
    const { status, body } = await as(source, 'POST', place(), asked);
    expect(status).toBe(201);
    const one = `${place()}/${body.id}`;
    expect((await as(source, 'POST', place(), asked)).body.code).toBe(900101);
    expect((await as(source, 'POST', `${one}/accept`)).body.code).toBe(2032);
    expect((await as(target, 'DELETE', one)).body.code).toBe(2032);
    expect((await as('a-third-partner', 'GET', one)).body.code).toBe(900100);
    expect((await as(target, 'GET', one)).body.partnertenantid).toBe(target);
    expect((await as(source, 'DELETE', one)).status).toBe(204);
    expect((await as(source, 'GET', one)).body.code).toBe(900100);
  });

  it('ends a transfer once', async () => {
    const { body } = await as(source, 'POST', place(), await offer());
    const one = `${place()}/${body.id}`;
    expect((await as(target, 'POST', `${one}/accept`)).status).toBe(200);
    expect((await as(target, 'POST', `${one}/accept`)).body.code).toBe(900102);
    expect((await as(source, 'DELETE', one)).body.code).toBe(900102);
  });
});
