import type { Fields } from '../reply.ts';
import type { State } from '../state.ts';
import { referralRows, searchRows } from './analytics-leads.ts';
import { licenceAnalytics, today } from './analytics-licences.ts';
import {
  azureRows,
  dayOf,
  deploymentRows,
  resellerRows,
  subscriptionRows,
  usageRows,
} from './analytics-rows.ts';
import type { Behaviour } from './behaviour.ts';
import { timeOf } from './insight-filter.ts';
import { answerInsights, askedFor, type Insights, sumOf } from './insights.ts';

const countOf = (name: string) => (rows: readonly Fields[]) =>
  rows.filter((row) => row[name] === true).length;
const asText = (sum: (rows: readonly Fields[]) => number) => (rows: readonly Fields[]) => String(sum(rows));

const licenceFields = [
  'serviceCode',
  'serviceName',
  'channel',
  'customerTenantId',
  'customerName',
  'productId',
  'productName',
];
const deployment: Insights = {
  fields: licenceFields,
  sums: { licensesDeployed: sumOf('licensesDeployed'), licensesSold: sumOf('licensesSold') },
};
const usage: Insights = {
  fields: ['workloadCode', 'workloadName', ...licenceFields],
  sums: { licensesActive: sumOf('licensesActive'), licensesQualified: sumOf('licensesQualified') },
};
const azure: Insights = {
  fields: [
    'customerTenantId',
    'customerName',
    'subscriptionId',
    'subscriptionName',
    'usageDate',
    'resourceLocation',
    'meterCategory',
    'meterSubcategory',
    'meterUnit',
    'reservationOrderId',
    'reservationId',
    'consumptionMeterId',
    'serviceType',
  ],
  sums: { quantity: sumOf('quantity') },
};
const resold: Insights = {
  fields: [
    'partnerTenantId',
    'id',
    'name',
    'market',
    'firstSubscriptionCreationDate',
    'latestSubscriptionCreationDate',
    'firstSubscriptionEndDate',
    'latestSubscriptionEndDate',
    'firstSubscriptionSuspendedDate',
    'latestSubscriptionSuspendedDate',
    'firstSubscriptionDeprovisionedDate',
    'latestSubscriptionDeprovisionedDate',
  ],
  sums: {
    indirectResellerCount: (rows) => rows.length,
    licenseCount: sumOf('licenseCount'),
    subscriptionCount: sumOf('subscriptionCount'),
  },
};
const referred: Insights = {
  fields: [
    'id',
    'status',
    'customerMarket',
    'customerName',
    'customerOrgSize',
    'acceptedDate',
    'acknowledgedDate',
    'archivedDate',
    'declinedDate',
    'expiredDate',
    'lostDate',
    'missedDate',
    'createdDate',
    'skippedDate',
    'wonDate',
    'partnerMarket',
  ],
  sums: {},
};
const searched: Insights = {
  fields: Object.keys(searchRows[0] ?? {}),
  sums: {
    searchResultPageViews: (rows) => rows.length,
    contactClicks: countOf('contactButtonClicked'),
    referralCount: countOf('referralSubmitted'),
    profileViews: countOf('detailsViewed'),
  },
};
/** Counts are text here, as in the sample of get-subscription-analytics-grouped-by-dates-or-terms. */
const subscribed: Insights = {
  fields: [
    'customerTenantId',
    'customerName',
    'customerMarket',
    'id',
    'status',
    'productName',
    'subscriptionType',
    'autoRenewEnabled',
    'partnerId',
    'friendlyName',
    'creationDate',
    'effectiveStartDate',
    'commitmentEndDate',
    'currentStateEndDate',
    'trialToPaidConversionDate',
    'trialStartDate',
    'lastUsageDate',
    'deprovisionedDate',
    'lastRenewalDate',
  ],
  sums: {
    subscriptionCount: asText((rows) => rows.length),
    licenseCount: asText(sumOf('licenseCount')),
  },
};

const subscriptions: Behaviour = (call, state) =>
  answerInsights(call, state, subscriptionRows(state), subscribed);

/** Analytics: rows made of what the customers have, as the query wants them; pages get-licenses-deployment-information and its kin. */
export const analytics: Readonly<Record<string, Behaviour>> = {
  'analytics.getLicensesDeployment': (call, state) => {
    const date = askedFor(call, 'processedDateTime');
    return answerInsights(
      call,
      state,
      deploymentRows(state.tenants.values(), dayAsked(date, state)),
      deployment,
    );
  },
  'analytics.getLicensesUsage': (call, state) => {
    const date = askedFor(call, 'processedDateTime');
    return answerInsights(call, state, usageRows(state.tenants.values(), dayAsked(date, state)), usage);
  },
  'analytics.getAzureUsage': (call, state) => {
    const from = timeOf(askedFor(call, 'startDate') ?? '0001-01-01');
    const to = timeOf(askedFor(call, 'endDate') ?? '9999-12-31');
    const rows = azureRows(state).filter(
      ({ usageDate }) => timeOf(usageDate) >= from && timeOf(usageDate) <= to,
    );
    return answerInsights(call, state, rows, azure);
  },
  'analytics.getIndirectResellers': (call, state) => answerInsights(call, state, resellerRows(state), resold),
  'analytics.getReferrals': (call, state) => answerInsights(call, state, referralRows(state), referred),
  'analytics.getSearch': (call, state) => answerInsights(call, state, searchRows, searched),
  'analytics.getSubscriptions': subscriptions,
  'analytics.findSubscriptions': subscriptions,
  'analytics.groupSubscriptions': subscriptions,
  ...licenceAnalytics,
};

function dayAsked(date: string | undefined, state: State): string {
  const time = date === undefined ? Number.NaN : timeOf(date);
  return Number.isNaN(time) ? today(state) : dayOf(time);
}
