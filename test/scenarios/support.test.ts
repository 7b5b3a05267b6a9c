import { cp } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applied, type Row, requestsOf, rowsOf } from './applied.ts';
import { addCustomers, call } from './customers.ts';
import { openRig, type Rig, workflows } from './rig.ts';

/** Tickets answered and closed from a list, and the reseller that supports a subscription, at a provider. */

interface Ticket {
  readonly id: string;
  readonly status: string;
  readonly title: string;
  readonly notes?: readonly { readonly text: string }[];
  readonly organization: { readonly id: string };
  readonly lastClosedDate: string;
}

let rig: Rig;
let ids: ReadonlyMap<string, string>;
let answers: readonly Row[];

/** Files the tickets of the list as the partner's own playbook would; their answers come later. */
const filing = `tenantry: 1
name: filing
description: A ticket for each row that names one.
input:
  key: \${{ record.domain + " " + record.title }}
  record:
    type: object
    required: [domain, title, customerId]
    properties: { domain: { type: string }, title: { type: string }, customerId: { type: string } }
steps:
  - id: ticket
    uses: serviceRequests.create
    with:
      agentLocale: en-US
      title: \${{ record.title }}
      description: It happened again.
      severity: moderate
      supportTopicId: "32444671"
      organization: { id: "\${{ record.customerId }}" }
outputs: { id: "\${{ steps.ticket.id }}" }
`;

beforeAll(async () => {
  rig = await openRig(['--profile', 'provider']);
  await cp(path.join(workflows, 'support-requests'), rig.folder, { recursive: true });
  answers = rowsOf(await rig.read('answers.csv'));
  ids = await addCustomers(
    rig,
    answers.map(({ domain = '' }) => ({ domain })),
  );
  await rig.write('filing.yaml', filing);
  const named = answers.filter(({ title }) => title !== '');
  await rig.write(
    'tickets.csv',
    [
      'domain,title,customerId',
      ...named.map(({ domain, title }) => `${domain},"${title}",${ids.get(domain!)}`),
    ].join('\n'),
  );
});
afterAll(() => rig.close());

async function tickets(): Promise<readonly Ticket[]> {
  return ((await rig.state()).serviceRequests ?? []) as unknown as readonly Ticket[];
}

/** What the list wants of each ticket: its notes, and whether it is closed. */
const wanted = () =>
  answers
    .filter(({ title }) => title !== '')
    .map(({ domain, title, note, close }) => ({
      organization: ids.get(domain!),
      title,
      notes: note === '' ? [] : [note],
      status: close === 'yes' ? 'closed' : 'open',
    }));

/** In the order of the list, whichever order they were filed in. */
const heldTickets = async () => {
  const places = answers.map(({ domain }) => ids.get(domain!));
  return (await tickets())
    .map(({ organization, title, notes = [], status }) => ({
      organization: organization.id,
      title,
      notes: notes.map(({ text }) => text),
      status,
    }))
    .toSorted((a, b) => places.indexOf(a.organization) - places.indexOf(b.organization));
};

