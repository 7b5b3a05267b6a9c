import { collection, type Fields, ok, refuse, typed } from '../reply.ts';
import { agreementTemplates } from '../seed.ts';
import { type Behaviour, within } from './behaviour.ts';

const roleNames: readonly (readonly [string, string])[] = [
  ['729827e3-9c14-49f7-bb1b-9608f156bbb8', 'Helpdesk Administrator'],
  ['fe930be7-5e62-47db-91af-98c3a49a38b1', 'User Account Administrator'],
  ['f023fd81-a637-4b56-95fd-791ac0226033', 'Service Support Administrator'],
  ['62e90394-69f5-4237-9190-012177145e10', 'Company Administrator'],
];

/** Agreements, qualifications, roles. */
export const agreements: Readonly<Record<string, Behaviour>> = {
  'agreements.listTemplates': ({ query, path }) => {
    const type = query.get('agreementType');
    return ok(
      collection(
        agreementTemplates
          .filter(({ agreementType }) => type === null || type === '*' || agreementType === type)
          .map((template) => typed('AgreementMetaData', template)),
        path,
      ),
    );
  },
  'agreements.confirm': within((tenant, call) => {
    const body = call.body as Fields;
    if (!agreementTemplates.some(({ templateId }) => templateId === body?.templateId))
      return refuse(400, '2000', 'TemplateId is missing or not valid.');
    for (const name of ['primaryContact', 'dateAgreed', 'type'])
      if (body[name] === undefined) return refuse(400, '2000', `${name} is missing.`);
    const agreement = { userId: tenant.customer.id, ...body };
    tenant.agreements.push(agreement);
    return ok(agreement, 201);
  }),
  'agreements.list': within((tenant, { path, query }) => {
    const type = query.get('agreementType');
    return ok(
      collection(
        tenant.agreements.filter((agreement) => type === null || agreement.type === type),
        path,
      ),
    );
  }),
  'qualifications.list': within((tenant) => ok(tenant.qualifications)),
  'qualifications.add': within((tenant, call, state) => {
    const name = String((call.body as Fields)?.qualification ?? '');
    if (name === '') return refuse(400, '800002', 'Qualification is missing.');
    if (tenant.qualifications.some(({ qualification }) => qualification === name))
      return refuse(409, '600017', 'The customer has this qualification already.');
    const added = {
      qualification: name,
      vettingStatus: 'InReview',
      vettingCreateDate: new Date(state.now()).toISOString(),
    };
    tenant.qualifications.push(added);
    return ok(added, 201);
  }),
  'qualifications.get': within((tenant) =>
    ok(String(tenant.qualifications[0]?.qualification ?? 'none').toLowerCase()),
  ),
  'qualifications.update': within((tenant, call) => {
    tenant.qualifications.splice(0, tenant.qualifications.length, {
      qualification: String(call.body ?? 'none'),
    });
    return ok(undefined);
  }),
  'roles.list': within((_tenant, { path }) =>
    ok(
      collection(
        roleNames.map(([id, name]) => typed('DirectoryRole', { id, name })),
        path,
      ),
    ),
  ),
  'roles.listMembers': within((tenant, { params, path }) =>
    ok(collection([...(tenant.roleMembers.get(params.roleId!.toLowerCase())?.values() ?? [])], path)),
  ),
  'roles.listForUser': within((tenant, { params, path }) => {
    const held = roleNames.filter(
      ([id]) => tenant.roleMembers.get(id)?.has(params.userId!.toLowerCase()) === true,
    );
    return ok(
      collection(
        held.map(([id, name]) => typed('DirectoryRole', { id, name })),
        path,
      ),
    );
  }),
  'roles.addMember': within((tenant, call) => {
    const { id, displayName, userPrincipalName } = call.body as Fields;
    const user = tenant.users.get(String(id).toLowerCase());
    if (user === undefined) return refuse(404, '60002', 'The user could not be found.');
    const roleId = call.params.roleId!.toLowerCase();
    const members = tenant.roleMembers.get(roleId) ?? new Map<string, Fields>();
    const member = typed('UserMember', {
      displayName: displayName ?? user.displayName,
      userPrincipalName: userPrincipalName ?? user.userPrincipalName,
      roleId,
      id,
    });
    members.set(String(id).toLowerCase(), member);
    tenant.roleMembers.set(roleId, members);
    return ok(member, 201);
  }),
  'roles.removeMember': within((tenant, { params }) => {
    tenant.roleMembers.get(params.roleId!.toLowerCase())?.delete(params.userId!.toLowerCase());
    return { status: 204 };
  }),
};
