import { listLimits, plain, readDocument } from './document.ts';
import type { Encoding } from './encoding.ts';
import { parseJson } from './plain-json.ts';
import type { Row, Table } from './row.ts';
import { fileError, linesOf, rowError, textOf } from './text.ts';
import { typedTable } from './typed-table.ts';

/** A list is read whole, unlike lines; larger ones are better kept as those. */
const jsonCharactersMax = 64 * 1024 * 1024;

type Item = Readonly<Record<string, unknown>>;

/** JSON or YAML that is one list of maps. Throws DiagnosticsError INPUT_FORMAT or INPUT_EMPTY. */
export async function openList(file: string, format: 'json' | 'yaml', encoding: Encoding): Promise<Table> {
  const most = format === 'json' ? jsonCharactersMax : listLimits.characters;
  const list = parseText(file, format, await wholeText(file, encoding, most));
  if (!Array.isArray(list)) throw fileError('INPUT_FORMAT', file, 'the file is not a list of records');
  if (list.length === 0) throw fileError('INPUT_EMPTY', file, 'the list is empty');
  const items = list.map((item, index) => asItem(file, index + 1, item));
  const columns = [...new Set(items.flatMap((item) => Object.keys(item)))];
  return typedTable(file, format, columns, async function* () {
    for (const [index, cells] of items.entries()) yield { line: index + 1, cells };
  });
}

async function wholeText(file: string, encoding: Encoding, most: number): Promise<string> {
  const pieces: string[] = [];
  let length = 0;
  for await (const text of textOf(file, encoding)) {
    pieces.push(text);
    length += text.length;
    if (length > most) {
      const message = `the list is larger than ${most / 1024 / 1024} MiB`;
      throw fileError('INPUT_FORMAT', file, message, 'save it as CSV or NDJSON, which may have any size');
    }
  }
  return pieces.join('');
}

function parseText(file: string, format: 'json' | 'yaml', text: string): unknown {
  if (format === 'json') {
    try {
      return parseJson(text);
    } catch (error) {
      throw fileError('INPUT_FORMAT', file, `the file is not valid JSON: ${(error as Error).message}`);
    }
  }
  const document = readDocument(file, text, listLimits);
  if (document.ok) return plain(document.value.root);
  const [{ at, message, help }] = document.diagnostics as [(typeof document.diagnostics)[number]];
  const line = text.slice(0, at?.offset ?? 0).split('\n').length;
  throw fileError('INPUT_FORMAT', file, `line ${line} is not YAML that can be read: ${message}`, help);
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
    return parseJson(text);
  } catch (error) {
    throw rowError('INPUT_FORMAT', file, line, `the line is not valid JSON: ${(error as Error).message}`);
  }
}

function asItem(file: string, line: number, item: unknown): Item {
  if (typeof item === 'object' && item !== null && !Array.isArray(item)) return item as Item;
  throw rowError('INPUT_FORMAT', file, line, 'a record must be a map of names and values');
}
