import type { RecordWithEntries, RunStatus } from '../journal/journal.ts';
import { settledOf } from './csv.ts';
import { cell, code, details, htmlCode, type MarkdownLimit, makePage } from './markdown-text.ts';
import { count, plural } from './text.ts';

/** A run to be read on the page of its CI job. */
export interface RunToShow {
  readonly playbook: string;
  readonly input: string;
  readonly target: string;
  readonly run: RunStatus;
  /** Records that failed, were blocked or are in doubt; read once. */
  readonly troubled: AsyncIterable<RecordWithEntries>;
  /** The command that goes on with the run. */
  readonly resume: string;
}

/** Records in trouble for one reason. */
interface Cause {
  readonly outcome: string;
  readonly step: string;
  readonly code: string;
  readonly message: string;
  readonly help: string | undefined;
  count: number;
  readonly records: { readonly key: string; readonly row: unknown; readonly message: string }[];
}

const causesKept = 200;
const recordsKept = 100;
const footerReserve = 800;

/**
 * How a run ended, as Markdown that fits its place: what a person must do first, then failures by their cause.
 * Memory is bounded by the limit's order of size, not by the records.
 */
export async function runMarkdown(shown: RunToShow, limit: MarkdownLimit): Promise<string> {
  const { run, playbook, input, target, resume } = shown;
  const { succeeded, unchanged, skipped, failed, blocked, inDoubt, waiting, open } = run.counts;
  const good = succeeded + unchanged + skipped;
  const page = makePage(limit, footerReserve);
  page.add(
    [
      `## Run ${code(run.id)} of ${code(playbook)}: ${headline(run)}`,
      '',
      '| records | succeeded | failed | in doubt | not reached |',
      '|--:|--:|--:|--:|--:|',
      `| ${[run.records, good, failed + blocked, inDoubt, open].map(count).join(' | ')} |`,
      '',
      `${code(input)} · target ${code(target)}`,
    ].join('\n'),
  );
  const { causes, others } = await causesOf(shown.troubled);
  if (inDoubt > 0)
    page.add(
      `**${plural(inDoubt, 'record')} in doubt:** sent and not answered, so a person must look. What to look for is told by ${code(`${resume.replace('resume', 'show')} --failed`)}`,
    );
  if (waiting > 0)
    page.add(
      `**${plural(waiting, 'record')} waiting for approval:** what is asked is told by ${code(`${resume.replace('resume', 'show')} --waiting`)}`,
    );
  let untold = others;
  for (const cause of causes) if (!page.add(causeBlock(cause))) untold += cause.count;
  const footer: string[] = [];
  if (untold > 0)
    footer.push(`${plural(untold, 'record')} more in trouble had no room here; failed.csv has them all.`);
  if (open > 0) footer.push(`To go on where it was: ${code(resume)}`);
  if (failed + blocked > 0)
    footer.push(`To try the failed records again: ${code(`${resume} --retry-failed`)}`);
  return page.finish(footer.join('\n\n'));
}

function headline({ state }: RunStatus): string {
  if (state === 'waiting') return 'waits for approval';
  return state === 'interrupted' ? 'interrupted' : state === 'stopped' ? 'stopped by its limits' : 'finished';
}

/** Doubts first, then the most frequent cause. */
async function causesOf(
  rows: AsyncIterable<RecordWithEntries>,
): Promise<{ readonly causes: readonly Cause[]; readonly others: number }> {
  const causes = new Map<string, Cause>();
  let others = 0;
  for await (const row of rows) {
    const settled = settledOf(row);
    if (settled === undefined) continue;
    const { step = '', code: why = 'failed', message = '', help } = settled.error ?? {};
    const path = step.replaceAll(/\[[^\]]*\]/gu, '[]');
    const name = `${settled.outcome}\0${path}\0${why}`;
    const cause = causes.get(name) ?? {
      outcome: settled.outcome,
      step: path,
      code: why,
      message,
      help,
      count: 0,
      records: [],
    };
    if (!causes.has(name) && causes.size >= causesKept) {
      others += 1;
      continue;
    }
    causes.set(name, cause);
    cause.count += 1;
    const line = (row.record.planned as { readonly row?: unknown } | null)?.row;
    if (cause.records.length < recordsKept) cause.records.push({ key: row.record.key, row: line, message });
  }
  const doubt = ({ outcome }: Cause) => Number(outcome === 'inDoubt');
  return {
    causes: [...causes.values()].sort((a, b) => doubt(b) - doubt(a) || b.count - a.count),
    others,
  };
}

function causeBlock({ outcome, step, code: why, message, help, count: all, records }: Cause): string {
  const word = outcome === 'inDoubt' ? 'in doubt' : outcome;
  const title = `${plural(all, 'record')} ${word}${step === '' ? '' : ` at ${htmlCode(step, 80)}`}: ${htmlCode(message, 200)} (${htmlCode(why, 60)})`;
  const rows = records.map(
    ({ key, row, message: text }) =>
      `| ${typeof row === 'number' ? row : ''} | ${cell(key, 80)} | ${cell(text, 200)} |`,
  );
  const more = all > records.length ? `\n\n${count(all - records.length)} more like these.` : '';
  const advice =
    help === undefined
      ? ''
      : `${help
          .split('\n')
          .map((line) => code(line.trim(), 200))
          .join(' ')}\n\n`;
  return details(title, `${advice}| row | record | reason |\n|--:|---|---|\n${rows.join('\n')}${more}`);
}
