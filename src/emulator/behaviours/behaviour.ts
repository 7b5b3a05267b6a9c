import type { Reply } from '../reply.ts';
import { refuse } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { State, Tenant } from '../state.ts';

/** What an operation does at the service. Keyed by operation name; a test fails for a name that no entry has. */
export type Behaviour = (call: Call, state: State) => Reply;

/** A behaviour inside one customer; customers that do not exist are refused. */
export function within(act: (tenant: Tenant, call: Call, state: State) => Reply): Behaviour {
  return (call, state) => {
    const tenant = state.tenant(call.params.customerId);
    return tenant === undefined
      ? refuse(404, '60003', `The customer ${call.params.customerId} could not be found.`)
      : act(tenant, call, state);
  };
}
