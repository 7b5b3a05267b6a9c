import { type Fields, ok, type Reply, refuse } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { Tenant } from '../state.ts';
import { type Behaviour, within } from './behaviour.ts';

/** Profiles: pages get-a-customer-s-company-profile, get-all-of-a-customer-s-billing-profiles, update-a-customer-s-billing-profile. */
export const customerProfiles: Readonly<Record<string, Behaviour>> = {
  'customerProfiles.getCompany': within(({ customer }) => ok(customer.companyProfile)),
  'customerProfiles.getBilling': within((tenant) => ok(billingProfile(tenant))),
  'customerProfiles.updateBilling': within(updateBilling),
};

function billingProfile(tenant: Tenant): Fields {
  const { id } = tenant.customer;
  return {
    ...(tenant.customer.billingProfile as Fields),
    links: { self: { uri: `/v1/customers/${id}/profiles/billing`, method: 'GET', headers: [] } },
    attributes: { etag: String(tenant.billingVersion), objectType: 'CustomerBillingProfile' },
  };
}

function updateBilling(tenant: Tenant, call: Call): Reply {
  const etag = String(call.headers['if-match'] ?? '').replaceAll('"', '');
  if (etag !== String(tenant.billingVersion))
    return refuse(412, '2055', 'The profile was changed since it was read.');
  tenant.billingVersion += 1;
  const { attributes: _, links: __, ...fields } = call.body as Fields;
  (tenant.customer as Fields).billingProfile = {
    ...(tenant.customer.billingProfile as Fields),
    ...fields,
    attributes: { etag: String(tenant.billingVersion), objectType: 'CustomerBillingProfile' },
  };
  return ok(billingProfile(tenant));
}
