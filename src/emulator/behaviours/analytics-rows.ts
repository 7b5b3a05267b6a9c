import { partner, resellers } from '../partner.ts';
import type { Fields } from '../reply.ts';
import type { State, Subscription, Tenant } from '../state.ts';
import { skuNames, subscribedSkus } from './licenses.ts';

/** The rows of the analytics pages, made of what the customers have. Ids and names are in capitals, as in the samples. */

/** Year 0001 is the service's word for never. */
const never = '0001-01-01T00:00:00';

function customerFields({ customer }: Tenant): Fields {
  const company = customer.companyProfile as Fields;
  return {
    customerTenantId: customer.id.toUpperCase(),
    customerName: String(company.companyName ?? '').toUpperCase(),
  };
}

function marketOf({ customer }: Tenant): string {
  const address = ((customer.billingProfile as Fields).defaultAddress ?? {}) as Fields;
  return String(address.country ?? '').toUpperCase();
}

/** Midnight of a day, as the rows write it: without a zone. */
export function dayOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 10)}T00:00:00`;
}

const office = { serviceCode: 'o365', serviceName: 'Microsoft Office 365', channel: 'reseller' };

/** What is sold and what of it is assigned, by customer and product: page get-licenses-deployment-information. */
export function deploymentRows(tenants: Iterable<Tenant>, processedDateTime: string): readonly Fields[] {
  return [...tenants].flatMap((tenant) =>
    subscribedSkus(tenant).map(({ id, totalUnits, consumedUnits }) => ({
      processedDateTime,
      ...office,
      ...customerFields(tenant),
      ...productOf(id),
      licensesDeployed: consumedUnits,
      licensesSold: totalUnits,
    })),
  );
}

function productOf(id: string): Fields {
  return { productId: id.toUpperCase(), productName: skuNames(id).name.toUpperCase() };
}

/** Nobody works in an emulator: who holds a licence and may sign in has a mailbox in use, and uses nothing else. */
const workloads = [
  { workloadCode: 'EXO', workloadName: 'Exchange', used: true },
  { workloadCode: 'SPO', workloadName: 'SharePoint', used: false },
  { workloadCode: 'SFB', workloadName: 'Skype For Business', used: false },
];

/** What of the assigned licences is used, by customer, product and workload: page get-licenses-usage-information. */
export function usageRows(tenants: Iterable<Tenant>, processedDateTime: string): readonly Fields[] {
  return [...tenants].flatMap((tenant) =>
    subscribedSkus(tenant).flatMap(({ id, consumedUnits }) =>
      workloads.map(({ used, ...workload }) => ({
        processedDateTime,
        ...workload,
        ...office,
        ...customerFields(tenant),
        ...productOf(id),
        licensesQualified: consumedUnits,
        licensesActive: used ? activeHolders(tenant, id) : 0,
      })),
    ),
  );
}

function activeHolders({ licences, users }: Tenant, sku: string): number {
  return [...licences].filter(([userId, held]) => held.has(sku) && users.get(userId)?.state === 'active')
    .length;
}

const statuses: Readonly<Record<string, string>> = { suspended: 'SUSPENDED', deleted: 'DEPROVISIONED' };

/** Every subscription of every customer: page get-all-subscription-analytics. */
export function subscriptionRows(state: State): readonly Fields[] {
  return [...state.tenants.values()].flatMap((tenant) =>
    [...tenant.subscriptions.values()].map((subscription) => {
      const { fields, id, licenceSku } = subscription;
      return {
        ...customerFields(tenant),
        customerMarket: marketOf(tenant),
        id: id.toUpperCase(),
        status: statuses[String(fields.status)] ?? 'ACTIVE',
        productName: String(fields.offerName).toUpperCase(),
        subscriptionType: typeOf(subscription),
        autoRenewEnabled: fields.autoRenewEnabled === true,
        partnerId: resellerOf(tenant, subscription) ?? partner.mpnId,
        friendlyName: String(fields.friendlyName).toUpperCase(),
        partnerName: partner.name,
        providerName: partner.name,
        creationDate: zoneless(fields.creationDate),
        effectiveStartDate: zoneless(fields.effectiveStartDate),
        commitmentEndDate: zoneless(fields.commitmentEndDate),
        currentStateEndDate: zoneless(fields.commitmentEndDate),
        trialToPaidConversionDate: null,
        trialStartDate: null,
        trialEndDate: null,
        lastUsageDate: null,
        deprovisionedDate: null,
        lastRenewalDate: null,
        licenseCount: licenceSku === undefined ? 0 : Number(fields.quantity),
        churnRisk: 'Low',
        billingCycleName: String(fields.billingCycle).toUpperCase(),
      };
    }),
  );
}

/** The rows write dates without a zone; they are UTC. */
export function zoneless(date: unknown): string | null {
  return typeof date === 'string' ? date.replace(/Z$/u, '') : null;
}

function typeOf({ fields }: Subscription): string {
  if (isAzure(fields)) return 'Azure';
  const name = String(fields.offerName);
  const known = {
    'Microsoft 365': 'Microsoft365',
    Office: 'Office',
    Dynamics: 'Dynamics',
    Enterprise: 'EMS',
  };
  return Object.entries(known).find(([start]) => name.startsWith(start))?.[1] ?? 'UNKNOWN';
}

function isAzure({ offerId, offerName }: Fields): boolean {
  return /^MS-AZR-/iu.test(String(offerId)) || /\bAzure\b/u.test(String(offerName));
}

/** The MPN id of the reseller that the line of its order names, or to whom its customer belongs. */
function resellerOf({ orders, customer }: Tenant, { fields, id }: Subscription): string | undefined {
  if (typeof fields.partnerId === 'string') return fields.partnerId;
  const lines = [...orders.values()].flatMap((order) => (order.fields.lineItems ?? []) as readonly Fields[]);
  const line = lines.find(({ subscriptionId }) => String(subscriptionId).toLowerCase() === id);
  if (typeof line?.partnerIdOnRecord === 'string') return line.partnerIdOnRecord;
  return resellers.find((reseller) => reseller.id === customer.associatedPartnerId)?.mpnId;
}

const dayMs = 86_400_000;
const meters = [
  { meterCategory: 'Virtual Machines', meterSubcategory: 'BS Series', meterUnit: '1 Hour', quantity: 24 },
  { meterCategory: 'Data Management', meterSubcategory: 'None', meterUnit: '10,000s', quantity: 20 },
];

/** A small machine that runs day and night in every Azure subscription, for a week at most: page get-all-azure-usage-analytics. */
export function azureRows(state: State): readonly Fields[] {
  return [...state.tenants.values()].flatMap((tenant) =>
    [...tenant.subscriptions.values()]
      .filter(({ fields }) => isAzure(fields) && fields.status === 'active')
      .flatMap(({ fields, id }) =>
        lastDays(state, Date.parse(String(fields.creationDate))).flatMap((usageDate) =>
          meters.map(({ quantity, ...meter }) => ({
            ...customerFields(tenant),
            subscriptionId: id.toUpperCase(),
            subscriptionName: String(fields.friendlyName).toUpperCase(),
            usageDate,
            resourceLocation: 'useast',
            ...meter,
            reservationOrderId: '',
            reservationId: '',
            consumptionMeterId: '',
            serviceType: meter.meterCategory === 'Virtual Machines' ? 'Standard_B1s' : '',
            quantity,
          })),
        ),
      ),
  );
}

function lastDays(state: State, since: number): readonly string[] {
  return [6, 5, 4, 3, 2, 1, 0]
    .map((ago) => dayOf(state.now() - ago * dayMs))
    .filter((day) => day >= dayOf(since));
}

/** The resellers of a provider, and whoever else sold: page get-all-indirect-resellers-analytics. */
export function resellerRows(state: State): readonly Fields[] {
  const rows = subscriptionRows(state).filter(({ partnerId }) => partnerId !== partner.mpnId);
  const known = state.behaviour.profile === 'provider' ? resellers.map(({ mpnId }) => mpnId) : [];
  const ids = new Set([...known, ...rows.map(({ partnerId }) => String(partnerId))]);
  return [...ids].map((id) =>
    resellerRow(
      id,
      rows.filter(({ partnerId }) => partnerId === id),
    ),
  );
}

function resellerRow(id: string, sold: readonly Fields[]): Fields {
  const reseller = resellers.find(({ mpnId }) => mpnId === id);
  const dates = (name: string) => sold.map((row) => String(row[name])).toSorted();
  const span = (what: string, all: readonly string[]): Fields => ({
    [`firstSubscription${what}Date`]: all[0] ?? never,
    [`latestSubscription${what}Date`]: all.at(-1) ?? never,
  });
  return {
    partnerTenantId: partner.tenantId.toUpperCase(),
    id,
    name: (reseller?.name ?? `Reseller ${id}`).toUpperCase(),
    market: reseller?.location ?? 'US',
    ...span('Creation', dates('creationDate')),
    ...span('End', dates('commitmentEndDate')),
    ...span('Suspended', []),
    ...span('Deprovisioned', []),
    subscriptionCount: sold.length,
    licenseCount: sold.reduce((sum, { licenseCount }) => sum + Number(licenseCount), 0),
  };
}
