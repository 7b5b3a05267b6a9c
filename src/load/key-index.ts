import { hash as digest } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';

/** Remembers in which line a key was used first, for files of any size. */
export interface KeyIndex {
  /** @returns the line of the first use, where this is not it */
  add(key: string, line: number): number | undefined;
  close(): void;
}

/**
 * An index in a temporary database: SQLite keeps it in a bounded cache and spills to a file of its own, which is
 * gone when it is closed.
 */
export function openKeyIndex(): KeyIndex {
  const database = new DatabaseSync('');
  database.exec(
    'PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8000; CREATE TABLE keys (hash BLOB PRIMARY KEY, line INTEGER NOT NULL) STRICT, WITHOUT ROWID; BEGIN',
  );
  const insert = database.prepare('INSERT INTO keys (hash, line) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const find = database.prepare('SELECT line FROM keys WHERE hash = ?');
  return {
    add: (key, line) => {
      const hash = digest('sha256', key, 'buffer').subarray(0, 16);
      if (insert.run(hash, line).changes === 1) return undefined;
      return (find.get(hash) as { line: number }).line;
    },
    close: () => database.close(),
  };
}
