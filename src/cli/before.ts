import type { InputRecord } from '../check/record.ts';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { oneLine } from '../diagnostics/neutralise.ts';
import type { Journal, RecordWithEntries, RunStatus } from '../journal/journal.ts';
import { replay } from '../journal/replay.ts';
import { isRead, type Operations } from '../operations/operation.ts';
import type { PastStep } from '../plan/past.ts';
import type { PlannedAction, PlannedRecord } from '../plan/plan.ts';
import type { Before } from '../plan/revise-record.ts';
import { unwrapSecrets } from '../plan/secrets.ts';
import { clearRow, isClosed, settledOf } from '../report/csv.ts';
import { resumeCommand } from './resume-command.ts';

/** The records of a run by their keys, each read again when it is wanted: memory holds keys and numbers only. */
export interface RunBefore {
  readonly run: RunStatus;
  /** Where its journal was when the records were read. */
  readonly position: number;
  /** Key → index, of records that have not ended well. */
  readonly open: ReadonlyMap<string, number>;
  /** The index for the next new record. */
  readonly next: number;
  find(key: string): Promise<Before | undefined>;
}

/**
 * Reads what a run has done, once, as far as planning must know it.
 * @param earlier told what the run has changed so far, for guards
 * @throws DiagnosticsError USAGE where a request is in doubt or was cut off: it must be settled first
 */
export async function readBefore(
  journal: Journal,
  run: RunStatus,
  { operations, state }: { readonly operations: Operations; readonly state: string },
  earlier: (actions: readonly PlannedAction[]) => void,
): Promise<RunBefore> {
  const position = await journal.position(run.id);
  const indexes = new Map<string, number>();
  const open = new Map<string, number>();
  const doubtful: string[] = [];
  let next = 0;
  for await (const row of journal.read(run.id)) {
    const { index, key } = row.record;
    next = index + 1;
    indexes.set(key, index);
    const { steps, done } = replay(row.entries);
    if ([...steps.values()].some(({ type }) => type === 'intended' || type === 'answered'))
      doubtful.push(key);
    if (!isDone(row)) open.set(key, index);
    earlier((row.record.planned as PlannedRecord).actions.filter(({ path }) => done.has(path)));
  }
  if (doubtful.length > 0) throw unsettled(doubtful, run.id, state);
  return {
    run,
    position,
    open,
    next,
    find: async (key) => {
      const index = indexes.get(key);
      if (index === undefined) return undefined;
      for await (const row of journal.read(run.id, { index })) return beforeOf(row, operations);
      return undefined;
    },
  };
}

function isDone(row: RecordWithEntries): boolean {
  const settled = settledOf(row);
  if (settled === undefined || isClosed(settled)) return false;
  return settled.outcome === 'succeeded' || settled.outcome === 'unchanged' || settled.outcome === 'skipped';
}

function beforeOf(row: RecordWithEntries, operations: Operations): Before {
  return { record: recordOf(row), done: isDone(row), past: pastOf(row, operations) };
}

/** The record as it was when it was planned, with its secrets. */
export function recordOf({ record }: RecordWithEntries): InputRecord {
  const { [clearRow]: _, ...values } = unwrapSecrets(record.values) as Readonly<Record<string, unknown>>;
  const cell = { file: 'the run', row: (record.planned as PlannedRecord).row };
  return { index: record.index, key: record.key, values, cell, raw: record.raw };
}

/** Every step that the run has done of a record, with what it sent where it sent just what the step says. */
export function pastOf(
  { record, entries }: RecordWithEntries,
  operations: Operations,
): ReadonlyMap<string, PastStep> {
  const planned = new Map((record.planned as PlannedRecord).actions.map((action) => [action.path, action]));
  const past = new Map<string, PastStep>();
  for (const [path, { settled, intended }] of replay(entries).done) {
    const uses = usesAt(path, planned) ?? intended?.operation;
    if (uses === undefined) continue;
    const operation = operations.get(uses);
    const sent = intended !== undefined && intended.operation === uses;
    past.set(path, {
      uses,
      outcome: settled.outcome === 'unchanged' ? 'unchanged' : 'succeeded',
      result: unwrapSecrets(settled.result),
      changing: operation !== undefined && !isRead(operation),
      ...(sent ? { input: unwrapSecrets(intended.with) as PastStep['input'] & object } : {}),
    });
  }
  return past;
}

/** Items that planning did not know stand in the plan once, as `[*]`. */
function usesAt(path: string, planned: ReadonlyMap<string, PlannedAction>): string | undefined {
  return (planned.get(path) ?? planned.get(path.replaceAll(/\[.*?\](?=\.|$)/gu, '[*]')))?.uses;
}

const mostListed = 20;

function unsettled(keys: readonly string[], run: string, state: string): DiagnosticsError {
  const named = keys.slice(0, mostListed).map((key) => `    ${oneLine(key)}`);
  const more = keys.length > mostListed ? [`    and ${keys.length - mostListed} more`] : [];
  const message = `${keys.length} of the run's records wait for the end of a request that was sent: nothing is planned for them before it is known`;
  const help = [
    `settle what can be settled, and nothing else, with:\n    ${resumeCommand(run, state)} --settle-only\nthey are:`,
    ...named,
    ...more,
  ].join('\n');
  return new DiagnosticsError([{ code: 'USAGE', severity: 'error', message, help }]);
}
