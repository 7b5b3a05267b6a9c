import { type Fields, noContent, ok, type Reply } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { Area, State } from '../state.ts';
import type { Behaviour } from './behaviour.ts';

/**
 * Granular delegated admin privileges at Microsoft Graph, for workflows/establish-gdap and its catalogue (pages
 * tenantrelationship-post-delegatedadminrelationships, delegatedadminrelationship-post-requests, -post-accessassignments).
 * The customer approves at `POST /_emulator/approve`.
 */
export const delegatedAdmin: Readonly<Record<string, Behaviour>> = {
  'delegatedAdminRelationships.list': (_, state) =>
    ok({ value: [...relationshipsOf(state).values()].map(shown) }),
  'delegatedAdminRelationships.get': inOne((one) => {
    goOn(one);
    return ok(shown(one));
  }),
  'delegatedAdminRelationships.create': create,
  'delegatedAdminRelationships.update': inOne(update),
  'delegatedAdminRelationships.delete': inOne(remove),
  'delegatedAdminRelationships.requestApproval': inOne(request),
  'delegatedAdminRelationships.terminate': inOne(request),
  'delegatedAdminRelationships.listAccess': inOne((one) =>
    ok({ value: [...one.access.values()].map(shown) }),
  ),
  'delegatedAdminRelationships.getAccess': inAssignment((assignment) => {
    if (assignment.fields.status === 'pending') change(assignment, { status: 'active' });
    return ok(shown(assignment));
  }),
  'delegatedAdminRelationships.assignAccess': inOne(assign),
  'delegatedAdminRelationships.updateAccess': inAssignment((assignment, call) => {
    const stale = unmatched(call, assignment);
    if (stale !== undefined) return stale;
    change(assignment, { accessDetails: (call.body as Fields).accessDetails });
    return ok(shown(assignment));
  }),
  'delegatedAdminRelationships.removeAccess': inAssignment((assignment, call, one) => {
    const stale = unmatched(call, assignment);
    if (stale !== undefined) return stale;
    one.access.delete(String(assignment.fields.id));
    return noContent;
  }),
};

interface Versioned {
  fields: Fields;
  version: number;
}

interface Relationship extends Versioned {
  readonly access: Map<string, Versioned>;
}

interface Relationships extends Area {
  readonly all: Map<string, Relationship>;
}

function relationshipsOf(state: State): Relationships['all'] {
  return state.area<Relationships>('delegatedAdminRelationships', () => {
    const all = new Map<string, Relationship>();
    const snapshot = () =>
      [...all.values()].map(({ fields, access }) => ({
        ...fields,
        accessAssignments: [...access.values()].map((assignment) => assignment.fields),
      }));
    return { all, snapshot };
  }).all;
}

/** As it is read: with its etag. */
function shown({ fields, version }: Versioned): Fields {
  return { '@odata.etag': etagOf(version), ...fields };
}

function etagOf(version: number): string {
  return `W/"${Buffer.from(`'${version}'`).toString('base64')}"`;
}

function change(thing: Versioned, fields: Fields): void {
  thing.fields = { ...thing.fields, ...fields };
  thing.version += 1;
}

/** What was asked for goes on by itself from one look to the next. */
function goOn(one: Relationship): void {
  const next: Readonly<Record<string, string>> = {
    approved: 'activating',
    activating: 'active',
    terminationRequested: 'terminating',
    terminating: 'terminated',
  };
  const status = next[String(one.fields.status)];
  if (status !== undefined) change(one, { status });
}

/** An error in the form of Microsoft Graph. */
function refuse(status: number, code: string, message: string): Reply {
  return { status, body: { error: { code, message } } };
}

function inOne(act: (one: Relationship, call: Call, state: State) => Reply): Behaviour {
  return (call, state) => {
    const one = relationshipsOf(state).get(call.params.relationshipId ?? '');
    return one === undefined
      ? refuse(404, 'notFound', 'The relationship was not found.')
      : act(one, call, state);
  };
}

function inAssignment(act: (assignment: Versioned, call: Call, one: Relationship) => Reply): Behaviour {
  return inOne((one, call) => {
    const assignment = one.access.get(call.params.assignmentId ?? '');
    return assignment === undefined
      ? refuse(404, 'notFound', 'The access assignment was not found.')
      : act(assignment, call, one);
  });
}

/** Updates and deletes name the version that they mean. */
function unmatched({ headers }: Call, { version }: Versioned): Reply | undefined {
  const named = headers['if-match'];
  if (named === undefined) return refuse(400, 'badRequest', 'The header If-Match is missing.');
  return named === etagOf(version)
    ? undefined
    : refuse(412, 'preconditionFailed', 'It was changed since it was read.');
}

