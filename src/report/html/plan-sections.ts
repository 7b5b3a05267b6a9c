import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { Action, PlanHeader, PlanSummary, Unusual } from '../../plan/plan.ts';
import type { Group } from '../groups.ts';
import { count, duration, plural } from '../text.ts';
import { actionFilters, wordOf } from './actions.ts';
import { html, type Markup } from './markup.ts';

const shown: readonly Action[] = [
  ...actionFilters.flatMap(({ action }) => (action === 'invalid' ? [] : [action])),
  'read',
  'skip',
];

/** What the plan was made from. */
export function planLead(header: PlanHeader, summary: PlanSummary, line: string): Markup {
  const parameters = [
    ...Object.entries(header.parameters).map(([name, value]) => [name, JSON.stringify(value)] as const),
    ...header.secretParameters.map((name) => [name, 'secret, not shown'] as const),
  ];
  return html`<p class="verdict">${line}</p>
<dl class="facts">
<div><dt>Input</dt><dd>${header.input.file}, ${plural(summary.records, 'record')}${Object.entries(header.input.related).map(([name, file]) => html`<br>${name}: ${file}`)}</dd></div>
<div><dt>Playbook</dt><dd>${header.playbook.file}</dd></div>
<div><dt>Target</dt><dd>${header.target !== 'offline' && `${header.target}${header.offline ? ' · ' : ''}`}${header.offline && html`<strong>offline, nothing was looked up</strong>`}</dd></div>
<div><dt>Planned</dt><dd>${timeOf(header.createdAt)}</dd></div>
${parameters.length > 0 && html`<div class="wide"><dt>Parameters</dt><dd>${parameters.map(([name, value]) => html`<span class="parameter"><code>${name}</code> ${value}</span> `)}</dd></div>`}
</dl>`;
}

/** `2026-11-24 13:40:05 UTC`. */
function timeOf(iso: string): Markup {
  return html`<time datetime="${iso}">${iso.replace('T', ' ').replace(/\.\d+Z$/u, ' UTC')}</time>`;
}

/** Everything that a reviewer should look at before the rest: what stops the plan, what would fail, what stands out. */
export function attention(summary: PlanSummary): Markup {
  const cards = [
    ...summary.warnings.map(guardCard),
    summary.invalid > 0 &&
      card('stop', `${plural(summary.invalid, 'row')} of the input cannot be used`, [
        'nothing is applied while a row is invalid, unless --skip-invalid leaves them out',
      ]),
    ...totalCards(summary),
    ...(summary.unusual ?? []).map(unusualCard),
  ].filter((one) => one !== false);
  if (cards.length === 0)
    return html`<p class="calm">Nothing stands out: every guard holds, every row can be used, no quantity is unusual.</p>`;
  return html`<ul class="cards">${cards}</ul>`;
}

function guardCard({ severity, message, help }: Diagnostic): Markup {
  return card(severity === 'error' ? 'stop' : 'look', message, help === undefined ? [] : [help]);
}

function totalCards(summary: PlanSummary): readonly Markup[] {
  const total = (action: Action) =>
    Object.values(summary.operations).reduce((sum, actions) => sum + (actions[action] ?? 0), 0);
  const named = (action: Action) =>
    Object.entries(summary.operations)
      .filter(([, actions]) => (actions[action] ?? 0) > 0)
      .map(([name, actions]) => `${name} ${count(actions[action] ?? 0)}`)
      .join(', ');
  const [refused, deleted] = [total('refuse'), total('delete')];
  return [
    ...(refused > 0 ? [card('stop', `${plural(refused, 'step')} would fail`, [named('refuse')])] : []),
    ...(deleted > 0 ? [card('look', `${plural(deleted, 'thing')} will be deleted`, [named('delete')])] : []),
  ];
}

function unusualCard({ message, records, examples }: Unusual): Markup {
  const more = records - examples.length;
  return html`<li class="card look"><p class="what"><span class="tag">Look</span> ${message}</p>
<p class="quiet">${examples.map(({ key, row, note }) => html`<a href="#records" data-find="${key}">${key}</a> <span class="nowrap">(row ${row}${note !== undefined && `: ${note}`})</span> `)}${more > 0 && `and ${count(more)} more`}</p></li>
`;
}

