import type { Second } from '../request-times.ts';
import { count, duration, plural } from '../text.ts';
import { html, type Markup } from './markup.ts';

/** Columns of time that are all alike; seconds without anything between two of them are a pause. */
export interface Stretch {
  readonly from: number;
  readonly columns: readonly Second[];
}

const columnsMax = 120;
/** Seconds without an answer that are drawn as a break and not as empty columns. */
const pauseSeconds = 120;
/** Lengths of a column, in seconds. */
const lengths = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];

/** Cuts the seconds of a run into stretches, and each into columns, so that there are so many columns at most. */
export function stretchesOf(seconds: readonly Second[]): {
  readonly length: number;
  readonly stretches: readonly Stretch[];
} {
  const runs: Second[][] = [];
  for (const second of seconds) {
    const last = runs.at(-1)?.at(-1);
    if (last === undefined || second.at - last.at > pauseSeconds) runs.push([second]);
    else runs.at(-1)!.push(second);
  }
  const columnsFor = (length: number) =>
    runs.reduce((sum, run) => sum + Math.ceil((run.at(-1)!.at - run[0]!.at + 1) / length), 0);
  const length = lengths.find((candidate) => columnsFor(candidate) <= columnsMax) ?? lengths.at(-1)!;
  return { length, stretches: runs.map((run) => ({ from: run[0]!.at, columns: columnsOf(run, length) })) };
}

function columnsOf(run: readonly Second[], length: number): readonly Second[] {
  const from = run[0]!.at;
  const columns = Array.from({ length: Math.ceil((run.at(-1)!.at - from + 1) / length) }, (_, index) => ({
    at: from + index * length,
    ok: 0,
    refused: 0,
    throttled: 0,
    unanswered: 0,
  }));
  for (const second of run) {
    const column = columns[Math.floor((second.at - from) / length)]!;
    for (const kind of kinds) column[kind] += second[kind];
  }
  return columns;
}

const kinds = ['ok', 'refused', 'throttled', 'unanswered'] as const;
const marks: Readonly<Record<(typeof kinds)[number], { readonly look: string; readonly word: string }>> = {
  ok: { look: 'ok', word: 'done' },
  throttled: { look: 'throttled', word: 'throttled' },
  refused: { look: 'refused', word: 'refused' },
  unanswered: { look: 'bad', word: 'not answered' },
};

const [width, height, top, left, bottom, gap] = [1000, 220, 14, 46, 30, 26] as const;

/** Answers over time, stacked; the same as a table beneath it. */
export function timeline(seconds: readonly Second[]): Markup {
  if (seconds.length === 0) return html`<p class="calm">No request that changes something was answered.</p>`;
  const { length, stretches } = stretchesOf(seconds);
  const columns = stretches.reduce((sum, stretch) => sum + stretch.columns.length, 0);
  const totals = kinds.map((kind) => seconds.reduce((sum, second) => sum + second[kind], 0));
  const wide = Math.min(30, (width - left - gap * (stretches.length - 1)) / columns);
  const most = Math.max(...stretches.flatMap((stretch) => stretch.columns.map(sumOf)));
  const words = kinds.flatMap((kind, at) =>
    totals[at] === 0 ? [] : [`${count(totals[at]!)} ${marks[kind].word}`],
  );
  let x = left;
  const drawn = stretches.map((stretch, index) => {
    const start = x;
    x += stretch.columns.length * wide + gap;
    return stretchMarkup(stretch, { start, wide, most, first: index === 0 });
  });
  return html`<figure class="chart">
<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="chart-title">
<title id="chart-title">Answers every ${duration(length)}: ${words.join(', ')}; the table below says the same</title>
<line class="axis" x1="${left}" x2="${width}" y1="${height - bottom}" y2="${height - bottom}"/>
<line class="axis" x1="${left}" x2="${width}" y1="${top}" y2="${top}"/>
<text x="${left - 8}" y="${top + 4}" text-anchor="end">${count(most)}</text><text x="${left - 8}" y="${height - bottom + 4}" text-anchor="end">0</text>
${drawn}</svg>
<figcaption>Answers every ${duration(length)} to requests that change something${stretches.length > 1 && `; ${plural(stretches.length - 1, 'pause')} of more than ${duration(pauseSeconds)} left out`}. Reads are not journaled.</figcaption>
<ul class="legend">${kinds.flatMap((kind, at) => (totals[at] === 0 ? [] : [html`<li><svg viewBox="0 0 10 10" aria-hidden="true"><rect class="${marks[kind].look}" width="10" height="10" rx="2"/></svg>${marks[kind].word} ${count(totals[at]!)}</li>\n`]))}</ul>
</figure>
<details class="words"><summary>The timeline as a table</summary>
<div class="scroll" tabindex="0" role="group" aria-label="Answers over time"><table><caption class="hidden">Answers over time</caption>
<thead><tr><th scope="col">From</th>${kinds.map((kind) => html`<th scope="col" class="number">${marks[kind].word}</th>`)}</tr></thead>
<tbody>${stretches.flatMap((stretch) => stretch.columns.filter((column) => sumOf(column) > 0).map(tableRow))}</tbody></table></div></details>`;
}

interface Drawing {
  readonly start: number;
  readonly wide: number;
  readonly most: number;
  readonly first: boolean;
}

function stretchMarkup({ from, columns }: Stretch, { start, wide, most, first }: Drawing): Markup {
  const tall = height - top - bottom;
  return html`${!first && html`<text x="${start - gap / 2}" y="${height - bottom - 6}" text-anchor="middle">⋯</text>`}<text x="${round(start)}" y="${height - 10}">${timeText(from)}</text>
${columns.map((column, index) => {
  let y = height - bottom;
  const x = start + index * wide;
  const bars = kinds.map((kind) => {
    const bar = (column[kind] / most) * tall;
    y -= bar;
    return (
      bar > 0 &&
      html`<rect class="${marks[kind].look}" x="${round(x)}" y="${round(y)}" width="${round(wide * 0.86)}" height="${round(bar)}"/>`
    );
  });
  return (
    sumOf(column) > 0 && html`<g><title>${timeText(column.at)}: ${columnWords(column)}</title>${bars}</g>\n`
  );
})}`;
}

function tableRow(column: Second): Markup {
  return html`<tr><th scope="row">${timeText(column.at)}</th>${kinds.map((kind) => html`<td class="number">${count(column[kind])}</td>`)}</tr>
`;
}

function columnWords(column: Second): string {
  return kinds
    .flatMap((kind) => (column[kind] === 0 ? [] : [`${marks[kind].word} ${count(column[kind])}`]))
    .join(', ');
}

function sumOf({ ok, refused, throttled, unanswered }: Second): number {
  return ok + refused + throttled + unanswered;
}

/** `13:40:05`, UTC. */
function timeText(second: number): string {
  return new Date(second * 1000).toISOString().slice(11, 19);
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
