import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Playbook } from '../check/playbook.ts';
import { type CheckedRow, readRecords } from '../check/records.ts';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { indexRelated, type RelatedIndex } from '../load/related.ts';
import type { Table } from '../load/row.ts';
import { openTable } from '../load/table.ts';
import { assignments, usage } from './load-playbook.ts';
import type { InputOptions } from './options.ts';

/** The input of one command, opened: its records can be streamed as often as wanted. */
export interface Input {
  readonly table: Table;
  readonly file: string;
  readonly relatedFiles: Readonly<Record<string, string>>;
  readonly digest: string;
  readonly relatedDigests: Readonly<Record<string, string>>;
  /** Lines of the file: no fewer than its rows, so a bound for planning look-ups. */
  readonly lines: number;
  records(): AsyncIterable<CheckedRow>;
  close(): void;
}

/** Opens the input and its related files and digests them. Throws DiagnosticsError where a file is missing or broken. */
export async function openInput(
  playbook: Playbook,
  parameters: Readonly<Record<string, unknown>>,
  options: InputOptions,
): Promise<Input> {
  if (options.input === undefined) throw usage('no input was given', 'add --input FILE');
  const relatedFiles = relatedOf(playbook, options);
  const table = await openTable(options.input, formatOptions(options));
  const { digest, lines } = await digestFile(options.input);
  const indexes: Record<string, RelatedIndex> = {};
  const relatedDigests: Record<string, string> = {};
  for (const [name, file] of Object.entries(relatedFiles)) {
    const by = playbook.input.related[name]!.by;
    indexes[name] = await indexRelated(await openTable(file), by);
    relatedDigests[name] = (await digestFile(file)).digest;
  }
  return {
    table,
    file: options.input,
    relatedFiles,
    digest,
    relatedDigests,
    lines,
    records: () => readRecords(playbook, parameters, table, indexes),
    close: () => {
      for (const index of Object.values(indexes)) index.close();
    },
  };
}

function formatOptions(options: InputOptions): { encoding?: string; delimiter?: string; sheet?: string } {
  return {
    ...(options.encoding === undefined ? {} : { encoding: options.encoding }),
    ...(options.delimiter === undefined
      ? {}
      : { delimiter: options.delimiter === '\\t' ? '\t' : options.delimiter }),
    ...(options.sheet === undefined ? {} : { sheet: options.sheet }),
  };
}

function relatedOf(playbook: Playbook, options: InputOptions): Readonly<Record<string, string>> {
  const given = assignments('--related', options.related);
  const wanted = Object.keys(playbook.input.related);
  for (const name of Object.keys(given)) {
    if (!wanted.includes(name)) {
      const names =
        wanted.length === 0 ? 'this playbook joins no other file' : `it joins: ${wanted.join(', ')}`;
      throw usage(`--related names '${name}', which the playbook does not have; ${names}`);
    }
  }
  const missing = wanted.filter((name) => given[name] === undefined);
  if (missing.length > 0) {
    throw usage(
      `the playbook joins rows of ${missing.map((name) => `'${name}'`).join(', ')}, and no file was given for them`,
      missing.map((name) => `add --related ${name}=FILE`).join('\n'),
    );
  }
  return given;
}

/** SHA-256 of a file's bytes, and its number of lines. */
export async function digestFile(file: string): Promise<{ readonly digest: string; readonly lines: number }> {
  const hash = createHash('sha256');
  let lines = 0;
  try {
    if (!(await stat(file)).isFile()) throw new Error('it is no file');
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1;
    }
  } catch (error) {
    const message = `cannot read ${file}: ${(error as Error).message}`;
    throw new DiagnosticsError([{ code: 'FILE_NOT_FOUND', severity: 'error', message }]);
  }
  return { digest: hash.digest('hex'), lines: lines + 1 };
}
