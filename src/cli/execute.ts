import path from 'node:path';
import process from 'node:process';
import type { Playbook, Step } from '../check/playbook.ts';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { printedJson } from '../diagnostics/neutralise.ts';
import type { Journal, RunJournal } from '../journal/journal.ts';
import { isPostgres } from '../journal/postgres-address.ts';
import { applyRun } from '../run/apply.ts';
import { type Downloads, makeDownloads, savedBy } from '../run/downloads.ts';
import type { RunTotals } from '../run/event.ts';
import type { RunKept } from './begin-run.ts';
import { ciAgent } from './ci/agent.ts';
import { exitStatus } from './exit-status.ts';
import { printDiagnostics } from './failure.ts';
import { usage } from './load-playbook.ts';
import type { RunOptions } from './options.ts';
import { type LoadedPolicy, runPolicies } from './policy.ts';
import { resumeCommand } from './resume-command.ts';
import type { Session } from './session.ts';
import { printOutcome } from './terminal/print-outcome.ts';
import { makeProgress } from './terminal/progress.ts';
import { prepareFolder, type WrittenFile, writeResults } from './write-results.ts';

/** CI kills 2.5 s after SIGTERM; what has not answered by then is settled on resume. */
const drainMs = 5_000;

export interface Execution {
  readonly journal: Journal;
  readonly run: RunJournal;
  readonly session: Session;
  readonly playbook: Playbook;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly retryFailed: boolean;
  /** What an organisation allows, whatever the playbook says. */
  readonly policies?: readonly LoadedPolicy[];
  readonly settleOnly?: boolean;
  readonly json: boolean;
  readonly color: boolean;
  /** Where results go and how many records are in flight, in place of what the run was begun with. */
  readonly results?: string | undefined;
  readonly concurrency?: number | undefined;
  /** File for the outcome as JUnit XML. */
  readonly junit?: string | undefined;
  /** The state option as it was given, for the command that resumes. */
  readonly state: string;
}

/**
 * Runs what is open of a run, draws its progress, writes its result files and says how to go on.
 * @returns the exit status
 */
export async function execute(execution: Execution): Promise<number> {
  const { journal, run, session, playbook, parameters, retryFailed } = execution;
  const kept = keptBy(execution);
  const resume = resumeCommand(run.header.id, execution.state);
  await prepareFolder(kept.results).catch(
    explain(`nothing was sent; go on with:\n    ${resume} --results DIR`),
  );
  if (execution.junit !== undefined)
    await prepareFolder(path.dirname(execution.junit)).catch(
      explain(`nothing was sent; go on with:\n    ${resume} --junit FILE`),
    );
  const progress = makeProgress({ json: execution.json, color: execution.color, resume });
  session.listen(progress.listener);
  const signals = listenForSignals();
  const { operations } = session;
  const policies = await runPolicies(execution.policies ?? [], operations, { journal, run: run.header.id });
  let totals: RunTotals;
  try {
    const limits =
      kept.concurrency === undefined
        ? playbook.limits
        : { ...playbook.limits, concurrency: kept.concurrency };
    totals = await applyRun({
      journal: run,
      counts: (await journal.run(run.header.id))!.counts,
      playbook: { ...playbook, limits },
      parameters,
      operations: session.operations,
      client: session.client,
      limiter: session.limiter,
      reader: session.reader,
      downloads: await downloadsOf(execution, kept.results),
      world: session.world,
      listener: progress.listener,
      drain: signals.drain,
      stop: signals.stop,
      retryFailed,
      waves: kept.waves,
      ...(policies === undefined ? {} : { policies }),
      settleOnly: execution.settleOnly === true,
    });
  } finally {
    signals.close();
    await progress.close();
    await run.release();
  }
  const files = await writeResultFiles(journal, run, playbook, kept).catch(
    unwritten(execution, `${resume.replace('resume', 'export')} --results DIR`),
  );
  const told = await tell(execution, resume).then(
    () => true,
    unwritten(execution, `${resume.replace('resume', 'report')} --junit FILE`),
  );
  if (!execution.json) printOutcome(totals, files ?? [], { resume, color: execution.color });
  else
    process.stdout.write(
      `${printedJson({ event: 'run.finished', at: session.world.clock.now(), run: totals })}\n`,
    );
  return files === undefined || told === undefined ? exitStatus.refused : statusOf(totals);
}

