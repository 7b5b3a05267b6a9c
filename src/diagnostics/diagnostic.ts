import type { Code } from './codes.ts';

/** A place in a text file: offsets count UTF-16 units, as strings do. Line and column exist in the printer only. */
export interface At {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/** A place in tabular input. `row` is the line number in the file (the header is line 1; for XLSX the sheet's row). */
export interface Cell {
  readonly file: string;
  readonly row: number;
  readonly column?: string;
  /** The cell's text as it was read; absent where a secret or where there is no value. */
  readonly value?: string;
}

/** One thing that is wrong (or doubtful), with its place. Collected and returned, never thrown. */
export interface Diagnostic {
  readonly code: Code;
  readonly severity: 'error' | 'warning';
  /** What is wrong with this thing. One sentence, no full stop. */
  readonly message: string;
  readonly at?: At;
  readonly cell?: Cell;
  /** What would have been right, e.g. `integer of at least 0`. */
  readonly expected?: string;
  /** The close name that was perhaps meant. */
  readonly didYouMean?: string;
  /** What to do, where neither `expected` nor `didYouMean` says it. A command stands alone on its line. */
  readonly help?: string;
  /** Second places, e.g. where a duplicate key was first used. */
  readonly related?: readonly { readonly message: string; readonly at?: At; readonly cell?: Cell }[];
}

/** The result of a stage that may fail with diagnostics; warnings may accompany a value. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Carries diagnostics through code that cannot return them (streams, commands). The command line prints them. */
export class DiagnosticsError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => `${d.code}: ${d.message}`).join('\n'));
    this.name = 'DiagnosticsError';
    this.diagnostics = diagnostics;
  }
}
