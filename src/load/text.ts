import { isAscii } from 'node:buffer';
import type { Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type Diagnostic, DiagnosticsError } from '../diagnostics/diagnostic.ts';
import type { Encoding } from './encoding.ts';

const chunkBytes = 64 * 1024;

/**
 * The text of a file, piece by piece, without its byte-order mark.
 * @param hash gets the file's bytes, where their digest is wanted
 * @throws DiagnosticsError FILE_ENCODING, FILE_NOT_FOUND
 */
export async function* textOf(file: string, encoding: Encoding, hash?: Hash): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: encoding === 'utf-8' });
  try {
    for await (const chunk of createReadStream(file, {
      highWaterMark: chunkBytes,
    }) as AsyncIterable<Buffer>) {
      hash?.update(chunk);
      yield decoder.decode(chunk, { stream: true });
    }
    yield decoder.decode();
  } catch (error) {
    throw readError(file, error as NodeJS.ErrnoException);
  }
}

/** Longer than any record. */
const lineCharactersMax = 4 * 1024 * 1024;

/**
 * The lines of a file without their breaks; only `\n` and `\r\n` end one, since JSON may hold all else.
 * @throws DiagnosticsError INPUT_FORMAT where a line has no end in sight
 */
export async function* linesOf(
  file: string,
  encoding: Encoding,
  most = lineCharactersMax,
): AsyncGenerator<string> {
  let pending: string[] = [];
  let length = 0;
  let line = 1;
  for await (const text of textOf(file, encoding)) {
    const [first, ...others] = text.split('\n') as [string, ...string[]];
    pending.push(first);
    length += first.length;
    const rest = others.pop();
    if (rest !== undefined) {
      yield* [pending.join(''), ...others];
      line += 1 + others.length;
      pending = [rest];
      length = rest.length;
    }
    if (length > most)
      throw rowError('INPUT_FORMAT', file, line, `the line is longer than ${most / 1024 / 1024} MiB`);
  }
  const last = pending.join('');
  if (last !== '') yield last;
}

/** Whether the whole of a file is UTF-8, for files whose beginning does not tell. */
export async function isUtf8File(file: string): Promise<boolean> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let pending = false;
  try {
    for await (const chunk of createReadStream(file, {
      highWaterMark: chunkBytes,
    }) as AsyncIterable<Buffer>) {
      // Most of most files is ASCII, which need not be decoded to be known as UTF-8.
      if (!pending && isAscii(chunk)) continue;
      decoder.decode(chunk, { stream: true });
      pending = true;
    }
    decoder.decode();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return false;
    throw readError(file, error as NodeJS.ErrnoException);
  }
}

/** Why a file cannot be read, in words. */
export function readError(file: string, error: NodeJS.ErrnoException): DiagnosticsError {
  if (error instanceof DiagnosticsError) return error;
  if (error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
    return fileError('FILE_ENCODING', file, 'the file is not UTF-8', 'name its encoding with --encoding');
  const why: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    ENOTDIR: 'there is no such file',
    EISDIR: 'it is a folder',
    EACCES: 'you may not read it',
  };
  const help = 'check the path, from the folder that the command runs in';
  return fileError('FILE_NOT_FOUND', file, `cannot be read: ${why[error.code ?? ''] ?? error.message}`, help);
}

/** An error about a file as a whole. */
export function fileError(
  code: Diagnostic['code'],
  file: string,
  message: string,
  help?: string,
): DiagnosticsError {
  return new DiagnosticsError([
    { code, severity: 'error', message: `${file}: ${message}`, ...(help === undefined ? {} : { help }) },
  ]);
}

/** An error in one row of a file, or in one that cannot be told from it. */
export function rowError(
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
