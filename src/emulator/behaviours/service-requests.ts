import { partner } from '../partner.ts';
import { collection, type Fields, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { Area, State } from '../state.ts';
import { type Behaviour, within } from './behaviour.ts';

/**
 * Tickets: pages get-all-service-requests-for-a-customer, get-service-request-details-by-id, update-a-service-request,
 * create-a-service-request-, service-request-resources. A ticket belongs to the organization that it names.
 */
export const serviceRequests: Readonly<Record<string, Behaviour>> = {
  'serviceRequests.listSupportTopics': (call) =>
    ok(
      collection(
        topics.map((topic) => typed('SupportTopic', { ...topic })),
        placeOf(call),
      ),
    ),
  'serviceRequests.list': (call, state) => page(call, [...tickets(state).values()], state),
  'serviceRequests.listByCustomer': within((tenant, call, state) =>
    page(
      call,
      [...tickets(state).values()].filter((ticket) => isOf(ticket, tenant.customer.id)),
      state,
    ),
  ),
  'serviceRequests.get': (call, state) => withTicket(call, state, (ticket) => ok(whole(ticket))),
  'serviceRequests.getByCustomer': within((_, call, state) =>
    withTicket(call, state, (ticket) => ok(whole(ticket))),
  ),
  'serviceRequests.create': create,
  'serviceRequests.update': change,
  'serviceRequests.updateByCustomer': within((_, call, state) => change(call, state)),
};

const topics = [
  { id: '32444671', name: 'Cannot manage my profile', description: 'Profiles of the partner and its users.' },
  { id: '32444672', name: 'Cannot place an order', description: 'Carts, orders and their refusals.' },
  {
    id: '32444673',
    name: 'Invoice is not right',
    description: 'Invoices, credits and reconciliation files.',
  },
];

interface Note {
  readonly createdByName: string;
  readonly createdDate: string;
  readonly text: string;
}

interface Ticket {
  readonly id: string;
  readonly organization: Fields;
  readonly primaryContact: Fields;
  readonly fields: Fields;
  readonly notes: Note[];
  createdDate: string;
  lastModifiedDate: string;
  lastClosedDate: string;
}

class Tickets implements Area {
  readonly byId = new Map<string, Ticket>();

  snapshot(): readonly Fields[] {
    return [...this.byId.values()].map(whole);
  }
}

const tickets = (state: State) => state.area('serviceRequests', () => new Tickets()).byId;
const never = '0001-01-01T00:00:00';
const ownOrganization = { id: partner.id, name: partner.name, phoneNumber: '2398391056' };

function whole({ id, fields, organization, primaryContact, notes, ...dates }: Ticket): Fields {
  return typed('ServiceRequest', {
    ...fields,
    id,
    organization,
    primaryContact,
    ...dates,
    ...(notes.length === 0 ? {} : { notes }),
  });
}

/** Lists show no description and no notes. */
function short(ticket: Ticket): Fields {
  const { description: _, notes: __, ...shown } = whole(ticket);
  return shown;
}

function isOf({ organization }: Ticket, customerId: string): boolean {
  return String(organization.id).toLowerCase() === customerId.toLowerCase();
}

function placeOf({ path, query }: Call): string {
  const place = path.replace(/^\/v1/u, '');
  return query.size === 0 ? place : `${place}?${query}`;
}

/** Paging by offset and size. */
function page(call: Call, all: readonly Ticket[], state: State): Reply {
  const { pageLimit } = state.behaviour;
  const size = Math.min(Number(call.query.get('size') ?? pageLimit), pageLimit);
  const offset = Number(call.query.get('offset') ?? 0);
  const items = all.slice(offset, offset + size).map(short);
  const body = collection(items, placeOf(call));
  if (offset + size >= all.length) return ok(body);
  const query = new URLSearchParams(call.query);
  query.set('size', String(size));
  query.set('offset', String(offset + size));
  const uri = `${call.path.replace(/^\/v1/u, '')}?${query}`;
  return ok({ ...body, links: { ...(body.links as Fields), next: { uri, method: 'GET', headers: [] } } });
}

function withTicket({ params }: Call, state: State, act: (ticket: Ticket) => Reply): Reply {
  const ticket = tickets(state).get(params.serviceRequestId ?? '');
  const other = params.customerId !== undefined && ticket !== undefined && !isOf(ticket, params.customerId);
  return ticket === undefined || other
    ? refuse(404, '1000', `The service request ${params.serviceRequestId} could not be found.`)
    : act(ticket);
}

const severities = ['unknown', 'critical', 'moderate', 'minimal'];
const statuses = ['none', 'open', 'closed', 'attention_needed'];

/** What is wrong with the words of a request, if anything. */
function problemOf({ severity, status, supportTopicId, newNote }: Fields): Reply | undefined {
  if (severity !== undefined && !severities.includes(String(severity).toLowerCase()))
    return refuse(400, '900127', `${severity} is no severity.`);
  if (status !== undefined && !statuses.includes(String(status).toLowerCase()))
    return refuse(400, '900127', `${status} is no status.`);
  if (supportTopicId !== undefined && !topics.some(({ id }) => id === String(supportTopicId)))
    return refuse(400, '3000', `There is no support topic ${supportTopicId}.`);
  if (newNote !== undefined && typeof (newNote as Fields).text !== 'string')
    return refuse(400, '3000', 'NewNote has no text.');
  return undefined;
}

function create({ body, params }: Call, state: State): Reply {
  const given = (body ?? {}) as Fields;
  for (const name of ['title', 'description', 'severity', 'supportTopicId'])
    if (given[name] === undefined) return refuse(400, '3000', `${name} is missing.`);
  const problem = problemOf(given);
  if (problem !== undefined) return problem;
  const organization = (given.organization ?? ownOrganization) as Fields;
  const id = `6${BigInt(`0x${state.newId().replaceAll('-', '').slice(0, 12)}`) % 10n ** 14n}`.padEnd(15, '0');
  const ticket: Ticket = {
    id,
    organization,
    primaryContact: (given.primaryContact ?? { organization, lastName: 'Account' }) as Fields,
    fields: { ...settable(given), status: 'open', countryCode: given.countryCode ?? countryOf(params) },
    notes: [],
    createdDate: new Date(state.now()).toISOString(),
    lastModifiedDate: new Date(state.now()).toISOString(),
    lastClosedDate: never,
  };
  if (given.newNote !== undefined) note(ticket, given.newNote as Fields, state);
  tickets(state).set(id, ticket);
  // The answer to its filing is a ticket that has not got anywhere yet (sample of the page).
  const dates = { createdDate: never, lastModifiedDate: never, lastClosedDate: never };
  return ok({ ...whole(ticket), ...dates, status: 'none' }, 201);
}

function countryOf({ agentLocale }: Call['params']): string {
  return String(agentLocale).split('-')[1]?.toUpperCase() ?? 'US';
}

const settableNames = [
  'title',
  'description',
  'severity',
  'supportTopicId',
  'supportTopicName',
  'productName',
  'productId',
  'countryCode',
];

function settable(given: Fields): Fields {
  const topic = topics.find(({ id }) => id === String(given.supportTopicId));
  const named = topic === undefined ? {} : { supportTopicName: topic.name };
  const kept = settableNames.filter((name) => given[name] !== undefined);
  return { ...named, ...Object.fromEntries(kept.map((name) => [name, given[name]])) };
}

function note(ticket: Ticket, { text }: Fields, state: State): void {
  const createdDate = new Date(state.now()).toISOString();
  ticket.notes.push({ createdByName: 'Account', createdDate, text: String(text) });
}

/** `unknown` and `none` change nothing: so the SDK says that it leaves severity and status alone. */
function change(call: Call, state: State): Reply {
  return withTicket(call, state, (ticket) => {
    const { severity, status, ...given } = (call.body ?? {}) as Fields;
    const problem = problemOf({ ...given, severity, status });
    if (problem !== undefined) return problem;
    Object.assign(ticket.fields, settable(given));
    if (severity !== undefined && severity !== 'unknown') ticket.fields.severity = severity;
    if (given.primaryContact !== undefined) Object.assign(ticket.primaryContact, given.primaryContact);
    if (given.newNote !== undefined) {
      note(ticket, given.newNote as Fields, state);
      if (ticket.fields.status === 'attention_needed') ticket.fields.status = 'open'; // it was waiting for the partner
    }
    ticket.lastModifiedDate = new Date(state.now()).toISOString();
    if (status !== undefined && status !== 'none') {
      if (status === 'closed' && ticket.fields.status !== 'closed')
        ticket.lastClosedDate = ticket.lastModifiedDate;
      ticket.fields.status = status;
    }
    return ok(whole(ticket));
  });
}
