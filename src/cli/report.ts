import type { Playbook } from '../check/playbook.ts';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { digestOfText } from '../plan/fits.ts';
import { readPlan } from '../plan/plan-file.ts';
import { operationsOfPlan } from './catalogues.ts';
import { exitStatus } from './exit-status.ts';
import { playbookFrom, playbookText, usage } from './load-playbook.ts';
import { isPlanFile } from './plan-or-playbook.ts';
import type { ReportRunOptions } from './report-run.ts';

export interface ReportOptions extends ReportRunOptions {
  readonly prices?: string;
}

/** `tenantry report`: what became of a run, or the page of a plan file. */
export async function report(options: ReportOptions, named?: string): Promise<number> {
  if (named !== undefined && (await isPlanFile(named))) return reportPlan(named, options);
  if (options.prices !== undefined)
    throw usage('--prices is for plan files', 'a run does not say what it cost');
  return (await import('./report-run.ts')).reportRun(options, named);
}

async function reportPlan(file: string, { html, prices }: ReportOptions): Promise<number> {
  if (html === undefined) throw usage('a plan file is reported as a page', 'add --html FILE');
  const { readPriceSheet } = await import('../plan/prices.ts');
  const { writePlanPage } = await import('./plan-page.ts');
  await writePlanPage(file, {
    html,
    prices: prices === undefined ? undefined : await readPriceSheet(prices),
    playbook: await playbookOf(file),
  });
  return exitStatus.done;
}

/** The playbook that a plan was made from, where it is there and unchanged. */
async function playbookOf(planFile: string): Promise<Playbook | undefined> {
  const { header } = await readPlan(planFile);
  try {
    const text = await playbookText(header.playbook.file);
    if (digestOfText(text) !== header.digests.playbook) return undefined;
    return playbookFrom(header.playbook.file, text, await operationsOfPlan(header));
  } catch (error) {
    if (error instanceof DiagnosticsError) return undefined;
    throw error;
  }
}
