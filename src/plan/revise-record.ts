import type { InputRecord } from '../check/record.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { canonical, digestOfRecord } from './fits.ts';
import { comparing, recalling } from './memory.ts';
import type { Past, PastRun, PastStep } from './past.ts';
import type { PlannedRecord, Revision } from './plan.ts';
import { type PlanContext, planRecord } from './plan-record.ts';
import { hide } from './secrets.ts';

/** A record as a run has it. */
export interface Before {
  /** Its row as the run has it. */
  readonly record: InputRecord;
  /** It has ended well, and stays so. */
  readonly done: boolean;
  readonly past: Past;
}

/** What every record of a revised plan is planned with. */
export interface Revising {
  readonly run: PastRun;
  /** The playbook and the parameters that the run was given before. */
  readonly old: PlanContext;
  readonly now: PlanContext;
  /** Schema of a record with its related rows, for hiding what is secret. */
  readonly schema: JsonSchema;
}

/**
 * Plans a row for a run that is under way: what is done stays, what is half done goes on with what it did as long as that is
 * still what is wanted, and what is new begins. Reads, never writes.
 */
export async function reviseRecord(
  record: InputRecord,
  before: Before | undefined,
  revising: Revising,
): Promise<PlannedRecord> {
  const { run, now } = revising;
  if (before === undefined) {
    const planned = await planRecord(record, now, comparing(run, new Map()));
    return { ...planned, revision: { what: 'new', kept: [] } };
  }
  const changes = changesOf(before.record.values, record.values, revising.schema);
  const changed = Object.keys(changes).length === 0 ? {} : { changes };
  if (before.done)
    return { ...headOf(record), actions: [], revision: { what: 'done', kept: [], ...changed } };
  const memory = comparing(run, await recalled(before, revising));
  const planned = await planRecord(record, now, memory);
  const gone = memory.gone();
  const paths = new Set(gone.map(({ path }) => path));
  const { kept, refused } = memory;
  return {
    ...planned,
    actions: [
      ...planned.actions.filter(({ path, action }) => action !== 'skip' || !paths.has(path)),
      ...gone,
    ],
    revision: { what: 'again', kept, ...changed, ...(refused.length === 0 ? {} : { refused }) },
  };
}

/** What becomes of a record whose row is gone: nothing more is done, and what was done stays and is shown. */
export function closeRecord({ record, past }: Before): PlannedRecord {
  const done = [...past].filter(([, { changing }]) => changing);
  return {
    ...headOf(record),
    actions: done.map(([path, { uses }]) => ({
      path,
      uses,
      action: 'unchanged',
      reason: 'done by this run; it stays as it is',
      calls: 0,
    })),
    revision: { what: 'closed', kept: [] },
  };
}

function headOf(record: InputRecord): Omit<PlannedRecord, 'actions'> {
  const { index, key, cell } = record;
  return { index, key, row: cell.row, digest: digestOfRecord(record) };
}

/** What steps were given that sent nothing: by walking through them as the run did. */
async function recalled({ record, past }: Before, { run, old }: Revising): Promise<Past> {
  if ([...past.values()].every(({ input }) => input !== undefined)) return past;
  const memory = recalling(run, past);
  await planRecord(record, old, memory);
  return new Map(
    [...past].map(([path, step]): [string, PastStep] => {
      const input = step.input ?? memory.inputs.get(path);
      return [path, input === undefined ? step : { ...step, input }];
    }),
  );
}

type Values = Readonly<Record<string, unknown>>;

/** Fields that differ. A field that the run's playbook did not have is no change of the row. */
function changesOf(was: Values, is: Values, schema: JsonSchema): NonNullable<Revision['changes']> {
  const [hiddenWas, hiddenIs] = [hide(was, schema), hide(is, schema)] as [Values, Values];
  const names = Object.keys(was).filter((name) => canonical(was[name]) !== canonical(is[name]));
  const added = Object.keys(is).filter((name) => !Object.hasOwn(was, name) && is[name] !== '');
  return Object.fromEntries(
    [...names, ...added].map((name) => [name, [hiddenWas[name] ?? null, hiddenIs[name] ?? null]]),
  );
}
