import type { Answered, RunJournal } from '../journal/journal.ts';
import { wrapSecrets } from '../plan/secrets.ts';
import { type ByHandParts, type Doubtful, doubtfulOf, readerOf, resultByHand } from '../run/by-hand.ts';
import { leavesWithinMs, onItsWayMs } from '../run/doubt.ts';
import { usage } from './load-playbook.ts';

/** A person's word on one request in doubt. */
export interface Verdict {
  /** RECORD, or RECORD/STEP where several requests of a record are in doubt. */
  readonly name: string;
  readonly happened: boolean;
  /** What the thing that was made is called at the service. */
  readonly id?: string;
}

/** Reads `--settle RECORD=done|done:ID|not-done` words. Throws USAGE. */
export function verdictsOf(words: readonly string[]): readonly Verdict[] {
  const seen = new Set<string>();
  return words.map((word) => {
    const [, name, verdict, id] = /^(.+)=(done|not-done)(?::(.+))?$/su.exec(word) ?? [];
    if (name === undefined || (verdict === 'not-done' && id !== undefined))
      throw usage(`--settle ${word}: write RECORD=done, RECORD=done:ID or RECORD=not-done`);
    if (seen.has(name)) throw usage(`--settle gives '${name}' twice`);
    seen.add(name);
    return { name, happened: verdict === 'done', ...(id === undefined ? {} : { id }) };
  });
}

/**
 * Takes a person's word on requests in doubt. `done`: the step goes on as if the answer had come, with what the service
 * shows of it as its result. `not-done`: the request counts as never sent, so another one may be sent; that cannot be known
 * while it may still be on its way. All words are judged before the first is recorded.
 * @throws DiagnosticsError USAGE where a word names nothing that is in doubt, or the service does not bear it out
 */
export async function settleByHand(
  run: RunJournal,
  parts: ByHandParts & { readonly now: () => number },
  verdicts: readonly Verdict[],
): Promise<void> {
  if (verdicts.length === 0) return;
  const doubtful: Doubtful[] = [];
  for await (const opened of run.open()) doubtful.push(...doubtfulOf(opened));
  const chosen = verdicts.map((verdict) => ({ verdict, meant: meantBy(verdict, doubtful) }));
  const entries: Answered[] = [];
  for (const { verdict, meant } of chosen) entries.push(await answerOf(parts, verdict, meant));
  for (const entry of entries) await run.append(entry);
}

export function nameOf({ opened, path }: Doubtful): string {
  return `${opened.record.key}/${path}`;
}

function meantBy({ name }: Verdict, doubtful: readonly Doubtful[]): Doubtful {
  const ofRecord = doubtful.filter(({ opened }) => opened.record.key === name);
  const [meant, ...others] = ofRecord.length > 0 ? ofRecord : doubtful.filter((one) => nameOf(one) === name);
  if (meant === undefined) throw usage(`'${name}' is not in doubt in this run`, listOf(doubtful));
  if (others.length > 0)
    throw usage(`several requests of '${name}' are in doubt: say of each what is true`, listOf(ofRecord));
  return meant;
}

const mostListed = 20;

function listOf(doubtful: readonly Doubtful[]): string {
  if (doubtful.length === 0) return 'nothing is: tenantry show --failed tells what became of its records';
  const more = doubtful.length - mostListed;
  const names = doubtful.slice(0, mostListed).map((one) => `\n    ${nameOf(one)}`);
  return `in doubt are:${names.join('')}${more > 0 ? `\n    and ${more} more` : ''}`;
}

async function answerOf(
  parts: ByHandParts & { readonly now: () => number },
  { name, happened, id }: Verdict,
  meant: Doubtful,
): Promise<Answered> {
  const { intended, path, opened } = meant;
  const entry = {
    type: 'answered',
    record: opened.record.index,
    path,
    attempt: intended.attempt,
    at: parts.now(),
  } as const;
  if (!happened) {
    const leftMs = intended.at + leavesWithinMs + onItsWayMs - parts.now();
    if (leftMs <= 0) return { ...entry, answer: 'notSent' };
    throw usage(
      `--settle ${name}=not-done: the request left a moment ago, and may still happen`,
      `look again in ${Math.ceil(leftMs / 1_000)} s; nothing was recorded and nothing was sent`,
    );
  }
  const word = await resultByHand(parts, meant, id);
  const operation = parts.operations.get(intended.operation)!;
  switch (word.type) {
    case 'known': {
      const body = wrapSecrets(word.result, operation.result);
      return { ...entry, answer: 'ok', ...(body === undefined ? {} : { body }) };
    }
    case 'unnamed':
      throw usage(
        `--settle ${name}=done: say which one it is, for what follows needs it`,
        `--settle ${name}=done:ID, with the ${readerOf(operation, parts.operations)!.id} that Partner Center shows`,
      );
    case 'notSeen':
      throw usage(
        `--settle ${name}=done: the service does not bear it out: ${word.reason}`,
        'look again, perhaps some minutes later; nothing was recorded and nothing was sent',
      );
  }
}
