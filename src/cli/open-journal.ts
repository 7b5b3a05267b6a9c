import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import type { Journal, RunStatus } from '../journal/journal.ts';
import { isPostgres, parsePostgres, withoutPassword } from '../journal/postgres-address.ts';
import { openSqliteJournal } from '../journal/sqlite.ts';
import { realClock } from '../world/real.ts';
import { stateKey } from './state-key.ts';
import { limitYoungSpace } from './young-space.ts';

/**
 * Opens the state: a database where it is named by a postgres:// address, else a file, whose folder is made where it is new.
 * @throws DiagnosticsError where it cannot be used
 */
export async function openJournal(state: string): Promise<Journal> {
  limitYoungSpace();
  return isPostgres(state) ? openDatabaseJournal(state) : openFileJournal(state);
}

async function openDatabaseJournal(state: string): Promise<Journal> {
  const { openPostgresJournal } = await import('../journal/postgres.ts');
  const { tokenScope } = parsePostgres(state);
  return openPostgresJournal(state, {
    clock: realClock,
    key: await stateKey(),
    ...(tokenScope === undefined ? {} : { password: await entraPassword(tokenScope) }),
  });
}

async function entraPassword(scope: string): Promise<() => Promise<string>> {
  const { databasePassword } = await import('./database-password.ts');
  return databasePassword(scope);
}

async function openFileJournal(state: string): Promise<Journal> {
  try {
    await mkdir(path.dirname(state), { recursive: true });
  } catch (error) {
    const message = `the folder of the state file ${state} cannot be made: ${(error as Error).message}`;
    throw new DiagnosticsError([
      { code: 'STATE', severity: 'error', message, help: 'name another place with --state FILE' },
    ]);
  }
  return openSqliteJournal(state, { clock: realClock, key: await stateKey() });
}

/** The run that a command means: the one named, or the newest. Throws RUN_UNKNOWN where there is none. */
export async function findRun(journal: Journal, id: string | undefined, state: string): Promise<RunStatus> {
  const found = id === undefined ? (await journal.runs()).at(-1) : await journal.run(id);
  if (found !== undefined) return found;
  const name = withoutPassword(state);
  const message = id === undefined ? `${name} holds no runs` : `${name} holds no run '${id}'`;
  const help = 'tenantry runs lists them; --state names another state';
  throw new DiagnosticsError([{ code: 'RUN_UNKNOWN', severity: 'error', message, help }]);
}
