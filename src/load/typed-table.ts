import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
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
  rows: () => AsyncIterable<Omit<Row, 'raw'>>,
): Table {
  return {
    file,
    format,
    textual: false,
    columns,
    header: csvLine(columns),
    encoding: 'utf-8',
    delimiter: ',',
    get digest() {
      return digestOf(file);
    },
    rows: async function* (): AsyncGenerator<Row> {
      for await (const row of rows())
        yield {
          ...row,
          raw: csvLine(columns.map((name) => (Object.hasOwn(row.cells, name) ? row.cells[name] : undefined))),
        };
    },
  };
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

function csvLine(cells: readonly unknown[]): string {
  return stringify(
    [cells.map((cell) => (typeof cell === 'object' && cell !== null ? JSON.stringify(cell) : cell))],
    { cast: { boolean: String } },
  );
}
