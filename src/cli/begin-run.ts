import { randomBytes } from 'node:crypto';
import { joinedRecord, type Playbook } from '../check/playbook.ts';
import type { CheckedRow } from '../check/records.ts';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import type { Journal, RunJournal, RunRecord, StepError } from '../journal/journal.ts';
import { folded } from '../load/columns.ts';
import type { Catalogue } from '../operations/operation.ts';
import { digestOfRecord } from '../plan/fits.ts';
import type { PlanHeader, PlannedRecord, PlanSummary } from '../plan/plan.ts';
import type { OpenedPlan } from '../plan/plan-file.ts';
import { wrapSecrets } from '../plan/secrets.ts';
import { waveEnds, waveSizes } from '../plan/waves.ts';
import { clearRow, withoutCells } from '../report/csv.ts';
import { hasSecrets } from '../schema/secret.ts';
import type { KeptPolicy } from './policy.ts';
import type { Input } from './records.ts';

/** What a run keeps so that every later command, on any machine, can go on with the state file alone. */
export interface RunKept {
  readonly delimiter: string;
  readonly encoding: string;
  readonly mark: boolean;
  readonly results: string;
  readonly concurrency?: number;
  /** PEM of the public keys, one of which must have signed what this run goes by, now and after every revision. */
  readonly signedBy?: string;
  /** Index of the last record of each wave of the playbook's rollout. */
  readonly waves?: readonly number[];
  /** What it was begun under: a resume cannot go round it. */
  readonly policy?: KeptPolicy;
}

const batch = 500;

/**
 * Turns a reviewed plan into a run: the plan's records and the input's rows, in step, are copied into the
 * journal; only then is the run begun.
 * @throws DiagnosticsError PLAN_STALE where a row no longer is what was planned
 */
export async function beginRun(
  journal: Journal,
  plan: OpenedPlan,
  making: {
    readonly playbook: Playbook;
    readonly catalogues: readonly Catalogue[];
    readonly parameters: Readonly<Record<string, unknown>>;
    readonly input: Input;
    readonly resultsFolder: (run: string) => string;
    readonly concurrency?: number;
    readonly signedBy?: string | undefined;
    readonly policy?: KeptPolicy;
  },
): Promise<RunJournal> {
  const { playbook, parameters, input } = making;
  const id = newRunId();
  const kept: RunKept = {
    delimiter: input.table.delimiter,
    encoding: input.table.encoding,
    mark: input.table.header.startsWith('\uFEFF'),
    results: making.resultsFolder(id),
    ...(making.concurrency === undefined ? {} : { concurrency: making.concurrency }),
    ...(making.signedBy === undefined ? {} : { signedBy: making.signedBy }),
    ...(await wavesKept(plan, playbook)),
    ...(making.policy === undefined ? {} : { policy: making.policy }),
  };
  const run = await journal.createRun({
    id,
    createdAt: Date.now(),
    seal: plan.summary.seal,
    plan: plan.header,
    summary: plan.summary,
    playbookSource: playbook.source,
    ...(making.catalogues.length === 0 ? {} : { catalogues: making.catalogues }),
    ...(Object.keys(playbook.used).length === 0 ? {} : { used: playbook.used }),
    inputHeader: input.table.header,
    records: plan.summary.records,
    parameters: wrapSecrets(parameters, playbook.parameters),
    options: kept,
  });
  await copyRecords(run, plan, input.records(), rowKeeper(playbook, input));
  await run.begin();
  return run;
}

/** The waves are made once, of the records that can be done. */
async function wavesKept(plan: OpenedPlan, { limits }: Playbook): Promise<Pick<RunKept, 'waves'>> {
  if (limits.rollout === undefined) return {};
  const { records, invalid } = plan.summary;
  return { waves: await waveEnds(waveSizes(limits.rollout, records - invalid), validIndexes(plan)) };
}

async function* validIndexes(plan: OpenedPlan): AsyncGenerator<number> {
  for await (const { index, invalid } of plan.records()) if (invalid === undefined) yield index;
}

