import type { Playbook } from '../check/playbook.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Operations } from '../operations/operation.ts';
import { pathOf } from '../operations/template.ts';
import { CallEstimate } from './call-estimate.ts';
import { checkGuards, type PlanCounts, sumsWanted } from './guards.ts';
import type { Action, PlannedAction, PlannedRecord, PlanSummary, Revision } from './plan.ts';
import type { PolicyJudge } from './policy-plan.ts';
import { UnusualThings } from './unusual.ts';
import { waveSizes } from './waves.ts';

const changing: ReadonlySet<Action> = new Set(['create', 'update', 'delete', 'act', 'conditional']);

/** Records named that a revision cannot take; a wrong column makes thousands of them. */
const refusedListed = 20;

/** Totals of a plan, record by record; memory grows with the operations, not with the records. */
export class Summary implements PlanCounts {
  readonly #playbook: Playbook;
  readonly #operations: Operations;
  readonly #parameters: Readonly<Record<string, unknown>>;
  readonly #actions = new Map<string, Partial<Record<Action, number>>>();
  readonly #estimate: CallEstimate;
  readonly #sums = new Map<string, number>();
  readonly #unusual: UnusualThings;
  /** What the run did before, in the measure of guards: they hold for the run as a whole. */
  readonly #earlier = new Map<string, number>();
  readonly #revision: Partial<Record<Revision['what'], number>> = {};
  readonly #refused: Diagnostic[] = [];
  #records = 0;
  #invalid = 0;

  /** @param earlierCountries those that earlier runs were for, where that is known */
  readonly #judge: PolicyJudge | undefined;

  constructor(
    playbook: Playbook,
    operations: Operations,
    parameters: Readonly<Record<string, unknown>>,
    earlierCountries?: ReadonlySet<string>,
    judge?: PolicyJudge,
  ) {
    this.#judge = judge;
    this.#playbook = playbook;
    this.#operations = operations;
    this.#estimate = new CallEstimate(operations, playbook.limits);
    this.#unusual = new UnusualThings(operations, earlierCountries);
    this.#parameters = parameters;
    for (const { operation, path } of sumsWanted(playbook.guards)) this.#sums.set(`${operation} ${path}`, 0);
  }

  add(record: PlannedRecord): void {
    this.#records += 1;
    this.#unusual.add(record);
    this.#estimate.add(record);
    if (record.invalid !== undefined) this.#invalid += 1;
    for (const action of record.actions) this.#addAction(action);
    if (record.revision !== undefined) this.#addRevision(record, record.revision);
  }

  /** Actions that the run has done before this plan. */
  addEarlier(actions: readonly PlannedAction[]): void {
    for (const action of actions) {
      if (!changing.has(action.action)) continue;
      this.#earlier.set(action.uses, (this.#earlier.get(action.uses) ?? 0) + 1);
      for (const name of this.#sums.keys()) this.#addSum(name, action);
    }
  }

  #addRevision({ key, row }: PlannedRecord, { what, refused = [] }: Revision): void {
    this.#revision[what] = (this.#revision[what] ?? 0) + 1;
    for (const reason of refused) {
      if (this.#refused.length === refusedListed) return;
      this.#refused.push({
        code: 'PLAN_REFUSED',
        severity: 'error',
        message: `${key} (row ${row}): ${reason}`,
        help: 'give it the values back that it was done with, or take the row out and put what is left to do into a run of its own',
      });
    }
  }

  #addAction(action: PlannedAction): void {
    const operation = this.#operations.get(action.uses);
    if (operation !== undefined) {
      const counts = this.#actions.get(action.uses) ?? {};
      counts[action.action] = (counts[action.action] ?? 0) + 1;
      this.#actions.set(action.uses, counts);
      for (const name of this.#sums.keys()) this.#addSum(name, action);
    } else if (action.action === 'refuse' || action.action === 'approve') {
      const counts = this.#actions.get(action.uses) ?? {};
      counts[action.action] = (counts[action.action] ?? 0) + 1;
      this.#actions.set(action.uses, counts);
    }
  }

  #addSum(name: string, action: PlannedAction): void {
    const [operation, path = ''] = name.split(' ');
    if (operation !== action.uses || !changing.has(action.action)) return;
    this.#sums.set(name, this.#sums.get(name)! + sumAt(action.with, path));
  }

  count(operation: string): number {
    const actions = this.#actions.get(operation) ?? {};
    const earlier = this.#earlier.get(operation) ?? 0;
    return [...changing].reduce((sum, action) => sum + (actions[action] ?? 0), earlier);
  }

  sum(operation: string, path: string): number {
    return this.#sums.get(`${operation} ${path}`) ?? 0;
  }

  /**
   * @param seal over everything before the summary
   * @param secondsPerCall that planning has measured
   */
  finish(planningCalls: number, seal: string, secondsPerCall?: number): PlanSummary {
    return {
      records: this.#records,
      invalid: this.#invalid,
      operations: Object.fromEntries([...this.#actions].sort(([a], [b]) => (a < b ? -1 : 1))),
      ...this.#estimate.finish(secondsPerCall),
      planningCalls,
      ...this.#waves(),
      warnings: [
        ...this.#refused,
        ...checkGuards(this.#playbook, this.#parameters, this),
        ...(this.#judge?.findings() ?? []),
      ],
      ...(Object.keys(this.#revision).length === 0 ? {} : { revision: this.#revision }),
      unusual: this.#unusual.finish(),
      countries: this.#unusual.countries(),
      seal,
    };
  }

  #waves(): Pick<PlanSummary, 'waves'> {
    const { rollout } = this.#playbook.limits;
    return rollout === undefined ? {} : { waves: waveSizes(rollout, this.#records - this.#invalid) };
  }
}

/** The sum of the numbers at a path; lists on the way are summed over. */
function sumAt(value: unknown, path: string): number {
  if (path === '')
    return typeof value === 'number'
      ? value
      : Array.isArray(value)
        ? value.reduce((sum: number, item) => sum + sumAt(item, ''), 0)
        : 0;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + sumAt(item, path), 0);
  const [head = '', ...rest] = path.split('.');
  return sumAt(pathOf(value, head), rest.join('.'));
}
