import type {
  Answered,
  Intended,
  JournalEntry,
  RecordWithEntries,
  Settled,
  StepError,
} from '../../journal/journal.ts';
import type { PlannedRecord } from '../../plan/plan.ts';
import type { ShownRequest } from '../../plan/shown-request.ts';
import { settledOf } from '../csv.ts';
import { outcomeFilters, outcomeWord } from './outcomes.ts';
import type { PageRecord, PageStep } from './page-record.ts';

/** The request that an intent was for, secrets hidden. */
export type RequestOfIntent = (intended: Intended) => ShownRequest | undefined;

/** A record of a run as the page shows it: its steps in the plan's order, then those that only the run knew of. */
export function runPageRecord(row: RecordWithEntries, requestOf: RequestOfIntent): PageRecord {
  const settled = settledOf(row);
  const planned = row.record.planned as PlannedRecord;
  const outcome = settled?.outcome ?? 'open';
  const byPath = new Map<string, JournalEntry[]>();
  for (const entry of row.entries)
    if (entry.path !== '') byPath.set(entry.path, [...(byPath.get(entry.path) ?? []), entry]);
  const uses = new Map(planned.actions.map((action) => [action.path, action.uses]));
  const paths = [...new Set([...uses.keys(), ...byPath.keys()])];
  const { word } = outcomeWord(outcome);
  return {
    key: row.record.key,
    row: planned.row,
    flags: 1 << outcomeFilters.findIndex((filter) => filter.outcome === outcome),
    summary: settled?.error === undefined ? word : `${word}: ${reasonOf(settled.error)}`,
    problems: settled?.error === undefined ? [] : [reasonOf(settled.error)],
    steps: paths.map((path) => {
      const step = stepOf(path, uses.get(path), byPath.get(path) ?? [], requestOf);
      // Checks and waits leave nothing in the journal but the record's end where they fail it.
      if (byPath.has(path)) return step;
      if (settled?.error?.step === path) return { ...step, ...outcomeWord(outcome) };
      const silent = step.uses === 'assert' || step.uses === 'wait';
      return silent ? { ...step, sign: '.', word: 'not journaled' } : step;
    }),
  };
}

function stepOf(
  path: string,
  planned: string | undefined,
  entries: readonly JournalEntry[],
  requestOf: RequestOfIntent,
): PageStep {
  const settled = entries.findLast((entry): entry is Settled => entry.type === 'settled');
  const intended = entries.findLast((entry): entry is Intended => entry.type === 'intended');
  const request = intended && requestOf(intended);
  return {
    path,
    uses: intended?.operation ?? planned ?? '',
    ...outcomeWord(settled?.outcome ?? 'open'),
    ...(settled?.error === undefined ? {} : { note: reasonOf(settled.error) }),
    ...(settled?.error?.help === undefined ? {} : { help: settled.error.help }),
    ...(request === undefined
      ? {}
      : {
          request: {
            method: request.method,
            path: request.path,
            ...(request.body === undefined ? {} : { body: request.body }),
            ...(request.over === undefined ? {} : { over: request.over }),
          },
        }),
    ...(entries.length === 0 ? {} : { log: entries.map(logLine) }),
  };
}

function reasonOf({ step, code, message, status, requestId }: StepError): string {
  const more = [
    code,
    status === undefined ? '' : `HTTP ${status}`,
    requestId === undefined ? '' : `request id ${requestId}`,
  ];
  return `${step === '' ? '' : `${step}: `}${message} (${more.filter((part) => part !== '').join(', ')})`;
}

function logLine(entry: JournalEntry): string {
  const at = new Date(entry.at).toISOString().slice(0, 19).replace('T', ' ');
  switch (entry.type) {
    case 'intended':
      return `${at} sent as ${entry.requestId}, attempt ${entry.attempt}`;
    case 'answered':
      return `${at} ${answerWords(entry)}`;
    case 'settled':
      return `${at} ${outcomeWord(entry.outcome).word}`;
    case 'approval':
      return `${at} ${entry.verdict} by ${entry.by}: ${entry.what}`;
    case 'revised':
      return `${at} the plan of the record was revised`;
  }
}

function answerWords({ answer, status, ms }: Answered): string {
  const words: Readonly<Record<Answered['answer'], string>> = {
    ok: status === undefined ? 'found done by a look-up' : 'answered',
    refused: 'refused',
    throttled: 'throttled',
    unknown: 'no answer that tells whether it happened',
    notSent: 'not sent, or surely not done',
  };
  return `${words[answer]}${status === undefined ? '' : ` ${status}`}${ms === undefined ? '' : ` after ${ms} ms`}`;
}
