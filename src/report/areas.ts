/** The areas that the reference and `tenantry operations --area` group resources by. */
export const areas: readonly (readonly [area: string, resources: readonly string[]])[] = [
  [
    'Customers',
    [
      'customers',
      'customerProfiles',
      'addresses',
      'domains',
      'agreements',
      'qualifications',
      'countryValidationRules',
      'validationCodes',
    ],
  ],
  ['Users and licences', ['users', 'roles', 'licenses', 'selfServePolicies', 'applicationConsents']],
  [
    'Catalogue',
    [
      'products',
      'skus',
      'availabilities',
      'inventory',
      'promotions',
      'offers',
      'offerCategories',
      'productUpgrades',
    ],
  ],
  ['Orders and subscriptions', ['carts', 'orders', 'subscriptions', 'entitlements', 'transfers']],
  ['Azure', ['azurePlan', 'azureEntitlements', 'azureRateCard', 'azureUtilization', 'usage', 'usageBudget']],
  ['Billing', ['invoices', 'reconciliation', 'serviceCosts']],
  ['Devices', ['devices', 'configurationPolicies']],
  ['Support', ['serviceRequests', 'supportContacts', 'managedServices']],
  [
    'Partner account',
    [
      'profiles',
      'relationships',
      'relationshipRequests',
      'compliance',
      'auditRecords',
      'security',
      'webhooks',
    ],
  ],
  ['Delegated administration', ['delegatedAdminRelationships', 'delegatedAdminCustomers', 'gdap']],
  ['Referrals', ['referrals']],
  ['Analytics', ['analytics']],
];

/** The area of a resource; `Other` for one that no area names. */
export function areaOf(resource: string): string {
  return areas.find(([, resources]) => resources.includes(resource))?.[0] ?? 'Other';
}
