import { parse } from 'csv-parse/sync';
import { afterEach, describe, expect, it } from 'vitest';
import { expectOnboarded, onboarding } from './onboarding.ts';
import { openRig, type Rig } from './rig.ts';

let rig: Rig;
afterEach(() => rig?.close());

describe('onboarding sixty customers', () => {
  it('plans, applies what was reviewed, and leaves the service exactly as the file says', async () => {
    rig = await openRig();
    const sample = await onboarding(rig);
    expect(sample.rows.length).toBe(60);

    const planned = await rig.run([
      'plan',
      'playbook.yaml',
      ...sample.args,
      '--out',
      'reviewed.tenantry-plan',
      '--detailed-exitcode',
    ]);
    expect(planned.stderr).not.toMatch(/error/iu);
    expect(planned.status).toBe(2);
    expect(planned.stdout).toContain('Plan: ');
    expect((await rig.state()).customers).toEqual([]);

    const applied = await rig.run(['apply', 'reviewed.tenantry-plan', '--json', '--results', 'results']);
    expect(applied.stderr).toBe('');
    expect(applied.status).toBe(0);
    const events = applied.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; run: { records: unknown } });
    expect(events[0]?.event).toBe('run.started');
    expect(events.at(-1)).toMatchObject({
      event: 'run.finished',
      run: { status: 'finished', records: { total: 60, succeeded: 60, failed: 0, blocked: 0, inDoubt: 0 } },
    });
    expectOnboarded(await rig.state(), sample);

    const results = parse(await rig.read('results/results.csv'), { columns: true }) as Record<
      string,
      string
    >[];
    expect(results.map(({ domain }) => domain)).toEqual(sample.rows.map(({ domain }) => domain));
    const state = await rig.state();
    for (const row of results) {
      const customer = state.customers.find(({ id }) => id === row.tenantry_customerId);
      expect((customer?.companyProfile as { domain: string } | undefined)?.domain).toBe(row.domain);
      expect(row.tenantry_adminPassword).toBe('(secret)');
    }
  });

  it('finds everything in place when it is applied again', async () => {
    rig = await openRig();
    const sample = await onboarding(rig, 8);
    expect((await rig.run(['apply', 'playbook.yaml', ...sample.args, '--yes'])).status).toBe(0);
    const before = await rig.state();
    const again = await rig.run(['plan', 'playbook.yaml', ...sample.args, '--json']);
    expect(again.status).toBe(0);
    const { summary } = JSON.parse(again.stdout) as {
      summary: { operations: Record<string, Record<string, number>> };
    };
    expect(summary.operations['customers.create']).toEqual({ unchanged: 8 });
    expect(summary.operations['users.create']?.create ?? 0).toBe(0);
    expect(summary.operations['carts.checkout']?.act ?? 0, 'nothing is bought twice').toBe(0);
    expect((await rig.run(['apply', 'playbook.yaml', ...sample.args, '--yes'])).status).toBe(0);
    const after = await rig.state();
    for (const kind of ['customers', 'users', 'licences', 'agreements', 'orders', 'subscriptions'])
      expect(after[kind]?.length, kind).toBe(before[kind]?.length);
  });

  it('plans twice to the same bytes but for times', async () => {
    rig = await openRig();
    const sample = await onboarding(rig, 20);
    for (const name of ['one', 'two'])
      await rig.run(['plan', 'playbook.yaml', ...sample.args, '--out', name]);
    const times = /"createdAt":"[^"]*"|"(?:totalS|s)econds":[\d.e-]+/gu;
    const timeless = async (name: string) => (await rig.read(name)).replaceAll(times, '');
    expect(await timeless('one')).toBe(await timeless('two'));
  });

  it('plans offline without a single call', async () => {
    rig = await openRig();
    const sample = await onboarding(rig, 5);
    const planned = await rig.run(['plan', 'playbook.yaml', ...sample.args, '--offline']);
    expect(planned.status).toBe(0);
    expect((await rig.stats()).requests).toBe(0);
    expect(planned.stdout).toContain('Plan: ');
  });

  it('writes passwords in clear only when they are exported with --secrets', async () => {
    rig = await openRig();
    const sample = await onboarding(rig, 3);
    await rig.run(['apply', 'playbook.yaml', ...sample.args, '--yes', '--results', 'results']);
    const exported = await rig.run(['export', '--secrets', '--results', 'clear']);
    expect(exported.status).toBe(0);
    const rows = parse(await rig.read('clear/results.csv'), { columns: true }) as Record<string, string>[];
    expect(rows).toHaveLength(3);
    for (const row of rows) expect(row.tenantry_adminPassword).toMatch(/^.{6,}$/u);
    for (const row of rows)
      expect(await rig.read('results/results.csv')).not.toContain(row.tenantry_adminPassword);
  });
});
