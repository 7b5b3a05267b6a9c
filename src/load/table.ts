import { open, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Diagnostic, DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { detectEncoding, type Encoding } from './encoding.ts';
import type { Table } from './row.ts';

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
  const format = options.format ?? formatOf(file);
  if (start.bytes.length === 0) throw failure('INPUT_EMPTY', file, 'the file is empty');
  switch (format) {
    case 'csv':
      return openCsvFile(file, start, options);
    case 'xlsx':
      return (await import('./xlsx.ts')).openXlsx(file, options.sheet);
    case 'json':
    case 'yaml':
      return (await import('./json.ts')).openList(file, format, await readFile(file, 'utf8'));
    case 'ndjson':
      return (await import('./json.ts')).openNdjson(file);
  }
}

async function openCsvFile(file: string, start: Sample, options: TableOptions): Promise<Table> {
  const found =
    options.encoding === undefined
      ? detectEncoding(start.bytes, start.whole)
      : { encoding: encodingNamed(options.encoding), mark: hasMark(start.bytes) };
  if (found === undefined) {
    throw failure(
      'FILE_ENCODING',
      file,
      'the file is not text in an encoding that can be found',
      'save it as UTF-8, or name its encoding with --encoding',
    );
  }
  const text = new TextDecoder(found.encoding).decode(start.bytes, { stream: true });
  const { openCsv } = await import('./csv.ts');
  return openCsv(file, { ...found, delimiter: options.delimiter ?? detectDelimiter(text) });
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
  const noted = /^\uFEFF?sep=(.)\r?\n/iu.exec(text);
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
    const { size } = await stat(file);
    const handle = await open(file);
    try {
      const buffer = Buffer.alloc(Math.min(size, sampleBytes));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
      return { bytes: buffer.subarray(0, bytesRead), whole: bytesRead === size };
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw failure(
      'FILE_NOT_FOUND',
      file,
      unreadable(error as NodeJS.ErrnoException),
      'check the path, from the folder that the command runs in',
    );
  }
}

function unreadable({ code, message }: NodeJS.ErrnoException): string {
  const why: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EISDIR: 'it is a folder',
    EACCES: 'you may not read it',
  };
  return `cannot be read: ${why[code ?? ''] ?? message}`;
}

function failure(code: Diagnostic['code'], file: string, message: string, help?: string): DiagnosticsError {
  return new DiagnosticsError([
    { code, severity: 'error', message: `${file}: ${message}`, ...(help === undefined ? {} : { help }) },
  ]);
}
