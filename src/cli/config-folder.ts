import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

/** Where Tenantry keeps what belongs to its user, not to a run: the key of the state, sign-ins. */
export function configFolder(): string {
  return path.join(process.env.XDG_CONFIG_HOME ?? path.join(homedir(), '.config'), 'tenantry');
}
