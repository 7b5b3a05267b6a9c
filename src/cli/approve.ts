import { userInfo } from 'node:os';
import process from 'node:process';
import { oneLine, printedJson } from '../diagnostics/neutralise.ts';
import { closest } from '../diagnostics/suggest.ts';
import type { Approval, RunJournal } from '../journal/journal.ts';
import { plural } from '../report/text.ts';
import { type Awaited, awaitedOf } from '../run/approvals.ts';
import { askedOf, waveOf } from './approve-wave.ts';
import { operationsOf } from './catalogues.ts';
import { exitStatus } from './exit-status.ts';
import { usage } from './load-playbook.ts';
import { findRun, openJournal } from './open-journal.ts';
import type { Common } from './options.ts';
import { resumeCommand } from './resume-command.ts';

export interface ApproveOptions extends Common {
  readonly reject?: boolean;
  readonly by?: string;
  readonly comment?: string;
  readonly wave?: number;
}

/** Approvals written down at once; each is durable when the command ends. */
const batch = 500;

/**
 * `tenantry approve`: a person's word on what records wait for, durable with who, when and on what. Sends nothing:
 * a resume goes on with them.
 */
export async function approve(options: ApproveOptions, id: string, ...rest: unknown[]): Promise<number> {
  const names = (rest[0] ?? []) as readonly string[];
  const journal = await openJournal(options.state);
  try {
    const status = await findRun(journal, id, options.state);
    const run = await journal.openRun(status.id);
    try {
      const said =
        options.wave === undefined
          ? (await chosen(run, names)).map(({ record: { index, key }, path, what }) => ({
              key,
              record: index,
              path,
              what,
            }))
          : [
              {
                key: 'the run',
                ...askedOf(await waveOf(status, run, operationsOf(status.catalogues ?? [])), options.wave),
              },
            ];
      await record(run, said, options);
      tell(said, options, resumeCommand(status.id, options.state));
      return exitStatus.done;
    } finally {
      await run.release();
    }
  } finally {
    await journal.close();
  }
}

/** What is meant by the names, RECORD or RECORD/STEP; all that waits where none is given. Throws USAGE. */
async function chosen(run: RunJournal, names: readonly string[]): Promise<readonly Awaited[]> {
  const waiting: Awaited[] = [];
  for await (const row of run.open()) waiting.push(...awaitedOf(row));
  if (waiting.length === 0)
    throw usage(
      'no record of this run waits for approval',
      'a wave is approved with --wave N; tenantry show tells which one waits',
    );
  if (names.length === 0) return waiting;
  const all = new Set<Awaited>();
  for (const name of names) {
    const meant = waiting.filter(({ record: { key }, path }) => key === name || `${key}/${path}` === name);
    if (meant.length === 0) throw unknown(name, waiting);
    for (const one of meant) all.add(one);
  }
  return [...all];
}

const mostListed = 20;

function unknown(name: string, waiting: readonly Awaited[]) {
  const keys = [...new Set(waiting.map(({ record: { key } }) => key))];
  const near = closest(name, keys);
  const more = keys.length > mostListed ? `\n    and ${keys.length - mostListed} more` : '';
  return usage(
    `'${name}' does not wait for approval in this run${near === undefined ? '' : `; did you mean '${near}'?`}`,
    `these wait:${keys
      .slice(0, mostListed)
      .map((key) => `\n    ${key}`)
      .join('')}${more}`,
  );
}

/** What a person's word is on, with the name that it is told by. */
interface Said extends Pick<Approval, 'record' | 'path' | 'what'> {
  readonly key: string;
}

async function record(run: RunJournal, said: readonly Said[], options: ApproveOptions): Promise<void> {
  const by = options.by ?? whoAmI();
  const at = Date.now();
  const { comment } = options;
  const words = said.map(
    ({ record: index, path, what }): Approval => ({
      type: 'approval',
      record: index,
      path,
      verdict: options.reject === true ? 'rejected' : 'approved',
      what,
      by,
      at,
      ...(comment === undefined ? {} : { comment }),
    }),
  );
  for (let from = 0; from < words.length; from += batch)
    await Promise.all(words.slice(from, from + batch).map((word) => run.append(word)));
}

/** Who a CI job works for, else the user of this machine. */
export function whoAmI(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return env.GITHUB_ACTOR ?? env.BUILD_REQUESTEDFOR ?? userName();
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown'; // a container may run under a number that has no name
  }
}

function tell(said: readonly Said[], options: ApproveOptions, resume: string): void {
  const verdict = options.reject === true ? 'rejected' : 'approved';
  if (options.json === true) {
    const steps = said.map(({ key, path, what }) => ({ record: key, path, what }));
    process.stdout.write(`${printedJson({ ok: true, verdict, steps })}\n`);
    return;
  }
  for (const { key, path, what } of said.slice(0, mostListed))
    process.stdout.write(`${oneLine(`${verdict}  ${key}  ${path}: ${what}`)}\n`);
  if (said.length > mostListed) process.stdout.write(`and ${said.length - mostListed} more\n`);
  process.stdout.write(`${plural(said.length, 'step')} ${verdict}. To go on:\n\n    ${oneLine(resume)}\n`);
}
