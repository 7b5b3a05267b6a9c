import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { type Finished, type Rig, root, type Started } from './rig.ts';

/**
 * What a runner of GitHub Actions and an agent of Azure Pipelines do with our YAML files: the shell commands that stand in
 * them are run as they stand, the actions and tasks of others are played: caches and artifacts are folders.
 */

/** What outlives a job: caches and artifacts, by name, and the folders they were copied to. */
export interface Kept {
  readonly folder: string;
  readonly names: string[];
}

type Step = Readonly<Record<string, unknown>> & {
  readonly name?: string;
  readonly displayName?: string;
  readonly id?: string;
  readonly if?: string;
  readonly condition?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly bash?: string;
  readonly publish?: string;
  readonly artifact?: string;
  readonly task?: string;
  readonly workingDirectory?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
};

export interface JobOptions {
  /** A folder of the job's own; nothing of it outlives the job. */
  readonly folder: string;
  readonly kept: Kept;
  readonly attempt: number;
  /** Hears of each script as it begins: may signal it. */
  readonly during?: (name: string, started: Started) => Promise<void>;
  readonly env?: Readonly<Record<string, string>>;
  /** Folders that stand first in PATH. */
  readonly path?: string;
}

export interface JobEnd {
  readonly failed: boolean;
  /** Outputs of steps, `plan.changes`. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly scripts: readonly (Finished & { readonly name: string })[];
}

async function keep(kept: Kept, name: string, folder: string): Promise<void> {
  await cp(folder, path.join(kept.folder, name), { recursive: true, force: true });
  kept.names.push(name);
}

async function give(kept: Kept, name: string, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await cp(path.join(kept.folder, name), folder, { recursive: true });
}

function script(
  rig: Rig,
  shell: readonly string[],
  file: string,
  cwd: string,
  options: JobOptions,
  env: Readonly<Record<string, string | undefined>>,
): Started {
  const places = [options.path, path.dirname(process.execPath), process.env.PATH].filter(Boolean);
  const within = ['bash', '-c', `exec ${shell.join(' ')} "$0"`, file];
  return rig.start([], { within, cwd, env: { ...options.env, PATH: places.join(':'), ...env } });
}

/** Runs the composite action as a job's step would. @param github its context: `github.event_name` … */
export async function runAction(
  rig: Rig,
  inputs: Readonly<Record<string, string>>,
  github: Readonly<Record<string, string>>,
  options: JobOptions,
): Promise<JobEnd> {
  const action = parse(await readFile(path.join(root, 'action.yml'), 'utf8')) as {
    readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
    readonly runs: { readonly using: string; readonly steps: readonly Step[] };
  };
  for (const name of Object.keys(inputs))
    if (!Object.hasOwn(action.inputs, name)) throw new Error(`the action has no input ${name}`);
  const values: Record<string, string> = { 'github.run_attempt': String(options.attempt), ...github };
  const fill = (text: string) =>
    text.replaceAll(/\$\{\{(.*?)\}\}/gu, (_, inside: string) => String(evaluate(inside, values) ?? ''));
  for (const [name, { default: fallback = '' }] of Object.entries(action.inputs))
    values[`inputs.${name}`] = inputs[name] ?? fill(String(fallback));
  let failed = false;
  const scripts: (Finished & { readonly name: string })[] = [];
  const outputs: Record<string, string> = {};
  for (const [index, step] of action.runs.steps.entries()) {
    const condition = step.if ?? 'true';
    if (failed && !condition.includes('always()')) continue;
    if (evaluate(condition, values) !== true) continue;
    const given = Object.fromEntries(
      Object.entries(step.with ?? {}).map(([name, value]) => [name, fill(String(value))]),
    );
    if (step.uses !== undefined) {
      const found = await playAction(step.uses, given, options);
      if (step.id !== undefined) values[`steps.${step.id}.outputs.cache-matched-key`] = found ?? '';
      continue;
    }
    const file = path.join(options.folder, `.step-${index}.sh`);
    const output = path.join(options.folder, `.step-${index}.out`);
    await writeFile(file, step.run!);
    await writeFile(output, '');
    const env = Object.fromEntries(
      Object.entries(step.env ?? {}).map(([name, value]) => [name, fill(value)]),
    );
    const cwd = path.join(options.folder, fill(String(step['working-directory'] ?? '.')));
    const started = script(
      rig,
      ['bash', '--noprofile', '--norc', '-e', '-o', 'pipefail'],
      file,
      cwd,
      options,
      {
        GITHUB_ACTIONS: 'true',
        GITHUB_ACTION_PATH: root,
        GITHUB_WORKSPACE: options.folder,
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: path.join(options.folder, '.summary.md'),
        ...env,
      },
    );
    await options.during?.(step.name!, started);
    const finished = await started.finished;
    scripts.push({ ...finished, name: step.name! });
    if (finished.status !== 0) failed = true;
    for (const line of (await readFile(output, 'utf8')).split('\n').filter(Boolean)) {
      const [name, value] = line.split('=') as [string, string];
      outputs[`${step.id}.${name}`] = value;
    }
  }
  return { failed, outputs, scripts };
}

/** @returns the key that a cache was found by */
async function playAction(
  uses: string,
  given: Readonly<Record<string, string>>,
  { folder, kept }: JobOptions,
): Promise<string | undefined> {
  const place = path.join(folder, given.path ?? '');
  switch (uses.replace(/@v\d+$/u, '')) {
    case 'actions/setup-node':
      return undefined;
    case 'actions/cache/save':
      // A folder that does not exist is a warning.
      if (existsSync(place)) await keep(kept, given.key!, place);
      return undefined;
    case 'actions/cache/restore': {
      const found =
        kept.names.findLast((name) => name === given.key) ??
        kept.names.findLast((name) => name.startsWith(given['restore-keys']!));
      if (found !== undefined) await give(kept, found, place);
      return found;
    }
    case 'actions/upload-artifact': {
      // A file is an artifact of its own, a folder one of all that is in it.
      const into = path.join(kept.folder, given.name!);
      await mkdir(into, { recursive: true });
      const single = path.extname(place) !== '';
      await cp(place, single ? path.join(into, path.basename(place)) : into, { recursive: true }).catch(
        (error: Error) => {
          if (given['if-no-files-found'] === 'error') throw error;
        },
      );
      kept.names.push(given.name!);
      return undefined;
    }
    case 'actions/download-artifact':
      await cp(path.join(kept.folder, given.name!), place, { recursive: true });
      return undefined;
    default:
      throw new Error(`the test does not know ${uses}`);
  }
}

/** The expressions that our files use: names with dots, comparisons, `&&`, `always()`. */
function evaluate(expression: string, values: Readonly<Record<string, string>>): unknown {
  const code = expression
    .replaceAll('always()', 'true')
    .replaceAll(/([a-z_]+(?:\.[\w-]+)+)/gu, (name) => `values[${JSON.stringify(name)}]`);
  return new Function('values', `return (${code})`)(values);
}

/** Runs one stage of the template for Azure Pipelines. */
export async function runStage(
  rig: Rig,
  stage: 'plan' | 'apply',
  parameters: Readonly<Record<string, unknown>>,
  options: JobOptions,
): Promise<JobEnd> {
  const steps = await stepsOf(stage, parameters);
  const variables: Readonly<Record<string, string>> = {
    'Pipeline.Workspace': options.folder,
    'System.StageAttempt': String(options.attempt),
    'System.AccessToken': 'none',
  };
  const fill = (text: string) => text.replaceAll(/\$\(([\w.]+)\)/gu, (_, name: string) => variables[name]!);
  let failed = false;
  const scripts: (Finished & { readonly name: string })[] = [];
  const outputs: Record<string, string> = {};
  for (const [index, step] of steps.entries()) {
    if (failed && step.condition !== 'always()') continue;
    if (step.publish !== undefined) {
      const copied = keep(options.kept, fill(step.artifact!), fill(step.publish));
      await (failed || step.continueOnError === true ? copied.catch(() => {}) : copied);
    }
    if (step.task === 'DownloadPipelineArtifact@2')
      for (const name of options.kept.names.filter((each) => each.startsWith('tenantry-')))
        await give(options.kept, name, path.join(fill(step.inputs!.targetPath!), name));
    if (step.bash === undefined) continue;
    const file = path.join(options.folder, `.step-${index}.sh`);
    await writeFile(file, step.bash);
    const env = Object.fromEntries(
      Object.entries(step.env ?? {}).map(([name, value]) => [name, fill(String(value))]),
    );
    const started = script(
      rig,
      ['bash', '--noprofile', '--norc'],
      file,
      fill(step.workingDirectory ?? '$(Pipeline.Workspace)'),
      options,
      {
        TF_BUILD: 'True',
        BUILD_SOURCESDIRECTORY: path.join(options.folder, 's'),
        AGENT_TEMPDIRECTORY: options.folder,
        ...env,
      },
    );
    await options.during?.(step.displayName!, started);
    const finished = await started.finished;
    scripts.push({ ...finished, name: step.displayName! });
    if (finished.status !== 0) failed = true;
    for (const [, name, value] of finished.stdout.matchAll(
      /##vso\[task\.setvariable variable=(\w+);isOutput=true\](.*)/gu,
    ))
      outputs[`${String(step.name)}.${name}`] = value!;
  }
  return { failed, outputs, scripts };
}

/** The steps of a stage, its parameters filled in. */
async function stepsOf(stage: string, given: Readonly<Record<string, unknown>>): Promise<readonly Step[]> {
  const template = parse(await readFile(path.join(root, 'ci/azure-pipelines-template.yml'), 'utf8')) as {
    readonly parameters: readonly { readonly name: string; readonly default?: unknown }[];
    readonly stages: readonly { readonly stage: string; readonly jobs: readonly Record<string, unknown>[] }[];
  };
  const parameters = Object.fromEntries(
    template.parameters.map(({ name, default: fallback }) => [name, given[name] ?? fallback]),
  );
  const job = template.stages.find((each) => each.stage === stage)!.jobs[0]!;
  const strategy = job.strategy as { runOnce: { deploy: { steps: Step[] } } } | undefined;
  return filled(strategy?.runOnce.deploy.steps ?? job.steps, parameters) as Step[];
}

function filled(value: unknown, parameters: Readonly<Record<string, unknown>>): unknown {
  if (typeof value === 'string')
    return value.replaceAll(/\$\{\{ parameters\.(\w+) \}\}/gu, (_, name: string) => String(parameters[name]));
  if (Array.isArray(value)) return value.map((item) => filled(item, parameters));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) =>
      name === '${{ insert }}'
        ? Object.entries(parameters[/parameters\.(\w+)/u.exec(inner as string)![1]!] as object)
        : [[name, filled(inner, parameters)]],
    ),
  );
}
