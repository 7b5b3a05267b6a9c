import { agreements } from './agreements.ts';
import { analytics } from './analytics.ts';
import { applicationConsents } from './application-consents.ts';
import { audit } from './audit.ts';
import { azure } from './azure.ts';
import { azureEntitlements } from './azure-entitlements.ts';
import type { Behaviour } from './behaviour.ts';
import { carts } from './carts.ts';
import { classicOffers } from './classic-offers.ts';
import { configurationPolicies } from './configuration-policies.ts';
import { customerProfiles } from './customer-profiles.ts';
import { customers } from './customers.ts';
import { delegatedAdmin } from './delegated-admin.ts';
import { devices } from './devices.ts';
import { domains } from './domains.ts';
import { entitlements } from './entitlements.ts';
import { inventory } from './inventory.ts';
import { invoiceLines } from './invoice-lines.ts';
import { invoices } from './invoices.ts';
import { licenses } from './licenses.ts';
import { market } from './market.ts';
import { orders } from './orders.ts';
import { productUpgrades } from './product-upgrades.ts';
import { profiles } from './profiles.ts';
import { promotionBehaviours } from './promotions.ts';
import { qualifications } from './qualifications.ts';
import { reconciliation } from './reconciliation.ts';
import { referrals } from './referrals.ts';
import { relationships } from './relationships.ts';
import { roles } from './roles.ts';
import { security } from './security.ts';
import { selfServePolicies } from './self-serve-policies.ts';
import { serviceCosts } from './service-costs.ts';
import { serviceRequests } from './service-requests.ts';
import { subscriptions } from './subscriptions.ts';
import { support } from './support.ts';
import { transfers } from './transfers.ts';
import { transitions } from './transitions.ts';
import { upgrades } from './upgrades.ts';
import { usage } from './usage.ts';
import { usageBudget } from './usage-budget.ts';
import { users } from './users.ts';
import { utilities } from './utilities.ts';
import { webhooks } from './webhooks.ts';

/** Everything that data cannot say, by operation. */
export const behaviours: Readonly<Record<string, Behaviour>> = {
  ...customers,
  ...customerProfiles,
  ...users,
  ...roles,
  ...licenses,
  ...market,
  ...classicOffers,
  ...inventory,
  ...promotionBehaviours,
  ...carts,
  ...orders,
  ...entitlements,
  ...subscriptions,
  ...upgrades,
  ...transitions,
  ...productUpgrades,
  ...transfers,
  ...agreements,
  ...analytics,
  ...configurationPolicies,
  ...devices,
  ...profiles,
  ...relationships,
  ...delegatedAdmin,
  ...referrals,
  ...audit,
  ...security,
  ...utilities,
  ...webhooks,
  ...azure,
  ...azureEntitlements,
  ...usage,
  ...usageBudget,
  ...serviceRequests,
  ...support,
  ...invoices,
  ...invoiceLines,
  ...reconciliation,
  ...serviceCosts,
  ...qualifications,
  ...domains,
  ...applicationConsents,
  ...selfServePolicies,
};
