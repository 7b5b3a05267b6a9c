import type { RecordWithEntries, StepError, StepOutcomeName } from '../journal/journal.ts';
import type { PlannedRecord } from '../plan/plan.ts';
import { settledOf } from './csv.ts';

/** Records that ended badly for one reason. */
export interface Cause {
  readonly outcome: Extract<StepOutcomeName, 'failed' | 'blocked' | 'inDoubt'>;
  /** The step, items of loops alike; '' where it is the record as a whole. */
  readonly step: string;
  readonly operation?: string;
  readonly code: string;
  /** What the first of them was told. */
  readonly message: string;
  readonly status?: number;
  readonly records: number;
  /** Some of their keys. */
  readonly examples: readonly string[];
  readonly requestId?: string;
  /** What to do about it. */
  readonly advice: readonly string[];
}

/** The catalogue's words for an error of an operation. */
export type Meaning = (operation: string, error: StepError) => string | undefined;

const examplesMax = 5;
const causesMax = 200;

/** Groups what went wrong by its cause. Memory grows with the causes, of which so many are told apart. */
export class Causes {
  readonly #causes = new Map<string, Cause & { records: number; examples: string[] }>();
  readonly #meaning: Meaning;

  constructor(meaning: Meaning) {
    this.#meaning = meaning;
  }

  add(row: RecordWithEntries): void {
    const settled = settledOf(row);
    if (settled === undefined || !isBad(settled.outcome)) return;
    const error = settled.error ?? { step: '', code: 'UNKNOWN', message: 'no reason was kept' };
    const step = error.step.replaceAll(/\[[^\]]*\]/gu, '');
    const kind = [settled.outcome, step, error.code, sameWords(error.message, row.record.key)].join('\n');
    const name = this.#causes.has(kind) || this.#causes.size < causesMax ? kind : 'others';
    const known = this.#causes.get(name);
    if (known !== undefined) {
      known.records += 1;
      if (known.examples.length < examplesMax) known.examples.push(row.record.key);
      return;
    }
    const operation = operationOf(row.record.planned as PlannedRecord, error.step);
    this.#causes.set(name, {
      outcome: settled.outcome,
      step,
      ...(operation === undefined ? {} : { operation }),
      code: error.code,
      message: name === 'others' ? 'various other reasons' : error.message,
      ...(error.status === undefined ? {} : { status: error.status }),
      records: 1,
      examples: [row.record.key],
      ...(error.requestId === undefined ? {} : { requestId: error.requestId }),
      advice: adviceFor(settled.outcome, error, operation && this.#meaning(operation, error)),
    });
  }

  /** The most frequent first; what is in doubt before all, since money may hang on it. */
  finish(): readonly Cause[] {
    return [...this.#causes.values()].sort(
      (a, b) => Number(b.outcome === 'inDoubt') - Number(a.outcome === 'inDoubt') || b.records - a.records,
    );
  }
}

function isBad(outcome: StepOutcomeName): outcome is Cause['outcome'] {
  return outcome === 'failed' || outcome === 'blocked' || outcome === 'inDoubt';
}

/** A message without what differs from record to record: keys, ids, addresses, numbers, what stands in quotes. */
function sameWords(message: string, key: string): string {
  return message
    .replaceAll(key, '…')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/giu, '…')
    .replaceAll(/(["']).*?\1/gu, '…')
    .replaceAll(/[^\s@]+@[^\s@]+|\b[\w-]+(?:\.[\w-]+)+\b/gu, '…')
    .replaceAll(/\d+/gu, '…');
}

function operationOf({ actions }: PlannedRecord, step: string): string | undefined {
  const plain = step.replaceAll(/\[[^\]]*\]/gu, '');
  const named =
    actions.find(({ path }) => path === step) ??
    actions.find(({ path }) => path.replaceAll(/\[[^\]]*\]/gu, '') === plain);
  return named?.uses;
}

function adviceFor(
  outcome: Cause['outcome'],
  error: StepError,
  meaning: string | undefined,
): readonly string[] {
  const meant = meaning === undefined ? [] : [`The service’s documentation says: ${meaning}.`];
  if (outcome === 'inDoubt')
    return [
      'Each was sent and never answered, and neither a repeat nor a look-up can tell whether it happened.',
      'tenantry show --failed says for each where to look in Partner Center, and the command for each answer.',
    ];
  if (outcome === 'blocked')
    return [
      'Nothing was sent for these: what they need did not succeed. Settle that first, then resume with --retry-failed.',
    ];
  return [
    ...meant,
    ...(error.help === undefined ? [] : error.help.split('\n')),
    ...generalAdvice(error, meaning !== undefined),
  ];
}

/** @param explained whether the catalogue says what this very error means */
function generalAdvice({ code, status }: StepError, explained: boolean): readonly string[] {
  const again = 'tenantry resume --retry-failed tries these records again, and nothing that succeeded.';
  if (code === 'THROTTLED' || code === 'UNAVAILABLE' || code === 'TIMEOUT' || (status ?? 0) >= 500)
    return ['The service did not do it for now, so nothing is wrong with the records.', again];
  if (!explained && (status === 401 || status === 403))
    return ['The sign-in may not do this: tenantry whoami and tenantry doctor say what it may.', again];
  if (code === 'INPUT_CELL' || code === 'INPUT_DUPLICATE' || code === 'ASSERT')
    return ['Correct the rows in failed.csv, which is an input again, and plan it.'];
  return [
    'Where the cause is at the service, correct it there; tenantry resume --retry-failed then tries these records again.',
    'Where it is in the rows, correct them in failed.csv, which is an input again, and plan it.',
  ];
}
