import process from 'node:process';
import { neutralise } from '../diagnostics/neutralise.ts';
import { readPlan } from '../plan/plan-file.ts';
import { commentLimit, type MarkdownLimit, summaryLimit } from '../report/markdown-text.ts';
import { planMarkdown } from '../report/plan-markdown.ts';
import { addJobSummary } from './ci/summary.ts';
import { writeWhole } from './write-file.ts';

/** Writes a plan as Markdown to where `--markdown` says, and to the summary of the CI job where this is one. */
export async function showInMarkdown(
  file: string,
  options: {
    readonly markdown?: string;
    readonly markdownLimit?: 'comment' | 'summary';
    readonly out?: string;
  },
): Promise<void> {
  const plan = await readPlan(file);
  const make = (limit: MarkdownLimit) => planMarkdown({ ...plan, file: options.out }, limit);
  if (options.markdown !== undefined) {
    const text = await make(options.markdownLimit === 'summary' ? summaryLimit : commentLimit);
    if (options.markdown === '-') process.stdout.write(neutralise(text));
    else await writeWhole(options.markdown, text);
  }
  await addJobSummary(make);
}
