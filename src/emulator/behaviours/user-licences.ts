import { collection, type Fields, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { Area, State, Tenant } from '../state.ts';
import { type Behaviour, within } from './behaviour.ts';
import { groupOf, isInGroups, plansOf, skuNames, subscribedSkus } from './licenses.ts';

interface ExcludedPlans extends Area {
  /** User and SKU → ids of the service plans that were left out. */
  readonly of: Map<string, readonly string[]>;
}

function excludedPlans(state: State): ExcludedPlans['of'] {
  return state.area<ExcludedPlans>('excludedPlans', () => {
    const of = new Map<string, readonly string[]>();
    const snapshot = () =>
      [...of].map(([key, plans]) => {
        const [userId, skuId] = key.split(' ');
        return { userId, skuId, plans };
      });
    return { of, snapshot };
  }).of;
}

/** Licences of users: pages check-which-licenses-are-assigned-to-a-user, get-licenses-assigned-to-a-user-by-license-group, assign-licenses-to-a-user. */
export const userLicences: Readonly<Record<string, Behaviour>> = {
  'users.listLicenses': within((tenant, { params, path, query }, state) =>
    ofUser(tenant, params.userId, ({ id: userId }) => {
      const held = [...(tenant.licences.get(userId) ?? [])].filter((id) => isInGroups(query, id));
      const licence = (id: string) =>
        typed('License', {
          servicePlans: plansOf(id, 'Assigned', excludedPlans(state).get(`${userId} ${id}`)),
          productSku: skuNames(id),
        });
      return ok(collection(held.map(licence), path));
    }),
  ),
  'users.assignLicenses': within(update),
  'users.removeLicenses': within(update),
  'users.updateLicenses': within(update),
};

function ofUser(
  tenant: Tenant,
  id: string | undefined,
  act: (user: Fields & { readonly id: string }) => Reply,
): Reply {
  const user = tenant.users.get(String(id).toLowerCase());
  return user === undefined ? refuse(404, '60002', `The user ${id} could not be found.`) : act(user);
}

interface LicenceUpdate {
  readonly licensesToAssign?: readonly {
    readonly skuId?: string;
    readonly excludedPlans?: readonly string[];
  }[];
  readonly licensesToRemove?: readonly string[];
}

function update(tenant: Tenant, call: Call, state: State): Reply {
  return ofUser(tenant, call.params.userId, (user) => {
    const { licensesToAssign = [], licensesToRemove = [] } = (call.body ?? {}) as LicenceUpdate;
    const held = new Set(tenant.licences.get(user.id));
    for (const sku of licensesToRemove) held.delete(sku.toLowerCase());
    const wanted = licensesToAssign.map(({ skuId }) => String(skuId).toLowerCase());
    const problem = problemOf(tenant, user, wanted, held);
    if (problem !== undefined) return problem;
    licensesToAssign.forEach(({ excludedPlans: left = [] }, index) => {
      const sku = wanted[index]!;
      held.add(sku);
      if (left.length > 0) excludedPlans(state).set(`${user.id} ${sku}`, left);
      else excludedPlans(state).delete(`${user.id} ${sku}`);
    });
    tenant.licences.set(user.id, held);
    const body = {
      ...(licensesToAssign.length === 0 ? {} : { licensesToAssign }),
      ...(licensesToRemove.length === 0 ? {} : { licensesToRemove }),
      licenseWarnings: [],
    };
    return ok(typed('LicenseUpdate', body), 201);
  });
}

function problemOf(
  tenant: Tenant,
  user: Fields,
  wanted: readonly string[],
  held: ReadonlySet<string>,
): Reply | undefined {
  if (wanted.length > 0 && user.usageLocation === undefined)
    return refuse(400, '800002', 'The user has no usage location.');
  if (new Set(wanted.map(groupOf)).size > 1)
    return refuse(400, '800002', 'One request can only assign licenses of one license group.');
  const short = wanted.find((sku) => {
    const units = subscribedSkus(tenant).find(({ id }) => id === sku);
    return !held.has(sku) && (units === undefined || units.availableUnits < 1);
  });
  return short === undefined
    ? undefined
    : refuse(
        400,
        '60012',
        `You have run out of licenses of ${short}. Buy more licenses, and then try again.`,
      );
}
