import { DatabaseSync } from 'node:sqlite';
import type { PlannedRecord } from './plan.ts';

/** Records of one plan that have not met theirs of the other plan yet. */
export interface WaitingRecords {
  put(name: string, record: PlannedRecord): void;
  /** The record of that name, which waits no longer. */
  take(name: string): PlannedRecord | undefined;
  /** Those that are left, in the order in which they came. */
  rest(): Iterable<PlannedRecord>;
  close(): void;
}

/** So many wait in memory. Plans in the same order have as many waiting as rows were put in or taken out. */
const inMemoryMost = 2_000;

/** Keeps the first ones in memory, and more of them in a temporary database, which SQLite spills to a file of its own. */
export function openWaitingRecords(): WaitingRecords {
  const near = new Map<string, PlannedRecord>();
  let far: ReturnType<typeof openDatabase> | undefined;
  return {
    put: (name, record) => {
      if (near.size < inMemoryMost && far === undefined) near.set(name, record);
      else {
        far ??= openDatabase();
        far.put(name, record);
      }
    },
    take: (name) => {
      const found = near.get(name);
      if (found === undefined) return far?.take(name);
      near.delete(name);
      return found;
    },
    rest: function* () {
      yield* near.values();
      if (far !== undefined) yield* far.rest();
    },
    close: () => far?.close(),
  };
}

function openDatabase() {
  const database = new DatabaseSync('');
  database.exec(
    'PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8000; CREATE TABLE waiting (n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, record TEXT NOT NULL) STRICT; BEGIN',
  );
  const insert = database.prepare('INSERT OR REPLACE INTO waiting (name, record) VALUES (?, ?)');
  const remove = database.prepare('DELETE FROM waiting WHERE name = ? RETURNING record');
  const all = database.prepare('SELECT record FROM waiting ORDER BY n');
  const read = (row: unknown) => JSON.parse((row as { record: string }).record) as PlannedRecord;
  return {
    put: (name: string, record: PlannedRecord) => void insert.run(name, JSON.stringify(record)),
    take: (name: string) => {
      const row = remove.get(name);
      return row === undefined ? undefined : read(row);
    },
    rest: function* () {
      for (const row of all.iterate()) yield read(row);
    },
    close: () => database.close(),
  };
}
