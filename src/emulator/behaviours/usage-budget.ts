import { type Fields, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Area, State, Tenant } from '../state.ts';
import { type Behaviour, within } from './behaviour.ts';

/** Budgets for Azure: pages get-a-customer-s-usage-spending-budget, update-a-customer-s-usage-spending-budget. */
export const usageBudget: Readonly<Record<string, Behaviour>> = {
  'usageBudget.get': within((tenant, { path }, state) => ok(bodyOf(tenant, path, 'GET', state))),
  'usageBudget.update': within((tenant, { path, body }, state): Reply => {
    const { amount } = (body ?? {}) as Fields; // null was left out before: no amount is no budget
    if (amount !== undefined && !(typeof amount === 'number' && amount >= 0))
      return refuse(400, '3000', 'Amount is no sum of money.');
    const { amounts } = budgets(state);
    if (amount === undefined) amounts.delete(tenant.customer.id);
    else amounts.set(tenant.customer.id, amount);
    return ok(bodyOf(tenant, path, 'PATCH', state));
  }),
};

class Budgets implements Area {
  readonly amounts = new Map<string, number>();

  snapshot(): readonly Fields[] {
    return [...this.amounts].map(([customerId, amount]) => ({ customerId, amount }));
  }
}

const budgets = (state: State) => state.area('usageBudgets', () => new Budgets());

/** What a customer may spend in a month, in its own currency; undefined where nobody said. */
export function budgetOf(tenant: Tenant, state: State): number | undefined {
  return budgets(state).amounts.get(tenant.customer.id);
}

/** The budget as summaries and records of use show it. */
export function budgetShown(tenant: Tenant, state: State): Fields {
  const amount = budgetOf(tenant, state);
  return typed('SpendingBudget', amount === undefined ? {} : { amount });
}

function bodyOf(tenant: Tenant, path: string, method: string, state: State): Fields {
  const amount = budgetOf(tenant, state);
  return typed('SpendingBudget', {
    ...(amount === undefined ? {} : { amount, usageSpendingBudget: amount }),
    links: { self: { uri: path, method, headers: [] } },
  });
}
