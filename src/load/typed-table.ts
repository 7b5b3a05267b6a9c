import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { stringify } from 'csv-stringify/sync';
import type { Row, Table } from './row.ts';

/**
 * A table whose values are typed already (XLSX, JSON, YAML). Its rows have no text of their own: what is given back
 * to the user is CSV.
 */
export function typedTable(
  file: string,
  format: Table['format'],
  columns: readonly string[],
  rows: () => AsyncIterable<{ readonly line: number; readonly cells: Readonly<Record<string, unknown>> }>,
): Table {
  return {
    file,
    format,
    textual: false,
    columns,
    header: csvLine(columns),
    encoding: 'utf-8',
    delimiter: ',',
    digest: readFile(file).then((bytes) => createHash('sha256').update(bytes).digest('hex')),
    rows: async function* (): AsyncGenerator<Row> {
      for await (const { line, cells } of rows())
        yield { line, cells, raw: csvLine(columns.map((name) => cells[name])) };
    },
  };
}

function csvLine(cells: readonly unknown[]): string {
  return stringify(
    [cells.map((cell) => (typeof cell === 'object' && cell !== null ? JSON.stringify(cell) : cell))],
    { cast: { boolean: String } },
  );
}
