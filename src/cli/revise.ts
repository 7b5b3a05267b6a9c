import process from 'node:process';
import type { InputRecord } from '../check/record.ts';
import { type Diagnostic, DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { oneLine } from '../diagnostics/neutralise.ts';
import type { Journal } from '../journal/journal.ts';
import { Existing } from '../plan/existing.ts';
import type { PlannedRecord, PlanSummary } from '../plan/plan.ts';
import { readPlan, writePlan } from '../plan/plan-file.ts';
import type { PlanContext } from '../plan/plan-record.ts';
import { sideBySide } from '../plan/plan-records.ts';
import { type Before, closeRecord, type Revising, reviseRecord } from '../plan/revise-record.ts';
import { unwrapSecrets } from '../plan/secrets.ts';
import { stepReadsOf } from '../plan/step-reads.ts';
import { Summary } from '../plan/summary.ts';
import { hasChanges } from '../report/text.ts';
import { type ApplyOptions, applyPlan } from './apply.ts';
import { type RunBefore, readBefore } from './before.ts';
import { planOf, type RunKept } from './begin-run.ts';
import { refuseUncallable } from './callable.ts';
import { operationsOf } from './catalogues.ts';
import { exitStatus } from './exit-status.ts';
import { loadPlaybook, playbookFrom, usage } from './load-playbook.ts';
import { findRun, openJournal } from './open-journal.ts';
import type { Common } from './options.ts';
import { guardsHold, headerOf, placeOf } from './plan.ts';
import { policiesToResume, refuseForbidden } from './policy.ts';
import { type Input, openInput } from './records.ts';
import { filesFor, parametersFor, recordSchemaOf, refuseOtherColumns, targetOf } from './revise-sources.ts';
import { choose } from './selection.ts';
import { openSession, type Session } from './session.ts';
import { printPlan, printPlanJson } from './terminal/print-plan.ts';

export interface ReviseOptions extends ApplyOptions {
  /** File of the corrected playbook. */
  readonly playbook?: string;
}

/** `tenantry revise`: what would become of a run with corrected rows or a corrected playbook; with `--yes` it does. */
export async function revise(options: ReviseOptions & Common, id?: string): Promise<number> {
  const place = await placeOf(options.out);
  try {
    const summary = await planRevision(place.file, options, id);
    if (options.json !== true) await printPlan(place.file, options);
    else if (options.yes !== true) await printPlanJson(place.file);
    if (!guardsHold({ summary })) return exitStatus.refused;
    if (options.yes === true) return await applyPlan(place.file, options);
    if (options.out !== undefined && options.json !== true)
      process.stderr.write(
        `\nThe plan is in ${oneLine(options.out)}. To go on with the run by exactly this plan:\n\n    tenantry apply ${oneLine(options.out)}\n`,
      );
    return options.detailedExitcode === true && hasChanges(summary) ? exitStatus.changes : exitStatus.done;
  } finally {
    await place.remove();
  }
}

async function planRevision(
  file: string,
  options: ReviseOptions & Common,
  id: string | undefined,
): Promise<PlanSummary> {
  const journal = await openJournal(options.state);
  try {
    return await planInto(file, options, journal, id);
  } finally {
    await journal.close();
  }
}

async function planInto(
  file: string,
  options: ReviseOptions & Common,
  journal: Journal,
  id: string | undefined,
): Promise<PlanSummary> {
  refuseNothingNew(options);
  const run = await findRun(journal, id, options.state);
  const operations = operationsOf(run.catalogues ?? []);
  const { header } = planOf(run);
  const target = targetOf(header, options.target);
  const kept = run.options as RunKept;
  if (kept.waves !== undefined || header.selection !== undefined) {
    throw usage(
      `run ${run.id} goes in waves, or has a part of its input only: it cannot be revised`,
      'export --failed gives its rows that failed: correct them, and apply them as a run of their own',
    );
  }
  const old = playbookFrom(header.playbook.file, run.playbookSource, operations, run.used);
  const ownPlaybook = options.playbook === undefined;
  const playbook = ownPlaybook ? old : await loadPlaybook(options.playbook, operations);
  const parameters = await parametersFor(run, old, playbook, options);
  const input = await openInput(playbook, parameters, await filesFor(run, playbook, options));
  const summary = new Summary(playbook, operations, parameters);
  let session: Session | undefined;
  try {
    refuseOtherColumns(run, input);
    const earlier = summary.addEarlier.bind(summary);
    const before = await readBefore(journal, run, { operations, state: options.state }, earlier);
    session = await openSession(target, operations, playbook.limits);
    const { reader, limiter } = session;
    refuseUncallable(playbook, operations, session);
    const [policy, ...others] = await policiesToResume(kept.policy, options, operations);
    for (const each of policy === undefined ? [] : [policy, ...others])
      refuseForbidden(playbook, operations, each);
    const nobody = { reader: undefined, existing: undefined, operations, stepReads: stepReadsOf(old) };
    const revising: Revising = {
      run: { id: run.id, startedAt: new Date(run.createdAt).toISOString() },
      old: {
        ...nobody,
        playbook: old,
        parameters: unwrapSecrets(run.parameters) as PlanContext['parameters'],
      },
      now: {
        playbook,
        parameters,
        reader,
        existing: new Existing(reader, operations, input.lines),
        operations,
        stepReads: stepReadsOf(playbook),
      },
      schema: recordSchemaOf(playbook),
    };
    const chosen = await choose(input, playbook, { only: [] }); // all of it
    const made = {
      ...headerOf({ playbook, parameters, input, operations, target, offline: false, chosen, policy }),
      revises: { run: run.id, position: before.position, ownPlaybook },
    };
    await writePlan(file, made, revisedRecords(input, before, revising), {
      summary,
      planningCalls: () => limiter.snapshot().requests,
    });
    return (await readPlan(file)).summary;
  } finally {
    input.close();
    await session?.close();
  }
}

function refuseNothingNew(options: ReviseOptions): void {
  const { input, playbook, params, param, related } = options;
  if (input !== undefined || playbook !== undefined || params !== undefined) return;
  if (param.length > 0 || related.length > 0) return;
  throw usage(
    'nothing was corrected: a revision wants other rows, another playbook, or other parameters',
    'add --input FILE, --playbook FILE or --param NAME=VALUE; to try the same again: tenantry resume --retry-failed',
  );
}

interface RevisedRow {
  readonly record: InputRecord;
  readonly before: Before | undefined;
}

/** The rows in the input's order, and behind them the records whose rows are gone. */
async function* revisedRecords(
  input: Input,
  before: RunBefore,
  revising: Revising,
): AsyncGenerator<PlannedRecord> {
  const left = new Map(before.open);
  const rows = knownRows(input, before, (key) => left.delete(key));
  const width = revising.now.playbook.limits.concurrency;
  yield* sideBySide(rows, width, ({ record, before: known }) => reviseRecord(record, known, revising));
  for (const key of left.keys()) {
    const known = await before.find(key);
    if (known !== undefined) yield closeRecord(known);
  }
}

/** Bad rows listed at once; a file with a wrong column has thousands of them. */
const rowsListed = 50;

async function* knownRows(
  input: Input,
  before: RunBefore,
  seen: (key: string) => void,
): AsyncGenerator<RevisedRow> {
  let { next } = before;
  let invalid = 0;
  const found: Diagnostic[] = [];
  for await (const row of input.records()) {
    if (!row.ok) {
      invalid += 1;
      if (invalid <= rowsListed) found.push(...row.diagnostics);
      continue;
    }
    if (invalid > 0) continue;
    const known = await before.find(row.record.key);
    seen(row.record.key);
    const index = known?.record.index ?? next++;
    yield { record: { ...row.record, index }, before: known };
  }
  if (invalid > 0) throw new DiagnosticsError(found);
}
