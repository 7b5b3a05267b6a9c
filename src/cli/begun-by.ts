import { existsSync } from 'node:fs';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import type { RunStatus } from '../journal/journal.ts';
import { isPostgres } from '../journal/postgres-address.ts';
import { readPlan } from '../plan/plan-file.ts';
import { planOf } from './begin-run.ts';
import { openJournal } from './open-journal.ts';
import { resumeCommand } from './resume-command.ts';

/**
 * The run that a plan file began, for `apply --once`: a CI job that is started again must go on with it, not begin another.
 * @returns its id, or undefined where the state has none
 * @throws DiagnosticsError RUN_UNFINISHED where a run of another plan for the same input is not over: this plan was made
 *   while that one was half done, and what it has ordered shows late in the service's lists
 */
export async function runBegunBy(planFile: string, state: string): Promise<string | undefined> {
  const { header, summary } = await readPlan(planFile);
  if (!isPostgres(state) && !existsSync(state)) return undefined;
  const journal = await openJournal(state);
  try {
    const runs = await journal.runs();
    const begun = runs.findLast((run) => {
      const plan = planOf(run);
      return plan.summary.seal === summary.seal && plan.header.createdAt === header.createdAt;
    });
    if (begun !== undefined) return begun.id;
    const other = runs.findLast((run) => {
      const plan = planOf(run).header;
      const alike =
        plan.playbook.name === header.playbook.name &&
        plan.input.file === header.input.file &&
        plan.target === header.target;
      return alike && isUnfinished(run);
    });
    if (other !== undefined) throw unfinished(other, state);
    return undefined;
  } finally {
    await journal.close();
  }
}

function isUnfinished({ state, counts }: RunStatus): boolean {
  return state === 'running' || counts.open + counts.inDoubt > 0;
}

function unfinished({ id, counts }: RunStatus, state: string): DiagnosticsError {
  const message = `run ${id} of an earlier plan for the same input is not over: ${counts.open} records are open, ${counts.inDoubt} in doubt`;
  const help = `go on with it first, then plan again:\n    ${resumeCommand(id, state)}`;
  return new DiagnosticsError([{ code: 'RUN_UNFINISHED', severity: 'error', message, help }]);
}
