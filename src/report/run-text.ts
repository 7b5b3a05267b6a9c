import { oneLine } from '../diagnostics/neutralise.ts';
import type { RunStatus } from '../journal/journal.ts';
import type { PlanHeader } from '../plan/plan.ts';
import type { Cause } from './causes.ts';
import type { OperationTimes } from './request-times.ts';
import { count, type Paint, plural } from './text.ts';

/** What a report on a run says, whatever its form. */
export interface RunReport {
  readonly run: RunStatus;
  readonly header: PlanHeader;
  readonly causes: readonly Cause[];
  readonly operations: readonly OperationTimes[];
  readonly commands: readonly { readonly why: string; readonly command: string }[];
}

/** A report on a run for a terminal: how it ended, what went wrong by cause and what to do, how long requests took. */
export function runText({ run, header, causes, operations, commands }: RunReport, paint: Paint): string {
  const { counts } = run;
  const done = counts.succeeded + counts.unchanged + counts.skipped;
  const parts = [
    `${count(done)} succeeded`,
    `${count(counts.failed + counts.blocked)} failed`,
    `${count(counts.inDoubt)} in doubt`,
    ...(counts.waiting > 0 ? [`${count(counts.waiting)} waiting for approval`] : []),
    ...(counts.open > 0 ? [`${count(counts.open)} not reached`] : []),
  ];
  return [
    `${paint.bold(oneLine(header.playbook.name))} · run ${oneLine(run.id)} is ${run.state} · ${oneLine(header.input.file)} · ${oneLine(header.target)}`,
    '',
    `${plural(run.records, 'record')}: ${parts.join(', ')}.`,
    ...causes.flatMap((cause) => ['', ...causeLines(cause, paint)]),
    ...operationLines(operations, paint),
    ...commands.flatMap(({ why, command }) => ['', why, '', `    ${oneLine(command)}`]),
  ].join('\n');
}

function causeLines(cause: Cause, paint: Paint): readonly string[] {
  const { outcome, step, operation, code, message, records, examples, advice } = cause;
  const word = outcome === 'inDoubt' ? 'in doubt' : outcome;
  const colour = outcome === 'inDoubt' ? paint.yellow : paint.red;
  const where = [step, operation, code].filter((part) => part !== undefined && part !== '').join(', ');
  const more = records - examples.length;
  return [
    `${colour(`${count(records)} ${word}:`)} ${oneLine(message)} ${paint.dim(`(${oneLine(where)})`)}`,
    paint.dim(`    ${oneLine(examples.join(', '))}${more > 0 ? ` and ${count(more)} more` : ''}`),
    ...advice.map((line) => `    ${oneLine(line)}`),
  ];
}

function operationLines(operations: readonly OperationTimes[], paint: Paint): readonly string[] {
  if (operations.length === 0) return [];
  const width = Math.max(9, ...operations.map(({ operation }) => operation.length));
  const cell = (value: number | undefined) => (value === undefined ? '–' : count(value)).padStart(9);
  const heads = ['requests', 'refused', 'throttled', 'no answer', 'median ms', '95% ms', 'max ms'];
  return [
    '',
    paint.dim(`  ${'operation'.padEnd(width)}  ${heads.map((head) => head.padStart(9)).join('  ')}`),
    ...operations.map(
      ({ operation, requests, refused, throttled, unanswered, medianMs, p95Ms, maxMs }) =>
        `  ${oneLine(operation).padEnd(width)}  ${[requests, refused, throttled, unanswered, medianMs, p95Ms, maxMs].map(cell).join('  ')}`,
    ),
  ];
}
