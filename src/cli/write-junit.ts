import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import type { Journal, RunStatus } from '../journal/journal.ts';
import { type JunitSuite, junitCase, junitHead, junitTail, noCases } from '../report/junit.ts';
import { planOf } from './begin-run.ts';
import { unwritable } from './write-file.ts';

/** Written in pieces of this size. */
const pieceCharacters = 256 * 1024;

/**
 * Writes a run as JUnit XML, whole or not at all, a record at a time.
 * @throws DiagnosticsError RESULTS
 */
export async function writeJunit(journal: Journal, run: RunStatus, file: string): Promise<void> {
  const { header } = planOf(run);
  const suite: JunitSuite = {
    playbook: header.playbook.name,
    input: header.input.file,
    target: header.target,
    run: run.id,
    createdAt: run.createdAt,
  };
  const totals = noCases();
  // Room for every total that there can be.
  const most = Number.MAX_SAFE_INTEGER;
  const widest = { tests: most, failures: most, errors: most, skipped: most, from: 0, to: most };
  const length = Buffer.byteLength(junitHead(suite, widest));
  const part = `${file}.${randomBytes(4).toString('hex')}.part`;
  try {
    const handle = await open(part, 'wx', 0o600);
    try {
      let piece = junitHead(suite, totals, length);
      for await (const row of journal.read(run.id)) {
        piece += junitCase(row, suite, totals);
        if (piece.length < pieceCharacters) continue;
        await handle.writeFile(piece);
        piece = '';
      }
      await handle.writeFile(piece + junitTail);
      await handle.write(Buffer.from(junitHead(suite, totals, length)), { position: 0 });
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw (error as NodeJS.ErrnoException).syscall === undefined ? error : unwritable(file, error as Error);
  }
}
