import { existsSync, readFileSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { type Diagnostic, DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { oneLine } from '../diagnostics/neutralise.ts';
import { type PageAssets, type PageDocument, pageText } from '../report/html/page.ts';

/** Written in pieces of this many characters. */
const pieceCharacters = 256 * 1024;

/**
 * Writes a page; it appears whole or not at all, readable by its owner only, and memory does not grow with it.
 * @throws DiagnosticsError FILE_NOT_FOUND where it cannot be written
 */
export async function writePage(file: string, page: PageDocument): Promise<void> {
  const part = `${file}.part`;
  try {
    // A part that a killed command left may be readable by others: it is made anew.
    await rm(part, { force: true });
    await using handle = await open(part, 'wx', 0o600);
    let pending = '';
    for await (const text of pageText(page, pageAssets())) {
      pending += text;
      if (pending.length < pieceCharacters) continue;
      await handle.writeFile(pending);
      pending = '';
    }
    await handle.writeFile(pending);
    await handle.close();
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw (error as NodeJS.ErrnoException).syscall === undefined ? error : unwritable(file, error as Error);
  }
  process.stderr.write(`\nThe page is in ${oneLine(file)}; open it in a browser.\n`);
}

/** Style and script as the build made them, beside the bundle; a run from the sources uses what was built last. */
function pageAssets(): PageAssets {
  const read = (name: string): string => {
    const file = ['.', '..', '../../dist']
      .map((folder) => path.join(import.meta.dirname, folder, name))
      .find((candidate) => existsSync(candidate));
    if (file === undefined) throw new Error(`${name} was not built; npm run build makes it`);
    return readFileSync(file, 'utf8');
  };
  return { css: read('page.css'), script: read('page.client.js') };
}

function unwritable(file: string, error: Error): DiagnosticsError {
  const diagnostic: Diagnostic = {
    code: 'FILE_NOT_FOUND',
    severity: 'error',
    message: `cannot write the page ${file}: ${error.message}`,
    help: 'check that the folder exists and can be written',
  };
  return new DiagnosticsError([diagnostic]);
}
