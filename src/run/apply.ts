import type { Playbook, Portion } from '../check/playbook.ts';
import type { RecordWithEntries, RunJournal } from '../journal/journal.ts';
import { replay } from '../journal/replay.ts';
import type { Operations } from '../operations/operation.ts';
import { loadOperations } from '../operations/read.ts';
import type { Client } from '../partner-center/client.ts';
import type { Reader } from '../partner-center/reader.ts';
import type { World } from '../world/world.ts';
import { Interrupted, makeLog, type RunContext } from './context.ts';
import type { Downloads } from './downloads.ts';
import { type Ending, makeEnding } from './ending.ts';
import type { Listener, RunTotals } from './event.ts';
import { type Limiter, makeLimiter } from './limiter.ts';
import type { RunPolicy } from './policy.ts';
import { makeReader } from './reader.ts';
import { runRecord } from './run-record.ts';
import { schedule } from './schedule.ts';
import { type Counts, makeTotals, type Totals } from './totals.ts';
import { stopAfter, wavesOf } from './waves.ts';

export interface ApplyRun {
  readonly journal: RunJournal;
  /** The run's records by outcome, as the journal has them before this pass (`Journal.run`). */
  readonly counts: Counts;
  readonly playbook: Playbook;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly operations?: Operations;
  readonly client: Client;
  readonly limiter?: Limiter;
  readonly reader?: Reader;
  readonly downloads: Downloads;
  readonly world: Pick<World, 'clock' | 'random'>;
  readonly listener: Listener;
  /** Aborted once: no new requests; what is in flight ends and is recorded. */
  readonly drain: AbortSignal;
  /** Aborted: what is in flight is let go and settled by a resume. */
  readonly stop: AbortSignal;
  readonly retryFailed: boolean;
  /** Index of the last record of each wave, where the playbook has a rollout; as it was when the run began. */
  readonly waves?: readonly number[] | undefined;
  readonly policies?: readonly RunPolicy[];
  /** Only what is in doubt is settled; nothing new is begun. */
  readonly settleOnly?: boolean;
}

/**
 * Applies what is open of a run: every record's steps, under the limits, each thing once. The run can be gone on
 * with whatever happens here.
 * @returns what became of the records of the whole run, and what this pass cost
 * @throws LeaseLost, DiagnosticsError (no token), or what the journal threw: nothing was sent after that
 */
export async function applyRun(apply: ApplyRun): Promise<RunTotals> {
  const { journal, playbook, world, listener } = apply;
  const limiter = apply.limiter ?? makeLimiter({ limits: playbook.limits, world, listener });
  const ending = makeEnding((reason) =>
    listener({ event: 'run.draining', at: world.clock.now(), inFlight: limiter.snapshot().inFlight, reason }),
  );
  const totals = makeTotals(apply.counts, apply.retryFailed);
  const unlink = ending.follow(apply.drain, apply.stop, limiter.health.broken);
  void journal.lost.then((error) => ending.halt(error.message, { error }));
  const before = limiter.snapshot();
  const began = world.clock.monotonic();
  try {
    await journal.setState('running');
    listener({
      event: 'run.started',
      at: world.clock.now(),
      run: {
        id: journal.header.id,
        playbook: playbook.name,
        records: journal.header.records,
        open: totals.open,
      },
    });
    await runRecords(apply, contextOf(apply, limiter, ending), totals, ending);
    const status = ending.state ?? (totals.waiting > 0 ? 'waiting' : 'finished');
    await journal.setState(status);
    const run = totals.sum(
      { id: journal.header.id, status, reason: ending.reason, elapsedMs: world.clock.monotonic() - began },
      before,
      limiter.snapshot(),
    );
    listener({ event: 'run.finished', at: world.clock.now(), run });
    return run;
  } finally {
    unlink();
  }
}

function contextOf(apply: ApplyRun, limiter: Limiter, ending: Ending): RunContext {
  const { journal, playbook, parameters, client, downloads, world, listener, stop } = apply;
  return {
    run: { id: journal.header.id, startedAt: journal.header.createdAt },
    playbook,
    parameters,
    operations: apply.operations ?? loadOperations(),
    client,
    limiter,
    downloads,
    reader: apply.reader ?? makeReader({ client, limiter, world, listener }),
    world,
    listener,
    log: makeLog(journal, (error) => ending.halt('the journal cannot be written', { error })),
    settleOnly: apply.settleOnly === true,
    halt: ending.signal,
    stop,
    ...(apply.policies === undefined ? {} : { policies: apply.policies }),
    stopRun: (reason) => ending.halt(reason, { state: 'stopped' }),
  };
}

async function runRecords(
  { journal, playbook, retryFailed, waves }: ApplyRun,
  context: RunContext,
  totals: Totals,
  ending: Ending,
): Promise<void> {
  const { concurrency, maxFailures, rollout } = playbook.limits;
  const work = async (opened: RecordWithEntries) => {
    const end = await runRecord(context, opened);
    totals.count(replay(opened.entries).settled?.outcome, end.outcome);
    if (maxFailures === undefined || totals.failedNow <= mostFailures(maxFailures, journal.header.records))
      return;
    ending.halt(`${totals.failedNow} records failed, more than maxFailures allows`, { state: 'stopped' });
  };
  const workOrHalt = (opened: RecordWithEntries) =>
    work(opened).catch((error: unknown) => {
      if (!(error instanceof Interrupted)) ending.halt('the run cannot go on', { error });
    });
  for (const wave of wavesOf(waves)) {
    await schedule(journal.open({ retryFailed, range: wave }), concurrency, workOrHalt, ending.signal).catch(
      (error: unknown) => ending.halt('the records cannot be read', { error }),
    );
    if (ending.state !== undefined || rollout === undefined || wave.number === wave.of) break;
    const stop = await stopAfter(journal, rollout, wave);
    if (stop === undefined) continue;
    ending.halt(stop.reason, { state: stop.state });
    break;
  }
  if (ending.error === undefined) return;
  await journal.setState('interrupted').catch(() => {}); // the error that is thrown says why it cannot be written
  throw ending.error;
}

function mostFailures(limit: Portion, records: number): number {
  return 'count' in limit ? limit.count : Math.floor(limit.share * records);
}
