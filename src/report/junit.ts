import { oneLine } from '../diagnostics/neutralise.ts';
import type { JournalEntry, RecordWithEntries } from '../journal/journal.ts';
import { settledOf } from './csv.ts';

/**
 * A run as JUnit XML: a suite for the playbook, a case a row, its name the record's key. Only what every reader of the
 * format knows is used: Jenkins, GitLab, Azure Pipelines (PublishTestResults) and the actions for GitHub.
 */
export interface JunitTotals {
  tests: number;
  /** Failed, or left because a record that they need failed. */
  failures: number;
  /** In doubt: a person must look. */
  errors: number;
  /** Not reached, or nothing to do. */
  skipped: number;
  /** Of the earliest and the latest entry, milliseconds. */
  from: number;
  to: number;
}

/** What the suite says of itself. */
export interface JunitSuite {
  readonly playbook: string;
  readonly input: string;
  readonly target: string;
  readonly run: string;
  /** Milliseconds. */
  readonly createdAt: number;
}

/** Totals of no case. */
export function noCases(): JunitTotals {
  return { tests: 0, failures: 0, errors: 0, skipped: 0, from: Number.POSITIVE_INFINITY, to: 0 };
}

/**
 * The beginning of the document. The totals stand in it, and are known at its end: it is padded to a length, written first
 * and written again.
 */
export function junitHead(suite: JunitSuite, totals: JunitTotals, length = 0): string {
  const { tests, failures, errors, skipped, from, to } = totals;
  const counts = `tests="${tests}" failures="${failures}" errors="${errors}" skipped="${skipped}" time="${seconds(to - from)}"`;
  const name = attribute(suite.playbook);
  const timestamp = new Date(suite.createdAt).toISOString().slice(0, 19);
  const head = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${name}" ${counts}>`,
    `<testsuite name="${name}" timestamp="${timestamp}" ${counts}>`,
    '<properties>',
    ...(['run', 'input', 'target'] as const).map(
      (property) => `<property name="${property}" value="${attribute(suite[property])}"/>`,
    ),
    '</properties>',
  ].join('\n');
  // Spaces between elements mean nothing.
  return `${head}${' '.repeat(Math.max(0, length - Buffer.byteLength(head) - 1))}\n`;
}

/** The end of the document. */
export const junitTail = '</testsuite>\n</testsuites>\n';

/** One case; the totals are counted up by it. @param input where its row is */
export function junitCase(row: RecordWithEntries, suite: JunitSuite, totals: JunitTotals): string {
  const settled = settledOf(row);
  const span = spanOf(row.entries);
  totals.tests += 1;
  if (span !== undefined) {
    totals.from = Math.min(totals.from, span.from);
    totals.to = Math.max(totals.to, span.to);
  }
  const inside = verdict(row, suite, totals);
  const time = settled === undefined || span === undefined ? 0 : span.to - span.from;
  const head = `<testcase classname="${attribute(suite.playbook)}" name="${attribute(row.record.key)}" time="${seconds(time)}"`;
  return inside === '' ? `${head}/>\n` : `${head}>\n${inside}\n</testcase>\n`;
}

function verdict(row: RecordWithEntries, suite: JunitSuite, totals: JunitTotals): string {
  const settled = settledOf(row);
  switch (settled?.outcome) {
    case 'succeeded':
    case 'unchanged':
      return '';
    case 'failed':
    case 'blocked':
      totals.failures += 1;
      return problem('failure', row, suite);
    case 'inDoubt':
      totals.errors += 1;
      return problem('error', row, suite);
    case 'waiting':
      totals.skipped += 1;
      return `<skipped message="${attribute(`waits for approval: ${settled.error?.message ?? ''}`)}"/>`;
    default:
      totals.skipped += 1;
      return `<skipped message="${settled === undefined ? 'not reached' : 'nothing to do'}"/>`;
  }
}

function problem(element: 'failure' | 'error', row: RecordWithEntries, suite: JunitSuite): string {
  const error = settledOf(row)?.error;
  const message = error?.message ?? 'no reason is known';
  const line = (row.record.planned as { readonly row?: unknown } | null)?.row;
  const lines = [
    `${suite.input}${typeof line === 'number' ? ` row ${line}` : ''}`,
    ...(error?.step ? [`step ${error.step}`] : []),
    message,
    ...(error?.requestId === undefined ? [] : [`request id ${error.requestId}`]),
    ...(error?.help?.split('\n') ?? []),
  ];
  const type = element === 'error' ? `inDoubt ${error?.code ?? ''}`.trim() : (error?.code ?? 'failed');
  return `<${element} type="${attribute(type)}" message="${attribute(message)}">${lines.map(escapeXml).join('\n')}</${element}>`;
}

/** From the first to the last entry of a record. */
function spanOf(
  entries: readonly JournalEntry[],
): { readonly from: number; readonly to: number } | undefined {
  const [first] = entries;
  const last = entries.at(-1);
  return first === undefined || last === undefined ? undefined : { from: first.at, to: last.at };
}

function seconds(ms: number): string {
  return (Number.isFinite(ms) ? Math.max(0, ms) / 1000 : 0).toFixed(3);
}

/** Suites and cases are listed by name: what is longer helps nobody. */
const attributeMost = 500;

function attribute(text: string): string {
  return escapeXml(text.length > attributeMost ? `${text.slice(0, attributeMost - 1)}…` : text);
}

/** Characters that XML 1.0 has no way to write (section 2.2); controls were made visible before. */
const unwritable = /[\uFFFE\uFFFF]|\p{Surrogate}/gu;

function escapeXml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&apos;',
  };
  return oneLine(text)
    .replaceAll(unwritable, '\uFFFD')
    .replaceAll('\t', ' ')
    .replaceAll(/[&<>"']/gu, (character) => names[character]!);
}
