import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';

/**
 * Writes a file that an option names, whole or not at all, readable by its owner only: what plans and runs say is
 * customers' data.
 * @throws DiagnosticsError RESULTS
 */
export async function writeWhole(file: string, text: string): Promise<void> {
  const part = `${file}.${randomBytes(4).toString('hex')}.part`;
  try {
    await writeFile(part, text, { mode: 0o600, flag: 'wx' });
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw unwritable(file, error as Error);
  }
}

export function unwritable(file: string, error: Error): DiagnosticsError {
  const message = `cannot write ${file}: ${error.message}`;
  const help = 'check that the folder exists and can be written';
  return new DiagnosticsError([{ code: 'RESULTS', severity: 'error', message, help }]);
}
