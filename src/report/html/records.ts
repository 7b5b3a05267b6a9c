import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { scriptJson } from './markup.ts';
import type { PageRecord } from './page-record.ts';

/** Records of one chunk: the page unpacks a chunk when one of its records is opened. */
const chunkRecords = 500;
const chunkCharacters = 4 * 1024 * 1024;

const pack = promisify(gzip);

/**
 * The records as script elements of JSON, a chunk each: `index` is what the list and its search need, `records` all of them.
 * Both are compressed, since the records of a plan are much alike: fifty thousand are some megabytes.
 */
export async function* recordScripts(records: AsyncIterable<PageRecord>): AsyncGenerator<string> {
  let chunk: PageRecord[] = [];
  let texts: string[] = [];
  let characters = 0;
  for await (const record of records) {
    const text = JSON.stringify({ problems: record.problems, steps: record.steps });
    chunk.push(record);
    texts.push(text);
    characters += text.length;
    if (chunk.length < chunkRecords && characters < chunkCharacters) continue;
    yield await chunkScript(chunk, texts);
    chunk = [];
    texts = [];
    characters = 0;
  }
  if (chunk.length > 0) yield await chunkScript(chunk, texts);
}

async function chunkScript(chunk: readonly PageRecord[], texts: readonly string[]): Promise<string> {
  const index = {
    keys: chunk.map(({ key }) => key),
    rows: chunk.map(({ row }) => row),
    flags: chunk.map(({ flags }) => flags),
    summaries: chunk.map(({ summary }) => summary),
    texts: chunk.map(searchText),
  };
  const data = {
    count: chunk.length,
    index: await packed(JSON.stringify(index)),
    records: await packed(`[${texts.join(',')}]`),
  };
  return `<script type="application/json" class="chunk">${scriptJson(data)}</script>\n`;
}

async function packed(text: string): Promise<string> {
  return (await pack(text)).toString('base64');
}

/** All values that a record's steps hold, once each: what the search looks through beside key, row and summary. */
function searchText({ steps, problems }: PageRecord): string {
  const found = new Set<string>(problems);
  for (const { path, note, changes, request, inputs, log } of steps) {
    for (const part of [path, note, request?.path, ...(changes?.flat() ?? []), ...(log ?? [])])
      if (part !== undefined) found.add(part);
    leaves(request?.body, found);
    leaves(inputs, found);
  }
  return [...found].join('\n').toLowerCase();
}

function leaves(value: unknown, found: Set<string>): void {
  if (typeof value === 'string') found.add(value);
  else if (typeof value === 'number') found.add(String(value));
  else if (typeof value === 'object' && value !== null && !Object.hasOwn(value, '$unknown'))
    for (const inner of Object.values(value)) leaves(inner, found);
}
