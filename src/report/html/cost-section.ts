import type { Cost, CostLine, CostUnknown } from '../../plan/cost.ts';
import { count, plural } from '../text.ts';
import { html, type Markup } from './markup.ts';

const linesShown = 100;

/** What a plan will cost, as far as prices are known; what is not known stands beside it. */
export function costSection({ sheet, lines, totals, unknown }: Cost): Markup {
  if (lines.length === 0 && unknown.length === 0) return html`<p class="calm">The plan buys nothing.</p>`;
  const open = unknown.reduce((sum, { purchases }) => sum + purchases, 0);
  return html`${
    totals.length === 0
      ? html`<p class="sum unknown">not known</p>`
      : totals.map(
          ({ currency, certain, conditional }) =>
            html`<p class="sum">${certain} <span class="currency">${currency}</span>${conditional !== undefined && html` <span class="perhaps">and up to ${conditional} more, known after apply</span>`}</p>`,
        )
  }
${open > 0 && html`<p class="what"><span class="tag">Not in it</span> ${plural(open, 'purchase')} whose price is not known: see below.</p>`}
<p class="quiet">${sheet === undefined ? 'No price sheet was given (--prices FILE); the operations that are read show no prices.' : html`Prices of ${sheet}: the unit price is for one unit over the whole term, whatever the billing plan. Before taxes, discounts and promotions.`}</p>
${lines.length > 0 && lineTable(lines)}
${unknown.length > 0 && unknownTable(unknown)}`;
}

function lineTable(lines: readonly CostLine[]): Markup {
  const heads = ['Unit price', 'Quantity', 'Total'];
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Cost by product"><table>
<caption>Cost by product and term</caption>
<thead><tr><th scope="col">Product</th><th scope="col">Term</th><th scope="col">Billed</th>${heads.map((head) => html`<th scope="col" class="number">${head}</th>`)}<th scope="col">Currency</th></tr></thead>
<tbody>${lines.slice(0, linesShown).map(
    (
      line,
    ) => html`<tr><th scope="row">${line.title} <code class="quiet">${line.item}</code>${line.conditional && html` <span class="tag">perhaps</span>`}</th><td>${line.term}</td><td>${line.billing}</td><td class="number">${line.unitPrice}</td><td class="number">${count(line.quantity)}</td><td class="number">${line.total}</td><td>${line.currency}</td></tr>
`,
  )}</tbody></table></div>
${lines.length > linesShown && html`<p class="quiet">${plural(lines.length - linesShown, 'smaller line')} more are in the sum.</p>`}`;
}

function unknownTable(unknown: readonly CostUnknown[]): Markup {
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Prices that are not known"><table>
<caption>Not known</caption>
<thead><tr><th scope="col">What</th><th scope="col">Why</th><th scope="col" class="number">Purchases</th><th scope="col" class="number">Units</th><th scope="col">For example</th></tr></thead>
<tbody>${unknown.map(
    ({
      what,
      why,
      purchases,
      quantity,
      examples,
    }) => html`<tr><th scope="row"><code>${what}</code></th><td>${why}</td><td class="number">${count(purchases)}</td><td class="number">${quantity === 0 ? 'not known' : count(quantity)}</td><td>${examples.slice(0, 3).map((key) => html`<a href="#records" data-find="${key}">${key}</a> `)}</td></tr>
`,
  )}</tbody></table></div>`;
}
