import type { CheckedRow } from '../check/records.ts';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import type { Journal, RevisedRecord, RunJournal, RunStatus } from '../journal/journal.ts';
import { digestOfRecord, fits } from '../plan/fits.ts';
import type { PlanHeader, PlannedRecord } from '../plan/plan.ts';
import type { OpenedPlan } from '../plan/plan-file.ts';
import { wrapSecrets } from '../plan/secrets.ts';
import { closedCode, ownText } from '../report/csv.ts';
import { planOf, type RowKeeper, type RunKept, rowKeeper } from './begin-run.ts';
import { refuseUncallable } from './callable.ts';
import { operationsOf } from './catalogues.ts';
import { concurrencyOf, execute } from './execute.ts';
import { loadPlaybook, playbookFrom } from './load-playbook.ts';
import { findRun, openJournal } from './open-journal.ts';
import type { Common, InputOptions, RunOptions } from './options.ts';
import { digestsNow, type PlanSources, sourcesOf } from './plan-sources.ts';
import { type PolicyOptions, policiesToResume, refuseForbidden } from './policy.ts';
import { type Input, openInput } from './records.ts';
import { parametersFor, refuseOtherColumns, targetOf } from './revise-sources.ts';
import { openSession } from './session.ts';
import { refuseUnsigned } from './signing.ts';

type RevisingHeader = PlanHeader & { readonly revises: NonNullable<PlanHeader['revises']> };

/**
 * Applies a reviewed revision: refused where the run has gone on since it was planned, else playbook, rows and plans become
 * the run's own in one commit, and the run goes on. Killed before the commit nothing has happened; killed after it,
 * `resume` goes on.
 * @throws DiagnosticsError PLAN_STALE, LeaseHeld
 */
export async function applyRevision(
  plan: OpenedPlan,
  options: InputOptions & RunOptions & PolicyOptions & Common,
): Promise<number> {
  const header = plan.header as RevisingHeader;
  const journal = await openJournal(options.state);
  try {
    const status = await findRun(journal, header.revises.run, options.state);
    if ((await journal.position(status.id)) !== header.revises.position) throw movedOn(status.id);
    refuseUnsigned(plan, [(status.options as RunKept).signedBy], `the plan that revises run ${status.id}`);
    const operations = operationsOf(status.catalogues ?? []);
    const target = targetOf(planOf(status).header, options.target);
    const old = playbookFrom(
      planOf(status).header.playbook.file,
      status.playbookSource,
      operations,
      status.used,
    );
    const playbook = header.revises.ownPlaybook ? old : await loadPlaybook(header.playbook.file, operations);
    const sources = sourcesOf(header, options);
    const parameters = await parametersFor(status, old, playbook, sources);
    const input = await openInput(playbook, parameters, sources);
    try {
      const changed = fits(header, digestsNow({ playbook, parameters, input, operations, target }));
      if (changed.length > 0) throw new DiagnosticsError(changed);
      refuseOtherColumns(status, input);
      const run = await journal.openRun(status.id);
      try {
        const session = await openSession(target, operations, playbook.limits);
        try {
          refuseUncallable(playbook, operations, session);
          const policies = await policiesToResume((status.options as RunKept).policy, options, operations);
          for (const policy of policies) refuseForbidden(playbook, operations, policy);
          await reviseRun({ journal, run, status }, plan, { playbook, parameters, input });
          return await execute({
            journal,
            run,
            session,
            playbook,
            parameters,
            retryFailed: false,
            json: options.json === true,
            color: options.color,
            state: options.state,
            results: options.results,
            policies,
            ...concurrencyOf(options),
          });
        } finally {
          await session.close();
        }
      } finally {
        await run.release();
      }
    } finally {
      input.close();
    }
  } finally {
    await journal.close();
  }
}

const batch = 200;

/** Sets the revision aside, row by row beside the plan's records, and makes it count. */
async function reviseRun(
  {
    journal,
    run,
    status,
  }: { readonly journal: Journal; readonly run: RunJournal; readonly status: RunStatus },
  plan: OpenedPlan,
  { playbook, parameters, input }: Pick<PlanSources, 'playbook' | 'parameters' | 'input'>,
): Promise<void> {
  const { header, summary } = plan as OpenedPlan & { readonly header: RevisingHeader };
  const revising = await run.revise();
  const keep = rowKeeper(playbook, input);
  const rows = input.records()[Symbol.asyncIterator]();
  let pending: RevisedRecord[] = [];
  let added = 0;
  for await (const planned of plan.records()) {
    const revised =
      planned.revision?.what === 'closed'
        ? await closed(journal, status.id, planned)
        : revisedRecord(planned, (await rows.next()).value as CheckedRow | undefined, { keep, input });
    if (revised === undefined) continue;
    if (planned.revision?.what === 'new') added += 1;
    pending.push(revised);
    if (pending.length < batch) continue;
    await revising.add(pending);
    pending = [];
  }
  await rows.return?.();
  await revising.add(pending);
  const counts = await revising.commit(
    {
      ...run.header,
      plan: header,
      summary,
      playbookSource: playbook.source,
      used: playbook.used,
      records: status.records + added,
      parameters: wrapSecrets(parameters, playbook.parameters),
    },
    header.revises.position,
  );
  if (!counts) throw movedOn(status.id);
}

/** A row that goes on or begins; nothing where its record is done and stays so. */
function revisedRecord(
  planned: PlannedRecord,
  row: CheckedRow | undefined,
  { keep, input }: { readonly keep: RowKeeper; readonly input: Input },
): RevisedRecord | undefined {
  const { index, key, revision } = planned;
  if (row?.ok !== true) throw stale(planned, 'it is not there any more, or not valid');
  if (row.record.key !== key || digestOfRecord(row.record) !== planned.digest)
    throw stale(planned, 'it has changed');
  if (revision === undefined || revision.what === 'done') return undefined;
  const { values, raw } = row.record;
  return {
    record: { index, key, planned, ...keep({ values, raw: ownText(raw, input.table) }) },
    entry: { type: 'revised', record: index, path: '', keep: revision.kept, at: Date.now() },
  };
}

async function closed(
  journal: Journal,
  run: string,
  { index, key }: PlannedRecord,
): Promise<RevisedRecord | undefined> {
  const error = { step: '', code: closedCode, message: `the row of ${key} is no longer in the input` };
  for await (const { record } of journal.read(run, { index }))
    return {
      record,
      entry: { type: 'settled', record: index, path: '', outcome: 'skipped', error, at: Date.now() },
    };
  return undefined;
}

function stale({ row, key }: PlannedRecord, why: string): DiagnosticsError {
  return refusal(`the plan no longer fits: row ${row} (${key}): ${why}`);
}

function movedOn(run: string): DiagnosticsError {
  return refusal(`the plan no longer fits: run ${run} has gone on since it was made`);
}

function refusal(message: string): DiagnosticsError {
  const help = 'revise again, and have the new plan reviewed';
  return new DiagnosticsError([{ code: 'PLAN_STALE', severity: 'error', message, help }]);
}
