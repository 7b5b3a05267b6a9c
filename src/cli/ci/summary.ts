import { randomBytes } from 'node:crypto';
import { appendFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { azureSummaryCommand } from '../../report/logging-commands.ts';
import { type MarkdownLimit, summaryLimit } from '../../report/markdown-text.ts';
import { printDiagnostics } from '../failure.ts';
import { ciAgent } from './agent.ts';

/**
 * Puts Markdown on the page of the CI job: appended to GITHUB_STEP_SUMMARY, or handed to Azure Pipelines as a file. Does
 * nothing elsewhere. That it could not be written is a warning: what it tells of has happened.
 * @param make gives the text, no longer than what there is room for
 */
export async function addJobSummary(make: (limit: MarkdownLimit) => Promise<string>): Promise<void> {
  try {
    const agent = ciAgent();
    if (agent === 'github') await appendToStep(make);
    if (agent === 'azure') await upload(make);
  } catch (error) {
    const message = `the job summary could not be written: ${(error as Error).message}`;
    printDiagnostics([{ code: 'RESULTS', severity: 'warning', message }]);
  }
}

/** Less is not worth a heading. */
const roomLeast = 4_096;

/** All commands of one step share its megabyte; a file over it is not shown at all. */
async function appendToStep(make: (limit: MarkdownLimit) => Promise<string>): Promise<void> {
  const file = process.env.GITHUB_STEP_SUMMARY;
  if (file === undefined || file === '') return;
  const used = await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
  const room = summaryLimit.most - used - 1;
  if (room < roomLeast) return;
  await appendFile(file, `${await make({ ...summaryLimit, most: room })}\n`, { mode: 0o600 });
}

/** The agent reads the file after this process has ended, and clears its own folder after the job. */
async function upload(make: (limit: MarkdownLimit) => Promise<string>): Promise<void> {
  const folder = process.env.AGENT_TEMPDIRECTORY ?? tmpdir();
  const file = path.resolve(folder, `tenantry-${randomBytes(4).toString('hex')}.md`);
  await writeFile(file, await make(summaryLimit), { mode: 0o600, flag: 'wx' });
  process.stderr.write(`\n${azureSummaryCommand(file)}\n`);
}
