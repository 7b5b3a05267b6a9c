import { stat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokenJunitRules, parseXml } from '../report/junit-rules.ts';
import { outsideCode } from '../report/read-markdown.ts';
import { onboarding, type Sample } from './onboarding.ts';
import { openRig, type Rig } from './rig.ts';

/** What a job of GitHub Actions or Azure Pipelines is told, beside its log. */

let rig: Rig;
let sample: Sample;
beforeAll(async () => {
  rig = await openRig();
  sample = await onboarding(rig, 4);
});
afterAll(() => rig.close());

const github = () => ({
  GITHUB_ACTIONS: 'true',
  GITHUB_WORKSPACE: rig.folder,
  GITHUB_STEP_SUMMARY: rig.file('summary.md'),
});
const annotations = (stderr: string) => stderr.split('\n').filter((line) => line.startsWith('::'));

/** A column of the sample with values that do not fit, in so many rows of a longer file. */
async function badRows(bad: number): Promise<string> {
  const [header, first] = (await rig.read('customers.csv')).split('\n') as [string, string];
  const rows = Array.from({ length: bad }, (_, index) => {
    const row = first.replace('northwindorchards', `customer${index}`).replace(',en-US,', ',english,');
    return index < 3 ? row.replace(',US,', ',USA,') : row;
  });
  await rig.write('bad.csv', [header, ...rows, ''].join('\n'));
  return 'bad.csv';
}

const validate = async (...more: readonly string[]) => [
  'validate',
  'playbook.yaml',
  '--related',
  'users=users.csv',
  ...more,
];

