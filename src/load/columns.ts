import { type Diagnostic, DiagnosticsError } from '../diagnostics/diagnostic.ts';

/** The columns of a header: their names, and where each stands in a row. */
export interface Columns {
  readonly names: readonly string[];
  /** Position of each of `names`. */
  readonly positions: readonly number[];
  /** Cells that a row needs: up to the last column with a name. */
  readonly width: number;
}

/** As many as a spreadsheet can have. */
const columnsMax = 16_384;
/** More than this of one header helps nobody. */
const doublesTold = 20;

/**
 * Reads a header. Columns without a name are passed over, as spreadsheets export thousands of them.
 * @param row the header's line, for places
 * @throws DiagnosticsError INPUT_HEADER where no column has a name, or two are the same but for letter case, spaces, `_` and `-`
 */
export function columnsOf(file: string, row: number, header: readonly string[]): Columns {
  const columns = header
    .map((name, position) => ({ name: name.trim(), position }))
    .filter(({ name }) => name !== '');
  if (columns.length > columnsMax) {
    const message = `the header names ${columns.length} columns; at most ${columnsMax} are read`;
    throw new DiagnosticsError([headerError(file, row, undefined, message)]);
  }
  const diagnostics = doubles(
    file,
    row,
    columns.map(({ name }) => name),
  );
  if (columns.length === 0) diagnostics.push(headerError(file, row, undefined, 'no column has a name'));
  if (diagnostics.length > 0) throw new DiagnosticsError(diagnostics);
  return {
    names: columns.map(({ name }) => name),
    positions: columns.map(({ position }) => position),
    width: columns.at(-1)!.position + 1,
  };
}

/** A column's name as it is compared: letter case, spaces, `_` and `-` aside. */
export function folded(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]+/gu, '');
}

function doubles(file: string, row: number, names: readonly string[]): Diagnostic[] {
  const seen = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  for (const name of names) {
    const before = seen.get(folded(name));
    if (before === undefined) seen.set(folded(name), name);
    else if (diagnostics.length < doublesTold) {
      const message =
        before === name
          ? `two columns are named "${name}"`
          : `the columns "${before}" and "${name}" differ in letter case, spaces, _ or - only`;
      diagnostics.push(headerError(file, row, name, message));
    }
  }
  return diagnostics;
}

function headerError(file: string, row: number, column: string | undefined, message: string): Diagnostic {
  return {
    code: 'INPUT_HEADER',
    severity: 'error',
    message,
    cell: { file, row, ...(column === undefined ? {} : { column }) },
    help: column === undefined ? 'the first row must hold the names of the columns' : 'rename one of them',
  };
}

/**
 * What is wrong with the number of cells in a row, and with values that no column has a name for.
 * @param cells how many cells the row has
 * @param hasValue whether the cell at a position holds something
 */
export function rowProblem(
  file: string,
  row: number,
  columns: Columns,
  cells: number,
  hasValue: (position: number) => boolean,
): Diagnostic | undefined {
  const nameless = firstNameless(columns, cells, hasValue);
  if (cells >= columns.width && nameless === undefined) return undefined;
  const message =
    nameless === undefined
      ? `the row has ${cells} cells, and the header names ${columns.width} columns`
      : `cell ${nameless + 1} of the row holds a value, and its column has no name`;
  const help = 'a cell that holds the delimiter or a line break must be in quotes';
  return { code: 'INPUT_FORMAT', severity: 'error', message, cell: { file, row }, help };
}

function firstNameless(
  { positions, width }: Columns,
  cells: number,
  hasValue: (position: number) => boolean,
): number | undefined {
  if (cells === width && positions.length === width) return undefined;
  let named = 0;
  for (let position = 0; position < cells; position += 1) {
    if (positions[named] === position) named += 1;
    else if (hasValue(position)) return position;
  }
  return undefined;
}
