import process from 'node:process';
import { oneLine, printedJson } from '../diagnostics/neutralise.ts';
import type { RecordWithEntries, RunStatus, StepOutcomeName } from '../journal/journal.ts';
import type { Operations } from '../operations/operation.ts';
import { settledOf } from '../report/csv.ts';
import { plural } from '../report/text.ts';
import { doubtfulOf } from '../run/by-hand.ts';
import { explainWave, waveOf } from './approve-wave.ts';
import { operationsOf } from './catalogues.ts';
import { exitStatus } from './exit-status.ts';
import { approvalsOf, explainApprovals } from './explain-approvals.ts';
import { explainDoubt, hidden } from './explain-doubt.ts';
import { findRun, openJournal } from './open-journal.ts';
import type { Common } from './options.ts';
import { resumeCommand } from './resume-command.ts';
import { runDocument } from './runs.ts';

export interface ShowOptions extends Common {
  readonly failed?: boolean;
  readonly waiting?: boolean;
}

function wanted(options: ShowOptions): { readonly only?: readonly StepOutcomeName[] } {
  const only: readonly StepOutcomeName[] = [
    ...(options.failed === true ? troubled : []),
    ...(options.waiting === true ? (['waiting'] as const) : []),
  ];
  return only.length === 0 ? {} : { only };
}

const troubled: readonly StepOutcomeName[] = ['failed', 'blocked', 'inDoubt'];

/** `tenantry show`: one run, its totals and its records with the reasons; `--failed` only those in trouble, `--waiting` those that wait. */
export async function show(options: ShowOptions, id?: string): Promise<number> {
  const journal = await openJournal(options.state);
  try {
    const run = await findRun(journal, id, options.state);
    const rows = journal.read(run.id, wanted(options));
    if (options.json === true) await printJson(run, rows);
    else {
      const resume = resumeCommand(run.id, options.state);
      const standing = await waveOf(run, journal.reader(run.id), operationsOf(run.catalogues ?? []));
      await printText(run, rows, resume, explainWave(standing, resume));
    }
    return exitStatus.done;
  } finally {
    await journal.close();
  }
}

async function printJson(run: RunStatus, rows: AsyncIterable<RecordWithEntries>): Promise<void> {
  process.stdout.write(`{"run":${printedJson(runDocument(run))},"records":[`);
  let separator = '\n';
  for await (const row of rows) {
    const { record } = row;
    const settled = settledOf(row);
    const document = {
      index: record.index,
      key: record.key,
      outcome: settled?.outcome ?? 'open',
      error: settled?.error,
      inDoubt: inDoubtRequests(row),
      approvals: approvalsOf(row),
    };
    process.stdout.write(separator + printedJson(document));
    separator = ',\n';
  }
  process.stdout.write('\n]}\n');
}

async function printText(
  run: RunStatus,
  rows: AsyncIterable<RecordWithEntries>,
  resume: string,
  wave: readonly string[],
): Promise<void> {
  const document = runDocument(run);
  print(
    `Run ${run.id} of ${document.playbook} is ${run.state}: ${plural(run.records, 'record')} of ${document.input}, target ${document.target}`,
  );
  if (document.undoes !== undefined) print(`It undoes run ${document.undoes}`);
  if (document.owner !== undefined) print(`Worked on by ${document.owner}`);
  for (const line of wave) print(line);
  print('');
  const operations = operationsOf(run.catalogues ?? []);
  for await (const row of rows) printRecord(row, resume, operations);
}

function printRecord(row: RecordWithEntries, resume: string, operations: Operations): void {
  const settled = settledOf(row);
  print(`${settled?.outcome ?? 'open'}  ${row.record.key}`);
  const error = settled?.outcome === 'waiting' ? undefined : settled?.error;
  if (error !== undefined) {
    print(
      `    ${error.step === '' ? '' : `${error.step}: `}${error.message} (${error.code}${error.requestId === undefined ? '' : `, request id ${error.requestId}`})`,
    );
    // What to do about a doubt is explained at length below.
    const help = doubtfulOf(row).length > 0 ? undefined : error.help;
    for (const line of help?.split('\n') ?? []) print(`    ${line}`);
  }
  for (const doubtful of doubtfulOf(row))
    for (const line of explainDoubt(doubtful, resume, operations)) print(`    ${line}`);
  for (const line of explainApprovals(row, resume)) print(`    ${line}`);
}

/** Requests of a record that left and were never answered. */
function inDoubtRequests(row: RecordWithEntries) {
  return doubtfulOf(row).map(({ path, intended }) => {
    const { operation, requestId, at } = intended;
    return { record: row.record.key, path, operation, requestId, at, with: hidden(intended.with) };
  });
}

function print(text: string): void {
  process.stdout.write(`${oneLine(text)}\n`);
}