/** `20261123-105501-3fa9`: sorts by time, short enough to type. */
function newRunId(): string {
  const stamp = new Date().toISOString().replaceAll(/[-:]/gu, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${randomBytes(2).toString('hex')}`;
}

async function copyRecords(
  run: RunJournal,
  plan: OpenedPlan,
  rows: AsyncIterable<CheckedRow>,
  keep: RowKeeper,
): Promise<void> {
  const iterator = rows[Symbol.asyncIterator]();
  let pending: RunRecord[] = [];
  const refused: { readonly planned: PlannedRecord }[] = [];
  for await (const planned of plan.records()) {
    let next = await iterator.next();
    // Rows that were not chosen stand in between.
    while (next.done !== true && indexOf(next.value) < planned.index) next = await iterator.next();
    if (next.done === true || indexOf(next.value) !== planned.index)
      throw stale(planned, 'the input has fewer rows now');
    pending.push(runRecord(planned, next.value, keep));
    if (planned.invalid !== undefined) refused.push({ planned });
    if (pending.length === batch) {
      await run.addRecords(pending);
      pending = [];
    }
  }
  if (pending.length > 0) await run.addRecords(pending);
  await iterator.return?.();
  for (const { planned } of refused) await run.append(refusal(planned));
}

function indexOf(row: CheckedRow): number {
  return row.ok ? row.record.index : row.index;
}

/** How a row goes into the journal. */
export type RowKeeper = (row: {
  readonly values: unknown;
  readonly raw: string;
}) => Pick<RunRecord, 'values' | 'raw'>;

/** Secret fields are encrypted; where a column is secret, the row's own text is, too, and its cell hidden in the other. */
export function rowKeeper({ input }: Playbook, { table }: Input): RowKeeper {
  const schema = joinedRecord(input);
  const secret = new Set(
    Object.entries(input.record.properties ?? {})
      .filter(([, column]) => hasSecrets(column))
      .map(([name]) => folded(name)),
  );
  const isSecret = (column: string): boolean => secret.has(folded(column));
  return ({ values, raw }) => {
    const wrapped = wrapSecrets(values, schema);
    if (secret.size === 0) return { values: wrapped, raw };
    return {
      values: { ...(wrapped as object), [clearRow]: { $secret: raw } },
      raw: withoutCells(raw, table, isSecret),
    };
  };
}

function runRecord(planned: PlannedRecord, row: CheckedRow, keep: RowKeeper): RunRecord {
  if (!row.ok) {
    if (planned.invalid === undefined) throw stale(planned, 'the row is not valid any more');
    return { index: planned.index, key: planned.key, planned, ...keep({ values: {}, raw: row.row.raw }) };
  }
  if (digestOfRecord(row.record) !== planned.digest) throw stale(planned, 'the row has changed');
  return {
    index: planned.index,
    key: planned.key,
    planned,
    ...keep(row.record),
  };
}

/** A row that could not be used is a failed record from the start, so that it is in failed.csv with its reason. */
function refusal(planned: PlannedRecord) {
  const reasons = planned.invalid ?? [];
  const error: StepError = {
    step: '',
    code: reasons[0]?.code ?? 'INPUT_CELL',
    message: reasons.map((diagnostic) => diagnostic.message).join('; '),
  };
  return {
    type: 'settled',
    record: planned.index,
    path: '',
    outcome: 'failed',
    error,
    at: Date.now(),
  } as const;
}

function stale(planned: PlannedRecord, why: string): DiagnosticsError {
  const message = `the plan no longer fits: row ${planned.row} (${planned.key}): ${why}`;
  return new DiagnosticsError([
    { code: 'PLAN_STALE', severity: 'error', message, help: 'plan again, and have the new plan reviewed' },
  ]);
}

/** The plan that a run was begun with. */
export function planOf(header: { readonly plan: unknown; readonly summary: unknown }): {
  readonly header: PlanHeader;
  readonly summary: PlanSummary;
} {
  return { header: header.plan as PlanHeader, summary: header.summary as PlanSummary };
}
