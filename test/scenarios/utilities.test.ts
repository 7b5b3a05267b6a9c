import { cp } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addCustomers, call } from './customers.ts';
import { type Finished, openRig, type Rig, workflows } from './rig.ts';

/** What goes around the business: webhooks, and the checks of addresses, countries and domains. */

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
  await cp(path.join(workflows, 'register-webhooks'), rig.folder, { recursive: true });
});
afterAll(() => rig.close());

type Thing = Readonly<Record<string, unknown>>;

describe('a webhook', () => {
  let receiver: Server;
  let url: string;
  let received: Thing[];
  /** What the receiver answers: one status a request, the last for all that follow. */
  let answers: number[];

  beforeAll(async () => {
    receiver = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      request.on('end', () => {
        received.push(JSON.parse(text) as Thing);
        response.writeHead(answers.length > 1 ? answers.shift()! : answers[0]!).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/callback`;
  });
  afterAll(() => new Promise((resolve) => receiver.close(resolve)));
  beforeEach(() => {
    received = [];
    answers = [200];
  });

  let minutes = 0;
  /** Registers for events; test events are counted by the minute, so each run has a minute of its own. */
  async function apply(webhookUrl: string, events: readonly string[]): Promise<Finished> {
    minutes += 1;
    await rig.behave({ aheadSeconds: minutes * 61 });
    const cell = `"${JSON.stringify(events).replaceAll('"', '""')}"`;
    await rig.write(
      'input.csv',
      `mpnId,webhookUrl,events,test\n4391507,${webhookUrl},${cell},\n9999999,${url},${cell},\n`,
    );
    return rig.run(['apply', 'playbook.yaml', '--input', 'input.csv', '--yes', '--results', 'results']);
  }

  async function registration(): Promise<Thing> {
    const { webhooks = [] } = await rig.state();
    return webhooks.filter((one) => 'webhookUrl' in one)[0]!;
  }

  it('is registered, and the test event arrives as the documentation has it', async () => {
    const { status, stderr } = await apply(url, ['test-created', 'invoice-ready']);
    expect(status, stderr).toBe(0);
    expect(await registration()).toMatchObject({
      webhookUrl: url,
      webhookEvents: ['test-created', 'invoice-ready'],
    });
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({ EventName: 'test-created', ResourceName: 'test', AuditUri: null });
    expect(Object.keys(received[0]!)).toEqual([
      'EventName',
      'ResourceUri',
      'ResourceName',
      'AuditUri',
      'ResourceChangeUtcDate',
    ]);
    const results = await rig.read('results/results.csv');
    expect(results).toContain('completed');
  });

  it('is brought up to date where the file says something else, and stays the same one', async () => {
    const before = await registration();
    const { status, stderr } = await apply(url, ['test-created', 'subscription-updated']);
    expect(status, stderr).toBe(0);
    expect(await registration()).toEqual({
      ...before,
      webhookEvents: ['test-created', 'subscription-updated'],
    });
  });

  it('that takes an event only at the third try is good', async () => {
    answers = [503, 500, 200];
    const { status, stderr } = await apply(url, ['test-created', 'subscription-updated']);
    expect(status, stderr).toBe(0);
    expect(received).toHaveLength(3);
    expect(await rig.read('results/results.csv')).toMatch(/"completed","3"/u);
  });

  it('that never takes the test event fails its record', async () => {
    answers = [500];
    const { status, stderr } = await apply(url, ['test-created']);
    expect(status).toBe(3);
    expect(stderr).toContain('the service says failed');
    expect(received).toHaveLength(10);
  });

  it('is not registered for an event that does not exist', async () => {
    const before = await registration();
    const { status, stderr } = await apply(url, ['test-created', 'customer-danced']);
    expect(status).toBe(3);
    expect(stderr).toContain('customer-danced');
    expect(await registration()).toEqual(before);
  });

  it('elsewhere is never called by the emulator', async () => {
    const { status, stderr } = await apply('https://hooks.example.invalid/callback', ['test-created']);
    expect(status, stderr).toBe(0);
    const { webhooks = [] } = await rig.state();
    const [last] = webhooks.filter(
      ({ callbackUrl }) => callbackUrl === 'https://hooks.example.invalid/callback',
    );
    expect(last!.results).toMatchObject([{ responseMessage: expect.stringContaining('not sent') as string }]);
  });

  it('gets two test events a minute at most', async () => {
    await rig.behave({ aheadSeconds: (minutes + 2) * 61 });
    const send = () => call(rig, 'POST', '/webhooks/v1/registration/validationEvents');
    await send();
    await send();
    await expect(send()).rejects.toThrow(/429 .*Try again in/u);
  });
});

describe('the checks before a customer is made', () => {
  const playbook = `
tenantry: 1
name: check-customers
input:
  key: \${{ record.domain }}
  record:
    type: object
    required: [domain, country, city, addressLine1]
    properties:
      domain: { type: string }
      country: { type: string }
      city: { type: string }
      state: { type: string }
      postalCode: { type: string }
      addressLine1: { type: string }
steps:
  - id: rules
    uses: countryValidationRules.get
    with: { countryCode: "\${{ record.country }}" }
  - id: stateGiven
    uses: assert
    with:
      check: \${{ !steps.rules.isStateRequired || has(record.state) }}
      message: \${{ record.country }} wants a state
  - id: domain
    uses: domains.check
    with: { domain: "\${{ record.domain }}" }
  - id: address
    uses: addresses.validate
    with:
      country: \${{ record.country }}
      city: \${{ record.city }}
      state: \${{ record.state }}
      postalCode: \${{ record.postalCode }}
      addressLine1: \${{ record.addressLine1 }}
outputs:
  free: \${{ steps.domain.available }}
  culture: \${{ steps.rules.defaultCulture }}
`;

  it('say what is free and which culture goes with the country, and refuse what is no address', async () => {
    await addCustomers(rig, [{ domain: 'taken.onmicrosoft.com' }]);
    await rig.write('check.yaml', playbook);
    await rig.write(
      'check.csv',
      [
        'domain,country,city,state,postalCode,addressLine1',
        'taken.onmicrosoft.com,US,Redmond,WA,98052,One Microsoft Way',
        'free.onmicrosoft.com,DE,Augsburg,,86150,Maximilianstr. 44',
        'stateless.onmicrosoft.com,US,Redmond,,98052,One Microsoft Way',
        'nowhere.onmicrosoft.com,US,Redmond,ZZ,98052,One Microsoft Way',
        'moved.onmicrosoft.com,US,Redmond,WA,98007,One Microsoft Way',
        'atlantis.onmicrosoft.com,XA,Poseidonis,,1,Sea Floor 1',
      ].join('\n'),
    );
    const { status, stderr } = await rig.run([
      'apply',
      'check.yaml',
      '--input',
      'check.csv',
      '--yes',
      '--results',
      'checked',
    ]);
    expect(status).toBe(3);
    expect(await rig.read('checked/results.csv')).toMatch(
      /taken\.onmicrosoft\.com.*"false","en-US"\s+free\.onmicrosoft\.com.*"true","de-DE"/u,
    );
    for (const words of [
      /stateless\.onmicrosoft\.com: stateGiven: US wants a state/u,
      /nowhere\.onmicrosoft\.com: address: StateInvalid/u,
      /moved\.onmicrosoft\.com: address: ZipCityInvalid.*BELLEVUE/u,
      /atlantis\.onmicrosoft\.com: rules: There are no rules for XA/u,
    ])
      expect(stderr).toMatch(words);
  });
});

describe('the security reports', () => {
  it('count the requests of the day and name who came without a second factor', async () => {
    const { items } = await call<{ readonly items: readonly Thing[] }>(rig, 'GET', '/v1/partnerRequests');
    expect(items[0]).toMatchObject({ operationName: expect.stringMatching(/^Get \/|^Post \//u) as string });
    const days = await call<readonly Thing[]>(rig, 'GET', '/v1/applicationmfaadoptionstatus');
    const total = days.reduce((sum, { totalRequestCount }) => sum + Number(totalRequestCount), 0);
    expect(total).toBe(items.length + 1); // the first of these two requests counts as well
    const without = await call<{ readonly items: readonly Thing[] }>(
      rig,
      'GET',
      '/v1/nonMfaCompliantPartnerPrincipals',
    );
    expect(without.items.map(({ upn }) => upn)).toEqual(['portalnonmfa@testtestbugbash1.onmicrosoft.com']);
  });
});
