import process from 'node:process';
import { oneLine, printedJson } from '../diagnostics/neutralise.ts';
import type { ResultFile } from '../report/csv.ts';
import { plural } from '../report/text.ts';
import type { RunKept } from './begin-run.ts';
import { planOf } from './begin-run.ts';
import { operationsOf } from './catalogues.ts';
import { exitStatus } from './exit-status.ts';
import { playbookFrom } from './load-playbook.ts';
import { findRun, openJournal } from './open-journal.ts';
import type { Common } from './options.ts';
import { writeResults } from './write-results.ts';

export interface ExportOptions extends Common {
  readonly failed?: boolean;
  readonly secrets?: boolean;
  readonly results?: string;
}

/** `tenantry export`: the result files of a run once more, from its state; with `--secrets` in clear. */
export async function exportRun(options: ExportOptions, id?: string): Promise<number> {
  const journal = await openJournal(options.state);
  try {
    const run = await findRun(journal, id, options.state);
    const kept = run.options as RunKept;
    const { file } = planOf(run).header.playbook;
    const playbook = playbookFrom(file, run.playbookSource, operationsOf(run.catalogues ?? []), run.used);
    const format = {
      header: run.inputHeader,
      delimiter: kept.delimiter,
      encoding: kept.encoding,
      mark: kept.mark,
      outputs: playbook.outputs.map(({ name }) => name),
    };
    const only: readonly ResultFile[] | undefined =
      options.failed === true ? ['failed', 'in-doubt'] : undefined;
    const files = await writeResults(options.results ?? kept.results, format, journal.read(run.id), {
      secrets: options.secrets === true,
      ...(only === undefined ? {} : { only }),
    });
    if (options.json === true) process.stdout.write(`${printedJson({ files })}\n`);
    else
      for (const { file, rows } of files) process.stdout.write(`${oneLine(file)}  ${plural(rows, 'row')}\n`);
    return exitStatus.done;
  } finally {
    await journal.close();
  }
}
