import { type Approval, type RunReader, type RunStatus, wholeRun } from '../journal/journal.ts';
import type { Operations } from '../operations/operation.ts';
import { standsAt, wavePath } from '../run/waves.ts';
import { planOf, type RunKept } from './begin-run.ts';
import { playbookFrom, usage } from './load-playbook.ts';

type Standing = Awaited<ReturnType<typeof standsAt>>;

/** The wave that a run stands at, and what is asked of it; undefined where no wave is in the way. */
export function waveOf(run: RunStatus, reader: RunReader, operations: Operations): Promise<Standing> {
  const { file } = planOf(run).header.playbook;
  const { limits } = playbookFrom(file, run.playbookSource, operations, run.used);
  return standsAt(reader, limits.rollout, (run.options as RunKept).waves);
}

/**
 * What a person approves who names a wave: the one that the run stands at, and no other.
 * @throws DiagnosticsError USAGE
 */
export function askedOf(standing: Standing, wave: number): Pick<Approval, 'record' | 'path' | 'what'> {
  if (standing === undefined) throw usage('no wave of this run waits for approval');
  const { wave: at, stop } = standing;
  if (at.number !== wave) throw usage(`the run does not stand at wave ${wave}, but at ${stop.reason}`);
  if (stop.asked === undefined)
    throw usage(
      `wave ${wave} cannot be approved yet: ${stop.reason}`,
      'go on with the run first: tenantry resume',
    );
  return { record: wholeRun, path: wavePath(at), what: stop.asked };
}

/** The run's own line of what waits, for `show`. */
export function explainWave(standing: Standing, resume: string): readonly string[] {
  if (standing === undefined) return [];
  const { wave, stop } = standing;
  if (stop.asked === undefined) return [`The run stands at ${stop.reason}`];
  return [
    `The run stands at ${stop.reason}`,
    `  approve    ${resume.replace('resume', 'approve')} --wave ${wave.number}`,
  ];
}
