/**
 * What brings the tables from one version to the next; the first makes them. Version numbers count from 1 and are those of
 * PostgreSQL alone: the file has its own. `{s}` stands for the schema.
 *
 * `revisions` holds records of a revision that does not count yet, each with its entry; its commit moves all of them.
 * `runs.plan` is the seal of the plan, so that one of two who apply it at once is refused.
 *
 * `leases` has a row for each process that works on a run: one with the holder '' where a process owns it alone, one for
 * each worker otherwise. `batch` is the number of the last write of its owner: a write whose answer was lost is repeated
 * and happens once. Times are the database's own, in milliseconds: the machines' clocks may differ.
 */
export const migrations: readonly string[] = [
  `
CREATE TABLE {s}.runs (
  n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  header text NOT NULL,
  plan text,
  state text NOT NULL,
  begun boolean NOT NULL DEFAULT false,
  finished_at bigint
);
CREATE INDEX runs_by_plan ON {s}.runs (plan);
CREATE TABLE {s}.leases (
  run bigint NOT NULL REFERENCES {s}.runs (n) ON DELETE CASCADE,
  holder text NOT NULL,
  owner text NOT NULL,
  token text NOT NULL,
  expires_at bigint NOT NULL,
  batch bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (run, holder)
);
CREATE TABLE {s}.records (
  run bigint NOT NULL,
  idx integer NOT NULL,
  record text NOT NULL,
  outcome text,
  PRIMARY KEY (run, idx)
);
CREATE INDEX records_by_outcome ON {s}.records (run, outcome, idx);
CREATE TABLE {s}.entries (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run bigint NOT NULL,
  record integer NOT NULL,
  entry text NOT NULL
);
CREATE INDEX entries_by_record ON {s}.entries (run, record, seq);
CREATE TABLE {s}.revisions (
  run bigint NOT NULL,
  idx integer NOT NULL,
  record text NOT NULL,
  outcome text,
  entry text NOT NULL,
  PRIMARY KEY (run, idx)
);
CREATE FUNCTION {s}.now_ms() RETURNS bigint LANGUAGE sql VOLATILE AS
  $$ SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint $$;
`,
];
