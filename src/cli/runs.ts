import process from 'node:process';
import { oneLine, printedJson } from '../diagnostics/neutralise.ts';
import type { RunStatus } from '../journal/journal.ts';
import { withoutPassword } from '../journal/postgres-address.ts';
import { planOf } from './begin-run.ts';
import { exitStatus } from './exit-status.ts';
import { openJournal } from './open-journal.ts';
import type { Common } from './options.ts';

/** `tenantry runs`: every run of the state file, oldest first. */
export async function runs(options: Common): Promise<number> {
  const journal = await openJournal(options.state);
  try {
    const found = await journal.runs();
    if (options.json === true) process.stdout.write(`${printedJson({ runs: found.map(runDocument) })}\n`);
    else if (found.length === 0)
      process.stdout.write(`${oneLine(withoutPassword(options.state))} holds no runs\n`);
    else await printTable(found);
    return exitStatus.done;
  } finally {
    await journal.close();
  }
}

/** A run as `--json` shows it: without the playbook's text and parameters. */
export function runDocument(run: RunStatus) {
  const { header } = planOf(run);
  return {
    id: run.id,
    playbook: header.playbook.name,
    input: header.input.file,
    target: header.target,
    ...(header.undoes === undefined ? {} : { undoes: header.undoes.run }),
    state: run.state,
    createdAt: new Date(run.createdAt).toISOString(),
    ...(run.finishedAt === undefined ? {} : { finishedAt: new Date(run.finishedAt).toISOString() }),
    records: { total: run.records, ...run.counts },
    ...(run.owner === undefined ? {} : { owner: run.owner.name }),
  };
}

async function printTable(found: readonly RunStatus[]): Promise<void> {
  const { default: Table } = await import('cli-table3');
  const table = new Table({
    head: [
      'run',
      'playbook',
      'state',
      'records',
      'succeeded',
      'failed',
      'in doubt',
      'waiting',
      'open',
      'target',
    ],
    style: { head: [], border: [] },
  });
  for (const run of found) {
    const { header } = planOf(run);
    const { succeeded, unchanged, skipped, failed, blocked, inDoubt, waiting, open } = run.counts;
    const cells = [
      run.id,
      header.playbook.name,
      run.state,
      run.records,
      succeeded + unchanged + skipped,
      failed + blocked,
      inDoubt,
      waiting,
      open,
      header.target,
    ];
    table.push(cells.map((cell) => oneLine(String(cell))));
  }
  process.stdout.write(`${table.toString()}\n`);
}
