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
  const inFlight: Promise<PlannedRecord>[] = [];
  const width = reader === undefined ? 1 : playbook.limits.concurrency;
  for await (const row of rows) {
    signal?.throwIfAborted();
    const planned = row.ok ? planRecord(row.record, context) : Promise.resolve(invalidRecord(row));
    planned.catch(() => {}); // told when its turn comes
    inFlight.push(planned);
    if (inFlight.length >= width) yield await inFlight.shift()!;
  }
  for (const planned of inFlight) yield await planned;
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
