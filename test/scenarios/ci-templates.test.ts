import { chmod, cp, mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type JobOptions, type Kept, runAction, runStage } from './ci-runner.ts';
import { expectOnboarded, onboarding, type Sample } from './onboarding.ts';
import { openRig, type Rig, root, type Started } from './rig.ts';

/** action.yml and the template for Azure Pipelines, their shell commands run as they stand. */

let rig: Rig;
let sample: Sample;
let kept: Kept;
beforeEach(async () => {
  rig = await openRig();
  sample = await onboarding(rig, 3);
  kept = { folder: rig.file('kept'), names: [] };
});
afterEach(() => rig.close());

/** A clean machine with the files of the repository. */
async function machine(name: string, below: string): Promise<string> {
  const folder = rig.file(name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(path.join(folder, below), { recursive: true });
  for (const file of [sample.playbook, sample.customers, sample.users])
    await cp(file, path.join(folder, below, path.basename(file)));
  return folder;
}

/** Signals a run in its middle, as the system does when somebody cancels the job. */
async function cancelled(name: string, started: Started): Promise<void> {
  if (name !== 'Apply') return;
  await started.says('Run ');
  const { requests } = await rig.stats();
  for (;;) if ((await rig.stats()).requests > requests + 6) break;
  started.process.kill('SIGINT');
}

const slow = () => rig.behave({ latencyMs: 150 });
const fast = () => rig.behave({ latencyMs: 0 });

describe('the action for GitHub', () => {
  const inputs = { folder: 'onboarding', input: 'customers.csv', related: 'users=users.csv' };
  const github = {
    'github.run_id': '77',
    'github.repository': 'o/r',
    'github.token': 't',
    'github.event_name': 'pull_request',
    'github.event.pull_request.number': '5',
  };

  /** A job of the workflow on a machine of its own. */
  async function job(command: string, more: Partial<JobOptions> & { lost?: string; event?: string } = {}) {
    const { lost, event, ...options } = more;
    const folder = await machine('job', 'onboarding');
    return runAction(
      rig,
      { ...inputs, command, ...(lost === undefined ? {} : { lost }) },
      { ...github, ...(event === undefined ? {} : { 'github.event_name': event }) },
      { folder, kept, attempt: 1, path: rig.file('bin'), ...options },
    );
  }

  /** GitHub's own command, which tells what it was asked and knows one comment. */
  async function standIn(comment: string): Promise<void> {
    await mkdir(rig.file('bin'), { recursive: true });
    const lines = [
      '#!/usr/bin/env bash',
      `printf '%s\\n' "$*" >> ${rig.file('gh.log')}`,
      `case "$*" in *--jq*) printf '%s' '${comment}';; *body=@*) cp "\${*: -2:1}" /dev/null 2>/dev/null; file=$(printf '%s' "$*" | sed 's/.*body=@\\([^ ]*\\).*/\\1/'); cp "$file" ${rig.file('comment.md')};; esac`,
      '',
    ];
    await rig.write('bin/gh', lines.join('\n'));
    await chmod(rig.file('bin/gh'), 0o755);
  }

  it('puts the plan on the pull request, and in place of the comment that it made before', async () => {
    await standIn('');
    const first = await job('plan');
    expect(first.scripts.at(-1)!.stderr).toBe('');
    expect(first).toMatchObject({ failed: false, outputs: { 'plan.changes': 'true' } });
    const comment = await rig.read('comment.md');
    expect(comment).toMatch(/^<!-- tenantry plan [0-9a-f]{16} -->\n## Plan: `onboard-customers`/u);
    expect(comment.length).toBeLessThanOrEqual(65_535);
    await standIn('4711\n4712');
    expect((await job('plan')).scripts.at(-1)).toMatchObject({ status: 0, stderr: '' });
    const log = (await rig.read('gh.log')).trim().split('\n');
    expect(log[0]).toContain(`startswith("${comment.split('\n')[0]}")`);
    expect(log[1]).toMatch(/--method POST repos\/o\/r\/issues\/5\/comments/u);
    expect(log.at(-1)).toMatch(/--method PATCH repos\/o\/r\/issues\/comments\/4711 /u);
    expect((await rig.state()).customers, 'planning changes nothing').toEqual([]);
  });

  it('applies the plan that was approved, and after a cancelled job goes on with that run', async () => {
    await job('plan', { event: 'push' });
    await slow();
    const first = await job('apply', { during: cancelled });
    expect(first.failed).toBe(true);
    expect(first.scripts.at(-1)).toMatchObject({ name: 'Apply', status: 130 });
    await fast();
    const second = await job('apply', { attempt: 2 });
    expect(second.scripts.at(-1)!.stderr).not.toMatch(/error/u);
    expect(second.failed).toBe(false);
    expectOnboarded(await rig.state(), sample);
    expect(kept.names).toContain('tenantry-results-default-2');
    expect(await readFile(path.join(kept.folder, 'tenantry-results-default-2/junit.xml'), 'utf8')).toContain(
      'tests="3"',
    );
  });

  it('refuses to guess where an attempt began and its state is lost', async () => {
    await job('plan', { event: 'push' });
    await slow();
    await job('apply', { during: cancelled });
    await fast();
    const before = (await rig.stats()).requests;
    kept.names.splice(
      0,
      Number.POSITIVE_INFINITY,
      ...kept.names.filter((name) => !name.startsWith('tenantry-state')),
    );
    const second = await job('apply', { attempt: 2 });
    expect(second.failed).toBe(true);
    expect(second.scripts.at(-1)!.stdout).toMatch(/^::error title=Tenantry::/u);
    expect((await rig.stats()).requests).toBe(before);
  });

  it('begins where an earlier attempt did not get as far', async () => {
    await job('plan', { event: 'push' });
    const second = await job('apply', { attempt: 2 });
    expect(second.failed).toBe(false);
    expectOnboarded(await rig.state(), sample);
  });

  it('fails where validation does, and obeys nothing that is in an input', async () => {
    const nasty = '$(touch pwned)`touch pwned`"; touch pwned; #';
    const folder = await machine('job', 'onboarding');
    const end = await runAction(
      rig,
      {
        ...inputs,
        command: 'validate',
        input: nasty,
        related: `users=users.csv\n${nasty}=x`,
        playbook: 'playbook.yaml',
      },
      github,
      { folder, kept, attempt: 1 },
    );
    expect(end.failed).toBe(true);
    expect(end.scripts.at(-1)!.stderr).toContain('touch pwned');
    await expect(readFile(path.join(folder, 'onboarding/pwned'))).rejects.toThrow('ENOENT');
    expect(await readFile(path.join(folder, 'onboarding/tenantry.sarif'), 'utf8')).toContain('"2.1.0"');
  });
});

describe('the template for Azure Pipelines', () => {
  const parameters = {
    folder: 'onboarding',
    input: 'customers.csv',
    related: 'users=users.csv',
    environment: 'partner-center',
    tenantry: 'tenantry',
    env: {},
  };

  async function stage(name: 'plan' | 'apply', more: Partial<JobOptions> = {}) {
    const folder = await machine('agent', 's/self/onboarding');
    await mkdir(path.join(folder, 's/tenantry'), { recursive: true });
    await cp(path.join(root, 'dist'), path.join(folder, 's/tenantry/dist'), { recursive: true });
    return runStage(rig, name, parameters, { folder, kept, attempt: 1, ...more });
  }

  it('plans, applies what was planned, and after a cancelled job goes on with that run', async () => {
    const planned = await stage('plan');
    expect(planned).toMatchObject({ failed: false, outputs: { 'plan.changes': 'true' } });
    expect(planned.scripts.at(-1)!.stderr).toMatch(/^##vso\[task\.uploadsummary\]/mu);
    expect((await rig.state()).customers).toEqual([]);
    await slow();
    const first = await stage('apply', { during: cancelled });
    expect(first.scripts.at(-1)).toMatchObject({ name: 'Apply', status: 130 });
    await fast();
    const second = await stage('apply', { attempt: 2 });
    expect(second.scripts.at(-1)!.stderr).not.toMatch(/error/u);
    expect(second.failed).toBe(false);
    expectOnboarded(await rig.state(), sample);
    expect(kept.names).toContain('results-2');
  });

  it('refuses to guess where an attempt began and its state is lost', async () => {
    await stage('plan');
    kept.names.push('tenantry-begun-1');
    await mkdir(path.join(kept.folder, 'tenantry-begun-1'), { recursive: true });
    const { requests } = await rig.stats();
    const end = await stage('apply', { attempt: 2 });
    expect(end.failed).toBe(true);
    expect(end.scripts.at(-1)!.stdout).toContain('its state is lost');
    expect((await rig.stats()).requests).toBe(requests);
  });
});

/** Every `run` and `bash` of a file. */
function scriptsIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    (name === 'run' || name === 'bash') && typeof inner === 'string' ? [inner] : scriptsIn(inner),
  );
}

describe('the files to copy', () => {
  const read = async (file: string) =>
    parse(await readFile(path.join(root, file), 'utf8')) as Record<string, never>;

  it('give the action inputs that it has', async () => {
    const action = (await read('action.yml')) as unknown as { inputs: Record<string, unknown> };
    const { jobs } = (await read('ci/github-workflow.yml')) as unknown as {
      jobs: Record<
        string,
        { environment?: string; steps: { uses: string; with?: Record<string, string> }[] }
      >;
    };
    const ours = Object.values(jobs).flatMap(({ steps }) =>
      steps.filter(({ uses }) => uses.includes('/tenantry@')),
    );
    expect(ours.map((step) => step.with?.command)).toEqual(['validate', 'plan', 'apply']);
    for (const step of ours)
      expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(step.with!)));
    expect(jobs.apply!.environment).toBe('partner-center');
  });

  it('give the template parameters that it has', async () => {
    const template = (await read('ci/azure-pipelines-template.yml')) as unknown as {
      parameters: { name: string }[];
    };
    const { stages } = (await read('ci/azure-pipelines.yml')) as unknown as {
      stages: { template: string; parameters: Record<string, unknown> }[];
    };
    const names = template.parameters.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(stages[0]!.parameters)));
  });

  it('put nothing from outside into a script', async () => {
    for (const file of ['action.yml', 'ci/azure-pipelines-template.yml']) {
      const text = await readFile(path.join(root, file), 'utf8');
      const scripts = scriptsIn(parse(text));
      expect(scripts.length).toBeGreaterThan(4);
      expect(scripts.filter((script) => /\$\{\{|\$\(\w+\.\w/u.test(script))).toEqual([]);
    }
  });
});
