import type { Limits } from '../check/playbook.ts';
import type { Operations } from '../operations/operation.ts';
import type { PlannedAction, PlannedRecord, PlanSummary } from './plan.ts';
import { keptAs, mostKept } from './wares.ts';

/** A call takes about so long where planning made none that could be measured, in seconds. */
const usualSeconds = 0.25;

/** Customers whose calls are counted one by one: more of them work side by side, and none holds up the rest. */
const customersCounted = 1_000;

interface Group {
  readonly calls: number;
  readonly seconds: number;
}

/**
 * Calls that a plan costs when it is applied, and the time that they need: fed record by record. What is asked for once a
 * run is counted once; memory does not grow with the records.
 */
export class CallEstimate {
  readonly #operations: Operations;
  readonly #limits: Limits;
  readonly #calls = new Map<string, number>();
  readonly #kept = new Set<string>();
  /** Calls by customer, and by `GROUP CUSTOMER`. */
  readonly #ofCustomer = new Map<string, number>();
  #records = 0;

  constructor(operations: Operations, limits: Limits) {
    this.#operations = operations;
    this.#limits = limits;
  }

  add(record: PlannedRecord): void {
    this.#records += 1;
    for (const action of record.actions) {
      if (action.calls === 0 || this.#isKept(action)) continue;
      const group = this.#operations.get(action.uses)?.throttle.group ?? 'other';
      this.#calls.set(group, (this.#calls.get(group) ?? 0) + action.calls);
      const customer = action.with?.customerId;
      if (typeof customer !== 'string') continue;
      this.#addOf(customer, action.calls);
      this.#addOf(`${group} ${customer}`, action.calls);
    }
  }

  #addOf(name: string, calls: number): void {
    const before = this.#ofCustomer.get(name);
    if (before !== undefined || this.#ofCustomer.size < 2 * customersCounted)
      this.#ofCustomer.set(name, (before ?? 0) + calls);
  }

  /** Whether an earlier record asks for the very same, and the run keeps the answer. */
  #isKept({ action, uses, with: input = {} }: PlannedAction): boolean {
    const operation = action === 'read' ? this.#operations.get(uses) : undefined;
    const name = operation && keptAs(operation, input);
    if (name === undefined) return false;
    if (this.#kept.has(name)) return true;
    if (this.#kept.size < mostKept) this.#kept.add(name);
    return false;
  }

  /** @param secondsPerCall as planning has measured it */
  finish(secondsPerCall = usualSeconds): Pick<PlanSummary, 'calls' | 'totalCalls' | 'totalSeconds'> {
    const { concurrency, perCustomer, requestsPerSecond } = this.#limits;
    const sideBySide = Math.max(1, Math.min(concurrency, this.#records));
    const latency = (calls: number) => (calls * secondsPerCall) / sideBySide;
    const groups = [...this.#calls]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, calls]): readonly [string, Group] => [
        name,
        { calls, seconds: Math.max(latency(calls), this.#allowedIn(name, calls)) },
      ]);
    const totalCalls = groups.reduce((sum, [, { calls }]) => sum + calls, 0);
    const totalSeconds = Math.max(
      ...groups.map(([, { seconds }]) => seconds),
      latency(totalCalls),
      (this.#mostOf('') * secondsPerCall) / perCustomer,
      requestsPerSecond === undefined ? 0 : totalCalls / requestsPerSecond,
    );
    return { calls: Object.fromEntries(groups), totalCalls, totalSeconds };
  }

  /** Seconds in which the documented allowance of a group lets so many calls through; 0 where there is none. */
  #allowedIn(group: string, calls: number): number {
    const name = this.#operations.names.find(
      (candidate) => this.#operations.get(candidate)?.throttle.group === group,
    );
    const throttle = this.#operations.get(name ?? '')?.throttle;
    if (throttle?.perMinute === undefined) return 0;
    return ((throttle.perCustomer ? this.#mostOf(`${group} `) : calls) / throttle.perMinute) * 60;
  }

  /** The most calls that any one customer has. */
  #mostOf(start: string): number {
    let most = 0;
    for (const [name, calls] of this.#ofCustomer)
      if (start === '' ? !name.includes(' ') : name.startsWith(start)) most = Math.max(most, calls);
    return most;
  }
}
