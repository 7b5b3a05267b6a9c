import process from 'node:process';
import { type Diagnostic, DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { neutraliseForeign, printedJson } from '../diagnostics/neutralise.ts';
import { formatDiagnostics } from '../diagnostics/print.ts';
import { LeaseHeld, LeaseLost } from '../journal/journal.ts';
import type { Notice } from '../report/logging-commands.ts';
import { exitStatus } from './exit-status.ts';
import { wantsColour } from './terminal/colour.ts';

/** Texts of the files that diagnostics may point into, for printing their lines. */
const sources = new Map<string, string>();

/** Remembers a file's text so that diagnostics about it show the line. */
export function rememberSource(file: string, text: string): void {
  sources.set(file, text);
}

/** The text of a file that diagnostics may point into. */
export function sourceOf(file: string): string | undefined {
  return sources.get(file);
}

type DiagnosticsListener = (diagnostics: readonly Diagnostic[]) => void;
const listeners = new Set<DiagnosticsListener>();

/** Has somebody hear of every diagnostic of the command: annotations, SARIF. @returns what ends it */
export function listenToDiagnostics(listener: DiagnosticsListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Tells the listeners of diagnostics that are not printed. */
export function noteDiagnostics(diagnostics: readonly Diagnostic[]): void {
  for (const listener of listeners) listener(diagnostics);
}

type NoticeListener = (notice: Notice) => void;
const noticeListeners = new Set<NoticeListener>();

/** Has somebody hear of the records that a run leaves in trouble. */
export function listenToNotices(listener: NoticeListener): void {
  noticeListeners.add(listener);
}

/** Tells the listeners of a record in trouble. */
export function noteNotice(notice: Notice): void {
  for (const listener of noticeListeners) listener(notice);
}

/** Prints diagnostics to stderr. */
export function printDiagnostics(diagnostics: readonly Diagnostic[], color = true): void {
  if (diagnostics.length === 0) return;
  noteDiagnostics(diagnostics);
  process.stderr.write(
    `${formatDiagnostics(diagnostics, sources, { color: wantsColour(process.stderr, color) })}\n`,
  );
}

/**
 * The one place where an error becomes words: diagnostics as such, known conditions in a sentence, and a bug as a
 * bug. Returns the exit status.
 */
export function reportFailure(
  error: unknown,
  options: { readonly debug: boolean; readonly json: boolean },
): number {
  const diagnostics = diagnosticsOf(error);
  if (options.json) {
    noteDiagnostics(diagnostics);
    process.stdout.write(`${printedJson({ ok: false, diagnostics })}\n`);
  } else printDiagnostics(diagnostics, !process.argv.includes('--no-color'));
  if (options.debug && error instanceof Error)
    process.stderr.write(`${neutraliseForeign(error.stack ?? error.message)}\n`);
  return exitStatus.refused;
}

function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (error instanceof DiagnosticsError) return error.diagnostics;
  if (error instanceof LeaseHeld) {
    const seconds = Math.max(0, Math.ceil((error.expiresAt - Date.now()) / 1000));
    const help = `if that process is gone, its claim ends within ${seconds} s: try again then`;
    return [{ code: 'RUN_OWNED', severity: 'error', message: error.message, help }];
  }
  if (error instanceof LeaseLost) return [{ code: 'RUN_OWNED', severity: 'error', message: error.message }];
  const message = error instanceof Error ? error.message : String(error);
  const help = 'This is a bug in Tenantry. Run the command again with --debug and report what it prints.';
  return [{ code: 'INTERNAL', severity: 'error', message, help }];
}
