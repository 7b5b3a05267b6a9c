import { type Fields, ok, type Reply, refuse } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { State, Tenant } from '../state.ts';
import { type Behaviour, within } from './behaviour.ts';

/** A customer's own domains: page add-a-verified-domain-for-a-customer. */
export const domains: Readonly<Record<string, Behaviour>> = {
  'domains.addVerified': within(addVerified),
};

const required = ['authenticationType', 'capability', 'name', 'status', 'verificationMethod'];

function addVerified(tenant: Tenant, call: Call, state: State): Reply {
  const body = (call.body ?? {}) as Fields;
  const domain = (body.domain ?? {}) as Fields;
  const missing = required.find((name) => domain[name] === undefined);
  if (body.verifiedDomainName === undefined || missing !== undefined)
    return refuse(400, '3000', `${missing ?? 'VerifiedDomainName'} is missing.`);
  if (
    String(domain.authenticationType).toLowerCase() === 'federated' &&
    body.domainFederationSettings === undefined
  )
    return refuse(400, '3000', 'DomainFederationSettings is missing.');
  const name = String(body.verifiedDomainName);
  if (state.domains.has(name.toLowerCase()))
    return refuse(409, '600009', `The domain ${name} is not available.`);
  state.domains.set(name.toLowerCase(), tenant.customer.id);
  const customer = tenant.customer as Fields;
  customer.customDomains = [...((customer.customDomains ?? []) as readonly string[]), name];
  const { isDefault = false, isInitial = false } = domain;
  return ok(
    {
      authenticationType: snake(domain.authenticationType),
      capability: snake(domain.capability),
      isDefault,
      isInitial,
      name: domain.name,
      status: snake(domain.status),
      verificationMethod: snake(domain.verificationMethod),
    },
    201,
  );
}

/** Enum words come back in snake case: `DnsRecord` as `dns_record`. */
function snake(word: unknown): string {
  return String(word)
    .replace(/(?<=[a-z\d])(?=[A-Z])/gu, '_')
    .toLowerCase();
}
