import { existsSync } from 'node:fs';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { realClock } from '../world/real.ts';
import { planOf } from './begin-run.ts';

/**
 * Countries that the runs of a state file were for, so that a plan can say which are new.
 * @returns undefined where that is not known: no state file, one that cannot be read, or a run that did not count them
 */
export async function countriesOfRuns(state: string): Promise<ReadonlySet<string> | undefined> {
  if (!existsSync(state)) return undefined;
  try {
    const { openSqliteJournal } = await import('../journal/sqlite.ts');
    const journal = openSqliteJournal(state, { clock: realClock });
    try {
      const counted = (await journal.runs()).map((run) => planOf(run).summary.countries);
      return counted.includes(undefined)
        ? undefined
        : new Set(counted.flatMap((countries) => Object.keys(countries ?? {})));
    } finally {
      await journal.close();
    }
  } catch (error) {
    // A plan needs no state: what is wrong with it is told by the commands that do.
    if (error instanceof DiagnosticsError) return undefined;
    throw error;
  }
}
