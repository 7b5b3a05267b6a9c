import type { Cell, Diagnostic } from '../diagnostics/diagnostic.ts';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { closest } from '../diagnostics/suggest.ts';
import type { CheckedRow } from './records.ts';

/** Which rows of an input are meant: those named, without those left out, and of these the first so many. */
export interface Selection {
  /** Keys; absent where every row is meant. */
  readonly only?: readonly string[];
  /** Keys with the place where each is written. */
  readonly excluded?: ReadonlyMap<string, Cell>;
  readonly limit?: number;
}

/** The rows that are meant, in the input's order. A row that cannot be used has no key: it can be counted, and not named. */
export async function* selectRows(
  rows: AsyncIterable<CheckedRow>,
  { only, excluded, limit = Number.POSITIVE_INFINITY }: Selection,
): AsyncGenerator<CheckedRow> {
  const named = only && new Set(only);
  let left = limit;
  for await (const row of rows) {
    const meant = row.ok
      ? (named?.has(row.record.key) ?? true) && excluded?.has(row.record.key) !== true
      : named === undefined;
    if (!meant) continue;
    yield row;
    left -= 1;
    if (left <= 0) return;
  }
}

/** So many keys that are not there are told. */
const toldMost = 20;

/**
 * Reads the whole input before any of it is used: a key that is mistyped must not mean fewer rows, or more.
 * @throws DiagnosticsError SELECTION for every key that no row has, and where no row is left
 */
export async function refuseUnknownKeys(
  rows: () => AsyncIterable<CheckedRow>,
  selection: Selection,
): Promise<void> {
  const { excluded = new Map<string, Cell>() } = selection;
  const named = selection.only && new Set(selection.only);
  const missing = new Set([...(named ?? []), ...excluded.keys()]);
  let left = 0;
  let invalid = 0;
  for await (const row of rows()) {
    if (!row.ok) {
      invalid += 1;
      continue;
    }
    missing.delete(row.record.key);
    if ((named?.has(row.record.key) ?? true) && !excluded.has(row.record.key)) left += 1;
  }
  if (missing.size > 0) {
    const told = [...missing].slice(0, toldMost);
    const near = await nearest(rows(), told);
    throw new DiagnosticsError(
      told.map((key) => unknownKey(key, { excluded, invalid, total: missing.size }, near.get(key))),
    );
  }
  if (left === 0 && (named !== undefined || invalid === 0))
    throw new DiagnosticsError([
      { code: 'SELECTION', severity: 'error', message: 'what is chosen of the input leaves no row' },
    ]);
}

async function nearest(
  rows: AsyncIterable<CheckedRow>,
  keys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const best = new Map<string, string>();
  for await (const row of rows) {
    if (!row.ok) continue;
    for (const key of keys) {
      const known = best.get(key);
      const found = closest(key, known === undefined ? [row.record.key] : [known, row.record.key]);
      if (found !== undefined) best.set(key, found);
    }
  }
  return best;
}

function unknownKey(
  key: string,
  {
    excluded,
    invalid,
    total,
  }: { readonly excluded: ReadonlyMap<string, Cell>; readonly invalid: number; readonly total: number },
  near: string | undefined,
): Diagnostic {
  const cell = excluded.get(key);
  const what = cell === undefined ? '--only names' : 'to be left out is';
  const more = total > toldMost ? `; ${total} keys are not there in all` : '';
  return {
    code: 'SELECTION',
    severity: 'error',
    message: `${what} '${key}', and no row of the input has that key${more}`,
    ...(cell === undefined ? {} : { cell }),
    ...(near === undefined ? {} : { didYouMean: near }),
    ...(invalid === 0 || near !== undefined
      ? {}
      : {
          help: `rows that cannot be used (${invalid}) have no key: tenantry validate tells what is wrong with them`,
        }),
  };
}
