import process from 'node:process';
import { neutralise, oneLine, printedJson } from '../diagnostics/neutralise.ts';
import { compareHeaders, type RecordDifference } from '../plan/compare-plans.ts';
import { type DiffTotals, diffPlans } from '../plan/diff-plans.ts';
import { type OpenedPlan, readPlan } from '../plan/plan-file.ts';
import { differenceLine, differenceText } from '../report/diff-text.ts';
import { count, type Paint, planLine } from '../report/text.ts';
import { exitStatus } from './exit-status.ts';
import type { Common } from './options.ts';
import { paintFor } from './terminal/print-plan.ts';
import { limitYoungSpace } from './young-space.ts';

export interface DiffOptions extends Common {
  readonly all?: boolean;
  readonly detailedExitcode?: boolean;
}

interface Comparison {
  readonly before: OpenedPlan;
  readonly after: OpenedPlan;
  readonly files: readonly [before: string, after: string];
  /** What differs in what they were made from. */
  readonly sources: readonly string[];
  readonly totals: DiffTotals;
}

/** Differences printed without `--all`. */
const differencesPrinted = 100;

/** `tenantry diff`: what another plan would do that this one would not; both are verified, neither is compared with the service. */
export async function diff(options: DiffOptions, first: string, second: string): Promise<number> {
  limitYoungSpace();
  const [before, after] = [await readPlan(first), await readPlan(second)];
  const comparison: Comparison = {
    before,
    after,
    files: [first, second],
    sources: compareHeaders(before.header, after.header),
    totals: { added: 0, removed: 0, changed: 0, row: 0, same: 0 },
  };
  const differences = diffPlans(before.records(), after.records(), comparison.totals);
  if (options.json === true) await printJson(comparison, differences);
  else await printText(comparison, differences, options, paintFor(options.color));
  return options.detailedExitcode === true && differs(comparison) ? exitStatus.changes : exitStatus.done;
}

function differs({ sources, totals }: Comparison): boolean {
  return sources.length + totals.added + totals.removed + totals.changed + totals.row > 0;
}

async function printText(
  { before, after, files, sources, totals }: Comparison,
  differences: AsyncIterable<RecordDifference>,
  options: DiffOptions,
  paint: Paint,
): Promise<void> {
  for (const [index, plan] of [before, after].entries())
    print(`${index === 0 ? 'before' : 'after '}  ${oneLine(files[index]!)}: ${planLine(plan.summary)}`);
  print('');
  for (const source of sources) print(`  ${oneLine(source)}`);
  if (sources.length > 0) print('');
  let printed = 0;
  let left = 0;
  for await (const difference of differences) {
    if (options.all !== true && printed >= differencesPrinted) left += 1;
    else {
      print(`${differenceText(difference, paint)}\n`);
      printed += 1;
    }
  }
  if (left > 0) print(paint.dim(`${count(left)} more records differ; --all prints every one\n`));
  print(paint.bold(differenceLine(totals)));
}

/** One document, a difference at a time. */
async function printJson(
  comparison: Comparison,
  differences: AsyncIterable<RecordDifference>,
): Promise<void> {
  const { before, after, files, sources, totals } = comparison;
  const plans = [before, after].map(({ header, summary }, index) => ({
    file: files[index],
    playbook: header.playbook.name,
    createdAt: header.createdAt,
    target: header.target,
    seal: summary.seal,
    records: summary.records,
  }));
  process.stdout.write(`{"plans":${printedJson(plans)},"sources":${printedJson(sources)},"records":[`);
  let separator = '\n';
  // In lists, what is not there becomes null.
  for await (const difference of differences) {
    process.stdout.write(separator + printedJson(difference));
    separator = ',\n';
  }
  process.stdout.write(`\n],"totals":${printedJson(totals)},"differs":${differs(comparison)}}\n`);
}

function print(text: string): void {
  process.stdout.write(`${neutralise(text)}\n`);
}
