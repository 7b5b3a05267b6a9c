import { collection, type Fields, ok, type Reply, refuse } from '../reply.ts';
import type { Call } from '../routes.ts';
import { currencyOf, symbolOf } from '../seed.ts';
import type { State, Tenant } from '../state.ts';
import { catalogItemId, type Ware, wares } from '../wares.ts';
import { type Behaviour, within } from './behaviour.ts';

/** New commerce's catalogue: pages get-a-list-of-products, …-skus-for-a-product, …-availabilities-for-a-sku and by customer. */
export const market: Readonly<Record<string, Behaviour>> = {
  'products.list': (call) => inCountry(call, (country) => products(call, country)),
  'products.get': (call) =>
    inCountry(call, (country) => {
      const found = ofProduct(call, country)[0];
      return found === undefined ? noProduct : ok(product(found, country));
    }),
  'products.listForCustomer': within((tenant, call) => products(call, countryOf(tenant))),
  'skus.list': (call) => inCountry(call, (country) => skus(call, country)),
  'skus.get': (call) =>
    inCountry(call, (country) => withSku(call, country, (ware) => ok(sku(ware, country)))),
  'skus.listForCustomer': within((tenant, call) => skus(call, countryOf(tenant))),
  'availabilities.list': (call) =>
    inCountry(call, (country) =>
      withSku(call, country, (ware) => ok(collection([availability(ware, country)], selfOf(call)))),
    ),
  'availabilities.get': (call) =>
    inCountry(call, (country) =>
      withSku(call, country, (ware) =>
        ware.availabilityId.toLowerCase() === call.params.availabilityId?.toLowerCase()
          ? ok(availability(ware, country))
          : refuse(404, '400019', 'The availability could not be found.'),
      ),
    ),
  'availabilities.listForCustomer': within((tenant, call) => {
    const country = countryOf(tenant);
    return withSku(call, country, (ware) => ok(collection([availability(ware, country)], selfOf(call))));
  }),
  'subscriptions.listCustomTermEndDates': within(customTermEndDates),
};

/** Countries without Azure reservations, of those that are on the list of page purchase-azure-reservations. */
const withoutReservations = new Set(['BR', 'BY', 'CN', 'IN', 'KR', 'KZ', 'RU', 'SA', 'TW', 'UA']);

function soldIn(country: string): readonly Ware[] {
  return wares.filter(({ kind }) => kind !== 'reservation' || !withoutReservations.has(country));
}

const views: Readonly<Record<string, (ware: Ware) => boolean>> = {
  azure: ({ productType }) => productType === 'Azure',
  azurereservations: ({ kind }) => kind === 'reservation',
  azurereservationsvm: ({ kind }) => kind === 'reservation',
  microsoftazure: ({ kind }) => kind === 'azurePlan',
  onlineservices: ({ kind }) => kind === 'licence',
  software: ({ productType }) => productType === 'Software',
  softwareperpetual: ({ kind }) => kind === 'software',
  softwaresubscriptions: ({ kind }) => kind === 'softwareSubscription',
};

function products(call: Call, country: string): Reply {
  const inView = views[(call.query.get('targetView') ?? '').toLowerCase()] ?? (() => false);
  const shown = new Map(
    soldIn(country)
      .filter(inView)
      .map((ware) => [ware.productId, ware]),
  );
  return ok(
    collection(
      [...shown.values()].map((ware) => product(ware, country)),
      selfOf(call),
    ),
  );
}

const noProduct = refuse(404, '400013', 'The product could not be found.');

function ofProduct({ params }: Call, country: string): readonly Ware[] {
  return soldIn(country).filter(
    ({ productId }) => productId.toLowerCase() === params.productId?.toLowerCase(),
  );
}

function skus(call: Call, country: string): Reply {
  const found = ofProduct(call, country);
  if (found.length === 0) return noProduct;
  return ok(
    collection(
      found.map((ware) => sku(ware, country)),
      selfOf(call),
    ),
  );
}

function withSku(call: Call, country: string, act: (ware: Ware) => Reply): Reply {
  const found = ofProduct(call, country);
  if (found.length === 0) return noProduct;
  const ware = found.find(({ skuId }) => skuId.toLowerCase() === call.params.skuId?.toLowerCase());
  return ware === undefined ? refuse(404, '400018', 'The SKU could not be found.') : act(ware);
}

export function inCountry({ query }: Call, act: (country: string) => Reply): Reply {
  const country = query.get('country') ?? '';
  return /^[A-Za-z]{2}$/u.test(country)
    ? act(country.toUpperCase())
    : refuse(400, '400003', 'The country is missing or not valid.');
}

export function countryOf({ customer }: Tenant): string {
  const address = ((customer.billingProfile as Fields | undefined)?.defaultAddress ?? {}) as Fields;
  return String(address.country ?? 'US').toUpperCase();
}

/** The address of a collection, as its own link has it. */
export function selfOf({ path, query }: Call): string {
  const text = query.toString();
  return path.replace(/^\/v1/u, '') + (text === '' ? '' : `?${text}`);
}

