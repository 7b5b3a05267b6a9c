import { rowsAreLines } from '../../diagnostics/row-lines.ts';
import type { Journal, RecordWithEntries, RunStatus } from '../../journal/journal.ts';
import { settledOf } from '../../report/csv.ts';
import { runMarkdown } from '../../report/run-markdown.ts';
import { planOf } from '../begin-run.ts';
import { noteNotice } from '../failure.ts';
import { inRepository } from './agent.ts';
import { addJobSummary } from './summary.ts';

/** Tells a CI job how a run ended: records in trouble beside their rows, and all of it on the job's page. */
export async function tellRun(journal: Journal, run: RunStatus, resume: string): Promise<void> {
  const { header } = planOf(run);
  const troubled = async function* () {
    for await (const row of journal.read(run.id, { only: ['inDoubt', 'failed', 'blocked'] })) {
      noteRecord(row, header.input.file);
      yield row;
    }
  };
  let read = false;
  await addJobSummary((limit) => {
    read = true;
    return runMarkdown(
      {
        playbook: header.playbook.name,
        input: header.input.file,
        target: header.target,
        run,
        troubled: troubled(),
        resume,
      },
      limit,
    );
  });
  // Where there is no page to write on, the rows are told of all the same.
  if (!read) for await (const _ of troubled());
}

function noteRecord(row: RecordWithEntries, input: string): void {
  const settled = settledOf(row);
  if (settled === undefined) return;
  const { error, outcome } = settled;
  const doubt = outcome === 'inDoubt';
  const file = inRepository(input);
  const line = (row.record.planned as { readonly row?: unknown } | null)?.row;
  const step = error?.step ?? '';
  noteNotice({
    severity: 'error',
    title: doubt ? 'in doubt' : (error?.code ?? 'failed'),
    message: `${row.record.key}: ${step === '' ? '' : `${step}: `}${error?.message ?? outcome}`,
    // What is in doubt is told before what failed, however much failed.
    kind: `${doubt ? '' : 'row '}${outcome} ${step.replaceAll(/\[[^\]]*\]/gu, '[]')} ${error?.code ?? ''}`,
    ...(file === undefined ? {} : { file }),
    ...(typeof line === 'number' && rowsAreLines(input) ? { line } : {}),
  });
}