function create({ body }: Call, state: State): Reply {
  const wanted = (body ?? {}) as Fields;
  const name = String(wanted.displayName ?? '');
  if (name === '' || name.length > 50)
    return refuse(400, 'badRequest', 'The displayName has 1 to 50 characters.');
  if (wanted.duration === undefined || rolesOf(wanted).length === 0)
    return refuse(400, 'badRequest', 'The duration or the roles are missing.');
  const all = relationshipsOf(state);
  if ([...all.values()].some(({ fields }) => fields.displayName === name))
    return refuse(409, 'conflict', 'A relationship of this displayName exists.');
  const id = `${state.newId()}-${state.newId()}`;
  const now = new Date(state.now()).toISOString();
  const fields = {
    id,
    autoExtendDuration: 'PT0S',
    ...wanted,
    status: 'created',
    createdDateTime: now,
    lastModifiedDateTime: now,
  };
  const made: Relationship = { fields, version: 1, access: new Map() };
  all.set(id, made);
  return ok(shown(made), 201);
}

function update(one: Relationship, call: Call): Reply {
  const stale = unmatched(call, one) ?? notDraft(one);
  if (stale !== undefined) return stale;
  const { displayName, duration, customer, accessDetails } = call.body as Fields;
  const given = Object.entries({ displayName, duration, customer, accessDetails });
  change(one, Object.fromEntries(given.filter(([, value]) => value !== undefined)));
  return ok(shown(one));
}

function remove(one: Relationship, call: Call, state: State): Reply {
  const stale = unmatched(call, one) ?? notDraft(one);
  if (stale !== undefined) return stale;
  relationshipsOf(state).delete(String(one.fields.id));
  return noContent;
}

function notDraft({ fields }: Relationship): Reply | undefined {
  return fields.status === 'created'
    ? undefined
    : refuse(409, 'conflict', `A relationship in status ${String(fields.status)} cannot be changed.`);
}

/** `lockForApproval` of a draft, `terminate` of what is active. */
function request(one: Relationship, call: Call, state: State): Reply {
  const action = String((call.body as Fields | undefined)?.action);
  const from: Readonly<Record<string, readonly [string, string]>> = {
    lockForApproval: ['created', 'approvalPending'],
    terminate: ['active', 'terminationRequested'],
  };
  const [wanted, next] = from[action] ?? [];
  if (next === undefined) return refuse(400, 'badRequest', `The action ${action} is none.`);
  if (one.fields.status !== wanted)
    return refuse(409, 'conflict', `${action} is for relationships in status ${wanted}.`);
  change(one, { status: next });
  return ok({ id: state.newId(), action, status: 'created' }, 201);
}

function assign(one: Relationship, { body }: Call, state: State): Reply {
  const wanted = (body ?? {}) as Fields;
  const container = (wanted.accessContainer as Fields | undefined)?.accessContainerId;
  if (one.fields.status !== 'active') return refuse(409, 'conflict', 'The relationship is not active.');
  if (container === undefined) return refuse(400, 'badRequest', 'The accessContainer is missing.');
  const allowed = new Set(rolesOf(one.fields));
  if (rolesOf(wanted).length === 0 || !rolesOf(wanted).every((role) => allowed.has(role)))
    return refuse(400, 'badRequest', 'A role is not one of the relationship’s.');
  const has = ({ fields }: Versioned) => (fields.accessContainer as Fields).accessContainerId === container;
  if ([...one.access.values()].some(has))
    return refuse(409, 'conflict', 'The group has an assignment already.');
  const id = state.newId();
  const made: Versioned = { fields: { id, ...wanted, status: 'pending' }, version: 1 };
  one.access.set(id, made);
  return ok(shown(made), 201);
}

function rolesOf({ accessDetails }: Fields): readonly unknown[] {
  const { unifiedRoles } = (accessDetails ?? {}) as Fields;
  return Array.isArray(unifiedRoles)
    ? unifiedRoles.map((role: unknown) => (role as Fields).roleDefinitionId)
    : [];
}

/** The customer's part: approves what waits for it, by the relationship's id or by the customer's tenant. */
export function approve(state: State, body: unknown): Reply {
  const { relationshipId, customerId } = (body ?? {}) as Fields;
  const found = [...relationshipsOf(state).values()].filter(
    ({ fields }) =>
      fields.status === 'approvalPending' &&
      (fields.id === relationshipId || (fields.customer as Fields | undefined)?.tenantId === customerId),
  );
  for (const one of found)
    change(one, { status: 'approved', activatedDateTime: new Date(state.now()).toISOString() });
  return { status: found.length === 0 ? 404 : 200, body: { approved: found.length } };
}
