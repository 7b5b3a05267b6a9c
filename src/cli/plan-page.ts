import type { Playbook } from '../check/playbook.ts';
import { Costs } from '../plan/cost.ts';
import type { PlannedRecord } from '../plan/plan.ts';
import { type OpenedPlan, readPlan } from '../plan/plan-file.ts';
import type { PriceSheet } from '../plan/prices.ts';
import { requestOf } from '../plan/shown-request.ts';
import { groupRecords } from '../report/groups.ts';
import { PlanTally, planPage } from '../report/html/plan-page.ts';
import { stepGraph } from '../report/html/step-graph.ts';
import { operationsOfPlan } from './catalogues.ts';
import { writePage } from './page-file.ts';
import { limitYoungSpace } from './young-space.ts';

/** Writes the page of a plan file. The records are read twice: once to count, once into the page. */
export async function writePlanPage(
  file: string,
  options: {
    readonly html: string;
    readonly prices: PriceSheet | undefined;
    /** The playbook as it was planned; undefined where it is not at hand. */
    readonly playbook: Playbook | undefined;
  },
): Promise<void> {
  limitYoungSpace();
  const plan = await readPlan(file);
  const operations = await operationsOfPlan(plan.header);
  const costs = new Costs(options.prices, Date.parse(plan.header.createdAt));
  const tally = new PlanTally();
  const groups = await groupRecords(
    watched(plan, (record) => {
      costs.add(record);
      tally.add(record);
    }),
  );
  const page = await planPage({
    header: plan.header,
    summary: plan.summary,
    groups,
    cost: costs.finish(),
    tally,
    graph: options.playbook && stepGraph(options.playbook.steps),
    requestOf: (action) => requestOf(action, operations),
    records: () => plan.records(),
  });
  await writePage(options.html, page);
}

async function* watched(
  plan: OpenedPlan,
  watch: (record: PlannedRecord) => void,
): AsyncGenerator<PlannedRecord> {
  for await (const record of plan.records()) {
    watch(record);
    yield record;
  }
}
