import { open } from 'node:fs/promises';
import path from 'node:path';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { detectEncoding, type Encoding } from './encoding.ts';
import type { Table } from './row.ts';
import { fileError, isUtf8File, readError } from './text.ts';

export interface TableOptions {
  readonly format?: Table['format'];
  readonly encoding?: string;
  readonly delimiter?: string;
  readonly sheet?: string;
}

/** So much of a file is looked at to find its encoding and its delimiter. */
const sampleBytes = 64 * 1024;
const delimiters = [',', ';', '\t', '|'];

/**
 * Opens tabular input by its ending: CSV (also .tsv, .txt), XLSX, JSON, NDJSON, YAML.
 * @throws DiagnosticsError FILE_NOT_FOUND, FILE_ENCODING, INPUT_FORMAT, INPUT_HEADER, INPUT_EMPTY
 */
export async function openTable(file: string, options: TableOptions = {}): Promise<Table> {
  const start = await sample(file);
  if (start.bytes.length === 0) throw fileError('INPUT_EMPTY', file, 'the file is empty');
  const format = options.format ?? formatOf(file);
  if (format === 'xlsx') return (await import('./xlsx.ts')).openXlsx(file, options.sheet);
  const { encoding, mark } = await encodingOf(file, start, options.encoding);
  switch (format) {
    case 'csv': {
      const text = new TextDecoder(encoding).decode(start.bytes, { stream: true });
      const { openCsv } = await import('./csv.ts');
      return openCsv(file, { encoding, mark, delimiter: options.delimiter ?? detectDelimiter(text) });
    }
    case 'json':
    case 'yaml':
      return (await import('./json.ts')).openList(file, format, encoding);
    case 'ndjson':
      return (await import('./json.ts')).openNdjson(file, encoding);
  }
}

async function encodingOf(
  file: string,
  { bytes, whole }: Sample,
  named: string | undefined,
): Promise<{ readonly encoding: Encoding; readonly mark: boolean }> {
  if (named !== undefined) return { encoding: encodingNamed(named), mark: hasMark(bytes) };
  const found = detectEncoding(bytes, whole);
  if (found === undefined) {
    const help = isWorkbook(bytes)
      ? 'it is a workbook: name it .xlsx, or save it as CSV'
      : 'save it as UTF-8, or name its encoding with --encoding';
    throw fileError('FILE_ENCODING', file, 'the file is not text in an encoding that can be found', help);
  }
  // The first letter that is not ASCII may stand behind the sample.
  if (found.encoding === 'utf-8' && !found.mark && !whole && !(await isUtf8File(file)))
    return { encoding: 'windows-1252', mark: false };
  return found;
}

/** ZIP (xlsx), or the older compound file (xls). */
function isWorkbook(bytes: Uint8Array): boolean {
  const magic = Buffer.from(bytes.subarray(0, 4)).toString('hex');
  return magic === '504b0304' || magic === 'd0cf11e0';
}

function hasMark(bytes: Uint8Array): boolean {
  return (
    (bytes[0] === 0xef && bytes[1] === 0xbb) ||
    (bytes[0] === 0xff && bytes[1] === 0xfe) ||
    (bytes[0] === 0xfe && bytes[1] === 0xff)
  );
}

const encodingNames: Readonly<Record<string, Encoding>> = {
  utf8: 'utf-8',
  'utf-8': 'utf-8',
  utf16: 'utf-16le',
  'utf-16': 'utf-16le',
  utf16le: 'utf-16le',
  'utf-16le': 'utf-16le',
  utf16be: 'utf-16be',
  'utf-16be': 'utf-16be',
  'windows-1252': 'windows-1252',
  cp1252: 'windows-1252',
  latin1: 'windows-1252',
  'iso-8859-1': 'windows-1252',
};

function encodingNamed(name: string): Encoding {
  const encoding = encodingNames[name.toLowerCase()];
  if (encoding !== undefined) return encoding;
  throw new DiagnosticsError([
    {
      code: 'USAGE',
      severity: 'error',
      message: `the encoding '${name}' is not known`,
      expected: 'utf-8, utf-16le, utf-16be or windows-1252',
    },
  ]);
}

/** The delimiter that occurs most in the header, outside of quotes; `sep=;` in the first line says it. */
export function detectDelimiter(text: string): string {
  const noted = /^\uFEFF?sep=(.)[\r\n]/iu.exec(text);
  if (noted !== null) return noted[1]!;
  let quoted = false;
  const counts = new Map(delimiters.map((delimiter) => [delimiter, 0]));
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    else if (!quoted && (character === '\n' || character === '\r')) break;
    else if (!quoted && counts.has(character)) counts.set(character, counts.get(character)! + 1);
  }
  return delimiters.toSorted((a, b) => counts.get(b)! - counts.get(a)!)[0]!;
}

function formatOf(file: string): Table['format'] {
  switch (path.extname(file).toLowerCase()) {
    case '.xlsx':
    case '.xlsm':
      return 'xlsx';
    case '.json':
      return 'json';
    case '.ndjson':
    case '.jsonl':
      return 'ndjson';
    case '.yaml':
    case '.yml':
      return 'yaml';
    default:
      return 'csv';
  }
}

interface Sample {
  readonly bytes: Uint8Array;
  /** Whether the sample is the whole file. */
  readonly whole: boolean;
}

async function sample(file: string): Promise<Sample> {
  try {
    await using handle = await open(file);
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(sampleBytes);
    const { bytesRead } = await handle.read(buffer, 0, sampleBytes, 0);
    return { bytes: buffer.subarray(0, bytesRead), whole: bytesRead >= size };
  } catch (error) {
    throw readError(file, error as NodeJS.ErrnoException);
  }
}
