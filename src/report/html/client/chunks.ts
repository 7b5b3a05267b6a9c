import type { PageStep } from '../page-record.ts';

/** What the page itself says of its records. */
export interface PageData {
  readonly total: number;
  readonly filters: readonly { readonly word: string; readonly sign: string; readonly count: number }[];
  readonly summaryTitle: string;
}

/** One record in the list; `chunk` and `place` say where the rest of it is. */
export interface Entry {
  readonly key: string;
  readonly row: number;
  readonly flags: number;
  readonly summary: string;
  /** All that the search looks through, in lower case. */
  readonly text: string;
  readonly chunk: number;
  readonly place: number;
}

/** What is unpacked only when a record is opened. */
export interface Detail {
  readonly problems: readonly string[];
  readonly steps: readonly PageStep[];
}

interface Index {
  readonly keys: readonly string[];
  readonly rows: readonly number[];
  readonly flags: readonly number[];
  readonly summaries: readonly string[];
  readonly texts: readonly string[];
}

export function pageData(): PageData {
  return JSON.parse(document.getElementById('page-data')?.textContent ?? '{}') as PageData;
}

const scripts = () => document.querySelectorAll('script.chunk');

/** Chunks that stay unpacked: those that were looked at last. */
const keptMax = 3;
const kept = new Map<number, Promise<readonly Detail[]>>();

/** Unpacks the list's part of every chunk, one after another, so that the page stays alive meanwhile. */
export async function* entries(): AsyncGenerator<readonly Entry[]> {
  for (const [chunk, script] of [...scripts()].entries()) {
    const { index } = JSON.parse(script.textContent) as { index: string };
    const { keys, rows, flags, summaries, texts } = (await unpacked(index)) as Index;
    yield keys.map((key, place) => ({
      key,
      row: rows[place] ?? 0,
      flags: flags[place] ?? 0,
      summary: summaries[place] ?? '',
      text: `${key}\n${rows[place]}\n${summaries[place]}\n`.toLowerCase() + (texts[place] ?? ''),
      chunk,
      place,
    }));
  }
}

/** All of one record. */
export async function detailOf({ chunk, place }: Entry): Promise<Detail | undefined> {
  let details = kept.get(chunk);
  if (details === undefined) {
    const { records } = JSON.parse(scripts()[chunk]?.textContent ?? '{}') as { records: string };
    details = unpacked(records) as Promise<readonly Detail[]>;
    if (kept.size >= keptMax) kept.delete(kept.keys().next().value ?? -1);
    kept.set(chunk, details);
  }
  return (await details)[place];
}

async function unpacked(base64: string): Promise<unknown> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return JSON.parse(await new Response(stream).text());
}
