import process from 'node:process';
import { createColors } from 'picocolors';
import { neutralise, oneLine, printedJson } from '../../diagnostics/neutralise.ts';
import { readPlan } from '../../plan/plan-file.ts';
import { type Group, groupRecords } from '../../report/groups.ts';
import { count, type Paint, planLine, plural, recordText, summaryText } from '../../report/text.ts';
import { wantsColour } from './colour.ts';

/** Records printed one by one without `--all`; a longer plan is shown in groups of records that fare the same. */
const recordsListed = 8;
const groupsShown = 20;

/** Colours for stdout, or none. */
export function paintFor(allowed: boolean): Paint {
  return createColors(wantsColour(process.stdout, allowed));
}

/** Prints a plan file for a person: totals, then records or groups of them, then the line that CI searches for. */
export async function printPlan(
  file: string,
  options: { readonly color: boolean; readonly all?: boolean },
): Promise<void> {
  const paint = paintFor(options.color);
  const plan = await readPlan(file);
  const { header, summary } = plan;
  print(summaryText(header, summary, paint));
  print('');
  if (options.all === true || summary.records <= recordsListed) {
    for await (const record of plan.records()) print(`${recordText(record, paint)}\n`);
  } else {
    printGroups(await groupRecords(plan.records()), paint);
  }
  print(paint.bold(planLine(summary)));
}

function printGroups(groups: readonly Group[], paint: Paint): void {
  for (const group of groups.slice(0, groupsShown)) {
    const others = group.keys.slice(1).map(oneLine).join(', ');
    const more = group.count > group.keys.length ? ` and ${count(group.count - group.keys.length)} more` : '';
    print(
      paint.cyan(group.count === 1 ? 'One record:' : `${plural(group.count, 'record')} alike, for example:`),
    );
    print(recordText(group.example, paint));
    if (others !== '') print(paint.dim(`  the same for ${others}${more}`));
    print('');
  }
  const rest = groups.slice(groupsShown).reduce((sum, group) => sum + group.count, 0);
  if (rest > 0)
    print(paint.dim(`${plural(rest, 'record')} of other kinds are not shown; --all prints every record\n`));
}

/** Prints a plan file as one JSON document, a record at a time. */
export async function printPlanJson(file: string): Promise<void> {
  const plan = await readPlan(file);
  process.stdout.write(
    `{"header":${printedJson(plan.header)},"summary":${printedJson(plan.summary)},"records":[`,
  );
  let separator = '\n';
  for await (const record of plan.records()) {
    process.stdout.write(separator + printedJson(record));
    separator = ',\n';
  }
  process.stdout.write('\n]}\n');
}

function print(text: string): void {
  process.stdout.write(`${neutralise(text)}\n`);
}
