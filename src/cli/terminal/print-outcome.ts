import process from 'node:process';
import { createColors } from 'picocolors';
import { neutralise, oneLine } from '../../diagnostics/neutralise.ts';
import { duration, plural } from '../../report/text.ts';
import type { RunTotals } from '../../run/event.ts';
import type { WrittenFile } from '../write-results.ts';
import { wantsColour } from './colour.ts';

/** Tells how a run ended, where its results are, and what to do next. */
export function printOutcome(
  totals: RunTotals,
  files: readonly WrittenFile[],
  options: { readonly resume: string; readonly color: boolean },
): void {
  const paint = createColors(wantsColour(process.stdout, options.color));
  const { total, succeeded, failed, blocked, inDoubt, waiting, open } = totals.records;
  const parts = [
    paint.green(`${succeeded} succeeded`),
    failed + blocked > 0 ? paint.red(`${failed + blocked} failed`) : '0 failed',
    inDoubt > 0 ? paint.yellow(`${inDoubt} in doubt`) : '0 in doubt',
    ...(waiting > 0 ? [paint.yellow(`${waiting} waiting for approval`)] : []),
    ...(open > 0 ? [paint.yellow(`${open} not reached`)] : []),
  ];
  const lines = [
    '',
    ...(totals.reason === undefined || totals.status === 'interrupted' ? [] : [oneLine(totals.reason)]),
    `${headline(totals)}: ${plural(total, 'record')}, ${parts.join(', ')}.`,
    `${plural(totals.requests, 'request')}, ${totals.retries} repeated, throttled ${totals.throttled} times, ${duration(totals.elapsedMs / 1000)}.`,
    ...paces(totals),
    ...files.map(({ file, rows }) => `  ${oneLine(file)}  ${plural(rows, 'row')}`),
    ...advice(totals, oneLine(options.resume)),
  ];
  process.stdout.write(`${neutralise(lines.join('\n'))}\n`);
}

/** What the service was found to allow; customers' own allowances are in `--json`. */
function paces({ limiter }: RunTotals): readonly string[] {
  const shared = Object.entries(limiter.rates).filter(([key]) => !key.includes(' '));
  if (shared.length === 0) return [];
  const each = shared.map(([key, rate]) => `${key === '*' ? 'all' : key} ${rate}`);
  return [`The service allows, in requests a second: ${each.join(', ')}.`];
}

function headline({ id, status }: RunTotals): string {
  switch (status) {
    case 'interrupted':
      return `Run ${id} was interrupted`;
    case 'waiting':
      return `Run ${id} waits for approval`;
    case 'stopped':
      return `Run ${id} was stopped by its limits`;
    case 'finished':
    case 'running':
      return `Run ${id} finished`;
  }
}

function advice(totals: RunTotals, resume: string): readonly string[] {
  const { failed, blocked, inDoubt, waiting, open } = totals.records;
  const lines: string[] = [];
  if (totals.status === 'waiting' && waiting === 0)
    lines.push(
      '',
      'To see what is asked, with the command that approves it:',
      '',
      `    ${resume.replace('resume', 'show')}`,
    );
  if (open > 0) lines.push('', 'To go on where it was:', '', `    ${resume}`);
  if (waiting > 0)
    lines.push(
      '',
      'Records wait for a person. To see what is asked, to approve it, and to go on:',
      '',
      `    ${resume.replace('resume', 'show')} --waiting`,
      `    ${resume.replace('resume', 'approve')}`,
      `    ${resume}`,
    );
  if (failed + blocked > 0)
    lines.push('', 'To try the failed records again:', '', `    ${resume} --retry-failed`);
  if (inDoubt > 0) {
    const show = resume.replace('resume', 'show');
    lines.push(
      '',
      'Records in doubt were sent and not answered. To see what to look for in Partner Center:',
      '',
      `    ${show} --failed`,
    );
  }
  return lines;
}
