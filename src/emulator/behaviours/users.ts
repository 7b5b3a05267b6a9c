import { type Fields, noContent, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { State, Tenant } from '../state.ts';
import { type Behaviour, within } from './behaviour.ts';
import { seekPage } from './seek.ts';
import { userLicences } from './user-licences.ts';

type User = Fields & { readonly id: string };

/**
 * Users: pages create-user-accounts-for-a-customer, update-user-accounts…, reset-user-password…, delete-user-accounts…,
 * view-a-deleted-user, restore-a-user…
 */
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
      for (const members of tenant.roleMembers.values()) members.delete(user.id);
      tenant.deletedUsers.set(user.id, {
        ...user,
        state: 'inactive',
        softDeletionTime: new Date(state.now()).toISOString(),
      });
      return noContent;
    }),
  ),
  ...userLicences,
};

function found(tenant: Tenant, id: string | undefined, act: (user: User) => Reply): Reply {
  const user = tenant.users.get(String(id).toLowerCase());
  return user === undefined ? refuse(404, '60002', `The user ${id} could not be found.`) : act(user);
}

const keptMs = 30 * 24 * 3_600_000;

/** Deleted accounts are gone for good after 30 days (page view-a-deleted-user). */
function purge({ deletedUsers }: Tenant, state: State): void {
  for (const [id, { softDeletionTime }] of deletedUsers)
    if (Date.parse(String(softDeletionTime)) + keptMs <= state.now()) deletedUsers.delete(id);
}

/** The account that a sign-in name belongs to, deleted ones that can still be restored among them. */
function nameTaken(tenant: Tenant, name: unknown, except?: string): Reply | undefined {
  const wanted = String(name).toLowerCase();
  const taken = [...tenant.users.values(), ...tenant.deletedUsers.values()].some(
    ({ id, userPrincipalName }) => id !== except && String(userPrincipalName).toLowerCase() === wanted,
  );
  const text = `Another object with the same value for property userPrincipalName already exists: ${wanted}.`;
  return taken ? refuse(409, '60009', text) : undefined;
}

function create(tenant: Tenant, call: Call, state: State): Reply {
  purge(tenant, state);
  const body = (call.body ?? {}) as Fields;
  for (const name of ['userPrincipalName', 'displayName', 'passwordProfile'])
    if (body[name] === undefined) return refuse(400, '3000', `${name} is missing.`);
  const taken = nameTaken(tenant, body.userPrincipalName);
  if (taken !== undefined) return taken;
  const { passwordProfile, attributes: _, ...fields } = body;
  const id = state.newId();
  const user = typed('CustomerUser', {
    ...fields,
    id,
    userDomainType: 'none',
    state: 'active',
    links: { self: { uri: `${call.path.replace(/^\/v1/u, '')}/${id}`, method: 'GET', headers: [] } },
  }) as User;
  tenant.users.set(id, user);
  return ok({ ...user, passwordProfile }, 201);
}

/** The page names the field UserState, the link of its own answer UserStatus. */
function list(tenant: Tenant, call: Call, state: State): Reply {
  purge(tenant, state);
  const filter = call.query.get('filter') ?? '';
  const deleted = /"userstat(?:e|us)"/iu.test(filter) && /"inactive"/iu.test(filter);
  return seekPage(call, [...(deleted ? tenant.deletedUsers : tenant.users).values()], state);
}

/** One PATCH serves changes, new passwords and restoring. Passwords are repeated once, and not kept. */
function update(tenant: Tenant, call: Call, state: State): Reply {
  purge(tenant, state);
  const id = String(call.params.userId).toLowerCase();
  const { passwordProfile, attributes: _, id: __, links: ___, ...fields } = (call.body ?? {}) as Fields;
  const deleted = tenant.deletedUsers.get(id);
  if (deleted !== undefined && String(fields.state).toLowerCase() === 'active') {
    const { softDeletionTime: ____, ...user } = deleted;
    tenant.deletedUsers.delete(id);
    tenant.users.set(id, { ...user, state: 'active', id });
  }
  return found(tenant, id, (user) => {
    const taken =
      fields.userPrincipalName === undefined ? undefined : nameTaken(tenant, fields.userPrincipalName, id);
    if (taken !== undefined) return taken;
    const changed = { ...user, ...fields, id };
    tenant.users.set(id, changed);
    return ok(passwordProfile === undefined ? changed : { ...changed, passwordProfile });
  });
}
