import process from 'node:process';
import { oneLine, printedJson } from '../diagnostics/neutralise.ts';
import { commentLimit, summaryLimit } from '../report/markdown-text.ts';
import { runMarkdown } from '../report/run-markdown.ts';
import { planOf } from './begin-run.ts';
import { exitStatus } from './exit-status.ts';
import { findRun, openJournal } from './open-journal.ts';
import type { Common } from './options.ts';
import { resumeCommand } from './resume-command.ts';
import { writeWhole } from './write-file.ts';
import { writeJunit } from './write-junit.ts';

export interface ReportRunOptions extends Common {
  readonly html?: string;
  readonly junit?: string;
  readonly markdown?: string;
  readonly markdownLimit?: 'comment' | 'summary';
}

/** `tenantry report` of a run, over or not, as text, as JSON, or in files of the forms that are named. */
export async function reportRun(options: ReportRunOptions, id?: string): Promise<number> {
  const journal = await openJournal(options.state);
  try {
    const run = await findRun(journal, id, options.state);
    const written: string[] = [];
    if (options.junit === undefined && options.markdown === undefined && options.html === undefined) {
      await (await import('./run-report.ts')).printRunReport(journal, run, options);
      return exitStatus.done;
    }
    if (options.html !== undefined) {
      const { writeRunPage } = await import('./run-report.ts');
      await writeRunPage(journal, run, { state: options.state, html: options.html });
      written.push(options.html);
    }
    if (options.junit !== undefined) {
      await writeJunit(journal, run, options.junit);
      written.push(options.junit);
    }
    if (options.markdown !== undefined) {
      const { header } = planOf(run);
      const shown = {
        playbook: header.playbook.name,
        input: header.input.file,
        target: header.target,
        run,
        troubled: journal.read(run.id, { only: ['inDoubt', 'failed', 'blocked'] }),
        resume: resumeCommand(run.id, options.state),
      };
      const limit = options.markdownLimit === 'summary' ? summaryLimit : commentLimit;
      await writeWhole(options.markdown, await runMarkdown(shown, limit));
      written.push(options.markdown);
    }
    process.stdout.write(
      options.json === true
        ? `${printedJson({ run: run.id, written })}\n`
        : written.map((file) => `${oneLine(file)}\n`).join(''),
    );
    return exitStatus.done;
  } finally {
    await journal.close();
  }
}
