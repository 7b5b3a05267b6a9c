import type { Rollout } from '../check/playbook.ts';
import { everyIndex, type RunReader, type RunState, wholeRun } from '../journal/journal.ts';
import { recordsIn } from '../plan/waves.ts';

/** A wave of records: those whose index lies between two, both included. */
export interface Wave {
  /** From 1. */
  readonly number: number;
  readonly of: number;
  readonly from: number;
  readonly to: number;
}

/** The waves of a run by the last index of each; one for all where there are none. */
export function wavesOf(ends: readonly number[] | undefined): readonly Wave[] {
  const all = ends === undefined || ends.length === 0 ? [everyIndex.to] : ends;
  return all.map((to, index) => ({
    number: index + 1,
    of: all.length,
    from: index === 0 ? 0 : all[index - 1]! + 1,
    // Rows behind the last record that could be used belong to the last wave.
    to: index === all.length - 1 ? everyIndex.to : to,
  }));
}

/** Why the wave after this one must not begin. */
export interface Stop {
  readonly state: Extract<RunState, 'stopped' | 'waiting'>;
  readonly reason: string;
  /** What a person may approve so that the run goes on; absent where nobody may. */
  readonly asked?: string;
}

/** Path of what people say of a wave. */
export function wavePath({ number }: Pick<Wave, 'number'>): string {
  return `wave ${number}`;
}

/**
 * Whether the next wave may begin, by how all records of this one stand in the journal. A person's word counts for the
 * very numbers that it was given for.
 */
export async function stopAfter(run: RunReader, rollout: Rollout, wave: Wave): Promise<Stop | undefined> {
  const counts = await run.countsIn(wave);
  const { failed, blocked, inDoubt, waiting, open } = counts;
  const size = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const name = `wave ${wave.number} of ${wave.of}`;
  if (open > 0) return { state: 'stopped', reason: `${name}: ${open} of its ${size} records are not done` };
  if (waiting > 0)
    return { state: 'waiting', reason: `${name}: ${waiting} of its ${size} records wait for approval` };
  const bad = failed + blocked + inDoubt;
  const allowed = recordsIn(rollout.maxFailures, size);
  if (bad <= allowed && !rollout.approve) return undefined;
  const outcome = `${name}: ${bad} of its ${size} records failed or are in doubt`;
  const asked = bad > allowed ? `${outcome}, and ${allowed} may` : outcome;
  const word = (await run.words()).findLast(
    ({ record, path, what }) => record === wholeRun && path === wavePath(wave) && what === asked,
  );
  if (word?.verdict === 'approved') return undefined;
  if (word !== undefined) return { state: 'stopped', reason: `${name} was rejected by ${word.by}`, asked };
  return bad > allowed
    ? { state: 'stopped', reason: asked, asked }
    : { state: 'waiting', reason: `${asked}; the next begins once this one is approved`, asked };
}

/** The wave that a run stands at, and why it goes no further; undefined where nothing is in the way. */
export async function standsAt(
  run: RunReader,
  rollout: Rollout | undefined,
  ends: readonly number[] | undefined,
): Promise<{ readonly wave: Wave; readonly stop: Stop } | undefined> {
  if (rollout === undefined || ends === undefined) return undefined;
  for (const wave of wavesOf(ends)) {
    if (wave.number === wave.of) return undefined;
    const stop = await stopAfter(run, rollout, wave);
    if (stop !== undefined) return { wave, stop };
  }
  return undefined;
}
