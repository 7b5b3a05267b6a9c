import { collection, type Fields, noContent, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { State, Tenant } from '../state.ts';
import { type Behaviour, within } from './behaviour.ts';
import { skuNames, subscribedSkus } from './licenses.ts';

type User = Fields & { readonly id: string };

/** Users: pages create-user-accounts-for-a-customer, delete-user-accounts…, view-a-deleted-user, restore-a-user…, assign-licenses-to-a-user. */
export const users: Readonly<Record<string, Behaviour>> = {
  'users.create': within(create),
  'users.get': within((tenant, { params }) => found(tenant, params.userId, ok)),
  'users.list': within(list),
  'users.listDeleted': within(list),
  'users.update': within(update),
  'users.restore': within(update),
  'users.resetPassword': within(update),
  'users.delete': within((tenant, { params }, state) =>
    found(tenant, params.userId, (user) => {
      tenant.users.delete(user.id);
      tenant.licences.delete(user.id);
      tenant.deletedUsers.set(user.id, {
        ...user,
        state: 'inactive',
        softDeletionTime: new Date(state.now()).toISOString(),
      });
      return noContent;
    }),
  ),
  'users.listLicenses': within((tenant, { params, path }) =>
    found(tenant, params.userId, (user) => {
      const skus = [...(tenant.licences.get(user.id) ?? [])];
      return ok(
        collection(
          skus.map((id) => typed('License', { servicePlans: [], productSku: { id, ...skuNames(id) } })),
          path,
        ),
      );
    }),
  ),
  'users.assignLicenses': within(updateLicences),
  'users.removeLicenses': within(updateLicences),
};

function found(tenant: Tenant, id: string | undefined, act: (user: User) => Reply): Reply {
  const user = tenant.users.get(String(id).toLowerCase());
  return user === undefined ? refuse(404, '60002', `The user ${id} could not be found.`) : act(user);
}

function create(tenant: Tenant, call: Call, state: State): Reply {
  const body = call.body as Fields;
  for (const name of ['userPrincipalName', 'displayName', 'passwordProfile'])
    if (body?.[name] === undefined) return refuse(400, '3000', `${name} is missing.`);
  const name = String(body.userPrincipalName).toLowerCase();
  const taken = [...tenant.users.values(), ...tenant.deletedUsers.values()].some(
    (user) => String(user.userPrincipalName).toLowerCase() === name,
  );
  if (taken)
    return refuse(
      409,
      '60009',
      `Another object with the same value for property userPrincipalName already exists: ${name}.`,
    );
  const { passwordProfile: _, attributes: __, ...fields } = body;
  const id = state.newId();
  const user = typed('CustomerUser', {
    ...fields,
    id,
    userDomainType: 'none',
    state: 'active',
    links: { self: { uri: `${call.path.replace(/^\/v1/u, '')}/${id}`, method: 'GET', headers: [] } },
  }) as User;
  tenant.users.set(id, user);
  return ok(user, 201);
}

function list(tenant: Tenant, { query, path }: Call): Reply {
  const deleted = /inactive/iu.test(query.get('filter') ?? '');
  return ok(
    collection(
      [...(deleted ? tenant.deletedUsers : tenant.users).values()],
      `${path.replace(/^\/v1/u, '')}?${query}`,
    ),
  );
}

/** One PATCH serves changes, new passwords and restoring. */
function update(tenant: Tenant, call: Call): Reply {
  const id = String(call.params.userId).toLowerCase();
  const { passwordProfile: _, attributes: __, ...fields } = call.body as Fields;
  const deleted = tenant.deletedUsers.get(id);
  if (deleted !== undefined && fields.state === 'active') {
    const { softDeletionTime: ___, ...user } = deleted;
    tenant.deletedUsers.delete(id);
    tenant.users.set(id, { ...user, state: 'active', id });
  }
  return found(tenant, id, (user) => {
    const changed = { ...user, ...fields, id };
    tenant.users.set(id, changed);
    return ok(changed);
  });
}

function updateLicences(tenant: Tenant, call: Call): Reply {
  return found(tenant, call.params.userId, (user) => {
    const { licensesToAssign = [], licensesToRemove = [] } = call.body as {
      licensesToAssign?: readonly Fields[];
      licensesToRemove?: readonly string[];
    };
    const held = tenant.licences.get(user.id) ?? new Set<string>();
    const wanted = licensesToAssign.map(({ skuId }) => String(skuId).toLowerCase());
    if (wanted.length > 0 && user.usageLocation === undefined)
      return refuse(400, '60012', 'The user has no usage location.');
    for (const sku of wanted) {
      const free = subscribedSkus(tenant).find(({ id }) => id === sku);
      if (!held.has(sku) && (free === undefined || free.availableUnits < 1))
        return refuse(400, '60013', `No licence of ${sku} is available.`);
    }
    for (const sku of wanted) held.add(sku);
    for (const sku of licensesToRemove) held.delete(String(sku).toLowerCase());
    tenant.licences.set(user.id, held);
    const body = {
      ...(licensesToAssign.length === 0 ? {} : { licensesToAssign }),
      ...(licensesToRemove.length === 0 ? {} : { licensesToRemove }),
      licenseWarnings: [],
    };
    return ok(typed('LicenseUpdate', body), 201);
  });
}
