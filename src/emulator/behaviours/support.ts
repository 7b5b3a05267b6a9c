import { partner, resellers } from '../partner.ts';
import { collection, type Fields, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { State, Tenant } from '../state.ts';
import { type Behaviour, within } from './behaviour.ts';
import { shelfOf } from './shelf.ts';

/**
 * Who supports a subscription, and what the partner administers: pages get-a-subscription-s-support-contact,
 * update-a-subscription-s-support-contact, get-the-managed-services-for-a-customer-by-id.
 */
export const support: Readonly<Record<string, Behaviour>> = {
  'supportContacts.get': within((tenant, call, state) =>
    withSubscription(tenant, call, (id) => ok(contactBody(tenant, id, state))),
  ),
  'supportContacts.update': within((tenant, call, state) =>
    withSubscription(tenant, call, (id) => {
      const { supportTenantId, supportMpnId, name } = (call.body ?? {}) as Fields;
      if (supportTenantId === undefined || supportMpnId === undefined || name === undefined)
        return refuse(400, '3000', 'SupportTenantId, SupportMpnId and Name are needed.');
      if (![partner, ...resellers].some(({ mpnId }) => mpnId === String(supportMpnId)))
        return refuse(400, '800016', `${supportMpnId} is no indirect reseller of the partner.`);
      shelfOf<Fields>(state, 'supportContacts')
        .of(tenant.customer.id)
        .set(id, { subscriptionId: id, supportTenantId, supportMpnId, name });
      return ok(contactBody(tenant, id, state));
    }),
  ),
  'managedServices.list': within((tenant) => {
    const licensed = [...tenant.subscriptions.values()].some(
      ({ licenceSku, fields }) => licenceSku !== undefined && fields.status === 'active',
    );
    const { links: _, ...body } = collection(licensed ? services.map((one) => service(tenant, one)) : [], '');
    return ok(body); // the sample has no links
  }),
};

/** Without another it is the partner itself. */
const ownContact = { supportTenantId: partner.id, supportMpnId: partner.mpnId, name: partner.name };

function withSubscription(tenant: Tenant, { params }: Call, act: (id: string) => Reply): Reply {
  const id = String(params.subscriptionId).toLowerCase();
  return tenant.subscriptions.has(id)
    ? act(id)
    : refuse(404, '20003', 'The subscription could not be found.');
}

function contactBody(tenant: Tenant, id: string, state: State): Fields {
  const set = shelfOf<Fields>(state, 'supportContacts').of(tenant.customer.id).get(id);
  const { subscriptionId: _, ...contact } = set ?? { subscriptionId: id, ...ownContact };
  const uri = `/customers/${tenant.customer.id}/subscriptions/${id}/supportcontact`;
  return typed('SupportContact', { ...contact, links: { self: { uri, method: 'Get', headers: [] } } });
}

const services = [
  { id: 'Exchange', name: 'Exchange', groupName: 'Office' },
  { id: 'MicrosoftCommunicationsOnline', name: 'SkypeforBusiness', groupName: 'Office' },
];

function service({ customer }: Tenant, one: (typeof services)[number]): Fields {
  const { domain } = customer.companyProfile as Fields;
  const portal = `https://portal.office.com/Partner/BeginClientSession.aspx?CTID=${customer.id}&CSDEST=`;
  const link = (place: string) => ({ uri: `${portal}${place}`, method: 'GET', headers: [] });
  const mailbox = one.id === 'Exchange' ? `&InitialDomain=${domain}&PrimaryDomain=${domain}` : '';
  return typed('ManagedService', {
    ...one,
    links: {
      adminService: link(`${one.id}${mailbox}`),
      serviceHealth: link('ServiceStatus'),
      serviceTicket: link('Support'),
    },
  });
}
