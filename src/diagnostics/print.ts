import { createColors } from 'picocolors';
import type { At, Cell, Diagnostic } from './diagnostic.ts';
import { neutralise, neutraliseForeign, oneLine } from './neutralise.ts';

type Sources = ReadonlyMap<string, string>;
type Paint = ReturnType<typeof createColors>;

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
  const blocks = diagnostics.toSorted(byPlace).map((diagnostic) => blockOf(diagnostic, sources, paint));
  return diagnostics.length < 2 ? blocks.join('\n') : [...blocks, countLine(diagnostics)].join('\n');
}

function blockOf(diagnostic: Diagnostic, sources: Sources, paint: Paint): string {
  const { code, at, message } = diagnostic;
  const severity = diagnostic.severity === 'error' ? paint.red('error') : paint.yellow('warning');
  const place = placeOf(diagnostic, sources);
  const head = `${place === '' ? '' : `${paint.bold(oneLine(place))} `}${severity} ${paint.dim(code)} ${oneLine(message)}`;
  const lines = [head, ...excerpt(at, sources, paint), ...advice(diagnostic, sources).map(oneLine)];
  return lines.map(neutralise).join('\n');
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

/** Of a longer line only the part around the caret is shown. */
const widthMax = 100;

/** The source line with a caret below what is meant. */
function excerpt(at: At | undefined, sources: Sources, paint: Paint): readonly string[] {
  const text = at === undefined ? undefined : sources.get(at.file);
  if (at === undefined || text === undefined) return [];
  const offset = Math.min(at.offset, text.length);
  const start = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  const line = text.slice(start, end === -1 ? text.length : end).replace(/\r$/u, '');
  const column = Math.min(offset - start, line.length);
  const from = wholeAt(line, column > widthMax - 20 ? column - 40 : 0);
  const to = wholeAt(line, Math.min(from + widthMax, line.length));
  const markedTo = Math.min(column + Math.max(1, at.length), to);
  const before = (from > 0 ? '…' : '') + shown(line.slice(from, column));
  const marked = shown(line.slice(column, markedTo));
  const after = shown(line.slice(markedTo, to)) + (to < line.length ? '…' : '');
  const gutter = String(lineColumn(text, offset).line).padStart(5);
  const caret = ' '.repeat(displayWidth(before)) + '^'.repeat(Math.max(1, displayWidth(marked)));
  return [
    `${paint.dim(`${gutter} |`)} ${before}${marked}${after}`,
    `${paint.dim('      |')} ${paint.red(caret)}`,
  ];
}

/** An index that does not cut a surrogate pair in two. */
function wholeAt(text: string, index: number): number {
  return /^[\uDC00-\uDFFF]/.test(text.slice(index, index + 1)) && index > 0 ? index - 1 : index;
}

/** A piece of a source line as it is printed: a tab takes one column, so that the caret stands where it should. */
function shown(piece: string): string {
  return neutraliseForeign(piece.replaceAll('\t', ' '));
}

const wide =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}/u;

/** Columns of a terminal: wide East Asian characters and emoji take two, combining marks none. */
function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/[\p{Mn}\p{Me}\u200B-\u200D]/u.test(character)) continue;
    width += wide.test(character) ? 2 : 1;
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
