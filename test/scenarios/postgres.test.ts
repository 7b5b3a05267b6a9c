import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../journal/postgres-server.ts';
import { expectOnboarded, onboarding } from './onboarding.ts';
import { type Finished, openRig, type Rig } from './rig.ts';

/** Runs that live in a database, so that any machine can go on with them. */

let server: PostgresServer;
let rig: Rig;
let state: string;
let schemas = 0;

beforeAll(async () => {
  server = await startPostgres();
}, 120_000);
afterAll(() => server.stop());
beforeEach(async () => {
  rig = await openRig();
  schemas += 1;
  state = server.address(`scenario_${schemas}`);
  await mkdir(rig.file('elsewhere'));
});
afterEach(() => rig.close());

const elsewhere = (args: readonly string[]): Promise<Finished> =>
  rig.run([...args, '--state', state], { cwd: rig.file('elsewhere') });

async function untilRequests(least: number): Promise<void> {
  while ((await rig.stats()).requests < least) await sleep(5);
}

describe('a run in a PostgreSQL database', () => {
  it('that was killed is seen and gone on with from another machine, and nothing is done twice', async () => {
    const sample = await onboarding(rig, 8);
    await rig.run(['plan', 'playbook.yaml', ...sample.args, '--out', 'plan']);
    await rig.behave({ latencyMs: 60 });
    const { requests } = await rig.stats();
    const started = rig.start(['apply', 'plan', '--concurrency', '2', '--state', state]);
    await started.says('Run ');
    await untilRequests(requests + 30);
    await rig.behave({ latencyMs: 60_000 }); // whatever comes next takes longer than this test looks at it

    const second = await elsewhere(['resume']);
    expect(second.status).toBe(1);
    expect(second.stderr).toContain('RUN_OWNED');
    const again = await rig.run(['apply', 'plan', '--state', state]);
    expect(again.status, 'two who apply one plan do not both').toBe(1);
    expect(again.stderr).toContain('RUN_OWNED');

    started.process.kill('SIGKILL');
    await rig.behave({ latencyMs: 0 });
    const { stderr } = await started.finished;
    expect(stderr).toContain('tenantry resume ');
    expect(stderr, 'its command to go on names no password').not.toContain(':local@');
    expect((await elsewhere(['runs'])).stdout).toContain('running');
    for (;;) {
      const resumed = await elsewhere(['resume', '--results', 'results']);
      if (resumed.stderr.includes('RUN_OWNED')) {
        await sleep(1_000); // the dead owner's lease runs out within 20 s
        continue;
      }
      expect(resumed.stderr).not.toMatch(/error/iu);
      expect(resumed.status).toBe(0);
      break;
    }
    expectOnboarded(await rig.state(), sample);
    expect((await elsewhere(['show'])).stdout).toContain('8');
    const shown = JSON.parse((await elsewhere(['show', '--json'])).stdout) as { state?: string };
    expect(JSON.stringify(shown)).toContain('"finished"');
  }, 120_000);

  it('goes on by itself when the database was restarted under it', async () => {
    const sample = await onboarding(rig, 6);
    await rig.behave({ latencyMs: 20 });
    const started = rig.start([
      'apply',
      'playbook.yaml',
      ...sample.args,
      '--yes',
      '--concurrency',
      '2',
      '--state',
      state,
    ]);
    await started.says('Run ');
    const { requests } = await rig.stats();
    await untilRequests(requests + 20);
    await server.restart();
    const done = await started.finished;
    expect(done.stderr).not.toMatch(/error/iu);
    expect(done.status).toBe(0);
    expectOnboarded(await rig.state(), sample);
    expect((await rig.stats()).seenAgain).toBe(0);
  }, 120_000);

  it('is looked at by doctor, without showing a password', async () => {
    const told = await rig.run(['doctor', '--state', state]);
    expect(told.stdout + told.stderr).toContain('can be read and written, and holds 0 runs');
    expect(told.stdout + told.stderr).not.toContain(':local@');
  });
});
