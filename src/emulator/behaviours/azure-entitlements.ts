import { collection, type Fields, ok, type Reply, refuse } from '../reply.ts';
import type { Area, State, Subscription, Tenant } from '../state.ts';
import { type Holder, isPlan } from './azure-use.ts';
import { type Behaviour, within } from './behaviour.ts';
import { chanceOf, idOf } from './chance.ts';

/**
 * The Azure subscriptions under a plan: pages get-a-list-of-azure-entitlements-for-subscription,
 * cancel-an-azure-subscription, reactivate-an-azure-subscription. No page names the state of a cancelled one; the
 * emulator says what a subscription says.
 */
export const azureEntitlements: Readonly<Record<string, Behaviour>> = {
  'azureEntitlements.list': within((tenant, { params, path }, state) =>
    withPlan(tenant, params.subscriptionId ?? params.planId, (plan) => {
      const found = entitlementsOf(plan, state);
      for (const one of found) passTime(one, state);
      return ok(collection(found.map(bodyOf(tenant)), path.replace(/^\/v1/u, '')));
    }),
  ),
  'azureEntitlements.get': within((tenant, { params }, state) =>
    withEntitlement(tenant, params, state, (found) => {
      passTime(found, state);
      return ok(bodyOf(tenant)(found));
    }),
  ),
  'azureEntitlements.cancel': within((tenant, { params, body }, state) =>
    withEntitlement(tenant, params, state, (found) => {
      const reason = String((body as Fields | undefined)?.cancellationReason ?? '');
      if (reason.toLowerCase() !== 'compromise')
        return refuse(400, '3000', `'${reason}' is no reason to cancel an Azure subscription for.`);
      return change(tenant, found, 'suspended', state);
    }),
  ),
  'azureEntitlements.reactivate': within((tenant, { params }, state) =>
    withEntitlement(tenant, params, state, (found) => change(tenant, found, 'active', state)),
  ),
};

interface Entitlement extends Holder {
  readonly planId: string;
  status: 'active' | 'suspended';
  stoppedAt: number | undefined;
  /** What it is becoming, and how many reads that still takes. */
  becoming: { readonly status: Entitlement['status']; looksLeft: number } | undefined;
}

class Entitlements implements Area {
  readonly byPlan = new Map<string, readonly Entitlement[]>();

  snapshot(): readonly Fields[] {
    return [...this.byPlan.values()]
      .flat()
      .map(({ id, name, planId, status }) => ({ id, friendlyName: name, subscriptionId: planId, status }));
  }
}

/** The Azure subscriptions under a plan, one or two; they are there as soon as the plan is. */
export function entitlementsOf(plan: Subscription, state: State): readonly Entitlement[] {
  const { byPlan } = state.area('azureEntitlements', () => new Entitlements());
  let found = byPlan.get(plan.id);
  if (found === undefined) {
    const count = 1 + Math.floor(chanceOf(plan.id, 'entitlements') * 2);
    found = Array.from({ length: count }, (_, index) => ({
      id: idOf(plan.id, index),
      name: index === 0 ? 'Microsoft Azure' : `Microsoft Azure ${index + 1}`,
      planId: plan.id,
      status: 'active',
      stoppedAt: undefined,
      becoming: undefined,
    }));
    byPlan.set(plan.id, found);
  }
  return found;
}

function change(tenant: Tenant, found: Entitlement, status: Entitlement['status'], state: State): Reply {
  if (found.status !== status && found.becoming?.status !== status)
    found.becoming = { status, looksLeft: state.behaviour.provisioningPolls };
  return ok(bodyOf(tenant)(found), 202);
}

/** Time passes by being looked at. */
function passTime(found: Entitlement, state: State): void {
  if (found.becoming === undefined) return;
  if (found.becoming.looksLeft > 0) {
    found.becoming.looksLeft -= 1;
    return;
  }
  found.status = found.becoming.status;
  found.stoppedAt = found.status === 'active' ? undefined : state.now();
  found.becoming = undefined;
}

const bodyOf =
  (tenant: Tenant) =>
  ({ id, name, status, planId }: Entitlement): Fields => {
    const uri = `/customers/${tenant.customer.id}/subscriptions/${planId}/azureEntitlements/${id}`;
    return {
      ...{ id, friendlyName: name, status, subscriptionId: planId },
      links: { self: { uri, method: 'GET', headers: [] } },
    };
  };

function withPlan(tenant: Tenant, id: string | undefined, act: (plan: Subscription) => Reply): Reply {
  const plan = tenant.subscriptions.get(String(id).toLowerCase());
  return plan === undefined || !isPlan(plan)
    ? refuse(404, '20003', 'The Azure plan could not be found.')
    : act(plan);
}

function withEntitlement(
  tenant: Tenant,
  params: Readonly<Record<string, string>>,
  state: State,
  act: (found: Entitlement) => Reply,
): Reply {
  return withPlan(tenant, params.subscriptionId ?? params.planId, (plan) => {
    const wanted = String(params.azureEntitlementId).toLowerCase();
    const found = entitlementsOf(plan, state).find(({ id }) => id === wanted);
    return found === undefined
      ? refuse(404, '20003', 'The Azure subscription could not be found.')
      : act(found);
  });
}
