import type { RecordWithEntries, Settled, StepError, StepOutcomeName } from '../journal/journal.ts';
import { asText } from '../schema/as-text.ts';

/**
 * Result files that are inputs again. Every row of the input stands in exactly one of them, in the input's
 * order, with its own text byte for byte; our columns follow, and replace those of an earlier result file.
 */
export type ResultFile = 'results' | 'failed' | 'in-doubt' | 'waiting' | 'remaining';

/** How the input was written: what its rows must be given back as. */
export interface RowFormat {
  /** The header line with its line break, as decoded. */
  readonly header: string;
  readonly delimiter: string;
}

/** Columns that we add are named so that nobody's own are; a row's loader knows and ignores them. */
export const reasonColumns = [
  'tenantry_step',
  'tenantry_code',
  'tenantry_reason',
  'tenantry_request_id',
] as const;

/** Where a record's values keep the row's own text, marked as a secret, for inputs that have secret columns. */
export const clearRow = '$row';

/** In which file a record belongs, by how it ended; records that were not reached stay to be done. */
export function fileOf(outcome: StepOutcomeName | undefined): ResultFile {
  switch (outcome) {
    case undefined:
      return 'remaining';
    case 'succeeded':
    case 'unchanged':
    case 'skipped':
      return 'results';
    case 'failed':
    case 'blocked':
      return 'failed';
    case 'inDoubt':
      return 'in-doubt';
    case 'waiting':
      return 'waiting';
  }
}

/** The last word on a record: the newest `settled` of the record as a whole, if it has one and was not revised since. */
export function settledOf({ entries }: RecordWithEntries): Settled | undefined {
  const last = entries.findLast(
    (entry) => entry.type === 'revised' || (entry.type === 'settled' && entry.path === ''),
  );
  return last?.type === 'settled' ? last : undefined;
}

/** The reason of a record whose row was taken out of the input by a revision. */
export const closedCode = 'CLOSED';

/** Such a record stands in no result file: its row is none of the input's any more. */
export function isClosed(settled: Settled | undefined): boolean {
  return settled?.outcome === 'skipped' && settled.error?.code === closedCode;
}

/** A row without the columns that an earlier result file added. */
export function ownText(line: string, format: RowFormat): string {
  const end = /(?:\r\n|\n|\r)$/u.exec(line)?.[0] ?? '';
  const text = line.slice(0, line.length - end.length);
  return text.slice(0, keptLength(text, format)) + end;
}

/** The header line of a result file. */
export function headerLine(file: ResultFile, format: RowFormat, outputs: readonly string[]): string {
  return extend(format.header, format, columnsOf(file, outputs));
}

/** One row of a result file: the input's own text and our columns. */
export function resultLine(
  file: ResultFile,
  format: RowFormat,
  outputs: readonly string[],
  row: RecordWithEntries,
  options: { readonly secrets: boolean },
): string {
  const settled = settledOf(row);
  const cells =
    file === 'results'
      ? outputs.map((name) => outputText(settled?.result, name, options))
      : file === 'remaining'
        ? []
        : reasonCells(settled?.error);
  return extend(textOf(row, options), format, cells);
}

/** The row's own text, whole where secrets are wanted and can be read. */
function textOf({ record }: RecordWithEntries, options: { readonly secrets: boolean }): string {
  if (!options.secrets) return record.raw;
  const kept = (record.values as Readonly<Record<string, unknown>>)[clearRow];
  const clear = (kept as { readonly $secret?: unknown } | undefined)?.$secret;
  return typeof clear === 'string' ? clear : record.raw;
}

function columnsOf(file: ResultFile, outputs: readonly string[]): readonly string[] {
  if (file === 'results') return outputs.map((name) => `tenantry_${name}`);
  return file === 'remaining' ? [] : reasonColumns;
}

function reasonCells(error: StepError | undefined): readonly string[] {
  return [error?.step ?? '', error?.code ?? '', error?.message ?? '', error?.requestId ?? ''];
}

function outputText(outputs: unknown, name: string, options: { readonly secrets: boolean }): string {
  if (typeof outputs !== 'object' || outputs === null || !Object.hasOwn(outputs, name)) return '';
  const value = (outputs as Readonly<Record<string, unknown>>)[name];
  if (value === undefined || value === null) return '';
  if (typeof value === 'object' && '$secret' in value)
    return options.secrets ? asText(value.$secret) : '(secret)';
  if (typeof value === 'object' && '$encrypted' in value) return '(secret)';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Puts cells behind a row's text, before its line break. */
function extend(line: string, format: RowFormat, cells: readonly string[]): string {
  const end = /(?:\r\n|\n|\r)$/u.exec(line);
  const text = end === null ? line : line.slice(0, end.index);
  const kept = text.slice(0, keptLength(text, format));
  return kept + cells.map((cell) => format.delimiter + quote(cell)).join('') + (end?.[0] ?? '\n');
}

/** A row with the cells of some columns hidden. */
export function withoutCells(line: string, format: RowFormat, hide: (column: string) => boolean): string {
  const end = /(?:\r\n|\n|\r)$/u.exec(line)?.[0] ?? '';
  const text = line.slice(0, line.length - end.length);
  const names = columnNames(format);
  let start = 0;
  const cells = cellEnds(text, format.delimiter).map((at, index) => {
    const cell = text.slice(start, at);
    start = at + format.delimiter.length;
    return cell !== '' && hide(names[index] ?? '') ? '(secret)' : cell;
  });
  return cells.join(format.delimiter) + end;
}

function columnNames({ header, delimiter }: RowFormat): readonly string[] {
  const text = header.replace(/^\uFEFF/u, '').replace(/(?:\r\n|\n|\r)$/u, '');
  let start = 0;
  return cellEnds(text, delimiter).map((end) => {
    const name = text.slice(start, end).replaceAll('"', '').trim();
    start = end + delimiter.length;
    return name;
  });
}

/** How much of a row is the user's own: columns that an earlier result file added are cut off. */
function keptLength(text: string, format: RowFormat): number {
  const own = columnNames(format).findIndex((name) => name.startsWith('tenantry_'));
  if (own === -1) return text.length;
  const ends = cellEnds(text, format.delimiter);
  return own === 0 ? 0 : (ends[own - 1] ?? text.length);
}

/** Offsets at which the cells of a CSV row end; quotes may hold delimiters and line breaks. */
function cellEnds(text: string, delimiter: string): readonly number[] {
  const ends: number[] = [];
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"') quoted = !quoted;
    else if (!quoted && text.startsWith(delimiter, at)) ends.push(at);
  }
  return [...ends, text.length];
}

/**
 * Where a spreadsheet would see a formula: at the start of a cell, and behind what it may take for the delimiter
 * (another than ours, where the machine's language has another) or for the end of a row. Numbers may have their sign.
 */
const formulas =
  /(^|[,;\t|\r\n])([\s\p{C}]*)(?=[=+\-@＝＋－＠])(?![+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?\s*(?:$|[,;\t|\r\n\]}]))/giu;

/** One cell of ours. It may hold anything the service said: it is always quoted, and never begins a formula. */
function quote(cell: string): string {
  if (cell === '') return '';
  return `"${cell.replaceAll(formulas, "$1$2'").replaceAll('"', '""')}"`;
}
