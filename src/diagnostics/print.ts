import { createColors } from 'picocolors';
import type { At, Cell, Diagnostic } from './diagnostic.ts';
import { neutralise } from './neutralise.ts';

type Sources = ReadonlyMap<string, string>;

/**
 * Diagnostics for people: place, code, message, the line of the source with a caret, what was expected, what was
 * perhaps meant. Sorted by file and place; a last line counts them.
 * @param sources texts of the files that places point into
 */
export function formatDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: Sources,
  options: { readonly color: boolean },
): string {
  const paint = createColors(options.color);
  const blocks = diagnostics.toSorted(byPlace).map((diagnostic) => {
    const severity = diagnostic.severity === 'error' ? paint.red('error') : paint.yellow('warning');
    const place = placeOf(diagnostic, sources);
    const head = `${place === '' ? '' : `${paint.bold(place)} `}${severity} ${paint.dim(diagnostic.code)} ${diagnostic.message}`;
    return [head, ...excerpt(diagnostic.at, sources, paint), ...advice(diagnostic, sources)]
      .map(neutralise)
      .join('\n');
  });
  return diagnostics.length < 2 ? blocks.join('\n') : [...blocks, countLine(diagnostics)].join('\n');
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  const file = (d: Diagnostic) => d.at?.file ?? d.cell?.file ?? '';
  const offset = (d: Diagnostic) => d.at?.offset ?? d.cell?.row ?? 0;
  return file(a) === file(b) ? offset(a) - offset(b) : file(a) < file(b) ? -1 : 1;
}

function placeOf({ at, cell }: { readonly at?: At; readonly cell?: Cell }, sources: Sources): string {
  if (at !== undefined) {
    const { line, column } = lineColumn(sources.get(at.file) ?? '', at.offset);
    return sources.has(at.file) ? `${at.file}:${line}:${column}` : at.file;
  }
  if (cell === undefined) return '';
  return `${cell.file} row ${cell.row}${cell.column === undefined ? '' : `, column ${JSON.stringify(cell.column)}`}:`;
}

/** Line and column from 1, as editors count. */
export function lineColumn(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - (before.lastIndexOf('\n') + 1) + 1 };
}

const widthMax = 100;

/** The source line with a caret below what is meant; of a long line only the part around it. */
function excerpt(
  at: At | undefined,
  sources: Sources,
  paint: ReturnType<typeof createColors>,
): readonly string[] {
  const text = at === undefined ? undefined : sources.get(at.file);
  if (at === undefined || text === undefined) return [];
  const start = text.lastIndexOf('\n', at.offset - 1) + 1;
  const end = text.indexOf('\n', at.offset);
  const line = text.slice(start, end === -1 ? text.length : end).replace(/\r$/u, '');
  const column = Math.min(at.offset - start, line.length);
  const from = column > widthMax - 20 ? column - 40 : 0;
  const shown =
    (from > 0 ? '…' : '') + line.slice(from, from + widthMax) + (line.length > from + widthMax ? '…' : '');
  const before = (from > 0 ? ' ' : '') + line.slice(from, column);
  const marked = line.slice(column, Math.min(column + Math.max(1, at.length), from + widthMax));
  const gutter = String(lineColumn(text, at.offset).line).padStart(5);
  const caret = `${' '.repeat(displayWidth(before))}${'^'.repeat(Math.max(1, displayWidth(marked)))}`;
  return [
    `${paint.dim(`${gutter} |`)} ${shown.replaceAll('\t', ' ')}`,
    `${paint.dim('      |')} ${paint.red(caret)}`,
  ];
}

/** Columns of a terminal: wide East Asian characters and emoji take two, combining marks none. */
function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{Mn}|\p{Me}|\u200B/u.test(character)) continue;
    width +=
      /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}

function advice(diagnostic: Diagnostic, sources: Sources): readonly string[] {
  const lines: string[] = [];
  if (diagnostic.expected !== undefined) lines.push(`  expected ${diagnostic.expected}`);
  if (diagnostic.didYouMean !== undefined) lines.push(`  did you mean '${diagnostic.didYouMean}'?`);
  for (const line of diagnostic.help?.split('\n') ?? []) lines.push(`  ${line}`);
  for (const related of diagnostic.related ?? [])
    lines.push(`  ${placeOf(related, sources)} ${related.message}`);
  return lines;
}

function countLine(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const parts = [
    errors > 0 ? `${errors} error${errors === 1 ? '' : 's'}` : '',
    warnings > 0 ? `${warnings} warning${warnings === 1 ? '' : 's'}` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}
