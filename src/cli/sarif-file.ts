import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Diagnostic, DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { printedJson } from '../diagnostics/neutralise.ts';
import { sarifLog, sarifResultsMost } from '../diagnostics/sarif.ts';
import { inRepository } from './ci/agent.ts';
import { listenToDiagnostics, sourceOf } from './failure.ts';
import { version } from './version.ts';
import { writeWhole } from './write-file.ts';

/**
 * Runs a check and writes all that it finds as SARIF, whether it ends well or throws: the most important 5,000, what concerns
 * the whole before rows, errors before warnings.
 * @throws what the check throws; DiagnosticsError RESULTS
 */
export async function withSarif(
  file: string,
  playbook: string,
  check: () => Promise<number>,
): Promise<number> {
  const ranks: Diagnostic[][] = [[], [], [], []];
  let found = 0;
  const stop = listenToDiagnostics((diagnostics) => {
    for (const diagnostic of diagnostics) {
      found += 1;
      const rank =
        ranks[Number(diagnostic.severity === 'warning') * 2 + Number(diagnostic.cell !== undefined)]!;
      if (rank.length < sarifResultsMost) rank.push(diagnostic);
    }
  });
  const write = async () => {
    stop();
    const kept = placed(ranks.flat()).slice(0, sarifResultsMost);
    const log = sarifLog(kept, {
      version,
      sourceOf,
      inRepository,
      uriOf: (name) => pathToFileURL(path.resolve(name)).href,
      file: playbook,
      leftOut: Math.max(0, found - ranks.flat().length) + Math.max(0, ranks.flat().length - sarifResultsMost),
    });
    await writeWhole(file, `${printedJson(log, 2)}\n`);
  };
  try {
    const status = await check();
    await write();
    return status;
  } catch (error) {
    if (error instanceof DiagnosticsError) {
      // It is told to the listeners when it is printed, which is too late for the file.
      const rows = ranks[1]!.length > 0;
      ranks[0]!.push(
        ...error.diagnostics.filter(({ at, cell }) => !rows || at !== undefined || cell !== undefined),
      );
      await write();
    }
    throw error;
  }
}

/** What concerns no place is told where nothing else is. */
function placed(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const found = diagnostics.filter(({ at, cell }) => at !== undefined || cell !== undefined);
  return found.length === 0 ? diagnostics : found;
}
