import type { Journal, RunJournal } from '../journal/journal.ts';
import { replay } from '../journal/replay.ts';
import { usage } from './load-playbook.ts';

/**
 * Takes a person's word on records in doubt (`--settle KEY=done|not-done`). `done`: the step counts as succeeded,
 * without a result. `not-done`: the request counts as never sent, so the next attempt may send it.
 * @throws DiagnosticsError USAGE where a record is not in doubt in this run
 */
export async function settleByHand(
  journal: Journal,
  run: RunJournal,
  verdicts: ReadonlyMap<string, 'done' | 'not-done'>,
): Promise<void> {
  if (verdicts.size === 0) return;
  const settled = new Set<string>();
  for await (const { record, entries } of journal.read(run.header.id, { only: ['inDoubt'] })) {
    const verdict = verdicts.get(record.key);
    if (verdict === undefined) continue;
    settled.add(record.key);
    for (const [path, state] of replay(entries).steps) {
      if (state.type !== 'intended') continue;
      const place = { record: record.index, path, at: Date.now() };
      if (verdict === 'done') await run.append({ ...place, type: 'settled', outcome: 'succeeded' });
      else
        await run.append({ ...place, type: 'answered', attempt: state.intended.attempt, answer: 'notSent' });
    }
  }
  const missing = [...verdicts.keys()].filter((key) => !settled.has(key));
  if (missing.length > 0)
    throw usage(
      `not in doubt in run ${run.header.id}: ${missing.join(', ')}`,
      `tenantry show ${run.header.id} --failed lists the records in doubt`,
    );
}
