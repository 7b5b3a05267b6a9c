import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parse } from 'yaml';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import type { Table } from './row.ts';
import { typedTable } from './typed-table.ts';

type Item = Readonly<Record<string, unknown>>;

/** JSON or YAML that is one list of maps. Throws DiagnosticsError INPUT_FORMAT or INPUT_EMPTY. */
export function openList(file: string, format: 'json' | 'yaml', text: string): Table {
  const list = parseText(file, format, text.replace(/^\uFEFF/u, ''));
  if (!Array.isArray(list))
    throw failure('INPUT_FORMAT', file, undefined, 'the file is not a list of records');
  if (list.length === 0) throw failure('INPUT_EMPTY', file, undefined, 'the list is empty');
  const items = list.map((item, index) => asItem(file, index + 1, item));
  const columns = [...new Set(items.flatMap((item) => Object.keys(item)))];
  return typedTable(file, format, columns, async function* () {
    yield* items.map((cells, index) => ({ line: index + 1, cells }));
  });
}

function parseText(file: string, format: 'json' | 'yaml', text: string): unknown {
  try {
    return format === 'json' ? JSON.parse(text) : parse(text, { maxAliasCount: 50, stringKeys: true });
  } catch (error) {
    throw failure(
      'INPUT_FORMAT',
      file,
      undefined,
      `the file is not valid ${format.toUpperCase()}: ${(error as Error).message.split('\n')[0]}`,
    );
  }
}

/** NDJSON: a record a line, streamed. The columns are those of the first record and of all that follow in a first pass. */
export async function openNdjson(file: string): Promise<Table> {
  const columns = new Set<string>();
  for await (const { cells } of ndjsonRows(file)) for (const name of Object.keys(cells)) columns.add(name);
  if (columns.size === 0) throw failure('INPUT_EMPTY', file, undefined, 'the file has no records');
  return typedTable(file, 'ndjson', [...columns], () => ndjsonRows(file));
}

async function* ndjsonRows(file: string): AsyncGenerator<{ readonly line: number; readonly cells: Item }> {
  let line = 0;
  for await (const text of createInterface({
    input: createReadStream(file, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    line += 1;
    const bare = text.replace(/^\uFEFF/u, '').trim();
    if (bare === '') continue;
    let item: unknown;
    try {
      item = JSON.parse(bare);
    } catch (error) {
      throw failure('INPUT_FORMAT', file, line, `the line is not valid JSON: ${(error as Error).message}`);
    }
    yield { line, cells: asItem(file, line, item) };
  }
}

function asItem(file: string, line: number, item: unknown): Item {
  if (typeof item === 'object' && item !== null && !Array.isArray(item)) return item as Item;
  throw failure('INPUT_FORMAT', file, line, 'a record must be a map of names and values');
}

function failure(
  code: 'INPUT_FORMAT' | 'INPUT_EMPTY',
  file: string,
  row: number | undefined,
  message: string,
): DiagnosticsError {
  const place = row === undefined ? {} : { cell: { file, row } };
  return new DiagnosticsError([
    { code, severity: 'error', message: row === undefined ? `${file}: ${message}` : message, ...place },
  ]);
}
