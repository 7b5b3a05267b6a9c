import type { OperationStep } from '../check/playbook.ts';
import type {
  JournalEntry,
  RecordWithEntries,
  Settled,
  StepError,
  StepOutcomeName,
} from '../journal/journal.ts';
import { nothing, replay, type StepState, sinceRevised } from '../journal/replay.ts';
import type { PlannedAction, PlannedRecord } from '../plan/plan.ts';
import type { RunContext } from './context.ts';
import type { Deadline } from './deadline.ts';

/** How one step ended, with what `steps.<id>` then holds. */
export interface StepEnd {
  readonly outcome: StepOutcomeName;
  readonly result?: unknown;
  readonly error?: StepError;
}

/** One record while its steps run: what was planned for it, and what the journal said when it was opened. */
export interface RecordRun {
  readonly context: RunContext;
  readonly index: number;
  readonly key: string;
  readonly planned: PlannedRecord;
  /** What the plan says of a step; of an item that planning did not know, what it says of any item. */
  plannedAt(path: string): PlannedAction | undefined;
  stateOf(path: string): StepState;
  /** When a request of the step was first about to leave, in any attempt. */
  firstIntendedAt(path: string): number | undefined;
  /** Path → result of the steps that have ended. */
  readonly results: Map<string, unknown>;
}

/** A step with all that it needs to run. */
export interface Place {
  readonly run: RecordRun;
  readonly step: OperationStep;
  readonly path: string;
  readonly deadline: Deadline;
}

export function openRecord(context: RunContext, { record, entries }: RecordWithEntries): RecordRun {
  const { steps } = replay(entries);
  const planned = record.planned as PlannedRecord;
  return {
    context,
    index: record.index,
    key: record.key,
    planned,
    plannedAt: plannedBy(planned.actions),
    stateOf: (path) => steps.get(path) ?? nothing,
    firstIntendedAt: (path) => firstIntent(entries, path),
    results: new Map(),
  };
}

/** Where planning could not know the items of a loop, it wrote `people[*].licence`: it stands for every item. */
function plannedBy(actions: readonly PlannedAction[]): RecordRun['plannedAt'] {
  const exact = new Map(actions.map((action) => [action.path, action]));
  const general = actions
    .filter(({ path }) => path.includes('[*]'))
    .map((action) => ({ action, form: formOf(action.path) }));
  return (path) => exact.get(path) ?? general.find(({ form }) => form.test(path))?.action;
}

function formOf(path: string): RegExp {
  return new RegExp(`^${path.split('[*]').map(escaped).join('\\[.*\\]')}$`, 'su');
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/gu, '\\$&');
}

function firstIntent(entries: readonly JournalEntry[], path: string): number | undefined {
  return sinceRevised(entries).find((entry) => entry.type === 'intended' && entry.path === path)?.at;
}

/** The journal's entry for an end. Secrets inside the result must be wrapped already. */
export function settledEntry(run: RecordRun, path: string, { outcome, result, error }: StepEnd): Settled {
  const entry = {
    type: 'settled',
    record: run.index,
    path,
    outcome,
    at: run.context.world.clock.now(),
  } as const;
  return { ...entry, ...(result === undefined ? {} : { result }), ...(error === undefined ? {} : { error }) };
}

/** Ids of the carts that steps of this record have made, also of those in a loop. */
export function cartsOf({
  results,
  plannedAt,
}: Pick<RecordRun, 'results' | 'plannedAt'>): ReadonlySet<unknown> {
  const carts = new Set<unknown>();
  for (const [path, result] of results) {
    const uses = plannedAt(path)?.uses ?? plannedAt(`${path}[*]`)?.uses;
    if (typeof result !== 'object' || result === null) continue;
    if (uses === 'carts.create') carts.add((result as { readonly id?: unknown }).id);
    if (uses !== undefined && uses !== 'carts.create') continue;
    for (const [key, item] of Object.entries(result))
      if (plannedAt(`${path}[${key}]`)?.uses === 'carts.create')
        carts.add((item as { readonly id?: unknown } | null)?.id);
  }
  carts.delete(undefined);
  return carts;
}

/** Ids of everything that steps of this record made: what one step holds, another must not adopt. */
export function takenIds({
  results,
}: {
  readonly results: ReadonlyMap<string, unknown>;
}): ReadonlySet<unknown> {
  const taken = new Set<unknown>();
  for (const result of results.values()) {
    if (typeof result !== 'object' || result === null) continue;
    for (const list of Object.values(result)) {
      if (Array.isArray(list))
        for (const item of list as readonly { readonly id?: unknown }[])
          if (item?.id !== undefined) taken.add(item.id);
    }
  }
  return taken;
}
