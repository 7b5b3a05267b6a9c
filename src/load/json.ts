import { parse } from 'yaml';
import type { Encoding } from './encoding.ts';
import type { Row, Table } from './row.ts';
import { fileError, linesOf, rowError, textOf } from './text.ts';
import { typedTable } from './typed-table.ts';

type Item = Readonly<Record<string, unknown>>;

/** JSON or YAML that is one list of maps. Throws DiagnosticsError INPUT_FORMAT or INPUT_EMPTY. */
export async function openList(file: string, format: 'json' | 'yaml', encoding: Encoding): Promise<Table> {
  const list = parseText(file, format, await wholeText(file, encoding));
  if (!Array.isArray(list)) throw fileError('INPUT_FORMAT', file, 'the file is not a list of records');
  if (list.length === 0) throw fileError('INPUT_EMPTY', file, 'the list is empty');
  const items = list.map((item, index) => asItem(file, index + 1, item));
  const columns = [...new Set(items.flatMap((item) => Object.keys(item)))];
  return typedTable(file, format, columns, async function* () {
    for (const [index, cells] of items.entries()) yield { line: index + 1, cells };
  });
}

async function wholeText(file: string, encoding: Encoding): Promise<string> {
  let whole = '';
  for await (const text of textOf(file, encoding)) whole += text;
  return whole;
}

function parseText(file: string, format: 'json' | 'yaml', text: string): unknown {
  try {
    return format === 'json' ? JSON.parse(text) : parse(text, { maxAliasCount: 50, stringKeys: true });
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    throw fileError('INPUT_FORMAT', file, `the file is not valid ${format.toUpperCase()}: ${reason}`);
  }
}

/** NDJSON: a record a line, streamed, twice: the first time finds the columns, which no header tells. */
export async function openNdjson(file: string, encoding: Encoding): Promise<Table> {
  const columns = new Set<string>();
  for await (const { cells } of ndjsonRows(file, encoding))
    for (const name of Object.keys(cells)) columns.add(name);
  if (columns.size === 0) throw fileError('INPUT_EMPTY', file, 'the file has no records');
  return typedTable(file, 'ndjson', [...columns], () => ndjsonRows(file, encoding));
}

async function* ndjsonRows(file: string, encoding: Encoding): AsyncGenerator<Omit<Row, 'raw'>> {
  let line = 0;
  for await (const text of linesOf(file, encoding)) {
    line += 1;
    if (text.trim() !== '') yield { line, cells: asItem(file, line, parseLine(file, line, text)) };
  }
}

function parseLine(file: string, line: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw rowError('INPUT_FORMAT', file, line, `the line is not valid JSON: ${(error as Error).message}`);
  }
}

function asItem(file: string, line: number, item: unknown): Item {
  if (typeof item === 'object' && item !== null && !Array.isArray(item)) return item as Item;
  throw rowError('INPUT_FORMAT', file, line, 'a record must be a map of names and values');
}