function card(kind: 'stop' | 'look', what: string, more: readonly string[]): Markup {
  return html`<li class="card ${kind}"><p class="what"><span class="tag">${kind === 'stop' ? 'Stops' : 'Look'}</span> ${what}</p>${more.map((text) => html`<p class="quiet">${text}</p>`)}</li>
`;
}

/** A row an operation, a column an action; then calls and time. */
export function totals(summary: PlanSummary): Markup {
  const names = Object.keys(summary.operations).sort();
  const columns = shown.filter((action) =>
    names.some((name) => (summary.operations[name]?.[action] ?? 0) > 0),
  );
  const sum = (action: Action) =>
    names.reduce((all, name) => all + (summary.operations[name]?.[action] ?? 0), 0);
  const cell = (n: number, action: Action) =>
    html`<td class="number ${action}">${n === 0 ? html`<span class="zero">0</span>` : count(n)}</td>`;
  const countries = Object.entries(summary.countries ?? {});
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Actions by operation"><table>
<caption class="hidden">Actions by operation</caption>
<thead><tr><th scope="col">Operation</th>${columns.map((action) => html`<th scope="col" class="number"><span class="sign ${action}" aria-hidden="true">${wordOf(action).sign}</span> ${wordOf(action).word}</th>`)}</tr></thead>
<tbody>${names.map((name) => html`<tr><th scope="row"><code>${name}</code></th>${columns.map((action) => cell(summary.operations[name]?.[action] ?? 0, action))}</tr>\n`)}</tbody>
<tfoot><tr><th scope="row">All</th>${columns.map((action) => cell(sum(action), action))}</tr></tfoot>
</table></div>
<p>About <strong>${plural(summary.totalCalls, 'call')}</strong> when applied, at least <strong>${duration(summary.totalSeconds)}</strong> at the service’s known limits. ${plural(summary.planningCalls, 'call')} were made to plan, all of them reads.</p>
${countries.length > 0 && html`<p>Countries: ${countries.map(([country, n]) => html`<span class="nowrap">${country} ${count(n)}</span> `)}</p>`}`;
}

const groupsShown = 30;

/** Records that fare the same, the exceptions first, then the rarest. */
export function alike(groups: readonly Group[]): Markup {
  const rest = groups.slice(groupsShown).reduce((sum, group) => sum + group.count, 0);
  return html`<p>Records for which the plan says the same are one line here: exceptions first, then the rarest.</p>
<div class="scroll" tabindex="0" role="group" aria-label="Records that are alike"><table>
<caption class="hidden">Records that are alike</caption>
<thead><tr><th scope="col" class="number">Records</th><th scope="col">What happens to each</th><th scope="col">For example</th></tr></thead>
<tbody>${groups.slice(0, groupsShown).map(groupRow)}</tbody></table></div>
${rest > 0 && html`<p class="quiet">${plural(rest, 'record')} of other kinds are in the list below.</p>`}`;
}

function groupRow({ example, keys, count: records, exceptional }: Group): Markup {
  const doing = new Map<string, { sign: string; action: string; steps: string[] }>();
  for (const { path, action } of example.actions) {
    if (action === 'assert' || action === 'wait' || action === 'read' || action === 'skip') continue;
    const { sign, word } = wordOf(action);
    const step = path.replaceAll(/\[[^\]]*\]/gu, '');
    const known = doing.get(word) ?? { sign, action, steps: [] };
    if (!known.steps.includes(step)) known.steps.push(step);
    doing.set(word, known);
  }
  const invalid = example.invalid?.map(({ message }) => message).join('; ');
  const what =
    invalid !== undefined
      ? html`<span class="sign refuse" aria-hidden="true">x</span> invalid: ${invalid}`
      : doing.size === 0
        ? html`<span class="quiet">nothing is changed</span>`
        : [...doing].map(
            ([word, { sign, action, steps }]) =>
              html`<span class="does"><span class="sign ${action}" aria-hidden="true">${sign}</span> ${word} <span class="quiet">${steps.join(', ')}</span></span> `,
          );
  return html`<tr${exceptional && html` class="exceptional"`}><td class="number">${count(records)}</td><td>${what}</td><td>${keys.slice(0, 3).map((key) => html`<a href="#records" data-find="${key}">${key}</a> `)}</td></tr>
`;
}
