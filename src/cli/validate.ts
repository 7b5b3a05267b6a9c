import process from 'node:process';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { oneLine, printedJson } from '../diagnostics/neutralise.ts';
import { plural } from '../report/text.ts';
import { operationsWith } from './catalogues.ts';
import { exitStatus } from './exit-status.ts';
import { noteDiagnostics, printDiagnostics } from './failure.ts';
import { loadParameters, loadPlaybook } from './load-playbook.ts';
import type { Common, InputOptions } from './options.ts';
import type { PolicyOptions } from './policy.ts';

/** Bad rows listed at once; a file with a wrong column has thousands of them. */
const rowsListed = 50;

export interface ValidateOptions extends InputOptions, PolicyOptions, Common {
  /** File for what is wrong, as SARIF. */
  readonly sarif?: string;
}

/** `tenantry validate`: the playbook alone, or with its parameters and every row of its input. */
export async function validate(options: ValidateOptions, playbookFile: string): Promise<number> {
  if (options.sarif === undefined) return check(options, playbookFile);
  const { withSarif } = await import('./sarif-file.ts');
  return withSarif(options.sarif, playbookFile, () => check(options, playbookFile));
}

async function check(options: ValidateOptions, playbookFile: string): Promise<number> {
  const operations = await operationsWith(options.catalog);
  const playbook = await loadPlaybook(playbookFile, operations);
  if (options.policy !== undefined) {
    const { loadPolicy, refuseForbidden } = await import('./policy.ts');
    refuseForbidden(playbook, operations, await loadPolicy(options, operations));
  }
  if (options.target !== undefined) {
    const { refuseUncallableAt } = await import('./callable.ts');
    await refuseUncallableAt(options.target, playbook, operations);
  }
  if (options.input === undefined) {
    say(
      options,
      { ok: true, playbook: playbook.name },
      `${playbookFile} is valid: ${plural(playbook.steps.length, 'step')} at the top`,
    );
    return exitStatus.done;
  }
  const { openInput } = await import('./records.ts');
  const parameters = await loadParameters(playbook, options);
  const input = await openInput(playbook, parameters, options);
  try {
    const { records, invalid } = await checkRows(input.records());
    if (invalid > 0) {
      const message = `${invalid} of ${records} rows cannot be used`;
      throw new DiagnosticsError([
        { code: 'INPUT_CELL', severity: 'error', message, help: 'correct the rows listed above' },
      ]);
    }
    say(
      options,
      { ok: true, playbook: playbook.name, records },
      `${playbookFile} and ${plural(records, 'row')} of ${input.file} are valid`,
    );
    return exitStatus.done;
  } finally {
    input.close();
  }
}

type Rows = ReturnType<Awaited<ReturnType<typeof import('./records.ts').openInput>>['records']>;

async function checkRows(rows: Rows): Promise<{ readonly records: number; readonly invalid: number }> {
  let records = 0;
  let invalid = 0;
  for await (const row of rows) {
    records += 1;
    if (row.ok) continue;
    invalid += 1;
    if (invalid <= rowsListed) printDiagnostics(row.diagnostics);
    else noteDiagnostics(row.diagnostics);
  }
  return { records, invalid };
}

function say(options: Common, document: unknown, sentence: string): void {
  process.stdout.write(options.json === true ? `${printedJson(document)}\n` : `${oneLine(sentence)}\n`);
}
