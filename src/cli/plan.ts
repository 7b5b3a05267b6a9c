import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { Playbook } from '../check/playbook.ts';
import { type Diagnostic, DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { oneLine } from '../diagnostics/neutralise.ts';
import type { Operations } from '../operations/operation.ts';
import type { PlanHeader, PlannedRecord, PlanSummary } from '../plan/plan.ts';
import { readPlan, writePlan } from '../plan/plan-file.ts';
import { planRecords } from '../plan/plan-records.ts';
import type { PolicyJudge } from '../plan/policy-plan.ts';
import type { PriceSheet } from '../plan/prices.ts';
import { Summary } from '../plan/summary.ts';
import { hasChanges } from '../report/text.ts';
import { timeCalls } from './call-times.ts';
import { refuseOutsideCloud, refuseUncallable } from './callable.ts';
import { operationsWith } from './catalogues.ts';
import { ciAgent } from './ci/agent.ts';
import { countriesOfRuns } from './earlier-runs.ts';
import { exitStatus } from './exit-status.ts';
import { printDiagnostics } from './failure.ts';
import { loadParameters, loadPlaybook, usage } from './load-playbook.ts';
import type { Common, InputOptions } from './options.ts';
import { digestsNow } from './plan-sources.ts';
import {
  judgeOf,
  type LoadedPolicy,
  loadPolicy,
  type PolicyOptions,
  refuseForbidden,
  saidOf,
} from './policy.ts';
import { type Input, openInput } from './records.ts';
import { type Chosen, choose, type SelectionOptions } from './selection.ts';
import { openSession, type Session } from './session.ts';
import { targetName } from './target.ts';
import { printPlan, printPlanJson } from './terminal/print-plan.ts';
import { version } from './version.ts';
import { limitYoungSpace } from './young-space.ts';

export interface PlanOptions extends InputOptions, SelectionOptions, PolicyOptions {
  readonly out?: string;
  readonly offline?: boolean;
  readonly all?: boolean;
  readonly skipInvalid?: boolean;
  readonly detailedExitcode?: boolean;
  /** File for the plan as Markdown; `-` for stdout. */
  readonly markdown?: string;
  /** The reviewer's private key: a file, or PEM text. */
  readonly sign?: string;
  readonly markdownLimit?: 'comment' | 'summary';
  readonly html?: string;
  readonly prices?: string;
}

/** `tenantry plan`: check, look up, show, and write the plan file where one is wanted. Changes nothing. */
export async function plan(options: PlanOptions & Common, playbookFile: string): Promise<number> {
  if (options.markdown === '-' && options.json === true)
    throw usage('--markdown - and --json both want stdout', 'give the Markdown a file');
  // What is wrong with the price sheet is told before the service is asked for anything.
  const prices = await pricesOf(options);
  const sign = await signerFor(options);
  const made = await makePlan(playbookFile, options);
  try {
    if (options.json === true) await printPlanJson(made.file);
    else if (options.markdown !== '-') await printPlan(made.file, options);
    await showElsewhere(made.file, options);
    if (options.html !== undefined) {
      const { writePlanPage } = await import('./plan-page.ts');
      await writePlanPage(made.file, { html: options.html, prices, playbook: made.playbook });
    }
    await printInvalid(made);
    if (!guardsHold(made)) return exitStatus.refused;
    if (made.summary.invalid > 0 && options.skipInvalid !== true) return exitStatus.refused;
    await sign?.(made.file);
    if (options.out !== undefined && options.json !== true) {
      process.stderr.write(
        `\nThe plan is in ${oneLine(options.out)}. To apply exactly this plan:\n\n    tenantry apply ${oneLine(options.out)}\n`,
      );
    }
    return options.detailedExitcode === true && hasChanges(made.summary)
      ? exitStatus.changes
      : exitStatus.done;
  } finally {
    await made.remove();
  }
}

/** The price sheet that `--prices` names. Throws USAGE where nothing would show what it says. */
async function pricesOf({ html, prices }: PlanOptions): Promise<PriceSheet | undefined> {
  if (prices === undefined) return undefined;
  if (html === undefined) throw usage('--prices is for the page of the plan', 'add --html FILE');
  return (await import('../plan/prices.ts')).readPriceSheet(prices);
}

/** A plan that has been made and stands in a file. */
export interface MadePlan {
  readonly file: string;
  readonly playbook: Playbook;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly summary: PlanSummary;
  readonly header: PlanHeader;
  /** The connection that planning used, left open where the caller asked for it. */
  readonly session?: Session;
  /** Removes the file where it is a temporary one. */
  remove(): Promise<void>;
}

/** What signs the plan once it is found good; the key is read before anything is asked of the service. */
async function signerFor({
  sign,
  out,
}: PlanOptions): Promise<((file: string) => Promise<unknown>) | undefined> {
  const named = sign ?? (out === undefined ? undefined : process.env.TENANTRY_SIGN_KEY);
  if (named === undefined || named === '') return undefined;
  if (out === undefined) throw usage('--sign signs a plan file, and none is written', 'add --out FILE');
  const [{ signingKey }, { signFile }] = await Promise.all([import('./signing.ts'), import('./sign.ts')]);
  const key = await signingKey(named);
  return (file) => signFile(file, key);
}

/** Shows the plan where it is reviewed: in the file for a pull request, and on the page of the CI job. */
export async function showElsewhere(file: string, options: PlanOptions): Promise<void> {
  if (options.markdown === undefined && ciAgent() === undefined) return;
  const { showInMarkdown } = await import('./plan-markdown.ts');
  await showInMarkdown(file, options);
}

/** Bad rows listed at once; a file with a wrong column has thousands of them. */
const rowsListed = 50;

/** Prints what is wrong with the rows that cannot be used: of the first so many, each bad cell. */
export async function printInvalid({ file, summary }: Pick<MadePlan, 'file' | 'summary'>): Promise<void> {
  let left = Math.min(summary.invalid, rowsListed);
  if (left === 0) return;
  const found: Diagnostic[] = [];
  for await (const record of (await readPlan(file)).records()) {
    if (record.invalid === undefined) continue;
    found.push(...record.invalid);
    left -= 1;
    if (left === 0) break;
  }
  printDiagnostics(found);
}

/** Prints the guards that do not hold; true where all do. */
export function guardsHold(made: Pick<MadePlan, 'summary'>): boolean {
  const errors = made.summary.warnings.filter((diagnostic) => diagnostic.severity === 'error');
  printDiagnostics(made.summary.warnings);
  return errors.length === 0;
}

/**
 * Plans a playbook into a file (`--out`, or a temporary one). Throws DiagnosticsError for everything that is
 * wrong with playbook, parameters, input as a whole, or target; invalid rows are in the plan.
 */
export async function makePlan(
  playbookFile: string,
  options: PlanOptions & Common,
  {
    keepSession = false,
    undoes,
  }: { readonly keepSession?: boolean; readonly undoes?: PlanHeader['undoes'] } = {},
): Promise<MadePlan> {
  limitYoungSpace();
  const operations = await operationsWith(options.catalog);
  const playbook = await loadPlaybook(playbookFile, operations);
  const parameters = await loadParameters(playbook, options);
  const input = await openInput(playbook, parameters, options);
  const target = options.offline === true ? (options.target ?? 'offline') : targetName(options.target);
  if (options.offline === true) refuseOutsideCloud(playbook, operations, target);
  const chosen = await choose(input, playbook, options);
  const policy = await loadPolicy(options, operations);
  refuseForbidden(playbook, operations, policy);
  const place = await placeOf(options.out);
  const session =
    options.offline === true ? undefined : await openSession(target, operations, playbook.limits);
  let kept = false;
  try {
    if (session !== undefined) refuseUncallable(playbook, operations, session);
    const header = {
      ...headerOf({
        playbook,
        parameters,
        input,
        operations,
        target,
        offline: options.offline === true,
        chosen,
        policy,
      }),
      ...(undoes === undefined ? {} : { undoes }),
    };
    const earlierCountries = await countriesOfRuns(options.state);
    const summary = await writeTo(place.file, header, {
      playbook,
      parameters,
      chosen,
      operations,
      session,
      earlierCountries,
      judge: policy && judgeOf(policy, operations, input.file),
    });
    kept = keepSession;
    return {
      file: place.file,
      playbook,
      parameters,
      summary,
      header,
      remove: place.remove,
      ...(kept && session !== undefined ? { session } : {}),
    };
  } catch (error) {
    await place.remove();
    throw error;
  } finally {
    input.close();
    if (!kept) await session?.close();
  }
}

interface Making {
  readonly playbook: Playbook;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly chosen: Chosen;
  readonly operations: Operations;
  readonly session: Session | undefined;
  readonly earlierCountries: ReadonlySet<string> | undefined;
  readonly judge: PolicyJudge | undefined;
}

async function writeTo(file: string, header: PlanHeader, making: Making): Promise<PlanSummary> {
  const { playbook, parameters, chosen, operations, session, earlierCountries, judge } = making;
  const records = planRecords(chosen.records(), {
    playbook,
    parameters,
    operations,
    reader: session?.reader,
    recordsExpected: chosen.most,
  });
  const secondsPerCall = timeCalls(session);
  return writePlan(file, header, judged(records, judge), {
    summary: new Summary(playbook, operations, parameters, earlierCountries, judge),
    planningCalls: () => session?.limiter.snapshot().requests ?? 0,
    secondsPerCall,
  });
}

/** The records with what a policy says of them. */
async function* judged(
  records: AsyncIterable<PlannedRecord>,
  judge: PolicyJudge | undefined,
): AsyncGenerator<PlannedRecord> {
  for await (const record of records) yield judge === undefined ? record : judge.judge(record);
}

/** The head of a plan that is being made. */
export function headerOf({
  playbook,
  parameters,
  input,
  operations,
  target,
  offline,
  chosen,
  policy,
}: {
  readonly playbook: Playbook;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly input: Input;
  readonly operations: Operations;
  readonly target: string;
  readonly offline: boolean;
  readonly chosen: Chosen;
  readonly policy: LoadedPolicy | undefined;
}): PlanHeader {
  const schemas = playbook.parameters.properties ?? {};
  const secretNames = Object.keys(parameters).filter((name) => schemas[name]?.secret === true);
  const open = Object.entries(parameters).filter(([name]) => !secretNames.includes(name));
  return {
    tenantryPlan: 1,
    version,
    createdAt: new Date().toISOString(),
    playbook: { file: playbook.file, name: playbook.name },
    input: { file: input.file, related: input.relatedFiles },
    ...(chosen.said === undefined ? {} : { selection: chosen.said }),
    ...(policy === undefined ? {} : { policy: saidOf(policy) }),
    parameters: Object.fromEntries(open),
    secretParameters: secretNames,
    target,
    offline,
    ...cataloguesOf(operations),
    digests: digestsNow({ playbook, parameters, input, operations, target, selection: chosen.digest }),
  };
}

/** Where the operations of a partner's own come from, so that applying the plan finds them again. */
function cataloguesOf({ catalogues = [] }: Operations): Pick<PlanHeader, 'catalogues'> {
  return catalogues.length === 0 ? {} : { catalogues: catalogues.map(({ folder }) => folder) };
}

/** Where a plan goes: the file that was named, or a temporary one. */
export async function placeOf(
  out: string | undefined,
): Promise<{ readonly file: string; remove(): Promise<void> }> {
  if (out !== undefined) return { file: out, remove: async () => {} };
  const folder = await mkdtemp(path.join(tmpdir(), 'tenantry-'));
  return {
    file: path.join(folder, 'plan.tenantry-plan'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** For callers that must not go on: a plan with invalid rows is refused unless they are to be skipped. */
export function refuseInvalid(summary: PlanSummary, skipInvalid: boolean): void {
  if (summary.invalid === 0 || skipInvalid) return;
  throw new DiagnosticsError([
    {
      code: 'INPUT_CELL',
      severity: 'error',
      message: `${summary.invalid} of ${summary.records} rows cannot be used, so nothing is applied`,
      help: 'correct the rows, or leave them out with --skip-invalid (they are then reported in failed.csv)',
    },
  ]);
}
