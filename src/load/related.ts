import { DatabaseSync } from 'node:sqlite';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import type { Row, Table } from './row.ts';

/** Rows of a related file, found by the value that joins them to a record. */
export interface RelatedIndex {
  readonly file: string;
  readonly textual: boolean;
  /** Rows in the file's order; letter case and surrounding space do not matter, and nothing joins with nothing. */
  rowsFor(value: string): readonly Row[];
  /** The first rows that no `rowsFor` asked for, and how many there are. */
  unused(): {
    readonly rows: readonly { readonly line: number; readonly value: string }[];
    readonly count: number;
  };
  close(): void;
}

const unusedShown = 20;

/**
 * Reads a related file into a temporary database, in bounded memory.
 * @param by the column that joins
 * @throws DiagnosticsError INPUT_HEADER where the column is missing
 */
export async function indexRelated(table: Table, by: string): Promise<RelatedIndex> {
  const column =
    table.columns.find((name) => name === by) ??
    table.columns.find((name) => name.toLowerCase() === by.toLowerCase());
  if (column === undefined) {
    const message = `${table.file} has no column "${by}" to join its rows by`;
    throw new DiagnosticsError([
      {
        code: 'INPUT_HEADER',
        severity: 'error',
        message,
        expected: `a column ${by}; there are: ${table.columns.join(', ')}`,
      },
    ]);
  }
  const database = new DatabaseSync('');
  database.exec(
    'PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8000; CREATE TABLE related (n INTEGER PRIMARY KEY, value TEXT NOT NULL, line INTEGER NOT NULL, content TEXT NOT NULL, used INTEGER NOT NULL DEFAULT 0) STRICT; BEGIN',
  );
  const insert = database.prepare('INSERT INTO related (value, line, content) VALUES (?, ?, ?)');
  for await (const row of table.rows()) {
    const value = Object.hasOwn(row.cells, column) ? row.cells[column] : undefined;
    insert.run(folded(value), row.line, JSON.stringify(row));
  }
  database.exec('CREATE INDEX related_by_value ON related (value, n)');
  const find = database.prepare('SELECT content FROM related WHERE value = ? ORDER BY n');
  const use = database.prepare('UPDATE related SET used = 1 WHERE value = ? AND used = 0');
  return {
    file: table.file,
    textual: table.textual,
    rowsFor: (value) => {
      const key = folded(value);
      if (key === '') return [];
      const rows = (find.all(key) as { content: string }[]).map(({ content }) => JSON.parse(content) as Row);
      if (rows.length > 0) use.run(key);
      return rows;
    },
    unused: () => ({
      rows: database
        .prepare('SELECT line, value FROM related WHERE used = 0 ORDER BY n LIMIT ?')
        .all(unusedShown) as { line: number; value: string }[],
      count: (
        database.prepare('SELECT count(*) AS rows FROM related WHERE used = 0').get() as { rows: number }
      ).rows,
    }),
    close: () => database.close(),
  };
}

function folded(value: unknown): string {
  const text = typeof value === 'object' ? '' : String(value ?? ''); // lists and maps join nothing
  return text.trim().toLowerCase();
}
