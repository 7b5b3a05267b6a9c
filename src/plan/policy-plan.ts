import type { Policy } from '../check/policy.ts';
import { inputAgainst, itemAgainst, operationAgainst } from '../check/policy-rules.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Operations } from '../operations/operation.ts';
import { pathOf } from '../operations/template.ts';
import type { PlannedAction, PlannedRecord } from './plan.ts';
import { PolicyTotals } from './policy-totals.ts';
import type { PriceSheet } from './prices.ts';
import { type Purchase, purchasesOf } from './purchases.ts';
import { isUnknown } from './resolve.ts';

/** A policy with what judging by it takes. */
export interface PolicyParts {
  readonly policy: Policy;
  readonly sheet: PriceSheet | undefined;
  readonly operations: Operations;
  /** The input, for places. */
  readonly file: string;
  /** When prices must hold, in epoch milliseconds. */
  readonly at: number;
}

/** Findings told one by one; the rest is a number. */
const toldMost = 50;

const sending: ReadonlySet<string> = new Set(['create', 'update', 'delete', 'act', 'conditional']);

/**
 * Judges a plan by a policy, record by record: what it sends, or may send. An action that the policy does not allow
 * becomes one that would be refused, so that a reader sees it where it stands; the plan as a whole cannot be applied.
 */
export class PolicyJudge {
  readonly #parts: PolicyParts;
  readonly #totals: PolicyTotals;
  readonly #found: Diagnostic[] = [];
  readonly #said = new Map<string, { count: number; readonly first: PlannedRecord }>();
  #broken = 0;

  constructor(parts: PolicyParts) {
    this.#parts = parts;
    this.#totals = new PolicyTotals(parts.policy, parts.sheet, parts.at);
  }

  judge(record: PlannedRecord): PlannedRecord {
    const actions = record.actions.map((action) => this.#judge(record, action));
    return actions.every((action, index) => action === record.actions[index])
      ? record
      : { ...record, actions };
  }

  #judge(record: PlannedRecord, action: PlannedAction): PlannedAction {
    const { policy, operations } = this.#parts;
    const operation = operations.get(action.uses);
    if (!sending.has(action.action) && action.action !== 'read') return action;
    const called = operation ?? { name: action.uses, kind: 'action' };
    const reads = called.kind === 'read' || called.kind === 'list';
    const uses = operationAgainst(policy, called);
    const broken = reads
      ? [...(uses === undefined ? [] : [uses])]
      : [...(uses === undefined ? [] : [uses]), ...this.#sent(record, action)];
    if (broken.length === 0) return action;
    for (const words of broken) this.#tell(record, action, words);
    return {
      ...action,
      action: 'refuse',
      reason: `the policy ${policy.name}: ${broken.join('; ')}`,
      calls: 0,
    };
  }

  #sent(record: PlannedRecord, action: PlannedAction): readonly string[] {
    const { policy } = this.#parts;
    const purchases = purchasesIn(record, action);
    const items = purchases.flatMap((one) => (one.type === 'known' ? [`${one.product}:${one.sku}`] : []));
    const named = inputAgainst(policy, action.with);
    const bought = named.some((words) => words.startsWith('the SKU'))
      ? []
      : [...new Set(items)].flatMap((item) => itemAgainst(policy, item) ?? []);
    const customer = pathOf(action.with, 'customerId');
    const quantity = pathOf(action.with, 'quantity');
    const { broken, said } = this.#totals.take({
      place: `${record.index}/${action.path}`,
      operation: action.uses,
      customer: typeof customer === 'string' ? customer : `of ${record.key}`,
      quantity: typeof quantity === 'number' ? quantity : undefined,
      purchases,
      market: marketOf(record.actions),
    });
    for (const words of said) this.#say(record, words);
    return [...named, ...bought, ...broken, ...unseenCart(policy, record, action)];
  }

  #tell({ key, row }: PlannedRecord, { path }: PlannedAction, words: string): void {
    const { policy, file } = this.#parts;
    this.#broken += 1;
    if (this.#broken > toldMost) return;
    this.#found.push({
      code: 'POLICY',
      severity: 'error',
      message: `${key}: ${path}: ${words}`,
      cell: { file, row },
      help: `the policy ${policy.name} (${policy.file}) says so, and a playbook cannot weaken it`,
    });
  }

  #say(record: PlannedRecord, words: string): void {
    const known = this.#said.get(words);
    if (known !== undefined) known.count += 1;
    else if (this.#said.size < toldMost) this.#said.set(words, { count: 1, first: record });
  }

  /** What a plan breaks, as errors; what it leaves open, as warnings. */
  findings(): readonly Diagnostic[] {
    const { policy, file } = this.#parts;
    const rest = this.#broken - toldMost;
    const more: readonly Diagnostic[] =
      rest > 0
        ? [
            {
              code: 'POLICY',
              severity: 'error',
              message: `${rest} more requests break the policy ${policy.name}`,
            },
          ]
        : [];
    const open = [...this.#said].map(
      ([words, { count, first }]): Diagnostic => ({
        code: 'POLICY',
        severity: 'warning',
        message: `left out of what the policy counts: ${words}${count > 1 ? ` (${count} times)` : ''}`,
        cell: { file, row: first.row },
      }),
    );
    return [...this.#found, ...more, ...open];
  }
}

/** What one action buys. */
export function purchasesIn(record: PlannedRecord, action: PlannedAction): readonly Purchase[] {
  const others = record.actions.filter(({ uses }) => uses.startsWith('availabilities.'));
  const checkout: PlannedAction = { path: '', uses: 'carts.checkout', action: 'act', calls: 0 };
  return purchasesOf({ ...record, actions: [...others, action, checkout] });
}

/** The one country that a record names. */
export function marketOf(actions: readonly PlannedAction[]): string | undefined {
  const countries = new Set(actions.flatMap(({ with: input }) => countriesOf(input)));
  return countries.size === 1 ? [...countries][0] : undefined;
}

function countriesOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'country' && typeof inner === 'string' ? [inner.toUpperCase()] : countriesOf(inner),
  );
}

/** Whether a policy judges what is bought, so that nobody may buy what it has not seen. */
export function judgesPurchases({ skus, mostSeatsPerCustomer, spending }: Policy): boolean {
  return (
    skus.allowed !== undefined ||
    skus.forbidden.length > 0 ||
    mostSeatsPerCustomer !== undefined ||
    spending !== undefined
  );
}

export const unseen = 'what is in the cart was not judged: it is made by no step of this record';

/** A cart that is named by its id was filled elsewhere. */
function unseenCart(
  policy: Policy,
  record: PlannedRecord,
  { uses, with: input }: PlannedAction,
): readonly string[] {
  if (uses !== 'carts.checkout' || !judgesPurchases(policy)) return [];
  const made = record.actions.some((action) => action.uses === 'carts.create');
  return made && isUnknown(pathOf(input, 'cartId')) ? [] : [unseen];
}
