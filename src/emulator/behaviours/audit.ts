import type { Operation } from '../../operations/operation.ts';
import { isRead } from '../../operations/operation.ts';
import { partner } from '../partner.ts';
import { collection, type Fields, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { Area, State } from '../state.ts';
import type { Behaviour } from './behaviour.ts';
import { pascalCased } from './profiles.ts';

/** Page get-a-record-of-partner-center-activity-by-user; by id as the page partner-center-webhook-events links to it. */
export const audit: Readonly<Record<string, Behaviour>> = {
  'auditRecords.list': list,
  'auditRecords.get': ({ params }, state) => {
    const found = recordsOf(state).records.find(({ id }) => id === params.auditId?.toLowerCase());
    return found === undefined
      ? refuse(404, '1000', `The audit record ${params.auditId} could not be found.`)
      : ok(found);
  },
};

interface Records extends Area {
  readonly records: Fields[];
}

function recordsOf(state: State): Records {
  return state.area<Records>('auditRecords', () => {
    const records: Fields[] = [];
    return { records, snapshot: () => records };
  });
}

/** So many are kept; the service keeps 90 days. */
const kept = 20_000;

/** Words of the enumerations ResourceType and OperationType, by resource and kind of the operation. */
const words: Readonly<Record<string, Readonly<Record<string, readonly [string, string]>>>> = {
  customers: {
    create: ['customer', 'add_customer'],
    update: ['partner_customer_relationship', 'remove_partner_customer_relationship'],
    delete: ['customer', 'delete_tip_customer'],
  },
  customerProfiles: { update: ['customer', 'update_customer_billing_profile'] },
  qualifications: {
    create: ['customer', 'update_customer_qualification'],
    update: ['customer', 'update_customer_qualification'],
  },
  agreements: { create: ['agreement', 'create_agreement'] },
  orders: {
    create: ['order', 'create_order'],
    action: ['order', 'update_order'],
    update: ['order', 'update_order'],
  },
  subscriptions: {
    action: ['subscription', 'update_subscription'],
    update: ['subscription', 'update_subscription'],
  },
  transfers: { create: ['transfer', 'create_transfer'], update: ['transfer', 'update_transfer'] },
  users: {
    create: ['customer_user', 'create_customer_user'],
    update: ['customer_user', 'update_customer_user'],
    action: ['customer_user', 'update_customer_user'],
    delete: ['customer_user', 'delete_customer_user'],
  },
  roles: {
    create: ['customer_directory_role', 'add_user_member'],
    action: ['customer_directory_role', 'add_user_member'],
    update: ['customer_directory_role', 'add_user_member'],
    delete: ['customer_directory_role', 'remove_user_member'],
  },
  configurationPolicies: {
    create: ['policy', 'policy_created'],
    update: ['policy', 'policy_updated'],
    delete: ['policy', 'policy_deleted'],
  },
  devices: {
    create: ['device', 'devices_upload_to_new_batch_attempted'],
    update: ['device', 'device_updated'],
    action: ['device', 'devices_update_attempted'],
    delete: ['device', 'device_deleted'],
  },
  selfServePolicies: {
    create: ['self_serve_policy', 'create_self_serve_policy'],
    update: ['self_serve_policy', 'update_self_serve_policy'],
    delete: ['self_serve_policy', 'delete_self_serve_policy'],
  },
  referrals: { create: ['referral', 'create_referral'], update: ['referral', 'update_referral'] },
};

/** Operations whose word their kind alone does not tell. */
const named: Readonly<Record<string, readonly [string, string]>> = {
  'carts.checkout': ['order', 'create_order'],
  'users.assignLicenses': ['license', 'update_customer_user_licenses'],
  'users.resetPassword': ['customer_user', 'reset_customer_user_password'],
  'users.restore': ['customer_user', 'restore_customer_user'],
  'customers.updateBudget': ['spending_limit', 'update_customer_spending_budget'],
};

/** Keeps a record of a write that succeeded, whatever it was; what no word is documented for is `undefined`. */
export function recordWrite(call: Call, reply: Reply, state: State): void {
  const operation = call.operations[0]!;
  if (isRead(operation) || reply.status >= 300) return;
  const [resourceType, operationType] = wordsOf(operation);
  const body = (reply.body ?? {}) as Fields;
  const customerId =
    call.params.customerId ?? (operation.resource === 'customers' ? (body.id as string) : undefined);
  const company = state.tenant(customerId)?.customer.companyProfile as Fields | undefined;
  const correlationId = call.headers['ms-correlationid'];
  const { records } = recordsOf(state);
  records.push(
    typed('AuditRecord', {
      id: state.newId(),
      partnerId: partner.id,
      ...(customerId === undefined ? {} : { customerId, customerName: String(company?.companyName ?? '') }),
      userPrincipalName: partner.user.upn,
      applicationId: partner.application.name,
      resourceType,
      resourceNewValue: JSON.stringify(pascalCased(reply.body ?? call.body ?? null), withoutSecrets),
      operationType,
      ...(typeof correlationId === 'string' ? { originalCorrelationId: correlationId } : {}),
      operationDate: new Date(state.now()).toISOString(),
      operationStatus: 'succeeded',
      customizedData: Object.entries(call.params)
        .filter(([name]) => name !== 'customerId')
        .map(([name, value]) => ({ key: name.charAt(0).toUpperCase() + name.slice(1), value })),
    }),
  );
  if (records.length > kept) records.splice(0, records.length - kept);
}

function wordsOf({ name, resource, kind }: Operation): readonly [string, string] {
  return named[name] ?? words[resource]?.[kind] ?? ['undefined', 'undefined'];
}

function withoutSecrets(name: string, value: unknown): unknown {
  return /password|token|secret/iu.test(name) ? undefined : value;
}

const dayMs = 86_400_000;

function list({ query, headers, path }: Call, state: State): Reply {
  const from = dayOf(query.get('startDate')) ?? startOfDay(state.now() - 30 * dayMs);
  const to = (dayOf(query.get('endDate')) ?? startOfDay(state.now())) + dayMs;
  if (Number.isNaN(from) || Number.isNaN(to)) return refuse(400, '3000', 'A date is not valid.');
  if (from < startOfDay(state.now()) - 90 * dayMs)
    return refuse(400, '3000', 'The start date must not be more than 90 days back.');
  const matches = filterOf(query.get('filter'));
  if (matches === undefined) return refuse(400, '800002', 'The filter is not valid.');
  const all = recordsOf(state)
    .records.filter((record) => {
      const at = Date.parse(String(record.operationDate));
      return at >= from && at < to && matches(record);
    })
    .toReversed();
  const { pageLimit } = state.behaviour;
  const size = Math.min(Number(query.get('size') ?? pageLimit) || pageLimit, pageLimit);
  const token = headers['ms-continuationtoken'];
  const start = typeof token === 'string' ? Number(Buffer.from(token, 'base64').toString()) : 0;
  const page = collection(all.slice(start, start + size), `${path.replace(/^\/v1/u, '')}?${query}`);
  if (start + size >= all.length) return ok(page);
  return ok({ continuationToken: Buffer.from(String(start + size)).toString('base64'), ...page });
}

/** `yyyy-mm-dd`, or any date and time: its day, in UTC. */
function dayOf(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  return startOfDay(Date.parse(/^\d{4}-\d\d-\d\d$/u.test(text) ? text : `${text} UTC`));
}

function startOfDay(at: number): number {
  return Math.floor(at / dayMs) * dayMs;
}

/** A filter by CompanyName (substring), CustomerId or ResourceType (equals); undefined where it is none. */
function filterOf(text: string | null): ((record: Fields) => boolean) | undefined {
  if (text === null || text === '') return () => true;
  try {
    const given = JSON.parse(text) as Readonly<Record<string, string>>;
    const wanted = (given.Value ?? '').toLowerCase();
    const field = { companyname: 'customerName', customerid: 'customerId', resourcetype: 'resourceType' }[
      (given.Field ?? '').toLowerCase()
    ];
    if (field === undefined) return undefined;
    const value = (record: Fields) => String(record[field] ?? '').toLowerCase();
    if (field === 'customerName') return (record) => value(record).includes(wanted);
    // The page writes Subscription, the records customer_user.
    const bare = wanted.replaceAll('_', '');
    return (record) => value(record).replaceAll('_', '') === bare;
  } catch {
    return undefined;
  }
}
