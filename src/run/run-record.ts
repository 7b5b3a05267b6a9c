import type { Output } from '../check/playbook.ts';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { EvaluationError } from '../expression/evaluate.ts';
import { LeaseLost, type RecordWithEntries } from '../journal/journal.ts';
import { unwrapSecrets } from '../plan/secrets.ts';
import { Interrupted, type RunContext, Waiting } from './context.ts';
import { noDeadline } from './deadline.ts';
import { openRecord, type StepEnd, settledEntry } from './record-run.ts';
import { runSteps } from './run-block.ts';
import { resolveIn, rootScope, type Scope } from './scope.ts';

/**
 * Runs the steps of one record, going on from what the journal holds of it, and settles the record: its outputs
 * are durable when this resolves.
 * @throws Interrupted where the run halts: the record stays open; LeaseLost; what the journal threw; DiagnosticsError
 */
export async function runRecord(context: RunContext, opened: RecordWithEntries): Promise<StepEnd> {
  const run = openRecord(context, opened);
  const { id, startedAt } = context.run;
  const scope = rootScope({
    record: unwrapSecrets(opened.record.values),
    params: context.parameters,
    run: { id, startedAt: new Date(startedAt).toISOString() },
  });
  const end = await stepsOf(context, () =>
    runSteps(run, context.playbook.steps, scope, noDeadline(context.halt)),
  );
  const settled = { ...end, result: outputsOf(context.playbook.outputs, scope) };
  if (!isStill(opened, settled)) await context.log.durable(settledEntry(run, '', settled));
  const event = {
    event: 'record.settled',
    at: context.world.clock.now(),
    index: run.index,
    record: run.key,
    outcome: end.outcome,
  } as const;
  context.listener(end.error === undefined ? event : { ...event, error: end.error });
  return settled;
}

/** It waits as it did: a resume before anybody has approved it need not say so again. */
function isStill({ entries }: RecordWithEntries, { outcome, error }: StepEnd): boolean {
  const last = entries.at(-1);
  return (
    outcome === 'waiting' &&
    last?.type === 'settled' &&
    last.path === '' &&
    last.outcome === 'waiting' &&
    last.error?.step === error?.step &&
    last.error?.message === error?.message
  );
}

/** A record that did all it should has succeeded, whether there was much to do or nothing. */
async function stepsOf(context: RunContext, work: () => Promise<StepEnd>): Promise<StepEnd> {
  try {
    const end = await work();
    const good = end.outcome === 'unchanged' || end.outcome === 'skipped';
    return good ? { outcome: 'succeeded' } : end.outcome === 'blocked' ? { ...end, outcome: 'failed' } : end;
  } catch (error) {
    if (
      context.halt.aborted ||
      error instanceof Interrupted ||
      error instanceof LeaseLost ||
      error instanceof DiagnosticsError
    )
      throw error;
    if (error instanceof Waiting) return { outcome: 'waiting', error: error.error };
    // A bug must not take the other records down; what is in doubt stays so in the journal.
    return {
      outcome: 'failed',
      error: { step: '', code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) },
    };
  }
}

/** What is known of the outputs, also of a record that failed: an id or a password must not be lost with it. */
function outputsOf(outputs: readonly Output[], scope: Scope): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const { name, value, secret } of outputs) {
    const result = known(() => resolveIn(scope, value));
    if (result !== undefined && result !== '') values[name] = secret ? { $secret: result } : result;
  }
  return values;
}

function known(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (error instanceof EvaluationError) return undefined;
    throw error;
  }
}
