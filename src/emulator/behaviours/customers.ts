import { collection, type Fields, noContent, ok, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import { newTenant, type State, type Tenant } from '../state.ts';
import { type Behaviour, within } from './behaviour.ts';

/** Customers: pages create-a-customer, get-a-customer-by-name, get-a-list-of-customers and those of the profiles. */
export const customers: Readonly<Record<string, Behaviour>> = {
  'customers.create': (call, state) => create(call.body as Fields, state),
  'customers.get': within(({ customer }) => ok(withoutCredentials(customer))),
  'customers.list': list,
  'customers.findByDomain': list,
  'customers.findByName': list,
  'customers.deleteSandbox': within((tenant, _call, state) => {
    state.tenants.delete(tenant.customer.id);
    state.domains.delete(domainOf(tenant.customer));
    return noContent;
  }),
  'customers.removeRelationship': within((tenant, call) => {
    const { relationshipToPartner } = call.body as Fields;
    (tenant.customer as Fields).relationshipToPartner = relationshipToPartner;
    return ok(typed('Customer', { relationshipToPartner }));
  }),
  'customerProfiles.getCompany': within(({ customer }) => ok(customer.companyProfile)),
  'customerProfiles.getBilling': within((tenant) => ok(billingProfile(tenant))),
  'customerProfiles.updateBilling': within(updateBilling),
};

function create(body: Fields, state: State) {
  const company = (body?.companyProfile ?? {}) as Fields;
  const billing = (body?.billingProfile ?? {}) as Fields;
  const domain = String(company.domain ?? '').toLowerCase();
  if (domain === '') return refuse(400, '3000', 'CompanyProfile.Domain is missing.');
  for (const name of ['companyName', 'email', 'culture', 'language'])
    if (billing[name] === undefined) return refuse(400, '3000', `BillingProfile.${name} is missing.`);
  if (state.domains.has(domain)) return refuse(409, '600009', `The domain ${domain} is not available.`);
  const id = state.newId();
  const customer = seedCustomer(state, id, { domain, billing });
  const password = `${state.newId().slice(0, 8)}!Aa`;
  return ok(
    { ...customer, relationshipToPartner: 'none', userCredentials: { userName: 'admin', password } },
    201,
  );
}

/** Puts a customer into the state, with the administrator that every tenant begins with. */
export function seedCustomer(
  state: State,
  id: string,
  { domain, billing }: { readonly domain: string; readonly billing: Fields },
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
    billingProfile: typed('CustomerBillingProfile', { id: state.newId(), ...billing }, '1'),
    relationshipToPartner: 'reseller',
    allowDelegatedAccess: true,
    links: { self: { uri: `/customers/${id}`, method: 'GET', headers: [] } },
  }) as Tenant['customer'];
  state.tenants.set(id.toLowerCase(), newTenant(customer));
  state.domains.set(domain, id);
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

function withoutCredentials(customer: Fields): Fields {
  const { userCredentials: _, ...rest } = customer;
  return rest;
}

export function domainOf(customer: Fields): string {
  return String((customer.companyProfile as Fields).domain).toLowerCase();
}

/** Lists show customers without their billing profile; they page by a continuation token. */
function list({ query, headers, path }: Call, state: State) {
  const filter = filterOf(query.get('filter'));
  if (filter === undefined) return refuse(400, '800002', 'The filter is not valid.');
  const all = [...state.tenants.values()]
    .map(({ customer }) => customer)
    .filter((customer) => filter(customer));
  const asked = Number(query.get('size') ?? 0);
  const size = Math.min(asked > 0 ? asked : state.behaviour.pageLimit, state.behaviour.pageLimit);
  const token = headers['ms-continuationtoken'];
  const start = typeof token === 'string' ? Number(Buffer.from(token, 'base64').toString()) : 0;
  const items = all
    .slice(start, start + size)
    .map(({ id, companyProfile, relationshipToPartner, links, attributes }) => ({
      id,
      companyProfile,
      relationshipToPartner,
      links,
      attributes,
    }));
  const self = `${path.replace(/^\/v1/u, '')}?${query}`;
  if (start + size >= all.length) return ok(collection(items, self));
  const next = new URLSearchParams(query);
  next.set('seekOperation', 'Next');
  return ok(
    collection(items, self, {
      uri: `${path.replace(/^\/v1/u, '')}?${next}`,
      token: Buffer.from(String(start + size)).toString('base64'),
    }),
  );
}

/** `{"Field":"Domain","Value":"x","Operator":"starts_with"}`; undefined where it is none. */
function filterOf(text: string | null): ((customer: Fields) => boolean) | undefined {
  if (text === null || text === '') return () => true;
  try {
    const { Field = '', Value = '' } = JSON.parse(text) as Readonly<Record<string, string>>;
    const wanted = Value.toLowerCase();
    const name = Field.toLowerCase();
    if (name === 'domain') return (customer) => domainOf(customer).startsWith(wanted);
    if (name === 'companyname')
      return (customer) =>
        String((customer.companyProfile as Fields).companyName)
          .toLowerCase()
          .startsWith(wanted);
    return undefined;
  } catch {
    return undefined;
  }
}

function billingProfile(tenant: Tenant): Fields {
  return {
    ...(tenant.customer.billingProfile as Fields),
    attributes: { etag: String(tenant.billingVersion), objectType: 'CustomerBillingProfile' },
  };
}

function updateBilling(tenant: Tenant, call: Call) {
  const etag = String(call.headers['if-match'] ?? '').replaceAll('"', '');
  if (etag !== String(tenant.billingVersion))
    return refuse(412, '2055', 'The profile was changed since it was read.');
  tenant.billingVersion += 1;
  const { attributes: _, ...fields } = call.body as Fields;
  (tenant.customer as Fields).billingProfile = { ...(tenant.customer.billingProfile as Fields), ...fields };
  return ok(billingProfile(tenant));
}
