import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { isPlace } from '../check/playbook-files.ts';
import { type Diagnostic, DiagnosticsError } from '../diagnostics/diagnostic.ts';
import type { Journal } from '../journal/journal.ts';
import type { Catalogue, Operations } from '../operations/operation.ts';
import { digestOfCatalogue, digestOfText, fits } from '../plan/fits.ts';
import type { PlanHeader } from '../plan/plan.ts';
import { type OpenedPlan, readPlan } from '../plan/plan-file.ts';
import { beginRun } from './begin-run.ts';
import { refuseUncallable } from './callable.ts';
import { operationsOf, readCatalogues } from './catalogues.ts';
import { concurrencyOf, execute, resultsFolder } from './execute.ts';
import { exitStatus } from './exit-status.ts';
import { fileAt, loadParameters, loadPlaybook, playbookText, usage } from './load-playbook.ts';
import { openJournal } from './open-journal.ts';
import type { Common, RunOptions, TrustOptions } from './options.ts';
import {
  guardsHold,
  makePlan,
  type PlanOptions,
  printInvalid,
  refuseInvalid,
  showElsewhere,
} from './plan.ts';
import { isPlanFile } from './plan-or-playbook.ts';
import { digestsNow, sourcesOf } from './plan-sources.ts';
import { keptOf, policyToApply, refuseForbidden } from './policy.ts';
import { digestFile, openInput } from './records.ts';
import { digestNow } from './selection.ts';
import { openSession, type Session } from './session.ts';
import { refuseUnsigned, refuseUnsignedPlaybook, requiredKeys } from './signing.ts';
import { printPlan } from './terminal/print-plan.ts';

export interface ApplyOptions extends PlanOptions, RunOptions, TrustOptions {
  readonly yes?: boolean;
  readonly autoApprove?: boolean;
  /** Goes on with the run that the plan file began, where the state has it. */
  readonly once?: boolean;
}

/** `tenantry apply`: a plan file as it was reviewed, or a playbook that is planned, shown and confirmed first. */
export async function apply(options: ApplyOptions & Common, file: string): Promise<number> {
  if (await isPlanFile(file)) {
    refuseSelection(options);
    return applyFile(file, options);
  }
  if ((await requiredKeys(options.requireSignature)) !== undefined) refuseUnsignedPlaybook(file);
  const made = await makePlan(file, { ...options, offline: false }, { keepSession: true });
  try {
    if (options.json !== true) await printPlan(made.file, options);
    await showElsewhere(made.file, options);
    await printInvalid(made);
    if (!guardsHold(made)) return exitStatus.refused;
    refuseInvalid(made.summary, options.skipInvalid === true);
    if (!(await confirmed(options))) {
      process.stderr.write('Nothing was applied.\n');
      return exitStatus.refused;
    }
    return await applyPlan(made.file, options, made.session);
  } finally {
    await made.session?.close();
    await made.remove();
  }
}

/** A plan file is applied as it is; with `--once` a second time goes on with what the first one began. */
async function applyFile(file: string, options: ApplyOptions & Common): Promise<number> {
  if (options.once === true) {
    const { runBegunBy } = await import('./begun-by.ts');
    const begun = await runBegunBy(file, options.state);
    if (begun !== undefined) {
      const { resume } = await import('./resume.ts');
      return resume({ ...options, settle: [] }, begun);
    }
  }
  return applyPlan(file, options);
}

/** A plan file is applied as it was reviewed, not a part of it. */
function refuseSelection({ limit, only, excludeFile }: ApplyOptions): void {
  if (limit === undefined && only.length === 0 && excludeFile === undefined) return;
  throw usage(
    '--limit, --only and --exclude-file choose rows when a plan is made, and a plan file is applied as it is',
    'plan again with them, and have that plan reviewed',
  );
}

/** Steps of applying a plan file: verify it, read again what it was made from, compare, begin or revise, run. */
export async function applyPlan(
  file: string,
  options: ApplyOptions & Common,
  opened?: Session,
): Promise<number> {
  const trusted = await requiredKeys(options.requireSignature);
  const plan = await readPlan(file);
  refuseUnsigned(plan, [trusted], file);
  refuseUnfit(plan, options);
  if (plan.header.revises !== undefined) {
    const { applyRevision } = await import('./apply-revision.ts');
    return applyRevision(plan, options);
  }
  const operations = await reviewedOperations(plan.header, options);
  const policy = await policyToApply(plan, options, operations);
  return applyAsRun(plan, options, { operations, policy, trusted, opened });
}

interface Applying {
  readonly operations: Operations;
  readonly policy: Awaited<ReturnType<typeof policyToApply>>;
  /** Keys one of which has signed the plan. */
  readonly trusted: Awaited<ReturnType<typeof requiredKeys>>;
  readonly opened: Session | undefined;
}

