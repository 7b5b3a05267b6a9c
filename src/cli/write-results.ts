import { access, constants, type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import type { RecordWithEntries } from '../journal/journal.ts';
import {
  fileOf,
  headerLine,
  isClosed,
  type ResultFile,
  type RowFormat,
  resultLine,
  settledOf,
} from '../report/csv.ts';
import { byteOrderMark, encoderOf } from '../report/encode.ts';

export interface ResultFormat extends RowFormat {
  readonly encoding: string;
  readonly mark: boolean;
  readonly outputs: readonly string[];
}

export interface WrittenFile {
  readonly file: string;
  readonly rows: number;
}

/** Makes the folder that results will go to, while it is still time to name another. Throws DiagnosticsError RESULTS. */
export async function prepareFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw unwritable(folder, error);
  }
}

/**
 * Writes the result files of a run into a folder, a file a kind of outcome; kinds without rows have no file, and
 * one of an earlier time is removed. Each file appears whole or not at all.
 * @param secrets whether secret outputs are written in clear
 * @throws DiagnosticsError RESULTS; the run itself lies in the state, whatever happens here
 */
export async function writeResults(
  folder: string,
  format: ResultFormat,
  rows: AsyncIterable<RecordWithEntries>,
  options: { readonly secrets: boolean; readonly only?: readonly ResultFile[] },
): Promise<readonly WrittenFile[]> {
  const writers = new Map<ResultFile, Writer>();
  try {
    await prepareFolder(folder);
    for await (const row of rows) {
      const settled = settledOf(row);
      if (isClosed(settled)) continue;
      const kind = fileOf(settled?.outcome);
      if (options.only !== undefined && !options.only.includes(kind)) continue;
      const writer = writers.get(kind) ?? (await begin(folder, kind, format));
      writers.set(kind, writer);
      await writer.write(resultLine(kind, format, format.outputs, row, options));
    }
    const kinds: readonly ResultFile[] = options.only ?? [
      'results',
      'failed',
      'in-doubt',
      'waiting',
      'remaining',
    ];
    const written: WrittenFile[] = [];
    for (const kind of kinds) {
      const writer = writers.get(kind);
      if (writer === undefined) await rm(path.join(folder, `${kind}.csv`), { force: true });
      else written.push(await writer.finish());
    }
    return written;
  } catch (error) {
    for (const writer of writers.values()) await writer.abandon();
    throw (error as NodeJS.ErrnoException).syscall === undefined ? error : unwritable(folder, error);
  }
}

function unwritable(folder: string, error: unknown): DiagnosticsError {
  const why: Readonly<Record<string, string>> = {
    ENOSPC: 'the disk is full',
    EROFS: 'the file system is read-only',
    EACCES: 'you may not write there',
    ENOTDIR: 'a part of the path is a file',
    EEXIST: 'there is a file of that name',
    EFBIG: 'the limit for sizes of files is reached (ulimit -f)',
    EDQUOT: 'your quota on that disk is used up',
  };
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new DiagnosticsError([
    {
      code: 'RESULTS',
      severity: 'error',
      message: `result files cannot be written to ${folder}: ${why[code] ?? message}`,
      help: 'name another folder with --results DIR',
    },
  ]);
}

interface Writer {
  write(line: string): Promise<void>;
  finish(): Promise<WrittenFile>;
  /** Leaves nothing behind; what was written before under the name stays. */
  abandon(): Promise<void>;
}

/** Written in pieces of this size. */
const pieceBytes = 256 * 1024;

async function begin(folder: string, kind: ResultFile, format: ResultFormat): Promise<Writer> {
  const file = path.join(folder, `${kind}.csv`);
  const temporary = `${file}.part`;
  const handle: FileHandle = await open(temporary, 'w', 0o600);
  const encode = encoderOf(format.encoding);
  let pending = [encode((format.mark ? byteOrderMark : '') + headerLine(kind, format, format.outputs))];
  let bytes = 0;
  let rows = 0;
  const flush = async () => {
    const piece = Buffer.concat(pending);
    pending = [];
    bytes = 0;
    await handle.writeFile(piece);
  };
  return {
    write: async (line) => {
      rows += 1;
      const text = encode(line);
      pending.push(text);
      bytes += text.length;
      if (bytes >= pieceBytes) await flush();
    },
    finish: async () => {
      await flush();
      await handle.close();
      await rename(temporary, file);
      return { file, rows };
    },
    abandon: async () => {
      await handle.close().catch(() => {}); // closed already where it was finished
      await rm(temporary, { force: true }).catch(() => {});
    },
  };
}
