import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectOnboarded, onboarding, type Sample } from './onboarding.ts';
import { openRig, type Rig, type Started } from './rig.ts';

/** What CI systems do to a job that somebody cancels, done to the command in a step's script. */

let rig: Rig;
let sample: Sample;
beforeEach(async () => {
  rig = await openRig();
  sample = await onboarding(rig, 4);
  await rig.run(['plan', 'playbook.yaml', ...sample.args, '--out', 'plan']);
  await rig.behave({ latencyMs: 250 });
});
afterEach(() => rig.close());

/** A step's script as GitHub runs it; the shell stays and waits, because something follows the command. */
const script = ['bash', '-e', '-c', '"$@"\necho the step went on', 'step'];
/** The same step written so that the command takes the shell's place. */
const replacing = ['bash', '-e', '-c', 'exec "$@"', 'step'];

/** Starts the run inside a script; resolves once it is in the middle, with the command that it gave for resuming. */
async function begin(
  within: readonly string[],
): Promise<{ readonly started: Started; readonly resume: string }> {
  const started = rig.start(['apply', 'plan', '--concurrency', '1'], { within });
  await started.says('Run ');
  const resume = /tenantry (resume \S+)/u.exec(started.stderr())?.[1];
  expect(resume, 'how to go on is said before anything is sent').toBeDefined();
  const { requests } = await rig.stats();
  for (;;) if ((await rig.stats()).requests > requests + 8) break;
  return { started, resume: resume! };
}

/**
 * GitHub's runner: SIGINT, 7.5 s later SIGTERM, 2.5 s later the whole tree is killed (workflow cancellation reference).
 * @returns seconds until the process was gone
 */
async function cancel(started: Started, send: (name: NodeJS.Signals) => void): Promise<number> {
  const began = performance.now();
  let gone = false;
  const end = started.process.exitCode === null ? started.finished : Promise.resolve();
  void end.then(() => {
    gone = true;
  });
  for (const [name, waitMs] of [
    ['SIGINT', 7_500],
    ['SIGTERM', 2_500],
  ] as const) {
    send(name);
    await Promise.race([end, sleep(waitMs)]);
    if (gone) break;
  }
  if (!gone) started.signal('SIGKILL');
  await end;
  return (performance.now() - began) / 1_000;
}

async function resumes(resume: string): Promise<void> {
  await rig.behave({ latencyMs: 0 });
  const resumed = await rig.run(resume.split(' '));
  expect(resumed.stderr).not.toMatch(/error/iu);
  expect(resumed.status).toBe(0);
  expectOnboarded(await rig.state(), sample);
}

describe('a job that is cancelled', () => {
  it('drains when the signal reaches the whole group, and the script ends with 130', async () => {
    const { started, resume } = await begin(script);
    expect(await cancel(started, started.signal)).toBeLessThan(7.5);
    const { status, stdout } = await started.finished;
    expect(status).toBe(130);
    expect(stdout).toContain('was interrupted');
    expect(stdout).not.toContain('the step went on');
    await resumes(resume);
    expect((await rig.stats()).seenAgain, 'a drained run has nothing in doubt').toBe(0);
  });

  it('drains when the command has taken the place of the shell that is signalled', async () => {
    const { started, resume } = await begin(replacing);
    expect(await cancel(started, (name) => started.process.kill(name))).toBeLessThan(7.5);
    expect((await started.finished).status).toBe(130);
    await resumes(resume);
  });

  it('is killed in the end when only the shell is signalled, and goes on without a duplicate', async () => {
    await rig.behave({ latencyMs: 700 }); // there must be work left for these ten seconds
    const { started, resume } = await begin(script);
    expect(await cancel(started, (name) => started.process.kill(name))).toBeGreaterThan(9.9);
    expect((await started.finished).stdout).not.toContain('was interrupted');
    await resumes(resume);
  });

  it('is let go after five seconds where the service does not answer: SIGTERM of Azure Pipelines', async () => {
    const { started, resume } = await begin(replacing);
    await rig.behave({ latencyMs: 8_000 });
    const { requests } = await rig.stats();
    for (;;) if ((await rig.stats()).requests > requests) break;
    const began = performance.now();
    started.process.kill('SIGTERM');
    expect((await started.finished).status).toBe(130);
    expect((performance.now() - began) / 1_000).toBeLessThan(7.5);
    await resumes(resume);
  });
});