/** A plan begins a run of its own, if all that it was made from is as it was. */
async function applyAsRun(
  plan: OpenedPlan,
  options: ApplyOptions & Common,
  { operations, policy, trusted, opened }: Applying,
): Promise<number> {
  const { header } = plan;
  const playbook = await loadPlaybook(header.playbook.file, operations);
  refuseForbidden(playbook, operations, policy);
  const sources = sourcesOf(header, options);
  const parameters = await loadParameters(playbook, sources);
  const input = await openInput(playbook, parameters, sources);
  try {
    const target = options.target ?? header.target;
    refuseStale(
      fits(
        header,
        digestsNow({
          playbook,
          parameters,
          input,
          operations,
          target,
          selection: await digestNow(header.selection, playbook),
        }),
      ),
    );
    const journal = await openJournal(options.state);
    try {
      await refuseMoved(journal, header);
      const session = opened ?? (await openSession(target, operations, playbook.limits));
      try {
        if (opened === undefined) refuseUncallable(playbook, operations, session);
        const folder = resultsFolder(options.state, options.results);
        const run = await beginRun(journal, plan, {
          playbook,
          catalogues: operations.catalogues ?? [],
          parameters,
          input,
          resultsFolder: folder,
          signedBy: trusted,
          ...(policy === undefined ? {} : { policy: keptOf(policy) }),
          ...concurrencyOf(options),
        });
        return await execute({
          journal,
          run,
          session,
          playbook,
          parameters,
          retryFailed: false,
          policies: policy === undefined ? [] : [policy],
          json: options.json === true,
          color: options.color,
          state: options.state,
          junit: options.junit,
        });
      } finally {
        if (opened === undefined) await session.close();
      }
    } finally {
      await journal.close();
    }
  } finally {
    input.close();
  }
}

/** The operations that a plan was made with; its files are those that it was made from. */
async function reviewedOperations(header: PlanHeader, options: ApplyOptions): Promise<Operations> {
  const catalogues = await readCatalogues(options.catalog ?? header.catalogues ?? []);
  refuseStale(await otherFiles(header, catalogues));
  return operationsOf(catalogues);
}

/** What a plan says itself of why it cannot be applied. */
function refuseUnfit({ header, summary }: OpenedPlan, options: ApplyOptions): void {
  if (header.offline) throw offlinePlan(header.playbook.file, header.input.file);
  refuseInvalid(summary, options.skipInvalid === true);
  if (summary.warnings.some(({ severity }) => severity === 'error'))
    throw new DiagnosticsError(summary.warnings);
}

/**
 * Which of the files that a plan names are not those that it was made from. Only then are they read: a plan that names
 * some other file of this machine must not have its lines shown in an error.
 */
async function otherFiles(
  header: PlanHeader,
  catalogues: readonly Catalogue[],
): Promise<readonly Diagnostic[]> {
  const { playbook, input } = header;
  const related: Record<string, string> = {};
  for (const [name, file] of Object.entries(input.related)) related[name] = (await digestFile(file)).digest;
  const used: Record<string, string> = {};
  for (const place of Object.keys(header.digests.used ?? {}))
    if (isPlace(place)) used[place] = digestOfText(await playbookText(fileAt(playbook.file, place)));
  const now = {
    ...header.digests,
    ...(header.digests.used === undefined ? {} : { used }),
    catalogues: catalogues.map(digestOfCatalogue),
    playbook: digestOfText(await playbookText(playbook.file)),
    input: (await digestFile(input.file)).digest,
    related,
  };
  return fits(header, now);
}

/** What takes back a run was looked for when it stood where the plan says: it may have done more since. */
async function refuseMoved(journal: Journal, { undoes }: PlanHeader): Promise<void> {
  if (undoes === undefined || (await journal.position(undoes.run)) === undoes.position) return;
  const message = `the plan no longer fits: run ${undoes.run} has gone on since it was made, or lies in another state file`;
  const help = `plan again, and have the new plan reviewed:\n    tenantry undo ${undoes.run} --out FILE`;
  throw new DiagnosticsError([{ code: 'PLAN_STALE', severity: 'error', message, help }]);
}

function refuseStale(diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length > 0) throw new DiagnosticsError(diagnostics);
}

function offlinePlan(playbook: string, input: string): DiagnosticsError {
  const message = 'the plan was made offline: it does not know what exists, so it cannot be applied';
  const help = `plan again with a target:\n    tenantry plan ${playbook} --input ${input} --target … --out FILE`;
  return new DiagnosticsError([{ code: 'PLAN_STALE', severity: 'error', message, help }]);
}

async function confirmed(options: ApplyOptions): Promise<boolean> {
  if (options.yes === true || options.autoApprove === true) return true;
  if (!process.stdin.isTTY) {
    throw usage(
      'applying wants a yes, and there is no terminal to ask on',
      'write a plan with --out, have it reviewed, and apply that file; or add --yes',
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/iu.test((await terminal.question('\nApply this plan? Only "yes" goes on: ')).trim());
  } finally {
    terminal.close();
  }
}
