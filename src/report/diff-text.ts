import { oneLine } from '../diagnostics/neutralise.ts';
import type { RecordDifference, StepDifference } from '../plan/compare-plans.ts';
import type { DiffTotals } from '../plan/diff-plans.ts';
import { count, type Paint, show, signOf } from './text.ts';

/** One record that differs: what it is, then a line a step, then the values. */
export function differenceText(difference: RecordDifference, paint: Paint): string {
  const { kind, key, row, steps, invalid } = difference;
  const rows = row.filter((line) => line !== undefined);
  const place = `row ${[...new Set(rows)].join(' → ')}`;
  const head = {
    added: paint.green('+ added'),
    removed: paint.red('- removed'),
    changed: paint.yellow('~ changed'),
    row: paint.yellow('~ the row'),
  }[kind];
  const lines = [`${head}  ${paint.bold(oneLine(key))}  ${paint.dim(place)}`];
  if (kind === 'row')
    lines.push(
      paint.dim('    the plans say the same; the row differs in what they do not show, perhaps a secret'),
    );
  if (kind !== 'row' && invalid.includes(true)) lines.push(`    ${usable(invalid)}`);
  for (const step of steps) if (!isQuiet(kind, step)) lines.push(...stepLines(kind, step, paint));
  return lines.join('\n');
}

function usable([before, after]: RecordDifference['invalid']): string {
  if (before && after) return 'it cannot be used, for other reasons than before';
  return after ? 'it cannot be used now' : 'it could not be used before';
}

/** Reads and checks of a record that is new, or gone, are no news. */
function isQuiet(kind: RecordDifference['kind'], { action }: StepDifference): boolean {
  const [before, after] = action;
  const quiet: readonly unknown[] = ['read', 'assert', 'skip', 'wait', undefined];
  return kind !== 'changed' && quiet.includes(before) && quiet.includes(after);
}

function stepLines(kind: RecordDifference['kind'], step: StepDifference, paint: Paint): readonly string[] {
  const [before, after] = step.action;
  const words =
    before === after || kind !== 'changed'
      ? (after ?? before)!
      : `${before ?? '(no step)'} → ${after ?? '(no step)'}`;
  const sign = signOf((after ?? before)!);
  const head = `    ${sign} ${words.padEnd(11)} ${oneLine(step.path)}  ${paint.dim(oneLine(step.uses))}`;
  const values = Object.entries(step.values).map(([name, [was, is]]) => {
    const text =
      kind === 'changed' && before !== undefined && after !== undefined
        ? `${show(was)} → ${show(is)}`
        : show(is ?? was);
    return `        ${oneLine(name)}: ${oneLine(text)}`;
  });
  return [head, ...values];
}

/** The last line of a comparison. */
export function differenceLine({ added, removed, changed, row, same }: DiffTotals): string {
  const parts = [
    `${count(added)} added`,
    `${count(removed)} removed`,
    `${count(changed)} changed`,
    ...(row === 0 ? [] : [`${count(row)} with another row and the same plan`]),
    `${count(same)} the same`,
  ];
  return `Difference: ${parts.join(', ')}.`;
}
