import { collection, type Fields, noContent, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { State, Tenant } from '../state.ts';
import { type Behaviour, within } from './behaviour.ts';
import { devicesOf, policiesOf, timeOf } from './device-jobs.ts';

const categories = ['none', 'o_o_b_e'];
const settings = [
  'none',
  'remove_oem_preinstalls',
  'oobe_user_not_local_admin',
  'skip_express_settings',
  'skip_oem_registration',
  'skip_eula',
];

/** Set-up policies: pages create-a-new-configuration-policy…, update-a-configuration-policy… and their kin. */
export const configurationPolicies: Readonly<Record<string, Behaviour>> = {
  'configurationPolicies.list': within((tenant, { path }, state) => {
    const policies = [...policiesOf(state).of(tenant.customer.id).values()];
    return ok(
      collection(
        policies.map((policy) => bodyOf(tenant, policy, state)),
        path,
      ),
    );
  }),
  'configurationPolicies.get': within((tenant, call, state) =>
    withPolicy(tenant, call, state, (policy) => ok(bodyOf(tenant, policy, state))),
  ),
  'configurationPolicies.create': within((tenant, call, state) => {
    const wanted = wantedOf(call);
    const bad = mistakeIn(wanted);
    if (bad !== undefined) return bad;
    const id = state.newId();
    const policy = { ...wanted, id, createdDate: timeOf(state), lastModifiedDate: timeOf(state) };
    policiesOf(state).of(tenant.customer.id).set(id, policy);
    return ok(bodyOf(tenant, policy, state));
  }),
  'configurationPolicies.update': within((tenant, call, state) =>
    withPolicy(tenant, call, state, (policy) => {
      const wanted = wantedOf(call);
      const bad = mistakeIn(wanted);
      if (bad !== undefined) return bad;
      if (wanted.category !== policy.category)
        return refuse(400, '3000', 'The category of a policy cannot be changed.');
      const { id, createdDate } = policy;
      const changed = { ...wanted, id, createdDate, lastModifiedDate: timeOf(state) };
      policiesOf(state).of(tenant.customer.id).set(String(id), changed);
      return ok(bodyOf(tenant, changed, state));
    }),
  ),
  'configurationPolicies.delete': within((tenant, call, state) =>
    withPolicy(tenant, call, state, ({ id }) => {
      policiesOf(state).of(tenant.customer.id).delete(String(id));
      release(tenant, id, state);
      return noContent;
    }),
  ),
};

function wantedOf({ body }: Call): Fields {
  const { name, category, description, policySettings } = (body ?? {}) as Fields;
  return { name, category, ...(description === undefined ? {} : { description }), policySettings };
}

function mistakeIn({ name, category, policySettings }: Fields): Reply | undefined {
  if (typeof name !== 'string' || name === '') return refuse(400, '3000', 'Name is missing.');
  if (!categories.includes(String(category))) return refuse(400, '3000', 'Category is missing or unknown.');
  if (!Array.isArray(policySettings)) return refuse(400, '3000', 'PolicySettings is missing.');
  const unknown = policySettings.find((setting) => !settings.includes(String(setting)));
  return unknown === undefined ? undefined : refuse(400, '3000', `There is no setting ${String(unknown)}.`);
}

function withPolicy(tenant: Tenant, { params }: Call, state: State, act: (policy: Fields) => Reply): Reply {
  const policy = policiesOf(state).of(tenant.customer.id).get(params.policyId!.toLowerCase());
  return policy === undefined ? refuse(404, '1000', `There is no policy ${params.policyId}.`) : act(policy);
}

function bodyOf(tenant: Tenant, policy: Fields, state: State): Fields {
  const devices = [...devicesOf(state).of(tenant.customer.id).values()];
  const devicesAssigned = devices.filter(({ policies }) =>
    policies.some(({ value }) => value === policy.id),
  ).length;
  return typed('ConfigurationPolicy', { ...policy, devicesAssigned });
}

/** What a policy that is gone leaves behind no page says; here its devices have none any more. */
function release(tenant: Tenant, policyId: unknown, state: State): void {
  const devices = devicesOf(state).of(tenant.customer.id);
  for (const device of devices.values())
    devices.set(device.id, {
      ...device,
      policies: device.policies.map(({ key, value }) => ({ key, value: value === policyId ? null : value })),
    });
}
