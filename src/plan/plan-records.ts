import type { CheckedRow } from '../check/records.ts';
import type { Operations } from '../operations/operation.ts';
import type { Reader } from '../partner-center/reader.ts';
import { Existing } from './existing.ts';
import type { PlannedRecord } from './plan.ts';
import { type PlanContext, planRecord } from './plan-record.ts';
import { stepReadsOf } from './step-reads.ts';

export interface PlanOptions {
  readonly playbook: PlanContext['playbook'];
  readonly parameters: PlanContext['parameters'];
  readonly operations: Operations;
  /** Without one nothing is asked: an offline plan. */
  readonly reader: Reader | undefined;
  /** How many records there are at most. */
  readonly recordsExpected: number;
  readonly signal?: AbortSignal;
}

/**
 * Plans every row of an input, side by side, and gives the plans in the input's order. So many records are held
 * as are in flight, not more: memory does not grow with the input.
 */
export async function* planRecords(
  rows: AsyncIterable<CheckedRow>,
  options: PlanOptions,
): AsyncGenerator<PlannedRecord> {
  const { playbook, parameters, operations, reader, recordsExpected, signal } = options;
  const existing = reader === undefined ? undefined : new Existing(reader, operations, recordsExpected);
  const context: PlanContext = {
    playbook,
    parameters,
    reader,
    existing,
    operations,
    stepReads: stepReadsOf(playbook),
    ...(signal === undefined ? {} : { signal }),
  };
  const width = reader === undefined ? 1 : playbook.limits.concurrency;
  yield* sideBySide(rows, width, (row) => {
    signal?.throwIfAborted();
    return row.ok ? planRecord(row.record, context) : Promise.resolve(invalidRecord(row));
  });
}

/** Works on so many items at once and gives what comes of them in the items' order. */
export async function* sideBySide<Item, Made>(
  items: AsyncIterable<Item>,
  width: number,
  work: (item: Item) => Promise<Made>,
): AsyncGenerator<Made> {
  const inFlight: Promise<Made>[] = [];
  for await (const item of items) {
    const made = work(item);
    made.catch(() => {}); // told when its turn comes
    inFlight.push(made);
    if (inFlight.length >= width) yield await inFlight.shift()!;
  }
  for (const made of inFlight) yield await made;
}

function invalidRecord(row: Extract<CheckedRow, { ok: false }>): PlannedRecord {
  const keyless = `row ${row.row.line}`;
  return {
    index: row.index,
    key: keyless,
    row: row.row.line,
    digest: '',
    actions: [],
    invalid: row.diagnostics,
  };
}
