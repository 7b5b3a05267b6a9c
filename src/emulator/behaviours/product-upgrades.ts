import { type Fields, ok, refuse } from '../reply.ts';
import type { Area, State, Subscription, Tenant } from '../state.ts';
import { azurePlanItem } from '../wares.ts';
import { hasAccepted } from './agreements.ts';
import type { Behaviour } from './behaviour.ts';
import { makeOrder } from './buy.ts';
import { isoOf } from './term-dates.ts';

/** From classic Azure to the Azure plan: pages get-eligibility-for-product-upgrade, create-product-upgrade-entity, get-product-upgrade-status. */
export const productUpgrades: Readonly<Record<string, Behaviour>> = {
  'productUpgrades.checkEligibility': (call, state) =>
    forCustomer(call.body, state, (tenant, { customerId, productFamily }) => {
      const under = upgradeOf(tenant, state);
      const reason = under === undefined ? hindrance(tenant)?.text : 'There is an upgrade already.';
      return ok({
        customerId,
        isEligible: reason === undefined,
        productFamily,
        ...(under === undefined ? {} : { upgradeId: under.id }),
        ...(reason === undefined ? {} : { reason }),
      });
    }),
  'productUpgrades.create': (call, state) =>
    forCustomer(call.body, state, (tenant, { productFamily }) => {
      const under = upgradeOf(tenant, state);
      if (under !== undefined)
        return under.completedAt === undefined
          ? refuse(409, '900109', `The upgrade ${under.id} is in progress.`)
          : refuse(400, '900110', `The upgrade ${under.id} is completed.`);
      const found = hindrance(tenant);
      if (found !== undefined) return refuse(403, found.code, found.text);
      if (state.behaviour.requireAgreement && !hasAccepted(tenant))
        return refuse(403, '13605', 'The customer has not accepted the Microsoft Customer Agreement.');
      const upgrade: Upgrade = {
        id: state.newId(),
        tenant,
        productFamily,
        sources: classicAzure(tenant),
        pollsLeft: state.behaviour.provisioningPolls,
      };
      upgradesOf(state).all.set(upgrade.id, upgrade);
      return { status: 202, headers: { location: `productUpgrades/${upgrade.id}` } };
    }),
  'productUpgrades.getStatus': (call, state) =>
    forCustomer(call.body, state, (tenant) => {
      const found = upgradesOf(state).all.get(String(call.params.upgradeId).toLowerCase());
      if (found === undefined) return refuse(404, '900106', 'The upgrade request could not be found.');
      if (found.tenant !== tenant)
        return refuse(400, '900111', `The upgrade does not belong to the customer ${tenant.customer.id}.`);
      if (found.completedAt === undefined && found.pollsLeft <= 0) complete(found, state);
      found.pollsLeft -= 1;
      return ok(statusOf(found));
    }),
};

interface Upgrade {
  readonly id: string;
  readonly tenant: Tenant;
  readonly productFamily: unknown;
  readonly sources: readonly Subscription[];
  pollsLeft: number;
  planId?: string;
  completedAt?: number;
}

interface Upgrades extends Area {
  readonly all: Map<string, Upgrade>;
}

function upgradesOf(state: State): Upgrades {
  return state.area<Upgrades>('productUpgrades', () => {
    const all = new Map<string, Upgrade>();
    return {
      all,
      snapshot: () =>
        [...all.values()].map((one) => ({ customerId: one.tenant.customer.id, ...statusOf(one) })),
    };
  });
}

function forCustomer(
  body: unknown,
  state: State,
  act: (tenant: Tenant, body: Fields) => ReturnType<typeof ok>,
) {
  const fields = (body ?? {}) as Fields;
  const tenant = state.tenant(fields.customerId as string | undefined);
  return tenant === undefined ? refuse(400, '900118', 'The customer id is not valid.') : act(tenant, fields);
}

function upgradeOf(tenant: Tenant, state: State): Upgrade | undefined {
  return [...upgradesOf(state).all.values()].find((one) => one.tenant === tenant);
}

function classicAzure(tenant: Tenant): readonly Subscription[] {
  return [...tenant.subscriptions.values()].filter(
    ({ fields }) => String(fields.offerId).toUpperCase() === 'MS-AZR-0145P' && fields.status !== 'deleted',
  );
}

function hindrance(tenant: Tenant): { readonly code: string; readonly text: string } | undefined {
  const sources = classicAzure(tenant);
  if (sources.length === 0)
    return { code: '900108', text: 'The customer does not have any Azure subscriptions.' };
  return sources.some(({ fields }) => fields.status !== 'active')
    ? { code: '900105', text: 'One or more Azure subscriptions are suspended.' }
    : undefined;
}

/** The plan is ordered for the customer, unless there is one, and the classic subscriptions are gone. */
function complete(upgrade: Upgrade, state: State): void {
  const { tenant, sources } = upgrade;
  const plan = [...tenant.subscriptions.values()].find(
    ({ fields }) => fields.offerId === azurePlanItem && fields.status === 'active',
  );
  const line = { catalogItemId: azurePlanItem, quantity: 1, billingCycle: 'one_time' };
  const ordered = plan === undefined ? makeOrder(tenant, [line], state).fields.lineItems : undefined;
  upgrade.planId = plan?.id ?? String((ordered as readonly Fields[])[0]!.subscriptionId);
  upgrade.completedAt = state.now();
  for (const source of sources) {
    source.fields = { ...source.fields, status: 'deleted' };
    source.version += 1;
  }
}

function statusOf({ id, productFamily, sources, planId, completedAt }: Upgrade): Fields {
  const status = completedAt === undefined ? 'InProgress' : 'Completed';
  return {
    id,
    status,
    productFamily,
    lineItems: sources.map((source) => ({
      sourceProduct: { id: source.id, name: 'AzureSubscription' },
      ...(planId === undefined ? {} : { targetProduct: { id: planId, name: 'Microsoft Azure plan' } }),
      ...(completedAt === undefined ? {} : { upgradedDate: isoOf(completedAt) }),
      status,
    })),
  };
}
