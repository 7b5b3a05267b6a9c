import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import type { RecordWithEntries } from '../journal/journal.ts';
import { fileOf, headerLine, type ResultFile, type RowFormat, resultLine, settledOf } from '../report/csv.ts';
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

/**
 * Writes the result files of a run into a folder, a file a kind of outcome; kinds without rows have no file, and
 * one of an earlier time is removed. Each file appears whole or not at all.
 * @param secrets whether secret outputs are written in clear
 */
export async function writeResults(
  folder: string,
  format: ResultFormat,
  rows: AsyncIterable<RecordWithEntries>,
  options: { readonly secrets: boolean; readonly only?: readonly ResultFile[] },
): Promise<readonly WrittenFile[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const writers = new Map<ResultFile, Writer>();
  for await (const row of rows) {
    const kind = fileOf(settledOf(row)?.outcome);
    if (options.only !== undefined && !options.only.includes(kind)) continue;
    const writer = writers.get(kind) ?? open(folder, kind, format);
    writers.set(kind, writer);
    await writer.write(resultLine(kind, format, format.outputs, row, options));
  }
  const kinds: readonly ResultFile[] = options.only ?? ['results', 'failed', 'in-doubt', 'remaining'];
  const written: WrittenFile[] = [];
  for (const kind of kinds) {
    const writer = writers.get(kind);
    if (writer === undefined) await rm(path.join(folder, `${kind}.csv`), { force: true });
    else written.push(await writer.close());
  }
  return written;
}

interface Writer {
  write(line: string): Promise<void>;
  close(): Promise<WrittenFile>;
}

function open(folder: string, kind: ResultFile, format: ResultFormat): Writer {
  const file = path.join(folder, `${kind}.csv`);
  const temporary = `${file}.part`;
  const stream: WriteStream = createWriteStream(temporary, { mode: 0o600 });
  const encode = encoderOf(format.encoding);
  stream.write(encode((format.mark ? byteOrderMark : '') + headerLine(kind, format, format.outputs)));
  let rows = 0;
  return {
    write: async (line) => {
      rows += 1;
      if (!stream.write(encode(line))) await once(stream, 'drain');
    },
    close: async () => {
      stream.end();
      await finished(stream);
      await rename(temporary, file);
      return { file, rows };
    },
  };
}
