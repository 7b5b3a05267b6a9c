import type { RecordWithEntries } from '../journal/journal.ts';
import { type Awaited, awaitedOf, wordsOn } from '../run/approvals.ts';
import { shellWord } from './shell-word.ts';

/** `2026-01-31 09:30:00`, UTC. */
function moment(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').slice(0, 19);
}

/** What a record waits for, and what was said of it, in words. */
export function explainApprovals(row: RecordWithEntries, resume: string): readonly string[] {
  const awaited = awaitedOf(row);
  return [
    ...awaited.flatMap((one) => [
      `waits for approval at step ${one.path} since ${moment(one.since)} UTC: ${one.what}`,
      `  approve    ${resume.replace('resume', 'approve')} ${shellWord(nameIn(one, awaited))}`,
    ]),
    ...wordsOn(row).map(
      ({ path, verdict, by, comment, at, what }) =>
        `${verdict} at step ${path} by ${by}, ${moment(at)} UTC: ${what}${comment === undefined ? '' : ` (${comment})`}`,
    ),
  ];
}

/** The record's key; where several steps of it wait, with the step. */
export function nameIn({ record, path }: Awaited, awaited: readonly Awaited[]): string {
  return awaited.length > 1 ? `${record.key}/${path}` : record.key;
}

/** The same as JSON. */
export function approvalsOf(row: RecordWithEntries) {
  const awaited = awaitedOf(row).map(({ path, what, since }) => ({ path, state: 'waiting', what, since }));
  const given = wordsOn(row).map(({ path, verdict, what, by, comment, at }) => ({
    path,
    state: verdict,
    what,
    by,
    at,
    ...(comment === undefined ? {} : { comment }),
  }));
  return [...awaited, ...given];
}
