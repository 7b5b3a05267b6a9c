import type { Cost } from '../../plan/cost.ts';
import type { PlanHeader, PlannedAction, PlannedRecord, PlanSummary } from '../../plan/plan.ts';
import type { ShownRequest } from '../../plan/shown-request.ts';
import type { Group } from '../groups.ts';
import { planLine } from '../text.ts';
import { actionFilters } from './actions.ts';
import { costSection } from './cost-section.ts';
import { graphPicture } from './graph-picture.ts';
import { html } from './markup.ts';
import type { PageDocument, Section } from './page.ts';
import { flagsOf, planPageRecord } from './plan-record.ts';
import { alike, attention, planLead, totals } from './plan-sections.ts';
import type { StepGraph } from './step-graph.ts';

/** What a plan's page is made from. */
export interface PlanPageParts {
  readonly header: PlanHeader;
  readonly summary: PlanSummary;
  readonly groups: readonly Group[];
  readonly cost: Cost;
  readonly tally: PlanTally;
  /** The playbook's steps; undefined where the playbook is not at hand as it was planned. */
  readonly graph: StepGraph | undefined;
  readonly requestOf: (action: PlannedAction) => ShownRequest | undefined;
  records(): AsyncIterable<PlannedRecord>;
}

/** What is counted over all records before a page is written: memory grows with the steps, not with the records. */
export class PlanTally {
  /** Records by filter. */
  readonly filters = actionFilters.map(() => 0);
  readonly #steps = new Map<string, Map<string, number>>();

  add(record: PlannedRecord): void {
    const flags = flagsOf(record);
    for (const bit of this.filters.keys()) if ((flags & (1 << bit)) !== 0) this.filters[bit]! += 1;
    for (const { path, action } of record.actions) {
      const step =
        path
          .replaceAll(/\[[^\]]*\]/gu, '')
          .split('.')
          .at(-1) ?? path;
      const counts = this.#steps.get(step) ?? new Map<string, number>();
      counts.set(action, (counts.get(action) ?? 0) + 1);
      this.#steps.set(step, counts);
    }
  }

  /** Step id → `create 12 · unchanged 3`; nothing of steps that only read, check or wait. */
  words(): ReadonlyMap<string, string> {
    return new Map(
      [...this.#steps].map(([step, counts]) => {
        const parts = actionFilters.flatMap(({ action, word }) => {
          const times = counts.get(action);
          return times === undefined ? [] : [`${word} ${times.toLocaleString('en-US')}`];
        });
        return [step, parts.join(' · ')];
      }),
    );
  }
}

/** The page of a plan: warnings first, then totals, cost, the picture of the steps, groups, and every record. */
export async function planPage(parts: PlanPageParts): Promise<PageDocument> {
  const { header, summary, groups, cost, tally, graph, requestOf } = parts;
  const sections: Section[] = [
    { id: 'attention', title: 'Look at these first', content: attention(summary) },
    { id: 'totals', title: 'Totals', content: totals(summary) },
    { id: 'cost', title: 'Cost', content: costSection(cost) },
    {
      id: 'steps',
      title: 'Steps',
      content:
        graph === undefined
          ? html`<p class="quiet">The playbook ${header.playbook.file} is not as it was when this was planned, so there is no picture of its steps.</p>`
          : await graphPicture(graph, tally.words()),
    },
    { id: 'alike', title: 'Records alike', content: alike(groups) },
  ];
  return {
    kind: 'Plan',
    title: header.playbook.name,
    lead: planLead(header, summary, planLine(summary)),
    sections,
    foot: html`<p>Made by Tenantry ${header.version}. The plan’s seal is <code>${summary.seal}</code>. Secrets are not in the plan, so they are not in this page.</p>`,
    records: {
      total: summary.records,
      filters: filtersOf(tally),
      summaryTitle: 'What happens',
      stream: () => pageRecords(parts, requestOf),
    },
  };
}

function filtersOf({ filters }: PlanTally) {
  return actionFilters.map(({ word, sign }, at) => ({ word, sign, count: filters[at] ?? 0 }));
}

async function* pageRecords(
  { records }: PlanPageParts,
  requestOf: PlanPageParts['requestOf'],
): AsyncGenerator<ReturnType<typeof planPageRecord>> {
  for await (const record of records()) yield planPageRecord(record, requestOf);
}