describe('tickets', () => {
  it('are filed once each, for the customer that they are about', async () => {
    await applied(rig, 'filing.yaml', 'tickets.csv');
    await rig.behave({ pageLimit: 3 }); // what is there already is found on any page
    await applied(rig, 'filing.yaml', 'tickets.csv');
    await rig.behave({ pageLimit: 500 });
    expect(await heldTickets()).toEqual(wanted().map((ticket) => ({ ...ticket, notes: [], status: 'open' })));
  });

  it('are answered and closed as the list says, each note once though its answer gets lost', async () => {
    await rig.behave({ faults: 'lost-answer=0.5@serviceRequests.addNote' });
    const rows = await applied(rig, 'playbook.yaml', 'answers.csv');
    const { faults, seenAgain } = await rig.stats();
    await rig.behave({ faults: '' });
    expect(await heldTickets()).toEqual(wanted());
    expect(faults).toMatchObject({ 'lost-answer': expect.any(Number) });
    expect(seenAgain, 'looked up, not sent again').toBe(0);
    for (const { domain, title, tenantry_openBefore } of rows)
      expect(tenantry_openBefore, domain).toBe(title === '' ? '0' : '1');
  });

  it('are left alone where the list has been worked through', async () => {
    const before = await tickets();
    const patches = (await requestsOf(rig))['serviceRequests.addNote'];
    const rows = await applied(rig, 'playbook.yaml', 'answers.csv');
    expect(await tickets()).toEqual(before);
    expect((await requestsOf(rig))['serviceRequests.addNote']).toBe(patches);
    for (const { domain, close, tenantry_closed } of rows)
      expect(tenantry_closed, domain).toBe(close === 'yes' ? 'closed' : '');
  });

  it('that are there twice are not answered by guess', async () => {
    const domain = 'arcticsurvey.onmicrosoft.com';
    await call(rig, 'POST', '/v1/servicerequests/en-US', {
      Title: 'Azure quota for Canada North',
      Description: 'Filed in the portal as well.',
      Severity: 'minimal',
      SupportTopicId: '32444671',
      Organization: { Id: ids.get(domain) },
    });
    await rig.write('more.csv', `domain,title,note\n${domain},Azure quota for Canada North,Any news?\n`);
    const finished = await rig.run(['apply', 'playbook.yaml', '--input', 'more.csv', '--yes']);
    expect(finished.stdout + finished.stderr).toContain('exactly one ticket');
    const notes = (await tickets()).flatMap(({ notes = [] }) => notes.map(({ text }) => text));
    expect(notes).not.toContain('Any news?');
  });
});

describe('the one who supports a subscription', () => {
  const supporting = `tenantry: 1
name: supporting
description: Hand the support of a customer's subscriptions to a reseller.
input:
  key: \${{ record.customerId }}
  record:
    type: object
    required: [customerId, reseller, mpnId, name]
    properties:
      { customerId: { type: string }, reseller: { type: string }, mpnId: { type: string }, name: { type: string } }
steps:
  - id: held
    uses: subscriptions.list
    with: { customerId: "\${{ record.customerId }}" }
  - id: each
    forEach: \${{ steps.held.items }}
    as: subscription
    key: \${{ subscription.id }}
    steps:
      - id: contact
        uses: supportContacts.update
        with:
          customerId: \${{ record.customerId }}
          subscriptionId: \${{ subscription.id }}
          supportTenantId: \${{ record.reseller }}
          supportMpnId: \${{ record.mpnId }}
          name: \${{ record.name }}
`;
  const reseller = '484e548c-f5f3-4528-93a9-c16c6373cb59';

  it('becomes the reseller that the list names, once', async () => {
    const customerId = ids.get('northwindorchards.onmicrosoft.com');
    await rig.behave({ requireAgreement: false });
    await call(rig, 'POST', `/v1/customers/${customerId}/orders`, {
      billingCycle: 'monthly',
      lineItems: [{ lineItemNumber: 0, offerId: 'CFQ7TTC0LCHC:0002:CFQ7TTC0SG7B', quantity: 3 }],
    });
    await rig.write('supporting.yaml', supporting);
    const row = (mpnId: string) =>
      `customerId,reseller,mpnId,name\n${customerId},${reseller},${mpnId},First Up Consultants\n`;
    await rig.write('supporters.csv', row('4847383'));
    await applied(rig, 'supporting.yaml', 'supporters.csv');
    await applied(rig, 'supporting.yaml', 'supporters.csv');
    expect((await requestsOf(rig))['supportContacts.update']).toBe(1);
    expect((await rig.state()).supportContacts).toEqual([
      expect.objectContaining({ customerId, supportTenantId: reseller, supportMpnId: '4847383' }),
    ]);

    await rig.write('supporters.csv', row('9999999'));
    const refused = await rig.run(['apply', 'supporting.yaml', '--input', 'supporters.csv', '--yes']);
    expect(refused.status).toBe(3);
    expect(refused.stderr + refused.stdout).toContain('9999999 is no indirect reseller of the partner');
  });
});
