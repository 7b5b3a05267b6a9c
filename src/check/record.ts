import type { Cell } from '../diagnostics/diagnostic.ts';

/** One typed row of the input, joined with its related rows ("record" in prose). */
export interface InputRecord {
  /** Position among the data rows, from 0: the order of results. */
  readonly index: number;
  readonly key: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly cell: Cell;
  /** The row's own text, byte for byte as decoded, line break included; what failed.csv gives back. */
  readonly raw: string;
}
