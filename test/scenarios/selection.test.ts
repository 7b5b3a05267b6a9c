import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRig, type Rig } from './rig.ts';

const playbook = `tenantry: 1
name: customers
input:
  key: \${{ record.domain }}
  record:
    type: object
    required: [domain, country]
    properties: { domain: { type: string }, country: { type: string, minLength: 2 } }
steps:
  - id: customer
    uses: customers.create
    with:
      companyProfile: { domain: "\${{ record.domain }}" }
      billingProfile:
        companyName: \${{ record.domain }}
        email: a@contoso.example
        defaultAddress: { country: "\${{ record.country }}", city: Redmond, state: WA, postalCode: "98052", addressLine1: 1 Way, firstName: Ada, lastName: Miller }
outputs:
  id: \${{ steps.customer.id }}
`;

const domain = (n: number) => `row${n}.onmicrosoft.com`;

describe('rows that are chosen', () => {
  let rig: Rig;
  const plan = ['plan', 'playbook.yaml', '--input', 'customers.csv'];
  const keysOf = async (args: readonly string[]) => {
    const { stdout, stderr, status } = await rig.run([...args, '--json']);
    expect(status, stderr).toBe(0);
    return (JSON.parse(stdout) as { records: { key: string }[] }).records.map(({ key }) => key);
  };

  beforeAll(async () => {
    rig = await openRig();
    await rig.write('playbook.yaml', playbook);
    const rows = Array.from({ length: 5 }, (_, n) => `${domain(n + 1)},US\n`);
    await rig.write('customers.csv', `domain,country\n${rows.join('')}`);
    await rig.write('skip.txt', `${domain(2)}\n\n  ${domain(4)}  \r\n`);
    await rig.write('done.csv', `country,Domain\nUS,${domain(1)}\n`);
  });
  afterAll(() => rig.close());

  it('are the first so many, those named, or all but those of a file', async () => {
    expect(await keysOf([...plan, '--limit', '2'])).toEqual([1, 2].map(domain));
    expect(await keysOf([...plan, '--only', domain(5), '--only', domain(3)])).toEqual([3, 5].map(domain));
    expect(await keysOf([...plan, '--exclude-file', 'skip.txt'])).toEqual([1, 3, 5].map(domain));
    expect(await keysOf([...plan, '--exclude-file', 'done.csv', '--limit', '1'])).toEqual([domain(2)]);
  });

  it('must be there, by the name that they have', async () => {
    const { status, stderr } = await rig.run([...plan, '--only', 'row7.onmicrosoft.com', '--limit', '1']);
    expect(status).toBe(1);
    expect(stderr).toContain("--only names 'row7.onmicrosoft.com', and no row of the input has that key");
    expect(stderr).toMatch(/row\d\.onmicrosoft\.com/u);
    await rig.write('wrong.csv', `key\n${domain(1)}\nrow33.onmicrosoft.com\n`);
    const file = await rig.run([...plan, '--exclude-file', 'wrong.csv']);
    expect(file.status).toBe(1);
    expect(file.stderr).toContain("to be left out is 'row33.onmicrosoft.com', and no row");
    expect(file.stderr).toContain('wrong.csv');
    await rig.write('other.csv', `name\n${domain(1)}\n`);
    expect((await rig.run([...plan, '--exclude-file', 'other.csv'])).stderr).toContain(
      "no column 'domain' or 'key'",
    );
    expect((await rig.run([...plan, '--limit', '0'])).status).toBe(1);
    expect((await rig.run([...plan, '--only', domain(2), '--exclude-file', 'skip.txt'])).stderr).toContain(
      'leaves no row',
    );
  });

  it('are what the plan file is about: it is applied whole, to them alone', async () => {
    const made = await rig.run([...plan, '--exclude-file', 'skip.txt', '--limit', '2', '--out', 'some.plan']);
    expect(made.stdout).toContain('2 records of customers.csv (without the 2 of skip.txt, the first 2)');
    const part = await rig.run(['apply', 'some.plan', '--only', domain(1)]);
    expect(part).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('a plan file is applied as it is'),
    });
    await rig.write('skip.txt', `${domain(2)}\n`);
    const stale = await rig.run(['apply', 'some.plan']);
    expect(stale).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the keys to leave out in skip.txt have changed'),
    });
    await rig.write('skip.txt', `${domain(4)}\n${domain(2)}\n`); // the same keys
    const applied = await rig.run(['apply', 'some.plan', '--results', 'results']);
    expect(applied.status, applied.stderr).toBe(0);
    expect(applied.stdout).toContain('2 records, 2 succeeded');
    expect(
      (await rig.read('results/results.csv'))
        .split('\n')
        .slice(1, 3)
        .map((line) => line.split(',')[0]),
    ).toEqual([domain(1), domain(3)]);
    expect((await rig.state()).customers).toHaveLength(2);
  });

  it('are not stopped by a row elsewhere that cannot be used', async () => {
    await rig.write('broken.csv', `domain,country\n${domain(7)},\n${domain(8)},US\n`);
    const applied = await rig.run([
      ...['apply', 'playbook.yaml', '--input', 'broken.csv', '--only', domain(8), '--yes'],
    ]);
    expect(applied.status, applied.stderr).toBe(0);
    expect((await rig.state()).customers).toHaveLength(3);
    const unusable = await rig.run(['plan', 'playbook.yaml', '--input', 'broken.csv', '--only', 'x']);
    expect(unusable.stderr).toContain('rows that cannot be used (1) have no key');
  });
});