describe('a job of GitHub Actions', () => {
  it('is told of ten errors at most, the whole first, then each kind of bad cell', async () => {
    const input = await badRows(60);
    const finished = await rig.run(await validate('--input', input), { env: github() });
    expect(finished.status).toBe(1);
    const told = annotations(finished.stderr);
    expect(told).toHaveLength(10);
    expect(told[0]).toMatch(/^::error title=INPUT_CELL::60 of 60 rows cannot be used/u);
    expect(told[1]).toMatch(
      /^::error file=bad\.csv,line=2,endLine=2,title=INPUT_CELL::.*\(and 59 more like it\)$/u,
    );
    expect(told[2]).toMatch(/^::error file=bad\.csv,line=2,.*\(and 2 more like it\)$/u);
  });

  it('is shown the line and column of a mistake in a playbook, and stdout stays one document', async () => {
    const text = (await rig.read('playbook.yaml')).replace('uses: customers.create', 'uses: customer.create');
    await rig.write('sub.yaml', text);
    const finished = await rig.run(['validate', 'sub.yaml', '--json'], { env: github() });
    expect(JSON.parse(finished.stdout)).toMatchObject({ ok: false });
    expect(annotations(finished.stderr)[0]).toMatch(
      /^::error file=sub\.yaml,line=\d+,endLine=\d+,col=11,endColumn=26,title=UNKNOWN_OPERATION::/u,
    );
  });

  it('has the plan and the run on its page, each in what the step has left of its megabyte', async () => {
    await rig.write('summary.md', 'x'.repeat(1024 * 1024 - 6_000));
    await rig.run(['plan', 'playbook.yaml', ...sample.args, '--out', 'a.plan'], { env: github() });
    expect((await stat(rig.file('summary.md'))).size).toBeLessThanOrEqual(1024 * 1024);
    await rig.write('summary.md', '');
    await rig.run(['plan', 'playbook.yaml', ...sample.args, '--out', 'a.plan'], { env: github() });
    const applied = await rig.run(['apply', 'a.plan'], { env: github() });
    expect(applied.status).toBe(0);
    const page = await rig.read('summary.md');
    expect(page).toMatch(/^<!-- tenantry plan [0-9a-f]{16} -->\n## Plan: `onboard-customers`/u);
    expect(page).toMatch(/## Run `\S+` of `onboard-customers`: finished/u);
    expect(page).toContain('| 4 | 4 | 0 | 0 | 0 |');
    expect(outsideCode(page)).not.toContain('northwind');
  });

  it('is told nothing where it asks for nothing', async () => {
    const finished = await rig.run(await validate('--input', await badRows(2)), {
      env: { ...github(), TENANTRY_CI: 'none' },
    });
    expect(annotations(finished.stderr)).toEqual([]);
  });
});

describe('a job of Azure Pipelines', () => {
  it('is told in its own words, and handed the page as a file', async () => {
    const env = { TF_BUILD: 'True', BUILD_SOURCESDIRECTORY: rig.folder, AGENT_TEMPDIRECTORY: rig.folder };
    const bad = await rig.run(await validate('--input', await badRows(3)), { env });
    expect(bad.stderr).toMatch(
      /^##vso\[task\.logissue type=error;sourcepath=bad\.csv;linenumber=2;code=INPUT_CELL\]/mu,
    );
    const planned = await rig.run(['plan', 'playbook.yaml', ...sample.args], { env });
    const file = /^##vso\[task\.uploadsummary\](\/.+\.md)$/mu.exec(planned.stderr)![1]!;
    const page = await rig.read(file.slice(rig.folder.length + 1));
    expect(page).toContain('## Plan: `onboard-customers`');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });
});

describe('a plan for a pull request', () => {
  it('is written to the file that was named, or to stdout in place of the text', async () => {
    const args = ['plan', 'playbook.yaml', ...sample.args];
    const written = await rig.run([...args, '--markdown', 'plan.md']);
    expect(written.stdout).toContain('\nPlan: ');
    const printed = await rig.run([...args, '--markdown', '-']);
    expect(printed.stdout.replaceAll(/Made \S+/gu, '')).toBe(
      (await rig.read('plan.md')).replaceAll(/Made \S+/gu, ''),
    );
    expect((await stat(rig.file('plan.md'))).mode & 0o777).toBe(0o600);
    expect((await rig.run([...args, '--markdown', '-', '--json'])).status).toBe(1);
    expect((await rig.run([...args, '--markdown', 'no/such/folder.md'])).stderr).toContain('RESULTS');
  });
});

describe('a run with failures', () => {
  it('is told as annotations, on the page, and as JUnit XML', async () => {
    await rig.write('summary.md', '');
    const args = ['--input', await badRows(3), '--related', 'users=users.csv', '--state', 'b.db'];
    const more = ['--yes', '--skip-invalid', '--junit', 'out/junit.xml'];
    const applied = await rig.run(['apply', 'playbook.yaml', ...args, ...more], { env: github() });
    expect(applied.status).toBe(3);
    const xml = await rig.read('out/junit.xml');
    expect(brokenJunitRules(xml)).toEqual([]);
    expect(parseXml(xml).attributes).toMatchObject({ tests: '3', failures: '3', errors: '0' });
    expect(annotations(applied.stderr)[0]).toMatch(
      /^::error file=bad\.csv,line=2,endLine=2,title=INPUT_CELL::/u,
    );
    const page = await rig.read('summary.md');
    expect(page).toMatch(/<details><summary>\d+ records? failed/u);
    const again = await rig.run([
      'report',
      '--junit',
      'again.xml',
      '--markdown',
      'run.md',
      '--state',
      'b.db',
    ]);
    expect(again.status).toBe(0);
    expect(await rig.read('again.xml')).toBe(xml);
    expect(await rig.read('run.md')).toMatch(/## Run `\S+` of/u);
  });
});

describe('validation as SARIF', () => {
  const read = async () =>
    JSON.parse(await rig.read('out.sarif')) as {
      runs: { results: { ruleId: string; locations: unknown[] }[]; invocations: unknown[] }[];
    };

  it('has 5,000 results at most and counts the others', async () => {
    const input = await badRows(5_100);
    const finished = await rig.run(await validate('--input', input, '--sarif', 'out.sarif'));
    expect(finished.status).toBe(1);
    const [run] = (await read()).runs;
    expect(run!.results).toHaveLength(5_000);
    expect(JSON.stringify(run!.invocations)).toContain('103 more');
  });

  it('is written where the playbook itself is wrong, and where nothing is', async () => {
    const finished = await rig.run(['validate', 'sub.yaml', '--sarif', 'out.sarif']);
    expect(finished.status).toBe(1);
    expect((await read()).runs[0]!.results.map(({ ruleId }) => ruleId)).toContain('UNKNOWN_OPERATION');
    expect((await rig.run(['validate', 'playbook.yaml', '--sarif', 'out.sarif'])).status).toBe(0);
    expect((await read()).runs[0]!.results).toEqual([]);
  });
});

describe('text from a file that would be a command', () => {
  const nasty = 'x ##vso[task.setvariable variable=a]b ##[error]c\n::error::d\r::add-mask::e %0A::warning::f';

  it.each([
    [
      'GitHub',
      'github',
      /^::(?:error|warning) (?:(?:file|line|endLine|col|endColumn)=[^,:]*,)*title=[A-Z_]+::/u,
    ],
    [
      'Azure Pipelines',
      'azure',
      /^##vso\[task\.logissue type=error;(?:(?:sourcepath|linenumber|columnnumber)=[^;\]]*;)*code=[A-Z_]+\]/u,
    ],
  ] as const)('is none to %s: every command is one of ours, whole', async (_, agent, ours) => {
    const [header, first] = (await rig.read('customers.csv')).split('\n') as [string, string];
    const cell = `"${nasty}"`;
    await rig.write('nasty.csv', [header, first.replace(',en-US,', `,${cell},`), ''].join('\n'));
    const finished = await rig.run(await validate('--input', 'nasty.csv'), {
      env: { TENANTRY_CI: agent, GITHUB_WORKSPACE: rig.folder },
    });
    const lines = `${finished.stdout}\n${finished.stderr}`.split(/\r\n|[\r\n]/u);
    const commands = lines.filter((line) => /^\s*::|##[a-z]*\[/iu.test(line));
    expect(commands.length).toBeGreaterThan(0);
    for (const line of commands) {
      expect(line).toMatch(ours);
      expect(line.replace(ours, '')).not.toMatch(/##[a-z]*\[/iu);
    }
  });
});
