import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { configFolder } from './config-folder.ts';

/**
 * The key that secrets in a state file are encrypted with: TENANTRY_STATE_KEY where it is set (any text; a CI
 * secret), else a file of the user's own, made once, readable by nobody else.
 * @returns 32 bytes
 * @throws DiagnosticsError STATE_KEY where the file cannot be read or made
 */
export async function stateKey(): Promise<Uint8Array> {
  const text = process.env.TENANTRY_STATE_KEY;
  if (text !== undefined && text !== '') return createHash('sha256').update(text).digest();
  const file = path.join(configFolder(), 'state.key');
  try {
    return await readOrMake(file);
  } catch (error) {
    const message = `the key for secrets in the state cannot be read or made: ${file}: ${(error as Error).message}`;
    const help = 'set TENANTRY_STATE_KEY to a long random text, the same for every command on one state file';
    throw new DiagnosticsError([{ code: 'STATE_KEY', severity: 'error', message, help }]);
  }
}

async function readOrMake(file: string): Promise<Uint8Array> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  try {
    // `wx`: of two processes that start at once one makes the key, the other reads it.
    await writeFile(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const key = Buffer.from((await readFile(file, 'utf8')).trim(), 'base64');
  if (key.length !== 32) throw new Error('it does not hold a key of 32 bytes');
  return key;
}
