import { resellers } from '../partner.ts';
import { type Fields, noContent, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import { newTenant, type State, type Tenant } from '../state.ts';
import { wareOf } from '../wares.ts';
import { type Behaviour, within } from './behaviour.ts';
import { seekPage } from './seek.ts';

/**
 * Customers: pages create-a-customer, create-a-customer-for-an-indirect-reseller, get-a-customer-by-name,
 * get-a-list-of-customers, remove-a-reseller-relationship-with-a-customer, delete-a-customer-account-from-the-…
 */
export const customers: Readonly<Record<string, Behaviour>> = {
  'customers.create': create,
  'customers.createForReseller': create,
  'customers.get': within(({ customer }) => ok({ ...customer, customDomains: domainsOf(customer) })),
  'customers.list': list,
  'customers.findByDomain': list,
  'customers.findByName': list,
  'customers.deleteSandbox': within(remove),
  'customers.removeRelationship': within(removeRelationship),
};

/** Countries where a customer needs a registration number and a phone number (page create-a-customer). */
const registering = new Set(['AM', 'AZ', 'BY', 'HU', 'KZ', 'KG', 'MD', 'RU', 'TJ', 'UZ', 'UA']);

function create(call: Call, state: State): Reply {
  const body = (call.body ?? {}) as Fields;
  const company = (body.companyProfile ?? {}) as Fields;
  const billing = (body.billingProfile ?? {}) as Fields;
  const domain = String(company.domain ?? '');
  const problem = problemOf(company, billing) ?? resellerProblem(body, state);
  if (problem !== undefined) return problem;
  if (state.domains.has(domain.toLowerCase()))
    return refuse(409, '600009', `The domain ${domain} is not available.`);
  const { associatedPartnerId } = body;
  const id = state.newId();
  const made = seedCustomer(state, id, {
    domain,
    // An address without a phone number comes back with an empty one.
    billing: { ...billing, defaultAddress: { phoneNumber: '', ...(billing.defaultAddress as Fields) } },
    ...(associatedPartnerId === undefined ? {} : { more: { associatedPartnerId } }),
  });
  const password = `${state.newId().slice(0, 8)}!Aa`;
  // The pages show a relationship at once only where a reseller is between.
  const relationshipToPartner = associatedPartnerId === undefined ? 'none' : 'reseller';
  return ok({ ...made, relationshipToPartner, userCredentials: { userName: 'admin', password } }, 201);
}

function problemOf(company: Fields, billing: Fields): Reply | undefined {
  if (company.domain === undefined) return refuse(400, '3000', 'CompanyProfile.Domain is missing.');
  const missing = ['companyName', 'email', 'culture', 'language', 'defaultAddress'].find(
    (name) => billing[name] === undefined,
  );
  if (missing !== undefined) return refuse(400, '3000', `BillingProfile.${missing} is missing.`);
  const { country, phoneNumber } = billing.defaultAddress as Fields;
  if (!registering.has(String(country).toUpperCase())) return undefined;
  if (company.organizationRegistrationNumber === undefined)
    return refuse(400, '600049', `Customers in ${country} need an organization registration number.`);
  return phoneNumber === undefined
    ? refuse(400, '600051', `Customers in ${country} need a phone number.`)
    : undefined;
}

/** Only a provider has resellers, and only those that it is a partner of (page create-a-customer-for-an-indirect-reseller). */
function resellerProblem({ associatedPartnerId }: Fields, { behaviour }: State): Reply | undefined {
  if (associatedPartnerId === undefined) return undefined;
  if (behaviour.profile !== 'provider')
    return refuse(403, '2032', 'Only an indirect provider may create customers for a reseller.');
  const wanted = String(associatedPartnerId).toLowerCase();
  return resellers.some(({ id }) => id === wanted)
    ? undefined
    : refuse(400, '800016', `${associatedPartnerId} is not an indirect reseller of this provider.`);
}

/** Puts a customer into the state, with the administrator that every tenant begins with. */
export function seedCustomer(
  state: State,
  id: string,
  {
    domain,
    billing,
    more = {},
  }: { readonly domain: string; readonly billing: Fields; readonly more?: Fields },
): Tenant['customer'] {
  const self = { uri: `/customers/${id}/profiles/company`, method: 'GET', headers: [] };
  const address = (billing.defaultAddress ?? {}) as Fields;
  const customer = typed('Customer', {
    id,
    commerceId: state.newId(),
    companyProfile: typed('CustomerCompanyProfile', {
      tenantId: id,
      domain,
      companyName: billing.companyName,
      address,
      email: billing.email,
      links: { self },
    }),
    billingProfile: typed('CustomerBillingProfile', { ...billing, id: state.newId() }, '1'),
    relationshipToPartner: 'reseller',
    allowDelegatedAccess: true,
    ...more,
    links: { self: { uri: `/customers/${id}`, method: 'GET', headers: [] } },
  }) as Tenant['customer'];
  state.tenants.set(id.toLowerCase(), newTenant(customer));
  state.domains.set(domain.toLowerCase(), id);
  const admin = state.newId();
  state.tenants.get(id.toLowerCase())!.users.set(
    admin,
    typed('CustomerUser', {
      id: admin,
      userPrincipalName: `admin@${domain}`,
      displayName: String(billing.companyName ?? 'Administrator'),
      userDomainType: 'none',
      state: 'active',
    }) as Fields & { id: string },
  );
  return customer;
}

/** The domain that a customer was made with, and those that were added since. */
function domainsOf({ companyProfile, customDomains = [] }: Fields): readonly unknown[] {
  return [(companyProfile as Fields).domain, ...(customDomains as readonly string[])];
}

export function domainOf(customer: Fields): string {
  return String((customer.companyProfile as Fields).domain).toLowerCase();
}

/** Lists show customers without their billing profile, and only those that the partner still sells to. */
function list(call: Call, state: State): Reply {
  const filter = filterOf(call.query.get('filter'));
  if (filter === undefined) return refuse(400, '800002', 'The filter is not valid.');
  const all = [...state.tenants.values()]
    .map(({ customer }) => customer)
    .filter((customer) => customer.relationshipToPartner !== 'none' && filter(customer))
    .map(({ id, companyProfile, relationshipToPartner, links, attributes }) => ({
      id,
      companyProfile,
      relationshipToPartner,
      links,
      attributes,
    }));
  return seekPage(call, all, state);
}

type Filter = (customer: Fields) => boolean;

const filters: Readonly<Record<string, (wanted: string) => Filter>> = {
  domain: (wanted) => (customer) => domainOf(customer).startsWith(wanted),
  companyname: (wanted) => (customer) =>
    String((customer.companyProfile as Fields).companyName)
      .toLowerCase()
      .startsWith(wanted),
  // Page get-customers-of-an-indirect-reseller.
  indirectreseller: (wanted) => (customer) =>
    String(customer.associatedPartnerId ?? '').toLowerCase() === wanted,
};

/** `{"Field":"Domain","Value":"x","Operator":"starts_with"}`; undefined where it is none. */
function filterOf(text: string | null): Filter | undefined {
  if (text === null || text === '') return () => true;
  try {
    const { Field = '', Value = '' } = JSON.parse(text) as Readonly<Record<string, string>>;
    return filters[Field.toLowerCase()]?.(Value.toLowerCase());
  } catch {
    return undefined;
  }
}

/** Orders of what a customer keeps even without a partner: each must be cancelled before the customer goes. */
function lasting(tenant: Tenant, kinds: readonly string[]): boolean {
  return [...tenant.orders.values()].some(
    ({ fields }) =>
      fields.status !== 'cancelled' &&
      (fields.lineItems as readonly Fields[]).some(
        ({ offerId, quantity }) => quantity !== 0 && kinds.includes(wareOf(offerId)?.kind ?? ''),
      ),
  );
}

function remove(tenant: Tenant, _call: Call, state: State): Reply {
  if (lasting(tenant, ['reservation', 'software', 'softwareSubscription']))
    return refuse(400, '800002', 'Orders of reservations and software must be cancelled first.');
  state.tenants.delete(tenant.customer.id.toLowerCase());
  state.domains.delete(domainOf(tenant.customer));
  return noContent;
}

function removeRelationship(tenant: Tenant, call: Call): Reply {
  const { relationshipToPartner } = (call.body ?? {}) as Fields;
  if (String(relationshipToPartner).toLowerCase() !== 'none')
    return refuse(400, '3000', 'RelationshipToPartner can only be set to none.');
  if (lasting(tenant, ['reservation']))
    return refuse(400, '800002', 'Orders of reservations must be cancelled first.');
  if ([...tenant.subscriptions.values()].some(({ fields }) => fields.status === 'active'))
    return refuse(400, '800002', 'Active subscriptions must be suspended first.');
  (tenant.customer as Fields).relationshipToPartner = 'none';
  return ok(typed('Customer', { relationshipToPartner: 'none' }));
}
