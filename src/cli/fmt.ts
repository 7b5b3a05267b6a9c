import { chmod, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { fieldNames } from '../check/check-playbook.ts';
import { type Diagnostic, DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { oneLine, printedJson } from '../diagnostics/neutralise.ts';
import { formatYaml } from '../load/format.ts';
import { exitStatus } from './exit-status.ts';
import { rememberSource } from './failure.ts';
import { playbookText } from './load-playbook.ts';
import type { Common } from './options.ts';

interface Formatted {
  readonly file: string;
  readonly before: string;
  readonly text: string;
}

/**
 * `tenantry fmt`: every file is read and judged before the first is written; with `--check` none is, and the exit status
 * says whether one would be.
 */
export async function fmt(
  options: Common & { readonly check?: boolean },
  // commander gives the operands of a variadic argument as one list.
  files: string | readonly string[],
): Promise<number> {
  const formatted: Formatted[] = [];
  const wrong: Diagnostic[] = [];
  for (const file of [...new Set([files].flat())]) {
    const before = await playbookText(file);
    rememberSource(file, before);
    const checked = formatYaml(file, before, fieldNames);
    if (checked.ok) formatted.push({ file, before, text: checked.value });
    else wrong.push(...checked.diagnostics);
  }
  if (wrong.length > 0) throw new DiagnosticsError(wrong);
  const changing = formatted.filter(({ before, text }) => before !== text);
  if (options.check !== true) for (const { file, text } of changing) await replace(file, text);
  say(options, formatted, changing);
  return options.check === true && changing.length > 0 ? exitStatus.refused : exitStatus.done;
}

/** The file holds its old text or the new one, whatever happens; a link stays a link. */
async function replace(named: string, text: string): Promise<void> {
  const file = await realpath(named);
  const part = `${file}.part`;
  try {
    const { mode } = await stat(file);
    await writeFile(part, text, { mode });
    await chmod(part, mode); // the mask of this process must not narrow what the file had
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    const message = `cannot write ${named}: ${(error as Error).message}`;
    throw new DiagnosticsError([{ code: 'FILE_NOT_FOUND', severity: 'error', message }]);
  }
}

function say(
  options: Common & { readonly check?: boolean },
  all: readonly Formatted[],
  changing: readonly Formatted[],
): void {
  if (options.json === true) {
    const files = all.map(({ file, before, text }) => ({ file, changed: before !== text }));
    process.stdout.write(`${printedJson({ ok: options.check !== true || changing.length === 0, files })}\n`);
    return;
  }
  const word = options.check === true ? 'would change' : 'formatted';
  for (const { file } of changing) process.stdout.write(`${word}  ${oneLine(file)}\n`);
}
