import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Finished, openRig, type Rig } from './rig.ts';

/**
 * Canaries: secrets with a mark in them are put wherever a secret can occur, everything is run with failures and with
 * every flag that makes it talk, and then every file and every stream that was written is searched for the marks.
 */
let rig: Rig;
afterEach(() => rig?.close());

const canaries = {
  column: 'CANARY-column-7Qx!',
  related: 'CANARY-related-7Qx!',
  parameter: 'CANARY-parameter-7Qx!',
};

const playbook = `tenantry: 1
name: canaries
parameters:
  firstPassword: { type: string, secret: true }
input:
  key: \${{ record.domain }}
  record:
    type: object
    required: [domain, pin]
    properties:
      domain: { type: string }
      pin: { type: string, secret: true }
  related:
    users:
      by: domain
      record:
        type: object
        required: [domain, name, password]
        properties: { domain: { type: string }, name: { type: string }, password: { type: string, secret: true } }
steps:
  - id: customer
    uses: customers.create
    with:
      companyProfile: { domain: "\${{ record.domain }}" }
      billingProfile:
        companyName: Contoso
        email: office@contoso.example
        culture: en-US
        language: en
        defaultAddress: { country: US, city: Redmond, state: WA, postalCode: "98052", addressLine1: 1 Way, firstName: Ada, lastName: Miller }
  - id: first
    uses: users.create
    with: &user
      customerId: \${{ steps.customer.id }}
      userPrincipalName: first@\${{ record.domain }}
      displayName: First
      usageLocation: US
      passwordProfile: { password: "\${{ params.firstPassword }}", forceChangePassword: true }
  - id: second
    uses: users.create
    with:
      customerId: \${{ steps.customer.id }}
      userPrincipalName: second@\${{ record.domain }}
      displayName: Second
      usageLocation: US
      passwordProfile: { password: "\${{ record.pin }}", forceChangePassword: true }
  - id: people
    forEach: \${{ record.users }}
    as: person
    key: \${{ person.name }}
    uses: users.create
    with:
      customerId: \${{ steps.customer.id }}
      userPrincipalName: \${{ person.name }}@\${{ record.domain }}
      displayName: \${{ person.name }}
      usageLocation: US
      passwordProfile: { password: "\${{ person.password }}", forceChangePassword: true }
  - id: reset
    uses: users.resetPassword
    with:
      customerId: \${{ steps.customer.id }}
      userId: \${{ steps.first.id }}
      passwordProfile: { password: "\${{ params.firstPassword + record.pin }}", forceChangePassword: true }
  - id: order
    if: \${{ record.domain.startsWith("canary1") }}
    uses: orders.create
    with: { customerId: "\${{ steps.customer.id }}", lineItems: [{ lineItemNumber: 0, offerId: no-such-offer, quantity: 1 }] }
outputs:
  customerId: \${{ steps.customer.id }}
  adminPassword: { value: "\${{ steps.customer.userCredentials.password }}", secret: true }
  pin: { value: "\${{ record.pin }}", secret: true }
`.replace('with: &user', 'with:');

/** Every way in which a text may be written down. */
function disguises(secret: string): readonly string[] {
  return [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64').replace(/=+$/u, ''),
    Buffer.from(secret).toString('base64url'),
    Buffer.from(secret).toString('hex'),
    JSON.stringify(secret).slice(1, -1),
  ];
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

describe('a secret', () => {
  it('is in no file and in no stream that is written, whatever fails and however much is asked to be told', async () => {
    rig = await openRig([
      '--faults',
      'lost-answer=0.1,error500=0.1,garbage=0.05,expire-token=0.1',
      '--seed',
      '5',
    ]);
    await rig.write('playbook.yaml', playbook);
    const domains = [1, 2, 3, 4].map((number) => `canary${number}.onmicrosoft.com`);
    await rig.write(
      'in.csv',
      `domain,Pin\n${domains.map((domain) => `${domain},${canaries.column}\n`).join('')}`,
    );
    await rig.write(
      'users.csv',
      `domain,name,password\n${domains.map((domain) => `${domain},ana,${canaries.related}\n`).join('')}`,
    );
    const input = ['playbook.yaml', '--input', 'in.csv', '--related', 'users=users.csv'];
    const env = {
      TENANTRY_PARAM_firstPassword: canaries.parameter,
      NODE_DEBUG: 'http,https,tls,net',
      DEBUG: '*',
    };
    const given = new Set(['playbook.yaml', 'in.csv', 'users.csv'].map((name) => rig.file(name)));

    const said: Finished[] = [];
    const run = async (...args: readonly string[]) => said.push(await rig.run([...args, '--debug'], { env }));
    await run('validate', ...input, '--json');
    await run('validate', ...input);
    await run('plan', ...input, '--out', 'plan', '--all');
    await run('plan', ...input, '--json');
    await run('apply', 'plan');
    await run('resume', '--retry-failed', '--json');
    for (const command of ['show', 'runs', 'whoami', 'doctor']) {
      await run(command);
      await run(command, '--json');
    }
    await run('export', '--results', 'out');
    expect(said[1]!.status).toBe(0);
    expect(said[4]!.stdout).toMatch(/failed/u); // the order of nothing, at the very least

    const clear = await rig.run(['export', '--secrets', '--results', 'clear'], { env });
    expect(clear.status).toBe(0);
    const results = await rig.read('clear/results.csv');
    const passwords = [...results.matchAll(/"([^"]{8,}!Aa)"/gu)].map(([, password]) => password!);
    expect(passwords.length).toBeGreaterThan(0);

    const secrets = [...Object.values(canaries), ...passwords, 'emulator-secret', 'emulator-refresh-token'];
    const texts = new Map<string, string>(
      said.map(({ stdout, stderr }, index) => [`command ${index}`, stdout + stderr]),
    );
    for (const file of await filesBelow(rig.folder))
      if (!given.has(file) && !file.includes(`${path.sep}clear${path.sep}`))
        texts.set(path.relative(rig.folder, file), (await readFile(file)).toString('latin1'));
    expect([...texts.keys()]).toEqual(expect.arrayContaining(['plan', path.join('out', 'results.csv')]));
    const leaks = [...texts].flatMap(([where, text]) =>
      secrets
        .filter((secret) => disguises(secret).some((form) => text.includes(form)))
        .map((secret) => `${secret} in ${where}`),
    );
    expect(leaks).toEqual([]);
    // A token that was given out is a secret, too.
    for (const [where, text] of texts) expect(text, where).not.toMatch(/\.emulated\b/u);
    // What is fed back is whole. The order of nothing was refused, or the refusal was lost and it is in doubt.
    const left = ['failed', 'in-doubt'].map((kind) => rig.read(`clear/${kind}.csv`).catch(() => ''));
    expect((await Promise.all(left)).join('')).toContain(canaries.column);
  });
});
