import type { RecordWithEntries, RunStatus } from '../../journal/journal.ts';
import type { PlanHeader } from '../../plan/plan.ts';
import type { Cause } from '../causes.ts';
import type { OperationTimes, Second } from '../request-times.ts';
import { count, duration, plural } from '../text.ts';
import { html, type Markup } from './markup.ts';
import { outcomeFilters } from './outcomes.ts';
import type { PageDocument } from './page.ts';
import { type RequestOfIntent, runPageRecord } from './run-record.ts';
import { timeline } from './timeline.ts';

/** What a run's page is made from. */
export interface RunPageParts {
  readonly run: RunStatus;
  readonly header: PlanHeader;
  readonly version: string;
  readonly causes: readonly Cause[];
  readonly operations: readonly OperationTimes[];
  readonly seconds: readonly Second[];
  readonly requestOf: RequestOfIntent;
  /** Commands to go on with, each with what it is for. */
  readonly commands: readonly { readonly why: string; readonly command: string }[];
  records(): AsyncIterable<RecordWithEntries>;
}

/** The page of a run: how it ended, what went wrong and what to do, when what was answered, how long it took, every record. */
export function runPage(parts: RunPageParts): PageDocument {
  const { run, header, causes, operations, seconds, records, requestOf, version } = parts;
  return {
    kind: 'Run',
    title: header.playbook.name,
    lead: lead(parts),
    sections: [
      { id: 'causes', title: 'What went wrong', content: causeCards(causes) },
      { id: 'timeline', title: 'Timeline', content: timeline(seconds) },
      { id: 'operations', title: 'Requests by operation', content: operationTable(operations) },
    ],
    foot: html`<p>Made by Tenantry ${version} from the state of run <code>${run.id}</code>. Secrets are not shown.</p>`,
    records: {
      total: run.records,
      filters: outcomeFilters.map(({ outcome, word, sign }) => ({ word, sign, count: run.counts[outcome] })),
      summaryTitle: 'How it ended',
      stream: () => mapped(records(), (row) => runPageRecord(row, requestOf)),
    },
  };
}

async function* mapped<From, To>(items: AsyncIterable<From>, map: (item: From) => To): AsyncGenerator<To> {
  for await (const item of items) yield map(item);
}

function lead({ run, header, commands }: RunPageParts): Markup {
  const shown = outcomeFilters.filter(({ outcome }) => run.counts[outcome] > 0);
  const took = run.finishedAt === undefined ? undefined : (run.finishedAt - run.createdAt) / 1000;
  return html`<p class="verdict">Run ${run.id} is ${run.state}: ${plural(run.records, 'record')}.</p>
<dl class="facts">
${shown.map(({ outcome, word, sign }) => html`<div><dt><span class="sign ${word.replaceAll(/\W/gu, '')}" aria-hidden="true">${sign}</span> ${word}</dt><dd class="big">${count(run.counts[outcome])}</dd></div>\n`)}
<div><dt>Begun</dt><dd>${timeOf(run.createdAt)}</dd></div>
${run.finishedAt !== undefined && html`<div><dt>Ended</dt><dd>${timeOf(run.finishedAt)}${took !== undefined && html`<br><span class="quiet">${duration(took)} after it was begun</span>`}</dd></div>`}
<div><dt>Input</dt><dd>${header.input.file}</dd></div>
<div><dt>Target</dt><dd>${header.target}</dd></div>
</dl>
${commands.map(({ why, command }) => html`<p>${why}</p><pre tabindex="0" role="group" aria-label="Command"><code>${command}</code></pre>`)}`;
}

function timeOf(milliseconds: number): Markup {
  const iso = new Date(milliseconds).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`;
}

function causeCards(causes: readonly Cause[]): Markup {
  if (causes.length === 0) return html`<p class="calm">Nothing went wrong.</p>`;
  return html`<ul class="cards">${causes.map(causeCard)}</ul>`;
}

function causeCard(cause: Cause): Markup {
  const { outcome, step, operation, code, message, status, records, examples, requestId, advice } = cause;
  const word = outcome === 'inDoubt' ? 'in doubt' : outcome;
  const more = records - examples.length;
  return html`<li class="card ${outcome === 'inDoubt' ? 'look' : 'stop'}"><h3><span class="tag">${count(records)} ${word}</span> ${message}</h3>
<p class="quiet">${step !== '' && html`Step <b>${step}</b>${operation !== undefined && html`, <code>${operation}</code>`}, `}<code>${code}</code>${status !== undefined && `, HTTP ${status}`}${requestId !== undefined && html`, for example request id <code>${requestId}</code>`}</p>
<p class="quiet">${examples.map((key) => html`<a href="#records" data-find="${key}">${key}</a> `)}${more > 0 && `and ${count(more)} more`}</p>
<ul class="advice">${advice.map((line) => html`<li>${line}</li>`)}</ul></li>
`;
}

function operationTable(operations: readonly OperationTimes[]): Markup {
  if (operations.length === 0) return html`<p class="quiet">No request that changes something was sent.</p>`;
  const heads = [
    'Requests',
    'Done',
    'Refused',
    'Throttled',
    'Not answered',
    'Median',
    '95 of 100',
    'Longest',
  ];
  const number = (n: number) =>
    html`<td class="number">${n === 0 ? html`<span class="zero">0</span>` : count(n)}</td>`;
  const time = (ms: number | undefined) =>
    html`<td class="number">${ms === undefined ? html`<span class="zero">not known</span>` : msText(ms)}</td>`;
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Requests by operation"><table>
<caption class="hidden">Requests by operation, and how long they took</caption>
<thead><tr><th scope="col">Operation</th>${heads.map((head) => html`<th scope="col" class="number">${head}</th>`)}</tr></thead>
<tbody>${operations.map(
    (
      one,
    ) => html`<tr><th scope="row"><code>${one.operation}</code></th>${number(one.requests)}${number(one.ok)}${number(one.refused)}${number(one.throttled)}${number(one.unanswered)}${time(one.medianMs)}${time(one.p95Ms)}${time(one.maxMs)}</tr>
`,
  )}</tbody></table></div>
<p class="quiet">Requests that change something; reads are not journaled. Durations are those of single requests, throttled ones left out, to within a twentieth.</p>`;
}

/** `85 ms`, `1.2 s`. */
export function msText(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}
