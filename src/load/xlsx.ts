import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import type { Table } from './row.ts';
import { typedTable } from './typed-table.ts';

/**
 * A sheet of an Excel workbook (the first unless named): its first row with text is the header. Dates become
 * ISO text, numbers and booleans stay typed.
 * @throws DiagnosticsError INPUT_FORMAT, INPUT_EMPTY, INPUT_HEADER
 */
export async function openXlsx(file: string, sheet: string | undefined): Promise<Table> {
  const cells = await readCells(file, sheet);
  const headerAt = cells.findIndex((row) => row.some((cell) => cell !== null));
  if (headerAt === -1) throw failure('INPUT_EMPTY', file, 'the sheet is empty');
  const names = cells[headerAt]!.map((cell) => (cell === null ? '' : String(cell).trim()));
  refuseDoubles(file, headerAt + 1, names);
  const rows = cells
    .slice(headerAt + 1)
    .map((row, index) => ({ line: headerAt + 2 + index, row }))
    .filter(({ row }) => row.some((cell) => cell !== null && cell !== ''));
  return typedTable(
    file,
    'xlsx',
    names.filter((name) => name !== ''),
    async function* () {
      for (const { line, row } of rows) {
        const named = names.flatMap((name, index) =>
          name === '' || row[index] == null ? [] : [[name, textOf(row[index])] as const],
        );
        yield { line, cells: Object.fromEntries(named) };
      }
    },
  );
}

type CellValue = string | number | boolean | Date | null;

async function readCells(
  file: string,
  sheet: string | undefined,
): Promise<readonly (readonly CellValue[])[]> {
  const { readSheet } = await import('read-excel-file/node');
  try {
    return (await (sheet === undefined
      ? readSheet(file)
      : readSheet(file, sheet))) as readonly (readonly CellValue[])[];
  } catch (error) {
    throw failure(
      'INPUT_FORMAT',
      file,
      `the file is no workbook that can be read: ${(error as Error).message}`,
    );
  }
}

function textOf(cell: CellValue | undefined): unknown {
  if (!(cell instanceof Date)) return cell;
  const text = cell.toISOString();
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : text;
}

function refuseDoubles(file: string, row: number, names: readonly string[]): void {
  const folded = names.map((name) => name.toLowerCase());
  const double = names.find((name, index) => name !== '' && folded.indexOf(name.toLowerCase()) !== index);
  if (double === undefined) return;
  throw new DiagnosticsError([
    {
      code: 'INPUT_HEADER',
      severity: 'error',
      message: `two columns are named "${double}"`,
      cell: { file, row, column: double },
      help: 'rename one of them',
    },
  ]);
}

function failure(code: 'INPUT_FORMAT' | 'INPUT_EMPTY', file: string, message: string): DiagnosticsError {
  return new DiagnosticsError([{ code, severity: 'error', message: `${file}: ${message}` }]);
}
