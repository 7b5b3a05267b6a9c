import { collection, type Fields, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { Tenant } from '../state.ts';
import { type Behaviour, within } from './behaviour.ts';

const roleNames: ReadonlyMap<string, string> = new Map([
  ['729827e3-9c14-49f7-bb1b-9608f156bbb8', 'Helpdesk Administrator'],
  ['fe930be7-5e62-47db-91af-98c3a49a38b1', 'User Account Administrator'],
  ['f023fd81-a637-4b56-95fd-791ac0226033', 'Service Support Administrator'],
  ['62e90394-69f5-4237-9190-012177145e10', 'Company Administrator'],
]);

/** Directory roles: pages get-user-roles-for-a-customer, set-user-roles-for-a-customer, remove-customer-user-from-a-role. */
export const roles: Readonly<Record<string, Behaviour>> = {
  'roles.list': within((_tenant, { path }) => ok(collection([...roleNames].map(role), path))),
  'roles.listForUser': within((tenant, { params, path }) => {
    const held = [...roleNames].filter(
      ([id]) => tenant.roleMembers.get(id)?.has(params.userId!.toLowerCase()) === true,
    );
    return ok(collection(held.map(role), path));
  }),
  'roles.listMembers': within((tenant, call) =>
    withMembers(tenant, call, (members) => ok(collection([...members.values()], call.path))),
  ),
  'roles.addMember': within((tenant, call) =>
    withMembers(tenant, call, (members, roleId) => addMember(tenant, call.body as Fields, members, roleId)),
  ),
  'roles.removeMember': within((tenant, call) =>
    withMembers(tenant, call, (members) => {
      members.delete(call.params.userId!.toLowerCase());
      return { status: 204 };
    }),
  ),
};

function role([id, name]: readonly [string, string]): Fields {
  return typed('DirectoryRole', { id, name });
}

function withMembers(
  tenant: Tenant,
  { params }: Call,
  act: (members: Map<string, Fields>, roleId: string) => Reply,
): Reply {
  const roleId = params.roleId!.toLowerCase();
  if (!roleNames.has(roleId)) return refuse(404, '1000', `The role ${roleId} could not be found.`);
  const members = tenant.roleMembers.get(roleId) ?? new Map<string, Fields>();
  tenant.roleMembers.set(roleId, members);
  return act(members, roleId);
}

function addMember(tenant: Tenant, body: Fields, members: Map<string, Fields>, roleId: string): Reply {
  const missing = ['id', 'displayName', 'userPrincipalName'].find((name) => body?.[name] === undefined);
  if (missing !== undefined) return refuse(400, '3000', `${missing} is missing.`);
  const id = String(body.id).toLowerCase();
  if (!tenant.users.has(id)) return refuse(404, '60002', 'The user could not be found.');
  const { displayName, userPrincipalName } = body;
  const member = typed('UserMember', { displayName, userPrincipalName, roleId, id: body.id });
  members.set(id, member);
  return ok(member, 201);
}
