import process from 'node:process';
import { neutralise, printedJson } from '../diagnostics/neutralise.ts';
import type { Intended, Journal, RunStatus } from '../journal/journal.ts';
import type { Operations } from '../operations/operation.ts';
import { loadOperations } from '../operations/read.ts';
import type { Hidden } from '../plan/plan.ts';
import { requestOf, type ShownRequest } from '../plan/shown-request.ts';
import { Causes, type Meaning } from '../report/causes.ts';
import { RequestTimes } from '../report/request-times.ts';
import { type RunReport, runText } from '../report/run-text.ts';
import { planOf } from './begin-run.ts';
import type { Common } from './options.ts';
import { writePage } from './page-file.ts';
import { resumeCommand } from './resume-command.ts';
import { runDocument } from './runs.ts';
import { paintFor } from './terminal/print-plan.ts';
import { version } from './version.ts';
import { limitYoungSpace } from './young-space.ts';

/** Prints a report on a run: as text, with `--json` as one document. */
export async function printRunReport(journal: Journal, run: RunStatus, options: Common): Promise<void> {
  const { report, times } = await readRun(journal, run, options.state, loadOperations());
  if (options.json === true) printJson(report, times);
  else process.stdout.write(`${neutralise(runText(report, paintFor(options.color)))}\n`);
}

/** Writes a report on a run as a page. */
export async function writeRunPage(
  journal: Journal,
  run: RunStatus,
  options: { readonly state: string; readonly html: string },
): Promise<void> {
  limitYoungSpace();
  const operations = loadOperations();
  const { report, times } = await readRun(journal, run, options.state, operations);
  const { runPage } = await import('../report/html/run-page.ts');
  const page = runPage({
    ...report,
    version,
    seconds: times.seconds(),
    requestOf: (intended) => requestOfIntent(intended, operations),
    records: () => journal.read(run.id),
  });
  await writePage(options.html, page);
}

/** Goes through all that was journaled once; memory grows with the causes and the seconds, not with the records. */
async function readRun(
  journal: Journal,
  run: RunStatus,
  state: string,
  operations: Operations,
): Promise<{ readonly report: RunReport; readonly times: RequestTimes }> {
  const causes = new Causes(meaningIn(operations));
  const times = new RequestTimes();
  for await (const row of journal.read(run.id)) {
    causes.add(row);
    times.add(row.entries);
  }
  const report = {
    run,
    header: planOf(run).header,
    causes: causes.finish(),
    operations: times.operations(),
    commands: commandsFor(run, resumeCommand(run.id, state)),
  };
  return { report, times };
}

function printJson({ run, causes, operations, commands }: RunReport, times: RequestTimes): void {
  const document = { run: runDocument(run), causes, operations, timeline: times.seconds(), commands };
  process.stdout.write(`${printedJson(document)}\n`);
}

function commandsFor({ counts, state }: RunStatus, resume: string): RunReport['commands'] {
  const show = resume.replace('resume', 'show');
  return [
    ...(counts.open > 0 && state !== 'running' ? [{ why: 'To go on where it was:', command: resume }] : []),
    ...(counts.failed + counts.blocked > 0
      ? [{ why: 'To try the failed records again:', command: `${resume} --retry-failed` }]
      : []),
    ...(counts.inDoubt > 0
      ? [
          {
            why: 'To see what to look for in Partner Center of what is in doubt:',
            command: `${show} --failed`,
          },
        ]
      : []),
  ];
}

/** What the catalogue says of an error: by status and code, or by the status alone. */
function meaningIn(operations: Operations): Meaning {
  return (name, { status, code }) => {
    const rows = operations.get(name)?.errors.filter((row) => row.status === status) ?? [];
    return (rows.find((row) => row.code === code) ?? rows.find((row) => row.code === undefined))?.meaning;
  };
}

function requestOfIntent(intended: Intended, operations: Operations): ShownRequest | undefined {
  const { path, operation, with: input } = intended;
  return requestOf(
    { path, uses: operation, action: 'act', calls: 1, with: concealed(input) as Record<string, unknown> },
    operations,
  );
}

/** What was sent with its secrets, encrypted or not, taken out. */
function concealed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(concealed);
  if (Object.hasOwn(value, '$secret') || Object.hasOwn(value, '$encrypted'))
    return { $secret: true } satisfies Hidden;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, concealed(inner)]));
}
