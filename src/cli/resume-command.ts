import { withoutPassword } from '../journal/postgres-address.ts';

/** The command that goes on with a run, as it must be typed; the password of a database is never in it. */
export function resumeCommand(run: string, state: string): string {
  const given = state === '.tenantry/state.db' ? '' : ` --state ${quoted(withoutPassword(state))}`;
  return `tenantry resume ${run}${given}`;
}

/** Addresses hold what shells take for theirs. */
function quoted(state: string): string {
  return /^[\w./:@%+=,-]+$/u.test(state) ? state : `'${state.replaceAll("'", `'\\''`)}'`;
}
