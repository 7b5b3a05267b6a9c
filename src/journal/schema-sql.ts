/** "TNTR": says that an SQLite file is one of ours. */
export const applicationId = 0x544e5452;
/** Version of the tables below; a file of a newer one is refused (J6), one of an older one migrated. */
export const schemaVersion = 4;

/** Records of a revision that does not count yet, each with its entry. They are moved to the other tables in one commit. */
export const revisionsSql = `
CREATE TABLE IF NOT EXISTS revisions (
  run INTEGER NOT NULL REFERENCES runs(n),
  idx INTEGER NOT NULL,
  key TEXT NOT NULL,
  planned TEXT NOT NULL,
  record_values TEXT NOT NULL,
  raw TEXT NOT NULL,
  outcome TEXT,
  entry TEXT NOT NULL,
  PRIMARY KEY (run, idx)
) STRICT, WITHOUT ROWID;
`;

/**
 * Texts carry a stamp (stamp.ts): `header` with its id, `record_values` with all of its row, `entry` with its record.
 * `runs.n` keeps the other tables narrow. `records.outcome` repeats the record's own `settled` entry, written in the
 * same transaction, so that what is open and how many failed is read from an index and not from the entries.
 * Entries lie in the order in which they were appended, whatever their record: a commit writes one page or two and
 * not one for each record. The index is narrow; a record's entries come from it in order. A row holds all that one commit
 * has of a record, as a list (entry-rows.ts).
 */
export const schemaSql = `
CREATE TABLE runs (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  header TEXT NOT NULL,
  state TEXT NOT NULL,
  begun INTEGER NOT NULL DEFAULT 0,
  finished_at INTEGER,
  owner TEXT,
  token TEXT,
  expires_at INTEGER
) STRICT;
CREATE TABLE records (
  run INTEGER NOT NULL REFERENCES runs(n),
  idx INTEGER NOT NULL,
  key TEXT NOT NULL,
  planned TEXT NOT NULL,
  record_values TEXT NOT NULL,
  raw TEXT NOT NULL,
  outcome TEXT,
  PRIMARY KEY (run, idx)
) STRICT, WITHOUT ROWID;
CREATE INDEX records_by_outcome ON records (run, outcome, idx);
CREATE TABLE entries (
  seq INTEGER PRIMARY KEY,
  run INTEGER NOT NULL,
  record INTEGER NOT NULL,
  entry TEXT NOT NULL
) STRICT;
CREATE INDEX entries_by_record ON entries (run, record);
${revisionsSql}`;
