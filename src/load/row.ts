import type { Diagnostic } from '../diagnostics/diagnostic.ts';

/** One row of tabular input before anything is judged: every value as it was read. */
export interface Row {
  /** Line number in the file (header = 1), or row number in the sheet, or line of NDJSON. */
  readonly line: number;
  /** Column name → text (CSV), or typed value (XLSX, JSON, YAML). Missing cells are absent; empty CSV cells are ''. */
  readonly cells: Readonly<Record<string, unknown>>;
  /** The row's own text with its line break, as decoded; for formats without one, a CSV rendering of the row. */
  readonly raw: string;
  /** Set where the row itself is broken: too many cells, or too few. */
  readonly problem?: Diagnostic;
}

/** A table being read. */
export interface Table {
  readonly file: string;
  readonly format: 'csv' | 'xlsx' | 'json' | 'ndjson' | 'yaml';
  /** Whether cells are text that must be coerced to the schema's types (CSV) or typed values already. */
  readonly textual: boolean;
  readonly columns: readonly string[];
  /** The header line with its line break, as decoded (or as CSV would have it), for files given back. */
  readonly header: string;
  readonly encoding: string;
  readonly delimiter: string;
  /** SHA-256 of the file's bytes, hex. Resolves once `rows` has been read to its end. */
  readonly digest: Promise<string>;
  rows(): AsyncIterable<Row>;
}
