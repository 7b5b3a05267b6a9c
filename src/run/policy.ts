import type { Policy } from '../check/policy.ts';
import { inputAgainst, operationAgainst } from '../check/policy-rules.ts';
import type { JournalEntry, RecordWithEntries } from '../journal/journal.ts';
import { isRead, type Operation, type Operations } from '../operations/operation.ts';
import type { PlannedRecord } from '../plan/plan.ts';
import { judgesPurchases, marketOf, purchasesIn, unseen } from '../plan/policy-plan.ts';
import { type Counted, PolicyTotals } from '../plan/policy-totals.ts';
import type { PriceSheet } from '../plan/prices.ts';
import { unwrapSecrets } from '../plan/secrets.ts';

/** A request as it is about to leave: everything is known by now. */
export interface Leaving {
  readonly record: number;
  readonly recordKey: string;
  readonly path: string;
  readonly operation: Operation;
  readonly input: Readonly<Record<string, unknown>>;
  readonly planned: PlannedRecord;
  /** Carts that steps of the record have made. */
  readonly carts: ReadonlySet<unknown>;
}

/** The policies of a run, as they judge every write immediately before it is sent. */
export interface RunPolicy {
  /** Why a request must not leave; undefined where it may. What may is counted, once. */
  against(leaving: Leaving): string | undefined;
  /** Counts what earlier passes of the run have sent. */
  recall(opened: RecordWithEntries, operations: Operations): void;
  /** Whether anything is added up over the run. */
  readonly counts: boolean;
}

/** @param at when prices must hold, in epoch milliseconds */
export function makeRunPolicy(policy: Policy, sheet: PriceSheet | undefined, at: number): RunPolicy {
  const totals = new PolicyTotals(policy, sheet, at);
  const countedOf = ({
    record,
    recordKey,
    path,
    operation,
    input,
    planned,
  }: Omit<Leaving, 'carts'>): Counted => {
    const { customerId, quantity } = input;
    const action = { path, uses: operation.name, action: 'act', with: input, calls: 0 } as const;
    return {
      place: `${record}/${path}`,
      operation: operation.name,
      customer: typeof customerId === 'string' ? customerId : `of ${recordKey}`,
      quantity: typeof quantity === 'number' ? quantity : undefined,
      purchases: purchasesIn(planned, action),
      market: marketOf([...planned.actions, action]),
    };
  };
  const { mostOrders, mostSeatsPerCustomer, spending } = policy;
  return {
    counts: mostOrders !== undefined || mostSeatsPerCustomer !== undefined || spending !== undefined,
    against: (leaving) => {
      const { operation, input, carts } = leaving;
      const uses = operationAgainst(policy, operation);
      const words = [...(uses === undefined ? [] : [uses]), ...inputAgainst(policy, input)];
      if (operation.name === 'carts.checkout' && judgesPurchases(policy) && !carts.has(input.cartId))
        words.push(unseen);
      // Only what may leave is counted.
      const broken = words.length > 0 ? words : totals.take(countedOf(leaving)).broken;
      return broken.length === 0 ? undefined : `the policy ${policy.name}: ${broken.join('; ')}`;
    },
    recall: ({ record, entries }, operations) => {
      for (const { path, operation: name, with: sent } of leftOf(entries)) {
        const operation = operations.get(name);
        if (operation === undefined || isRead(operation)) continue;
        const input = unwrapSecrets(sent) as Leaving['input'];
        const planned = record.planned as PlannedRecord;
        totals.recall(
          countedOf({ record: record.index, recordKey: record.key, path, operation, input, planned }),
        );
      }
    },
  };
}

/** The requests of a record that may have happened. */
function leftOf(entries: readonly JournalEntry[]) {
  const left = new Map<string, Extract<JournalEntry, { type: 'intended' }>>();
  for (const entry of entries) {
    if (entry.type === 'intended') left.set(entry.path, entry);
    if (entry.type === 'answered' && entry.answer !== 'ok' && entry.answer !== 'unknown')
      left.delete(entry.path);
  }
  return left.values();
}
