import { setTimeout as sleep } from 'node:timers/promises';
import { type Comparison, compareOnboarded } from './onboarded.ts';
import { type Finished, openRig, type Rig, type Started } from './rig.ts';
import { onboarding } from './sample.ts';

/**
 * Runs that are killed with SIGKILL again and again while the service misbehaves, each resumed until it is done. The
 * moments are drawn over whole lives of processes: while they start, while they begin the run, while they send, wait,
 * look up and write their results.
 */

/** Everything that goes wrong on the way, and request ids that are forgotten where the operation can look up. */
export const weather = [
  'no-request-id=0.2@customers.create',
  'no-request-id=0.2@users.',
  'no-request-id=0.2@agreements.confirm',
  'no-request-id=0.2@carts.checkout',
  'lost-answer=0.03',
  'lost-request=0.01',
  'reset=0.02',
  'garbage=0.02',
  'error500=0.01',
  'error503=0.01',
  'error504=0.01',
  'throttle=0.02',
  'slow=0.01',
].join(',');

export interface Figures {
  readonly kills: number;
  readonly runs: number;
  readonly processes: number;
  readonly requests: number;
  /** Requests that the service had seen under the same id. */
  readonly repeated: number;
  readonly faults: number;
  readonly duplicates: readonly string[];
  readonly gaps: readonly string[];
}

export interface Killing {
  readonly moments: number;
  readonly seed: number;
  /** Customers of a run, and kills that it suffers at most. */
  readonly customers: number;
  readonly killsPerRun: number;
  readonly tell?: (figures: Figures) => void;
}

/** Kills until all moments are used up. Throws where a process ends in a way that is not the contract's. */
export async function kill({ moments, seed, customers, killsPerRun, tell }: Killing): Promise<Figures> {
  const random = seeded(seed);
  let sum: Figures = none;
  for (let run = 0; sum.kills < moments; run += 1) {
    const rig = await openRig(['--latency', '5', '--seed', String(seed + run)]);
    try {
      const most = Math.min(killsPerRun, moments - sum.kills);
      sum = add(sum, await killOneRun(rig, { customers, most, random }));
    } finally {
      await rig.close();
    }
    tell?.(sum);
  }
  return sum;
}

const none: Figures = {
  kills: 0,
  runs: 0,
  processes: 0,
  requests: 0,
  repeated: 0,
  faults: 0,
  duplicates: [],
  gaps: [],
};

function add(a: Figures, b: Figures): Figures {
  return {
    kills: a.kills + b.kills,
    runs: a.runs + b.runs,
    processes: a.processes + b.processes,
    requests: a.requests + b.requests,
    repeated: a.repeated + b.repeated,
    faults: a.faults + b.faults,
    duplicates: [...a.duplicates, ...b.duplicates],
    gaps: [...a.gaps, ...b.gaps],
  };
}

async function killOneRun(
  rig: Rig,
  {
    customers,
    most,
    random,
  }: { readonly customers: number; readonly most: number; readonly random: () => number },
): Promise<Figures> {
  const sample = await onboarding(rig, customers);
  const planned = await rig.run(['plan', 'playbook.yaml', ...sample.args, '--out', 'plan']);
  if (planned.status !== 0) throw new Error(`it could not be planned:\n${planned.stderr}`);
  await rig.behave({ faults: weather });
  const before = await rig.stats();
  let kills = 0;
  let processes = 0;
  let command: readonly string[] = ['apply', 'plan', '--concurrency', '6'];
  for (let done = false; !done; ) {
    const started = rig.start(command);
    processes += 1;
    if (kills < most) {
      await moment(started, random);
      started.process.kill('SIGKILL');
    }
    const ended = await started.finished;
    if (ended.signal === 'SIGKILL') kills += 1;
    done = ended.status === 0;
    command = next(ended, command);
  }
  const { requests, seenAgain, faults } = await rig.stats();
  const found: Comparison = compareOnboarded(await rig.state(), sample);
  const injected = Object.values(faults as Readonly<Record<string, number>>).reduce((a, b) => a + b, 0);
  return {
    kills,
    runs: 1,
    processes,
    requests: requests - before.requests,
    repeated: seenAgain,
    faults: injected,
    ...found,
  };
}

/** What goes on after a process has ended: the run, failed records included, or its beginning where it was not begun. */
function next({ status, signal, stdout, stderr }: Finished, command: readonly string[]): readonly string[] {
  if (signal === 'SIGKILL' || status === 0) return command[0] === 'apply' ? ['resume'] : command;
  if (status === 3) return ['resume', '--retry-failed'];
  // Killed before there was a run: nothing was sent, and the plan is applied from the start.
  if (status === 1 && stderr.includes('RUN_UNKNOWN')) return ['apply', 'plan', '--concurrency', '6'];
  throw new Error(`${command.join(' ')} ended with ${status ?? signal}:\n${stdout}\n${stderr}`);
}

/** Most moments are drawn where requests are sent; some anywhere from the very start, some after long waits. */
async function moment(started: Started, random: () => number): Promise<void> {
  const [kind, where] = [random(), random()];
  if (kind < 0.15) return Promise.race([sleep(where * 500), started.finished]).then(() => {});
  const length = kind < 0.9 ? 150 : 1_500;
  const began = started.says('Run ').then(
    () => sleep(where * length),
    () => {},
  );
  await Promise.race([began, started.finished]);
}

/** A small generator with a seed, so that the same moments can be drawn again. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
