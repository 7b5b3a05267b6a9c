import { type Columns, columnsOf, rowProblem } from './columns.ts';
import type { Row, Table } from './row.ts';
import { judgeSheets } from './sheet-shape.ts';
import { fileError } from './text.ts';
import { typedTable } from './typed-table.ts';
import { packWorkbook, unpackWorkbook } from './workbook.ts';

/**
 * A sheet of an Excel workbook (the first unless named): its first row with text is the header. Dates become
 * ISO text, numbers and booleans stay typed.
 * @throws DiagnosticsError INPUT_FORMAT, INPUT_EMPTY, INPUT_HEADER
 */
export async function openXlsx(file: string, sheet: string | undefined): Promise<Table> {
  const sheetRows = await readCells(file, sheet);
  const headerAt = sheetRows.findIndex((row) => row.some(hasValue));
  if (headerAt === -1) throw fileError('INPUT_EMPTY', file, 'the sheet is empty');
  const header = sheetRows[headerAt]!.map((cell) => String(typedOf(cell) ?? ''));
  const columns = columnsOf(file, headerAt + 1, header);
  return typedTable(file, 'xlsx', columns.names, async function* () {
    for (const [index, row] of sheetRows.entries())
      if (index > headerAt && row.some(hasValue)) yield rowOf(file, index + 1, row, columns);
  });
}

function rowOf(file: string, line: number, row: readonly CellValue[], columns: Columns): Omit<Row, 'raw'> {
  const named = columns.names.map((name, index) => [name, typedOf(row[columns.positions[index]!])] as const);
  // A sheet has no end of a row: cells that are missing at the right are empty.
  const width = Math.max(row.length, columns.width);
  const problem = rowProblem(file, line, columns, width, (position) => hasValue(row[position]));
  return {
    line,
    cells: Object.fromEntries(named.filter(([, value]) => value !== undefined)),
    ...(problem === undefined ? {} : { problem }),
  };
}

type CellValue = string | number | boolean | Date | null;

async function readCells(
  file: string,
  sheet: string | undefined,
): Promise<readonly (readonly CellValue[])[]> {
  const { readSheet } = await import('read-excel-file/universal');
  try {
    const parts = await unpackWorkbook(file);
    judgeSheets(parts);
    const archive = packWorkbook(parts);
    return (await (sheet === undefined
      ? readSheet(archive)
      : readSheet(archive, sheet))) as readonly (readonly CellValue[])[];
  } catch (error) {
    throw fileError('INPUT_FORMAT', file, `the workbook cannot be read: ${(error as Error).message}`);
  }
}

function hasValue(cell: CellValue | undefined): boolean {
  return cell !== null && cell !== undefined && (typeof cell !== 'string' || cell.trim() !== '');
}

/** Dates as ISO text, without a time where they have none; undefined for an empty cell. */
function typedOf(cell: CellValue | undefined): string | number | boolean | undefined {
  if (cell === null || cell === undefined) return undefined;
  if (!(cell instanceof Date)) return cell;
  const text = cell.toISOString();
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : text;
}