/** Tells the outcome to others than the person at the terminal: in JUnit XML, and to the CI job. */
async function tell({ journal, run, junit }: Execution, resume: string): Promise<void> {
  const inCi = ciAgent() !== undefined;
  if (junit === undefined && !inCi) return;
  const status = (await journal.run(run.header.id))!;
  if (junit !== undefined) await (await import('./write-junit.ts')).writeJunit(journal, status, junit);
  if (inCi) await (await import('./ci/tell-run.ts')).tellRun(journal, status, resume);
}

function keptBy({ run, results, concurrency }: Execution): RunKept {
  return {
    ...(run.header.options as RunKept),
    ...(results === undefined ? {} : { results }),
    ...(concurrency === undefined ? {} : { concurrency }),
  };
}

/** The run has happened and lies in the state: that its files could not be written must not hide how it ended. */
function unwritten({ color }: Execution, again: string): (error: unknown) => undefined {
  const explained = explain(`nothing of the run is lost; write its files with:\n    ${again}`);
  return (error) => {
    try {
      explained(error);
    } catch (thrown) {
      if (!(thrown instanceof DiagnosticsError)) throw thrown;
      printDiagnostics(thrown.diagnostics, color);
    }
  };
}

/** Says of results that cannot be written what that means for the run. Throws what it is given. */
function explain(help: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof DiagnosticsError)) throw error;
    throw new DiagnosticsError(error.diagnostics.map((diagnostic) => ({ ...diagnostic, help })));
  };
}

/** Files go beside the result files. A playbook that saves none spares itself reading who saved what. */
async function downloadsOf(
  { journal, run, session, playbook }: Execution,
  folder: string,
): Promise<Downloads> {
  const { id, createdAt } = run.header;
  const saved = savesFiles(playbook.steps) ? await savedBy(journal.read(id)) : [];
  return makeDownloads({ files: session.world.files, folder, begunAt: createdAt, saved });
}

function savesFiles(steps: readonly Step[]): boolean {
  return steps.some((step) =>
    step.type === 'block'
      ? savesFiles([...step.steps, ...step.rescue, ...step.finally])
      : step.type === 'operation' && step.operation.download !== undefined,
  );
}

function writeResultFiles(
  journal: Journal,
  run: RunJournal,
  playbook: Playbook,
  kept: RunKept,
): Promise<readonly WrittenFile[]> {
  const format = {
    header: run.header.inputHeader,
    delimiter: kept.delimiter,
    encoding: kept.encoding,
    mark: kept.mark,
    outputs: playbook.outputs.map(({ name }) => name),
  };
  return writeResults(kept.results, format, journal.read(run.header.id), { secrets: false });
}

/** The exit status that the contract gives to how a run ended. */
export function statusOf(totals: RunTotals): number {
  if (totals.status === 'interrupted') return exitStatus.interrupted;
  const { failed, blocked, inDoubt, waiting, open } = totals.records;
  return failed + blocked + inDoubt + waiting + open > 0 ? exitStatus.incomplete : exitStatus.done;
}

interface Signals {
  readonly drain: AbortSignal;
  readonly stop: AbortSignal;
  close(): void;
}

/** The first signal drains, a second one (or a drain that takes too long) stops at once; both stay resumable. */
function listenForSignals(): Signals {
  const drain = new AbortController();
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    if (drain.signal.aborted) return stop.abort(new Error(`stopped by ${signal}`));
    drain.abort(new Error(`interrupted by ${signal}`));
    timer = setTimeout(() => stop.abort(new Error('draining took too long')), drainMs);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    drain: drain.signal,
    stop: stop.signal,
    close: () => {
      clearTimeout(timer);
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}

/** Where result files go unless `--results` says else: beside the state, or where it would be if it were a file. */
export function resultsFolder(state: string, given: string | undefined): (run: string) => string {
  const beside = isPostgres(state) ? '.tenantry' : path.dirname(state);
  return (run) => given ?? path.join(beside, 'runs', run);
}

/** `--concurrency`, where it was given. Throws USAGE where it is no number of records. */
export function concurrencyOf(options: RunOptions): { readonly concurrency?: number } {
  if (options.concurrency === undefined) return {};
  if (!Number.isInteger(options.concurrency) || options.concurrency < 1)
    throw usage('--concurrency wants a whole number of at least 1');
  return { concurrency: options.concurrency };
}
