import { refuseUnknownKeys, type Selection, selectRows } from '../check/check-selection.ts';
import type { Playbook } from '../check/playbook.ts';
import type { CheckedRow } from '../check/records.ts';
import { type Cell, DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { folded } from '../load/columns.ts';
import { openTable } from '../load/table.ts';
import { linesOf } from '../load/text.ts';
import { canonical, digestOfText } from '../plan/fits.ts';
import type { ChosenRows } from '../plan/plan.ts';
import { asText } from '../schema/as-text.ts';
import { usage } from './load-playbook.ts';
import type { Input } from './records.ts';

/** Options that choose rows of the input. */
export interface SelectionOptions {
  readonly limit?: number;
  readonly only: readonly string[];
  readonly excludeFile?: string;
}

/** The rows of an input that a command is about. */
export interface Chosen {
  /** There are no more than so many. */
  readonly most: number;
  /** What the plan says of it; absent where every row is meant. */
  readonly said?: ChosenRows;
  readonly digest?: string;
  records(): AsyncIterable<CheckedRow>;
}

/**
 * Chooses rows by `--only`, `--exclude-file` and `--limit`. Keys that the input does not have are refused before
 * anything else is done.
 * @throws DiagnosticsError SELECTION, USAGE, and what reading the file throws
 */
export async function choose(
  input: Pick<Input, 'records' | 'lines'>,
  playbook: Playbook,
  options: SelectionOptions,
): Promise<Chosen> {
  const { limit, only, excludeFile } = options;
  if (limit !== undefined && (!Number.isInteger(limit) || limit < 1))
    throw usage('--limit wants a whole number of at least 1');
  if (limit === undefined && only.length === 0 && excludeFile === undefined)
    return { most: input.lines, records: input.records };
  const excluded = excludeFile === undefined ? undefined : await keysIn(excludeFile, playbook);
  const selection: Selection = {
    ...(only.length === 0 ? {} : { only: [...new Set(only)] }),
    ...(excluded === undefined ? {} : { excluded }),
    ...(limit === undefined ? {} : { limit }),
  };
  if (selection.only !== undefined || excluded !== undefined)
    await refuseUnknownKeys(input.records, selection);
  const said: ChosenRows = {
    ...(selection.only === undefined ? {} : { only: selection.only }),
    ...(excluded === undefined ? {} : { exclude: { file: excludeFile!, keys: excluded.size } }),
    ...(limit === undefined ? {} : { limit }),
  };
  return {
    most: Math.min(
      input.lines,
      limit ?? Number.POSITIVE_INFINITY,
      selection.only?.length ?? Number.POSITIVE_INFINITY,
    ),
    said,
    digest: digestOf(said, excluded),
    records: () => selectRows(input.records(), selection),
  };
}

/** The digest of what a plan says it is about, with the keys to leave out as their file has them now. */
export async function digestNow(
  said: ChosenRows | undefined,
  playbook: Playbook,
): Promise<string | undefined> {
  if (said === undefined) return undefined;
  return digestOf(said, said.exclude === undefined ? undefined : await keysIn(said.exclude.file, playbook));
}

function digestOf({ only, limit }: ChosenRows, excluded: ReadonlyMap<string, Cell> | undefined): string {
  const out = excluded === undefined ? undefined : [...excluded.keys()].sort();
  return digestOfText(canonical({ only: only && [...only].sort(), limit, excluded: out }));
}

const tableEndings = /\.(?:csv|tsv|xlsx|json|ndjson|jsonl|ya?ml)$/iu;

/** The keys of a file: a column of a table, or a key a line. */
async function keysIn(file: string, playbook: Playbook): Promise<ReadonlyMap<string, Cell>> {
  const keys = new Map<string, Cell>();
  if (!tableEndings.test(file)) {
    let row = 0;
    for await (const line of linesOf(file, 'utf-8', lineMost)) {
      row += 1;
      const key = line.trim();
      if (key !== '') keys.set(key, { file, row, value: key });
    }
    return keys;
  }
  const table = await openTable(file);
  const column = keyColumn(file, table.columns, playbook);
  for await (const { cells, line } of table.rows()) {
    const key = asText(cells[column] ?? '').trim();
    if (key !== '') keys.set(key, { file, row: line, column, value: key });
  }
  return keys;
}

const lineMost = 1024 * 1024;

/** The column that the playbook's key is read from, so that a result file serves as it is; else one that is called `key`. */
function keyColumn(file: string, columns: readonly string[], { input }: Playbook): string {
  const field = /^record\.(\w+)$/u.exec(input.key.source.trim())?.[1];
  const names = field === undefined ? ['key'] : [field, 'key'];
  for (const name of names) {
    const found = columns.find((column) => folded(column) === folded(name));
    if (found !== undefined) return found;
  }
  throw new DiagnosticsError([
    {
      code: 'INPUT_HEADER',
      severity: 'error',
      message: `${file} has no column '${names.join("' or '")}' with the keys to leave out`,
      help: 'name the column so, or write a key a line into a file that ends in .txt',
    },
  ]);
}
