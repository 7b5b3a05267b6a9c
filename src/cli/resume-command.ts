/** The command that goes on with a run, as it must be typed. */
export function resumeCommand(run: string, state: string): string {
  const given = state === '.tenantry/state.db' ? '' : ` --state ${state}`;
  return `tenantry resume ${run}${given}`;
}
