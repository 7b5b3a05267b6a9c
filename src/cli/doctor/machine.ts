import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { isPostgres, withoutPassword } from '../../journal/postgres-address.ts';
import { openJournal } from '../open-journal.ts';
import { findStateKey } from '../state-key.ts';
import { openTokenCache } from '../token-cache.ts';
import { broken, doubtful, type Finding, fine } from './finding.ts';

/** What does not need the network: Node.js, the key, the state file, the sign-ins that are kept. */
export async function examineMachine(state: string): Promise<readonly Finding[]> {
  return [examineNode(), await examineKey(), await examineState(state), ...(await examineKept())];
}

function examineNode(): Finding {
  // An older one never gets here: main.ts refuses it.
  return fine('Node.js', process.versions.node);
}

async function examineKey(): Promise<Finding> {
  try {
    const { from, notInKeyring } = await findStateKey();
    if (notInKeyring === undefined) return fine('state key', from);
    return doubtful(
      'state key',
      `${from}, and not the keyring as TENANTRY_KEYRING asks for: ${notInKeyring}`,
      'nothing is lost; make the keyring reachable, or unset TENANTRY_KEYRING',
    );
  } catch (error) {
    return broken('state key', error);
  }
}

async function examineState(state: string): Promise<Finding> {
  return isPostgres(state) ? examineRuns('state', state) : examineFile(state);
}

async function examineFile(file: string): Promise<Finding> {
  const exists = await stat(file).then(
    () => true,
    () => false,
  );
  if (!exists) return examineNewState(file);
  try {
    await access(file, constants.R_OK | constants.W_OK);
  } catch {
    return broken(
      'state file',
      `${file} cannot be read and written by you`,
      'change its owner or mode, or name another with --state FILE',
    );
  }
  return examineRuns('state file', file);
}

async function examineRuns(what: string, state: string): Promise<Finding> {
  try {
    const journal = await openJournal(state);
    try {
      const { length } = await journal.runs();
      const runs = length === 1 ? '1 run' : `${length} runs`;
      return fine(what, `${withoutPassword(state)} can be read and written, and holds ${runs}`);
    } finally {
      await journal.close();
    }
  } catch (error) {
    return broken(what, error);
  }
}

/** A state file is made when it is needed: what counts is the nearest folder that exists. */
async function examineNewState(file: string): Promise<Finding> {
  let folder = path.dirname(path.resolve(file));
  while (
    folder !== path.dirname(folder) &&
    !(await stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    ))
  )
    folder = path.dirname(folder);
  try {
    await access(folder, constants.W_OK);
    return fine('state file', `${file} will be made by the first run`);
  } catch {
    return broken(
      'state file',
      `${file} cannot be made: ${folder} cannot be written`,
      'name another place with --state FILE',
    );
  }
}

async function examineKept(): Promise<readonly Finding[]> {
  try {
    const { signIns, unreadable } = await openTokenCache().read();
    if (unreadable > 0)
      return [
        doubtful(
          'kept sign-ins',
          `${unreadable} of ${signIns.length + unreadable} cannot be opened: they were encrypted with another key, or are damaged`,
          'set TENANTRY_STATE_KEY to what it was, or run tenantry login again',
        ),
      ];
    return signIns.length === 0 ? [] : [fine('kept sign-ins', String(signIns.length))];
  } catch (error) {
    return [broken('kept sign-ins', error)];
  }
}
