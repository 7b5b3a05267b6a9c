import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { CsvError, Info } from 'csv-parse';
import { type Diagnostic, DiagnosticsError } from '../diagnostics/diagnostic.ts';
import type { Encoding } from './encoding.ts';
import type { Row, Table } from './row.ts';

export interface CsvFormat {
  readonly encoding: Encoding;
  readonly mark: boolean;
  readonly delimiter: string;
}

const lineBreaks = ['\r\n', '\n', '\r'];

/**
 * A CSV file as a table. Nothing but its header is read now; rows stream.
 * @throws DiagnosticsError INPUT_HEADER, INPUT_FORMAT
 */
export async function openCsv(file: string, format: CsvFormat): Promise<Table> {
  let header: Line | undefined;
  for await (const line of lines(file, format)) {
    header = line;
    break;
  }
  if (header === undefined) throw failure('INPUT_EMPTY', file, 1, 'the file has no header');
  const columns = columnsOf(file, header);
  let resolveDigest: (digest: string) => void = () => {};
  const digest = new Promise<string>((resolve) => {
    resolveDigest = resolve;
  });
  return {
    file,
    format: 'csv',
    textual: true,
    columns: columns.filter((name) => name !== ''),
    header: (format.mark ? '\uFEFF' : '') + header.raw,
    encoding: format.encoding,
    delimiter: format.delimiter,
    digest,
    rows: () => rowsOf(file, format, columns, resolveDigest),
  };
}

async function* rowsOf(
  file: string,
  format: CsvFormat,
  columns: readonly string[],
  resolveDigest: (digest: string) => void,
): AsyncGenerator<Row> {
  const hash = createHash('sha256');
  let first = true;
  for await (const line of lines(file, format, hash)) {
    if (first) {
      first = false;
      continue;
    }
    if (line.cells.every((cell) => cell.trim() === '')) continue;
    yield rowOf(file, line, columns);
  }
  resolveDigest(hash.digest('hex'));
}

function rowOf(file: string, line: Line, columns: readonly string[]): Row {
  const cells: Record<string, string> = Object.create(null) as Record<string, string>;
  columns.forEach((name, index) => {
    const cell = line.cells[index];
    if (name !== '' && cell !== undefined) cells[name] = cell;
  });
  const row = { line: line.number, cells, raw: line.raw };
  const extra = line.cells.slice(columns.length).some((cell) => cell.trim() !== '');
  const missing = line.cells.length < columns.length;
  if (!extra && !missing) return row;
  const message = `the row has ${line.cells.length} cells, and the header ${columns.length}`;
  const help = 'a cell that holds the delimiter or a line break must be in quotes';
  return {
    ...row,
    problem: { code: 'INPUT_FORMAT', severity: 'error', message, cell: { file, row: line.number }, help },
  };
}

/** Names of the columns; '' for those without one, which are passed over. */
function columnsOf(file: string, header: Line): readonly string[] {
  const names = header.cells.map((cell) => cell.trim());
  const seen = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  for (const name of names) {
    if (name === '') continue;
    const folded = name.toLowerCase().replaceAll(/\s+/gu, ' ');
    const before = seen.get(folded);
    if (before !== undefined) {
      const message =
        before === name
          ? `two columns are named "${name}"`
          : `the columns "${before}" and "${name}" differ in letter case or spaces only`;
      diagnostics.push({
        code: 'INPUT_HEADER',
        severity: 'error',
        message,
        cell: { file, row: header.number, column: name },
        help: 'rename one of them',
      });
    }
    seen.set(folded, name);
  }
  if (seen.size === 0)
    diagnostics.push({
      code: 'INPUT_HEADER',
      severity: 'error',
      message: 'no column has a name',
      cell: { file, row: header.number },
    });
  if (diagnostics.length > 0) throw new DiagnosticsError(diagnostics);
  return names;
}

interface Line {
  readonly cells: readonly string[];
  readonly raw: string;
  readonly number: number;
}

/** Records of the file with the very text that they had; csv-parse's own `raw` loses half of `\r\n`. */
async function* lines(file: string, format: CsvFormat, hash?: Hash): AsyncGenerator<Line> {
  const { parse } = await import('csv-parse');
  const parser = parse({
    delimiter: format.delimiter,
    relax_column_count: true,
    skip_empty_lines: true,
    info: true,
    record_delimiter: lineBreaks,
    max_record_size: 4 * 1024 * 1024,
  });
  const window = new Window();
  const source = Readable.from(textOf(file, format, window, hash));
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  // `sep=;` in the first line is a note of Excel's to itself.
  let skipped = window.skipped;
  let lastLine = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: Info }>) {
      skipped = window.skipped;
      const raw = window.take(info.bytes).replace(/^(?:\r\n|\n|\r)+/u, '');
      const breaks = raw.trimEnd().split(/\r\n|\n|\r/u).length - 1;
      lastLine = info.lines + skipped;
      yield { cells: record, raw, number: lastLine - breaks };
    }
  } catch (error) {
    throw readError(file, error as CsvError & NodeJS.ErrnoException, lastLine);
  } finally {
    source.destroy();
    parser.destroy();
  }
}

async function* textOf(
  file: string,
  format: CsvFormat,
  window: Window,
  hash: Hash | undefined,
): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(format.encoding, { fatal: format.encoding === 'utf-8' });
  let start = true;
  for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    hash?.update(chunk);
    let text = decoder.decode(chunk, { stream: true });
    if (start) {
      const note = /^sep=.\r?\n/iu.exec(text);
      if (note !== null) {
        text = text.slice(note[0].length);
        window.skipped = 1;
      }
      start = false;
    }
    yield window.add(Buffer.from(text));
  }
  yield window.add(Buffer.from(decoder.decode()));
}

/** The bytes that the parser was given and has not told of yet; memory is bounded by what it buffers. */
class Window {
  skipped = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;

  add(chunk: Buffer): Buffer {
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

function readError(file: string, error: CsvError & NodeJS.ErrnoException, lastLine: number): Error {
  if (error instanceof DiagnosticsError) return error;
  if ((error.code as string) === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
    return failure(
      'FILE_ENCODING',
      file,
      lastLine + 1,
      'the file is not UTF-8 from here on',
      'save it as UTF-8, or name its encoding with --encoding',
    );
  }
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return failure('INPUT_FORMAT', file, lastLine + 1, 'a quote opens here or later and is never closed');
    case 'INVALID_OPENING_QUOTE':
    case 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE':
    case 'CSV_INVALID_CLOSING_QUOTE':
      return failure(
        'INPUT_FORMAT',
        file,
        Number(error.lines ?? lastLine + 1),
        'a quote stands inside a cell',
        'put the cell in quotes and double the quotes in it',
      );
    case 'CSV_MAX_RECORD_SIZE':
      return failure(
        'INPUT_FORMAT',
        file,
        lastLine + 1,
        'a row is larger than 4 MiB: a quote is probably never closed',
      );
    default:
      return failure(
        error.code?.startsWith('CSV_') ? 'INPUT_FORMAT' : 'FILE_NOT_FOUND',
        file,
        lastLine + 1,
        error.message,
      );
  }
}

function failure(
  code: Diagnostic['code'],
  file: string,
  row: number,
  message: string,
  help?: string,
): DiagnosticsError {
  return new DiagnosticsError([
    { code, severity: 'error', message, cell: { file, row }, ...(help === undefined ? {} : { help }) },
  ]);
}
