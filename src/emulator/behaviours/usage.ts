import { partner } from '../partner.ts';
import { type Fields, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import { currencyOf } from '../seed.ts';
import type { State, Subscription, Tenant } from '../state.ts';
import { entitlementsOf } from './azure-entitlements.ts';
import {
  azureOf,
  type Holder,
  inCurrency,
  isClassic,
  isPlan,
  periodOf,
  type Use,
  usdOf,
  usesOf,
} from './azure-use.ts';
import { type Behaviour, within } from './behaviour.ts';
import { countryOf } from './market.ts';
import { seekPage } from './seek.ts';
import { budgetOf, budgetShown } from './usage-budget.ts';

/**
 * What Azure cost in the running period: pages get-a-partner-usage-summary, get-a-customer-s-usage-records,
 * get-a-customer-usage-summary, get-a-customer-subscription-…-usage-records and their kin. Periods are calendar months.
 */
export const usage: Readonly<Record<string, Behaviour>> = {
  'usage.getPartnerSummary': partnerSummary,
  'usage.listCustomerRecords': (call, state) =>
    seekPage(
      call,
      [...state.tenants.values()]
        .filter((tenant) => azureOf(tenant).length > 0)
        .map((tenant) => customerRecord(tenant, state)),
      state,
    ),
  'usage.getCustomerSummary': within((tenant, { path }, state) => {
    const upgraded = azureOf(tenant).some(isPlan);
    return ok(
      typed('CustomerUsageSummary', {
        budget: budgetShown(tenant, state),
        ...named(tenant.customer.id, companyOf(tenant), upgraded),
        ...periodFields(state),
        ...money(tenant, usdOfTenant(tenant, state), upgraded),
        ...links(path),
      }),
    );
  }),
  'usage.listSubscriptionRecords': within((tenant, call, state) =>
    seekPage(
      call,
      azureOf(tenant).map((found) => subscriptionRecord(tenant, found, state)),
      state,
    ),
  ),
  'usage.getSubscriptionSummary': within((tenant, call, state) =>
    withAzure(tenant, call, (found) =>
      ok(
        typed('SubscriptionUsageSummary', {
          ...named(found.id, nameOf(found), isPlan(found)),
          ...periodFields(state),
          ...money(tenant, usdOf(usesIn(found, state)), isPlan(found)),
          ...links(call.path),
        }),
      ),
    ),
  ),
  'usage.listSubscriptionMonthlyRecords': within((tenant, call, state) =>
    withAzure(tenant, call, (found) => {
      if (isPlan(found)) return refuse(400, '3000', 'Records by service are for classic subscriptions only.');
      const records = perMeter(usesIn(found, state)).map(({ uses, quantity }) => {
        const { id, name, category, subcategory, unit } = uses[0]!.resource.meter;
        const cost = money(tenant, usdOf(uses), false);
        return typed('AzureResourceMonthlyUsageRecord', {
          ...{ category, subcategory, quantityUsed: quantity, unit, id, name, ...cost },
        });
      });
      return seekPage(call, records, state);
    }),
  ),
  'usage.listResourceRecords': within((tenant, call, state) =>
    withAzure(tenant, call, (found) =>
      isPlan(found)
        ? seekPage(call, resourceRecords(tenant, found, state), state)
        : refuse(400, '3000', 'Records by resource are for Azure plans only.'),
    ),
  ),
  'usage.listMeterRecords': within((tenant, call, state) =>
    withAzure(tenant, call, (found) => seekPage(call, meterRecords(tenant, found, state), state)),
  ),
};

function withAzure(tenant: Tenant, { params }: Call, act: (found: Subscription) => Reply): Reply {
  const wanted = String(params.subscriptionId).toLowerCase();
  const found = azureOf(tenant).find(({ id }) => id === wanted);
  return found === undefined
    ? refuse(404, '20003', 'The Azure subscription could not be found.')
    : act(found);
}

function holdersOf(found: Subscription, state: State): readonly Holder[] {
  return isPlan(found) ? entitlementsOf(found, state) : [{ id: found.id, name: nameOf(found) }];
}

/** What was used from the start of the period up to now. */
function usesIn(found: Subscription, state: State): readonly Use[] {
  return holdersOf(found, state).flatMap((holder) => monthOf(holder, state));
}

function monthOf(holder: Holder, state: State): readonly Use[] {
  return usesOf(holder, periodOf(state.now()).start, state.now());
}

function usdOfTenant(tenant: Tenant, state: State): number {
  return azureOf(tenant).reduce((sum, found) => sum + usdOf(usesIn(found, state)), 0);
}

/** Classic costs name a locale, those of a plan a currency and dollars (page customer-usage-resources). */
function money(tenant: Tenant, usd: number, plan: boolean): Fields {
  const currencyCode = currencyOf(countryOf(tenant));
  const totalCost = inCurrency(usd, currencyCode) ?? usd;
  const profile = (tenant.customer.billingProfile ?? {}) as Fields;
  return plan
    ? { totalCost, currencyCode, usdTotalCost: usd }
    : { totalCost, currencyLocale: String(profile.culture ?? 'en-US') };
}

function customerRecord(tenant: Tenant, state: State): Fields {
  const isUpgraded = azureOf(tenant).some(isPlan);
  const cost = money(tenant, usdOfTenant(tenant, state), isUpgraded);
  const amount = budgetOf(tenant, state);
  const percentUsed = amount === undefined || amount === 0 ? 0 : (Number(cost.totalCost) / amount) * 100;
  return typed('CustomerMonthlyUsageRecord', {
    budget: budgetShown(tenant, state),
    ...(isUpgraded ? {} : { customerSpendingBudget: budgetShown(tenant, state) }),
    percentUsed: Math.round(percentUsed * 100) / 100,
    isUpgraded,
    ...named(tenant.customer.id, companyOf(tenant), false),
    ...{ ...cost, usdTotalCost: isUpgraded ? cost.usdTotalCost : 0, ...modified(state) },
  });
}

function subscriptionRecord(tenant: Tenant, found: Subscription, state: State): Fields {
  const cost = money(tenant, usdOf(usesIn(found, state)), isPlan(found));
  return typed('SubscriptionMonthlyUsageRecord', {
    status: found.fields.status,
    ...(isPlan(found) ? { partnerOnRecord: partner.mpnId } : {}),
    offerId: String(found.fields.offerId).split(':')[0],
    ...named(found.id, nameOf(found), false),
    ...{ ...cost, usdTotalCost: cost.usdTotalCost ?? 0, ...modified(state) },
  });
}

function resourceRecords(tenant: Tenant, plan: Subscription, state: State): readonly Fields[] {
  return holdersOf(plan, state).flatMap((holder) => {
    const perResource = Map.groupBy(monthOf(holder, state), ({ resource }) => resource.uri);
    return [...perResource.values()].map((uses) => {
      const { uri, type, group, name } = uses[0]!.resource;
      return typed('ResourceUsageRecord', {
        ...{ subscriptionId: plan.id, resourceUri: uri, resourceType: type },
        ...{ entitlementId: holder.id, entitlementName: holder.name, resourceGroupName: group },
        ...{ name, resourceName: name, ...money(tenant, usdOf(uses), true), ...modified(state) },
      });
    });
  });
}

function meterRecords(tenant: Tenant, found: Subscription, state: State): readonly Fields[] {
  const plan = isPlan(found);
  return perMeter(usesIn(found, state)).map(({ uses, quantity }) => {
    const { id, planId, name, category, subcategory, unit } = uses[0]!.resource.meter;
    return typed('MeterUsageRecord', {
      ...{ subscriptionId: found.id, meterId: plan ? planId : id, meterName: name },
      ...{ category, subcategory, quantityUsed: quantity, unit },
      ...{ usdTotalCost: 0, ...money(tenant, usdOf(uses), plan), ...modified(state) },
    });
  });
}

function perMeter(uses: readonly Use[]) {
  return [...Map.groupBy(uses, ({ resource }) => resource.meter.id).values()].map((group) => ({
    uses: group,
    quantity: group.reduce((sum, { quantity }) => sum + quantity, 0),
  }));
}

/** The partner's own costs count classic Azure only. */
function partnerSummary({ path }: Call, state: State): Reply {
  const classic = [...state.tenants.values()].filter((tenant) => azureOf(tenant).some(isClassic));
  const costs = classic.map((tenant) => ({
    usd: azureOf(tenant)
      .filter(isClassic)
      .reduce((sum, found) => sum + usdOf(usesIn(found, state)), 0),
    amount: inDollars(tenant, budgetOf(tenant, state)),
  }));
  const { start, end } = periodOf(state.now());
  const wholeMonth = (end - start) / Math.max(1, state.now() - start);
  const over = costs.filter(({ usd, amount }) => usd > amount);
  const trending = costs.filter(({ usd, amount }) => usd <= amount && usd * wholeMonth > amount);
  return ok(
    typed('PartnerUsageSummary', {
      customersOverBudget: over.length,
      customersTrendingOver: trending.length,
      customersWithUsageBasedSubscription: classic.length,
      ...named(partner.id, partner.name, false),
      ...periodFields(state),
      totalCost: costs.reduce((sum, { usd }) => sum + usd, 0),
      currencyLocale: 'en-US',
      ...links(path),
    }),
  );
}

/** Without a budget nothing is over it. */
function inDollars(tenant: Tenant, amount: number | undefined): number {
  const perDollar = inCurrency(1, currencyOf(countryOf(tenant))) ?? 1;
  return amount === undefined ? Number.POSITIVE_INFINITY : amount / perDollar;
}

/** Summaries of a plan leave `id` and `name` out, as the samples do. */
function named(id: string, name: string, short: boolean): Fields {
  return short ? { resourceId: id, resourceName: name } : { resourceId: id, id, resourceName: name, name };
}

function periodFields(state: State): Fields {
  const { start, end } = periodOf(state.now());
  const time = (ms: number) => new Date(ms).toISOString().replace('.000Z', '+00:00');
  return { billingStartDate: time(start), billingEndDate: time(end), ...modified(state) };
}

function modified(state: State): Fields {
  return { lastModifiedDate: new Date(state.now()).toISOString() };
}

function links(path: string): Fields {
  return { links: { self: { uri: path.replace(/^\/v1/u, ''), method: 'GET', headers: [] } } };
}

function nameOf({ fields }: Subscription): string {
  return String(fields.friendlyName);
}

function companyOf({ customer }: Tenant): string {
  return String(((customer.companyProfile ?? {}) as Fields).companyName ?? '');
}
