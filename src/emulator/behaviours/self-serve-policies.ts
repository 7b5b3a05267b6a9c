import { collection, type Fields, noContent, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { Area, State } from '../state.ts';
import type { Behaviour } from './behaviour.ts';

interface Policies extends Area {
  readonly byId: Map<string, Fields>;
}

function policiesOf(state: State): Policies {
  return state.area<Policies>('selfServePolicies', () => {
    const byId = new Map<string, Fields>();
    return { byId, snapshot: () => [...byId.values()] };
  });
}

/** Self-serve policies: pages (create|update|delete)-a-self-serve-policy, get-a-self-serve-policy-by-id, get-a-list-of-self-serve-policies. */
export const selfServePolicies: Readonly<Record<string, Behaviour>> = {
  'selfServePolicies.create': create,
  'selfServePolicies.get': (call, state) => withPolicy(state, call.params.policyId, (policy) => ok(policy)),
  'selfServePolicies.list': ({ query, path }, state) => {
    const entity = query.get('entity_id')?.toLowerCase();
    if (entity === undefined) return refuse(400, '800002', 'entity_id is missing.');
    const shown = [...policiesOf(state).byId.values()].filter(
      ({ selfServeEntity }) => tenantOf(selfServeEntity) === entity,
    );
    return ok(collection(shown, `${path.replace(/^\/v1/u, '')}?${query}`));
  },
  'selfServePolicies.update': update,
  'selfServePolicies.delete': (call, state) =>
    withPolicy(state, call.params.policyId, (_policy, id) => {
      policiesOf(state).byId.delete(id);
      return noContent;
    }),
};

function tenantOf(party: unknown): string {
  return String((party as Fields | undefined)?.tenantID ?? '').toLowerCase();
}

function withPolicy(state: State, policyId: unknown, act: (policy: Fields, id: string) => Reply): Reply {
  const id = String(policyId ?? '').toLowerCase();
  const policy = policiesOf(state).byId.get(id);
  return policy === undefined
    ? refuse(404, '600039', 'The self serve policy could not be found.')
    : act(policy, id);
}

function create(call: Call, state: State): Reply {
  const { selfServeEntity, grantor, permissions } = (call.body ?? {}) as Fields;
  if (tenantOf(selfServeEntity) === '' || tenantOf(grantor) === '' || !Array.isArray(permissions))
    return refuse(400, '800002', 'SelfServeEntity, Grantor and Permissions are needed.');
  const id = `${tenantOf(grantor)}_${tenantOf(selfServeEntity)}`;
  const { byId } = policiesOf(state);
  if (byId.has(id)) return refuse(409, '600041', 'The self serve policy already exists.');
  const policy = typed('SelfServePolicy', { id, selfServeEntity, grantor, permissions }, etag(state));
  byId.set(id, policy);
  return ok(policy, 201);
}

/** The etag of a policy has its quotes inside, and comes back in the body. */
function etag(state: State): string {
  return `"${state.newId()}"`;
}

function update(call: Call, state: State): Reply {
  const body = (call.body ?? {}) as Fields;
  return withPolicy(state, body.id, (policy, id) => {
    if (id !== `${tenantOf(body.grantor)}_${tenantOf(body.selfServeEntity)}`)
      return refuse(404, '600040', 'The identifier of the self serve policy is not correct.');
    if ((body.attributes as Fields | undefined)?.etag !== (policy.attributes as Fields).etag)
      return refuse(412, '2055', 'The policy was changed since it was read.');
    const { selfServeEntity, grantor } = policy;
    const changed = typed(
      'SelfServePolicy',
      { id: policy.id, selfServeEntity, grantor, permissions: body.permissions },
      etag(state),
    );
    policiesOf(state).byId.set(id, changed);
    return ok(changed);
  });
}
