import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { CsvError, Info } from 'csv-parse';
import { type Columns, columnsOf, rowProblem } from './columns.ts';
import type { Encoding } from './encoding.ts';
import type { Row, Table } from './row.ts';
import { fileError, rowError, textOf } from './text.ts';

export interface CsvFormat {
  readonly encoding: Encoding;
  readonly mark: boolean;
  readonly delimiter: string;
}

/** Longer than any row: a quote that is never closed must not swallow the memory. */
const rowBytesMax = 4 * 1024 * 1024;

/**
 * A CSV file as a table. Nothing but its header is read now; rows stream.
 * @throws DiagnosticsError INPUT_HEADER, INPUT_FORMAT, INPUT_EMPTY
 */
export async function openCsv(file: string, format: CsvFormat): Promise<Table> {
  const header = await firstLine(file, format);
  if (header === undefined) throw fileError('INPUT_EMPTY', file, 'the file has no header');
  const columns = columnsOf(file, header.number, header.cells);
  const digest = Promise.withResolvers<string>();
  return {
    file,
    format: 'csv',
    textual: true,
    columns: columns.names,
    header: (format.mark ? '\uFEFF' : '') + header.raw,
    encoding: format.encoding,
    delimiter: format.delimiter,
    digest: digest.promise,
    rows: () => rowsOf(file, format, columns, digest.resolve),
  };
}

async function firstLine(file: string, format: CsvFormat): Promise<Line | undefined> {
  for await (const line of linesOf(file, format)) return line;
  return undefined;
}

async function* rowsOf(
  file: string,
  format: CsvFormat,
  columns: Columns,
  resolveDigest: (digest: string) => void,
): AsyncGenerator<Row> {
  const hash = createHash('sha256');
  let header = true;
  for await (const line of linesOf(file, format, hash)) {
    const blank = header || line.cells.every((cell) => cell.trim() === '');
    header = false;
    if (!blank) yield rowOf(file, line, columns);
  }
  resolveDigest(hash.digest('hex'));
}

function rowOf(file: string, { cells: texts, number, raw }: Line, columns: Columns): Row {
  const cells: Record<string, string> = Object.create(null) as Record<string, string>;
  columns.positions.forEach((position, index) => {
    const text = texts[position];
    if (text !== undefined) cells[columns.names[index]!] = text;
  });
  const problem = rowProblem(
    file,
    number,
    columns,
    texts.length,
    (position) => texts[position]!.trim() !== '',
  );
  return { line: number, cells, raw, ...(problem === undefined ? {} : { problem }) };
}

interface Line {
  readonly cells: readonly string[];
  readonly raw: string;
  readonly number: number;
}

/** Records of the file with the very text that they had; csv-parse's own `raw` loses half of `\r\n`. */
async function* linesOf(file: string, format: CsvFormat, hash?: Hash): AsyncGenerator<Line> {
  const { parse } = await import('csv-parse');
  let parsedLines = 0;
  const window = new Window();
  const parser = parse({
    // Rows that wait to be read are lost with an error: only here is it known how far the parser came.
    on_record: (record: string[], { lines }) => {
      parsedLines = lines;
      window.rowEnded();
      return record;
    },
    delimiter: format.delimiter,
    relax_column_count: true,
    skip_empty_lines: true,
    info: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: rowBytesMax,
  });
  const source = Readable.from(bytesOf(file, format, window, hash), { objectMode: false, highWaterMark: 1 });
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  let next = 1;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: Info }>) {
      if (next === 1) next += window.skipped;
      const taken = window.take(info.bytes);
      const blank = /^(?:\r\n|\n|\r)*/u.exec(taken)![0];
      const raw = taken.slice(blank.length);
      const number = next + breaksIn(blank);
      next = number + breaksIn(raw);
      yield { cells: record, raw, number };
    }
  } catch (error) {
    throw parseError(file, error as CsvError, parsedLines + 1 + window.skipped, window.skipped);
  } finally {
    source.destroy();
    parser.destroy();
  }
}

function breaksIn(text: string): number {
  let breaks = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '\n' || (character === '\r' && text[at + 1] !== '\n')) breaks += 1;
  }
  return breaks;
}

async function* bytesOf(
  file: string,
  format: CsvFormat,
  window: Window,
  hash: Hash | undefined,
): AsyncGenerator<Buffer> {
  let start = true;
  for await (const text of textOf(file, format.encoding, hash)) {
    // `sep=;` in the first line is a note of Excel's to itself.
    const note = start ? /^sep=.(?:\r\n|\n|\r)/iu.exec(text) : null;
    if (note !== null) window.skipped = 1;
    start = false;
    yield window.add(Buffer.from(text.slice(note?.[0].length ?? 0)));
  }
}

/** The bytes that the parser was given and has not told of yet; memory is bounded by what it buffers. */
class Window {
  skipped = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;
  #sinceRow = 0;

  rowEnded(): void {
    this.#sinceRow = 0;
  }

  /** The parser's own limit counts what is in the cells, and not how many there are. */
  add(chunk: Buffer): Buffer {
    this.#sinceRow += chunk.length;
    if (this.#sinceRow > rowBytesMax + chunk.length)
      throw Object.assign(new Error('the row is too large'), { code: 'CSV_MAX_RECORD_SIZE' });
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    return chunk;
  }

  /** The text up to a byte offset counted from the beginning of all. */
  take(end: number): string {
    const text = this.#bytes.toString('utf8', 0, end - this.#start);
    this.#bytes = this.#bytes.subarray(end - this.#start);
    this.#start = end;
    return text;
  }
}

/** @param line the first line that was not read @param skipped lines that the parser did not see */
function parseError(file: string, error: CsvError, line: number, skipped: number): Error {
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED': {
      const message = 'a quote opens in this row or a later one and is never closed';
      return rowError('INPUT_FORMAT', file, line, message, 'close it, or double a quote that is text: ""');
    }
    case 'INVALID_OPENING_QUOTE':
    case 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE':
    case 'CSV_INVALID_CLOSING_QUOTE': {
      const help = 'put the whole cell in quotes and double the quotes in it: ""';
      const here = typeof error.lines === 'number' ? error.lines + skipped : line;
      return rowError('INPUT_FORMAT', file, here, 'a quote stands inside a cell', help);
    }
    case 'CSV_MAX_RECORD_SIZE': {
      const message = `the row is larger than ${rowBytesMax / 1024 / 1024} MiB: a quote in it is probably never closed`;
      return rowError('INPUT_FORMAT', file, line, message);
    }
    default:
      return error.code?.startsWith('CSV_') ? rowError('INPUT_FORMAT', file, line, error.message) : error;
  }
}
