import { type Part, WorkbookError } from './workbook.ts';

/** As many as Excel has. */
const rowsMax = 1_048_576;
const columnsMax = 16_384;
/** A cell costs memory also where nothing is in it: all rows are made as long as the longest. */
const cellsMax = 10_000_000;

/** A row, or a cell that holds something: `<row r="7">`, `<c r="B7" t="s">`. */
const places = /<(?:[^\s<>:/]{1,50}:)?(row|c)(?=[\s>/])([^<>]*)>/gu;
const address = /\br\s*=\s*(?:"([^"]*)"|'([^']*)')/u;

/**
 * Looks how large the sheets of a workbook say that they are, before one is laid out in memory: a single cell `XFD1048576`
 * makes seventeen thousand million of them.
 * @throws WorkbookError
 */
export function judgeSheets(parts: readonly Part[]): void {
  for (const [name, bytes] of parts) {
    const text = new TextDecoder().decode(bytes);
    if (!text.includes('sheetData')) continue;
    const { rows, columns } = shapeOf(name, text);
    if (rows > rowsMax || columns > columnsMax || rows * columns > cellsMax)
      throw new WorkbookError(
        `a sheet is ${rows} rows by ${columns} columns large; delete what stands far outside of the table, or save it as CSV`,
      );
  }
}

function shapeOf(part: string, text: string): { readonly rows: number; readonly columns: number } {
  let rows = 0;
  let columns = 0;
  for (const [, tag, attributes = ''] of text.matchAll(places)) {
    // A quote that is open at the end of the tag hides what follows it.
    if (attributes.split('"').length % 2 === 0 || attributes.split("'").length % 2 === 0)
      throw new WorkbookError(`${JSON.stringify(part)} is no sheet as Excel writes it`);
    const found = address.exec(attributes);
    if (found === null) {
      if (tag === 'row') rows += 1;
      continue;
    }
    const place = /^([A-Z]{0,3})(\d{1,7})$/u.exec(found[1] ?? found[2] ?? '');
    if (place === null || (tag === 'row') !== (place[1] === ''))
      throw new WorkbookError(`${JSON.stringify(part)} has a cell at no place: ${JSON.stringify(found[0])}`);
    rows = Math.max(rows, Number(place[2]));
    if (!attributes.endsWith('/')) columns = Math.max(columns, columnOf(place[1]!));
  }
  return { rows, columns };
}

/** A is 1, AA is 27. */
function columnOf(letters: string): number {
  let column = 0;
  for (const letter of letters) column = column * 26 + letter.charCodeAt(0) - 64;
  return column;
}
