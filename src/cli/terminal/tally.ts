import type { RunEvent } from '../../run/event.ts';

/** Counts of one operation. */
export interface OperationTally {
  done: number;
  failed: number;
  unchanged: number;
}

/** What has happened so far, in numbers: all that any renderer shows. Memory grows with operations, not records. */
export interface Tally {
  readonly playbook: string;
  readonly total: number;
  settled: number;
  failed: number;
  inDoubt: number;
  waiting: number;
  requests: number;
  throttled: number;
  /** Until when the service asked to wait, as far as it said; a time of the clock in milliseconds. */
  pausedUntil: number;
  inFlight: number;
  /** Requests at once, as the limiter last said; undefined while it did not have to. */
  limit: number | undefined;
  /** Requests a second that the service was found to allow, of the allowance that was last learned of. */
  pace: number | undefined;
  draining: string | undefined;
  readonly operations: Map<string, OperationTally>;
  readonly startedAt: number;
}

/** Begins to count. `at` in milliseconds. */
export function newTally(playbook: string, total: number, at: number): Tally {
  return {
    playbook,
    total,
    settled: 0,
    failed: 0,
    inDoubt: 0,
    waiting: 0,
    requests: 0,
    throttled: 0,
    pausedUntil: 0,
    inFlight: 0,
    limit: undefined,
    pace: undefined,
    draining: undefined,
    operations: new Map(),
    startedAt: at,
  };
}

/** Counts one event. */
export function tallyEvent(tally: Tally, event: RunEvent): void {
  switch (event.event) {
    case 'step.settled': {
      const counts = tally.operations.get(event.uses) ?? { done: 0, failed: 0, unchanged: 0 };
      if (event.outcome === 'succeeded') counts.done += 1;
      if (event.outcome === 'unchanged') counts.unchanged += 1;
      if (event.outcome === 'failed' || event.outcome === 'inDoubt') counts.failed += 1;
      tally.operations.set(event.uses, counts);
      return;
    }
    case 'record.settled':
      tally.settled += 1;
      if (event.outcome === 'failed' || event.outcome === 'blocked') tally.failed += 1;
      if (event.outcome === 'inDoubt') tally.inDoubt += 1;
      if (event.outcome === 'waiting') tally.waiting += 1;
      return;
    case 'request':
      tally.requests += 1;
      return;
    case 'throttled':
      tally.throttled += 1;
      tally.pausedUntil = Math.max(tally.pausedUntil, event.at + event.waitMs);
      return;
    case 'limiter':
      tally.inFlight = event.inFlight;
      tally.limit = event.limit;
      tally.pace = event.perSecond ?? tally.pace;
      return;
    case 'run.draining':
      tally.draining = event.reason;
      return;
    case 'run.started':
    case 'run.finished':
      return;
  }
}

const barWidth = 24;

/** `████████░░░░ 32/60 records, 2 failed · 14 requests/s · throttled 3 times · 20 s left`. */
export function progressLine(tally: Tally, now: number): string {
  const share = tally.total === 0 ? 1 : tally.settled / tally.total;
  const full = Math.floor(share * barWidth);
  const seconds = Math.max(0.001, (now - tally.startedAt) / 1000);
  const parts = [
    `${'█'.repeat(full)}${'░'.repeat(barWidth - full)} ${tally.settled.toLocaleString('en-US')}/${tally.total.toLocaleString('en-US')} records`,
  ];
  if (tally.failed > 0) parts.push(`${tally.failed} failed`);
  if (tally.inDoubt > 0) parts.push(`${tally.inDoubt} in doubt`);
  if (tally.waiting > 0) parts.push(`${tally.waiting} waiting`);
  parts.push(`${(tally.requests / seconds).toFixed(seconds < 10 ? 1 : 0)} requests/s`);
  if (tally.throttled > 0) parts.push(`throttled ${tally.throttled} times`);
  if (tally.pausedUntil > now)
    parts.push(`asked to wait until ${new Date(tally.pausedUntil).toISOString().slice(11, 19)} UTC`);
  if (tally.pace !== undefined) parts.push(`service allows ${tally.pace.toFixed(tally.pace < 10 ? 1 : 0)}/s`);
  if (tally.limit !== undefined) parts.push(`at most ${tally.limit} at once`);
  if (tally.settled > 0 && tally.settled < tally.total)
    parts.push(`${Math.ceil((seconds / tally.settled) * (tally.total - tally.settled))} s left`);
  if (tally.draining !== undefined) parts.push(`draining (${tally.draining}), ${tally.inFlight} in flight`);
  return parts.join(' · ');
}

/** `users.create 45 done, 3 unchanged, 1 failed`. */
export function operationLine(name: string, counts: OperationTally): string {
  const parts = [`${counts.done} done`];
  if (counts.unchanged > 0) parts.push(`${counts.unchanged} unchanged`);
  if (counts.failed > 0) parts.push(`${counts.failed} failed`);
  return `${name}  ${parts.join(', ')}`;
}
