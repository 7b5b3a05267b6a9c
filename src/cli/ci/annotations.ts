import process from 'node:process';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { lineColumn } from '../../diagnostics/print.ts';
import { rowsAreLines } from '../../diagnostics/row-lines.ts';
import { azureCommand, githubCommand, mostImportant, type Notice } from '../../report/logging-commands.ts';
import { sourceOf } from '../failure.ts';
import { type CiAgent, inRepository } from './agent.ts';

/** Notices of a command until its end, when it is known which are the most important ones. */
export interface Annotations {
  add(notice: Notice): void;
  addDiagnostics(diagnostics: readonly Diagnostic[]): void;
  /** Writes them to stderr, which the systems read like stdout: what stdout carries stays what it is. */
  write(): void;
}

/** So many kinds, and notices of a kind, are kept: memory does not grow with what is wrong. */
const kindsKept = 200;
const noticesKept = 10;

export function annotations(agent: CiAgent): Annotations {
  const kept: Notice[] = [];
  const counts = new Map<string, number>();
  const seen = new Set<string>();
  const add = (notice: Notice): void => {
    const before = counts.get(notice.kind);
    if (before === undefined && counts.size >= kindsKept) return;
    if ((before ?? 0) < noticesKept) {
      // A guard that fails is told when the plan is shown, and again when it is refused.
      const same = `${notice.kind}\0${notice.file}\0${notice.line}\0${notice.message}`;
      if (seen.has(same)) return;
      seen.add(same);
      kept.push(notice);
    }
    counts.set(notice.kind, (before ?? 0) + 1);
  };
  return {
    add,
    addDiagnostics: (diagnostics) => {
      for (const diagnostic of diagnostics) add(noticeOf(diagnostic));
    },
    write: () => {
      const command = agent === 'github' ? githubCommand : azureCommand;
      const lines = mostImportant(kept, counts).map((notice) => `${command(notice)}\n`);
      // A line that was begun must not hide a command.
      if (lines.length > 0) process.stderr.write(`\n${lines.join('')}`);
    },
  };
}

function noticeOf({ code, severity, message, at, cell, expected, didYouMean, help }: Diagnostic): Notice {
  const advice = [
    expected === undefined ? '' : `expected ${expected}`,
    didYouMean === undefined ? '' : `did you mean '${didYouMean}'?`,
    help ?? '',
  ].filter((text) => text !== '');
  const file = at?.file ?? cell?.file;
  const place = file === undefined ? undefined : inRepository(file);
  const outside = file !== undefined && place === undefined ? `${file}: ` : '';
  return {
    severity,
    title: code,
    message: `${outside}${[message, ...advice].join('; ').replaceAll(/\s*\n\s*/gu, ' ')}`,
    kind: cell === undefined ? `${code} ${message}` : `row ${code} ${cell.column ?? ''}`,
    ...(place === undefined ? {} : { file: place }),
    ...(at === undefined ? {} : spanOf(at)),
    ...(cell === undefined || !rowsAreLines(cell.file) ? {} : { line: cell.row }),
  };
}

function spanOf({ file, offset, length }: NonNullable<Diagnostic['at']>) {
  const text = sourceOf(file);
  if (text === undefined) return {};
  const from = lineColumn(text, offset);
  const to = lineColumn(text, offset + length);
  return { ...from, ...(to.line === from.line && length > 0 ? { endColumn: to.column } : {}) };
}
