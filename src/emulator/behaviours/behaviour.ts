import type { Reply } from '../reply.ts';
import { refuse } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { State, Tenant } from '../state.ts';

/** What an operation does at the service. Keyed by operation name; a test fails for a name that no entry has. */
export type Behaviour = (call: Call, state: State) => Reply;

/**
 * A behaviour inside one customer; customers that do not exist are refused, and what is ordered or changed for one
 * that the partner no longer sells to (page error-codes: 20002).
 */
export function within(act: (tenant: Tenant, call: Call, state: State) => Reply): Behaviour {
  return (call, state) => {
    const { customerId } = call.params;
    const tenant = state.tenant(customerId);
    if (tenant === undefined) return refuse(404, '60003', `The customer ${customerId} could not be found.`);
    const { method, name } = call.operations[0]!;
    if (
      tenant.customer.relationshipToPartner === 'none' &&
      method !== 'GET' &&
      !name.startsWith('customers.')
    )
      return refuse(
        403,
        '20002',
        `The partner has no commerce relationship with the customer ${customerId}.`,
      );
    return act(tenant, call, state);
  };
}
