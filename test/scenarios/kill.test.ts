import { copyFile, mkdir } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { kill } from './killing.ts';
import { expectOnboarded, onboarding } from './onboarding.ts';
import { openRig, type Rig } from './rig.ts';

let rig: Rig;
afterEach(() => rig?.close());

describe('a run that is killed with SIGKILL', () => {
  it('is resumed from 200 random moments, the service failing in every way, and ends with no duplicate and no gap', async () => {
    // Side by side: most of the time goes into starting processes.
    const series = [20_261_123, 20_261_124].map((seed) =>
      kill({ moments: 100, seed, customers: 20, killsPerRun: 100 }),
    );
    for (const { kills, faults, duplicates, gaps } of await Promise.all(series)) {
      expect(kills).toBe(100);
      expect(faults).toBeGreaterThan(50);
      expect({ duplicates, gaps }).toEqual({ duplicates: [], gaps: [] });
    }
  }, 900_000);

  it('goes on from a copy of its state file in another folder, without plan, playbook and input', async () => {
    rig = await openRig(['--latency', '8']);
    const sample = await onboarding(rig, 12);
    const started = rig.start([
      'apply',
      'playbook.yaml',
      ...sample.args,
      '--yes',
      '--concurrency',
      '2',
      '--state',
      'here/state.db',
    ]);
    await started.says('Run ');
    for (;;) {
      const { requests } = await rig.stats();
      if (requests > 40) break;
    }
    started.process.kill('SIGKILL');
    await started.finished;

    await mkdir(rig.file('elsewhere'));
    for (const suffix of ['', '-wal'])
      await copyFile(rig.file(`here/state.db${suffix}`), rig.file(`elsewhere/state.db${suffix}`));
    const resumed = await rig.run(['resume', '--state', 'state.db', '--results', 'results'], {
      cwd: rig.file('elsewhere'),
    });
    expect(resumed.stderr).not.toMatch(/error/iu);
    expect(resumed.status).toBe(0);
    expectOnboarded(await rig.state(), sample);
  });

  it('is refused to a second process while the first one works on it', async () => {
    rig = await openRig(['--latency', '60']);
    const sample = await onboarding(rig, 10);
    const started = rig.start(['apply', 'playbook.yaml', ...sample.args, '--yes', '--concurrency', '1']);
    await started.says('Run ');
    const second = await rig.run(['resume']);
    expect(second.status).toBe(1);
    expect(second.stderr).toContain('RUN_OWNED');
    started.process.kill('SIGKILL');
    await started.finished;
    const third = await rig.run(['resume']);
    expect(third.status).toBe(0);
    expectOnboarded(await rig.state(), sample);
  });
});

describe('Ctrl-C', () => {
  it('finishes what is in flight, says how to go on, exits with 130, and the run is resumed to its end', async () => {
    rig = await openRig(['--latency', '40']);
    const sample = await onboarding(rig, 12);
    const started = rig.start(['apply', 'playbook.yaml', ...sample.args, '--yes', '--concurrency', '3']);
    await started.says('Run ');
    for (;;) if ((await rig.stats()).requests > 60) break;
    started.process.kill('SIGINT');
    const interrupted = await started.finished;
    expect(interrupted.status).toBe(130);
    expect(interrupted.stdout).toContain('tenantry resume');
    const seen = (await rig.stats()).requests;
    expect((await rig.stats()).requests, 'nothing is sent after the end').toBe(seen);

    const resumed = await rig.run(['resume']);
    expect(resumed.status).toBe(0);
    expectOnboarded(await rig.state(), sample);
    expect((await rig.stats()).seenAgain, 'a drained run has nothing in doubt').toBe(0);
  });

  it('pressed twice stops at once and is resumable all the same', async () => {
    rig = await openRig(['--latency', '400']);
    const sample = await onboarding(rig, 6);
    const started = rig.start(['apply', 'playbook.yaml', ...sample.args, '--yes']);
    await started.says('Run ');
    started.process.kill('SIGINT');
    await started.says('No new requests');
    started.process.kill('SIGINT');
    expect((await started.finished).status).toBe(130);
    await rig.behave({ latencyMs: 0 });
    expect((await rig.run(['resume'])).status).toBe(0);
    expectOnboarded(await rig.state(), sample);
  });
});