export function link(uri: string): Fields {
  return { uri, method: 'GET', headers: [] };
}

/** Links of what was bought of a ware (page order-resources). */
export function linksOf({ productId, skuId, availabilityId }: Ware, country: string): Fields {
  const product = `/products/${productId}`;
  return {
    product: link(`${product}?country=${country}`),
    sku: link(`${product}/skus/${skuId}?country=${country}`),
    availability: link(`${product}/skus/${skuId}/availabilities/${availabilityId}?country=${country}`),
  };
}

function product({ productId, title, productType, kind, publisher }: Ware, country: string): Fields {
  const subType = kind === 'reservation' ? 'VirtualMachines' : productType;
  return {
    id: productId,
    title,
    description: title,
    productType: {
      id: productType,
      displayName: productType,
      subType: { id: subType, displayName: subType },
    },
    isMicrosoftProduct: publisher === undefined,
    publisherName: publisher ?? 'Microsoft Corporation',
    links: {
      skus: link(`/products/${productId}/skus?country=${country}`),
      self: link(`/products/${productId}?country=${country}`),
    },
  };
}

const prerequisites: Readonly<Partial<Record<Ware['kind'], readonly string[]>>> = {
  reservation: ['AzureSubscriptionRegistration', 'InventoryCheck'],
  azurePlan: ['MicrosoftCustomerAgreement'],
};

function sku(ware: Ware, country: string): Fields {
  const { productId, skuId, title, minimum, maximum, terms, kind } = ware;
  const reserved = kind === 'reservation';
  return {
    id: skuId,
    productId,
    title,
    description: title,
    minimumQuantity: minimum,
    maximumQuantity: maximum,
    isTrial: ware.isTrial ?? false,
    supportedBillingCycles: [...new Set(terms.map(({ billingCycle }) => billingCycle))],
    purchasePrerequisites: prerequisites[kind] ?? [],
    inventoryVariables: reserved ? ['CustomerId', 'AzureSubscriptionId'] : [],
    provisioningVariables: reserved ? ['Scope', 'SubscriptionId'] : [],
    actions: ['Refund'],
    dynamicAttributes: { isMicrosoftProduct: ware.publisher === undefined, ...ware.attributes },
    links: {
      availabilities: link(`/products/${productId}/skus/${skuId}/availabilities?country=${country}`),
      self: link(`/products/${productId}/skus/${skuId}?country=${country}`),
    },
  };
}

function availability(ware: Ware, country: string): Fields {
  const { productId, skuId, availabilityId, terms, kind } = ware;
  const code = currencyOf(country);
  return {
    id: availabilityId,
    productId,
    skuId,
    catalogItemId: catalogItemId(ware),
    defaultCurrency: { code, symbol: symbolOf(code) },
    segment: 'commercial',
    country,
    isPurchasable: true,
    isRenewable: kind === 'licence' || kind === 'softwareSubscription',
    terms: terms.map(({ duration, billingCycle }) => ({
      duration,
      description: duration === '' ? 'once' : duration,
      billingCycle,
    })),
    product: product(ware, country),
    sku: sku(ware, country),
    links: {
      self: link(`/products/${productId}/skus/${skuId}/availabilities/${availabilityId}?country=${country}`),
    },
  };
}

/** Ends of months and of other subscriptions that a first term may have (page custom-term-end-dates). */
function customTermEndDates(tenant: Tenant, call: Call, state: State): Reply {
  const months = { p1m: 1, p1y: 12, p3y: 36 }[(call.query.get('term_duration') ?? '').toLowerCase()];
  if (months === undefined) return refuse(400, '800002', 'term_duration is missing or not valid.');
  const start = new Date(Date.parse(call.query.get('term_start_date') ?? '') || state.now());
  const latest = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + months, start.getUTCDate());
  const monthEnd = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + months, 0);
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 19);
  const only = call.query.get('target_coterm_subscription_id')?.toLowerCase();
  const others = [...tenant.subscriptions.values()].filter(
    ({ id, fields }) =>
      fields.status === 'active' &&
      (only === undefined || id === only) &&
      Date.parse(String(fields.commitmentEndDate)) > start.getTime() &&
      Date.parse(String(fields.commitmentEndDate)) <= latest,
  );
  const aligned = Map.groupBy(others, ({ fields }) => day(Date.parse(String(fields.commitmentEndDate))));
  return ok(
    collection(
      [
        ...(only === undefined
          ? [
              {
                allowedCustomTermEndDateType: 'calendarMonthAligned',
                allowedCustomTermEndDate: day(monthEnd),
              },
            ]
          : []),
        ...[...aligned].map(([end, subscriptions]) => ({
          allowedCustomTermEndDateType: 'subscriptionAligned',
          cotermSubscriptionIds: subscriptions.map(({ id }) => id),
          allowedCustomTermEndDate: end,
        })),
      ],
      selfOf(call),
    ),
  );
}
