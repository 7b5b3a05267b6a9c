import { collection, type Fields, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import { currencyOf, type Offer, offers, type Ware, wares } from '../seed.ts';
import type { Tenant } from '../state.ts';
import { type Behaviour, within } from './behaviour.ts';

/** What is sold: pages get-a-list-of-products, …-skus-for-a-product, …-availabilities-for-a-sku, check-inventory, get-a-list-of-offers-for-a-market. */
export const market: Readonly<Record<string, Behaviour>> = {
  'products.list': (call) => inCountry(call, () => ok(collection(uniqueProducts().map(product), call.path))),
  'products.get': (call) => inCountry(call, () => one(uniqueProducts().find(isProduct(call)), product)),
  'products.listForCustomer': within((_tenant, call) =>
    ok(collection(uniqueProducts().map(product), call.path)),
  ),
  'skus.list': (call) =>
    inCountry(call, () => ok(collection(wares.filter(isProduct(call)).map(sku), call.path))),
  'skus.get': (call) => inCountry(call, () => one(wares.find(isSku(call)), sku)),
  'skus.listForCustomer': within((_tenant, call) =>
    ok(collection(wares.filter(isProduct(call)).map(sku), call.path)),
  ),
  'availabilities.list': (call) =>
    inCountry(call, (country) =>
      ok(
        collection(
          wares.filter(isSku(call)).map((ware) => availability(ware, country)),
          call.path,
        ),
      ),
    ),
  'availabilities.get': (call) =>
    inCountry(call, (country) => one(wares.find(isSku(call)), (ware) => availability(ware, country))),
  'availabilities.listForCustomer': within((tenant, call) =>
    ok(
      collection(
        wares.filter(isSku(call)).map((ware) => availability(ware, countryOf(tenant))),
        call.path,
      ),
    ),
  ),
  'inventory.check': (call) => {
    const { targetItems = [] } = (call.body ?? {}) as { readonly targetItems?: readonly Fields[] };
    return ok(
      targetItems.map(({ productId, skuId }) =>
        typed('InventoryItem', {
          productId,
          ...(skuId === undefined ? {} : { skuId }),
          isRestricted: !wares.some((ware) => ware.productId === productId),
          restrictions: [],
        }),
      ),
    );
  },
  'offers.list': (call) =>
    inCountry(call, (country) =>
      ok(
        collection(
          offers.map((found) => offer(found, country)),
          call.path,
        ),
      ),
    ),
  'offers.get': (call) =>
    inCountry(call, (country) =>
      one(
        offers.find(({ id }) => id.toLowerCase() === call.params.offerId?.toLowerCase()),
        (found) => offer(found, country),
      ),
    ),
  'offers.listAddons': (call) =>
    inCountry(call, (country) => {
      const base = offers.find(({ id }) => id.toLowerCase() === call.params.offerId?.toLowerCase());
      return one(base, ({ addons }) =>
        collection(
          offers.filter(({ id }) => addons.includes(id)).map((found) => offer(found, country)),
          call.path,
        ),
      );
    }),
  'offerCategories.list': (call) =>
    inCountry(call, (country) =>
      ok(
        collection(
          [...new Set(offers.map(({ category }) => category))].map((id, rank) =>
            typed('OfferCategory', { id, name: id, rank: rank + 1, locale: 'en-US', country }),
          ),
          call.path,
        ),
      ),
    ),
};

function inCountry({ query }: Call, act: (country: string) => Reply): Reply {
  const country = query.get('country') ?? '';
  return /^[A-Za-z]{2}$/u.test(country)
    ? act(country.toUpperCase())
    : refuse(400, '400003', 'The country is missing or not valid.');
}

function one<T>(found: T | undefined, shape: (found: T) => Fields): Reply {
  return found === undefined ? refuse(404, '400013', 'The product could not be found.') : ok(shape(found));
}

function isProduct({ params }: Call): (ware: Ware) => boolean {
  return ({ productId }) => productId.toLowerCase() === params.productId?.toLowerCase();
}

function isSku(call: Call): (ware: Ware) => boolean {
  const same = isProduct(call);
  return (ware) => same(ware) && ware.skuId === call.params.skuId;
}

function uniqueProducts(): readonly Ware[] {
  return wares.filter(
    (ware, index) => wares.findIndex(({ productId }) => productId === ware.productId) === index,
  );
}

export function countryOf({ customer }: Tenant): string {
  const address = ((customer.billingProfile as Fields).defaultAddress ?? {}) as Fields;
  return String(address.country ?? 'US').toUpperCase();
}

function link(uri: string): Fields {
  return { uri, method: 'GET', headers: [] };
}

function product({ productId, title, productType }: Ware): Fields {
  return typed('Product', {
    id: productId,
    title,
    description: title,
    productType: { id: productType, displayName: productType },
    isMicrosoftProduct: true,
    publisherName: 'Microsoft Corporation',
    links: {
      skus: link(`/products/${productId}/skus?country=US`),
      self: link(`/products/${productId}?country=US`),
    },
  });
}

function sku({ productId, skuId, title, minimum, maximum, terms, kind }: Ware): Fields {
  return typed('Sku', {
    id: skuId,
    productId,
    title,
    description: title,
    minimumQuantity: minimum,
    maximumQuantity: maximum,
    isTrial: false,
    supportedBillingCycles: [...new Set(terms.map(({ billingCycle }) => billingCycle))],
    purchasePrerequisites: kind === 'reservation' ? ['InventoryCheck', 'AzureSubscriptionRegistration'] : [],
    inventoryVariables: kind === 'reservation' ? ['CustomerId', 'AzureSubscriptionId', 'ArmRegionName'] : [],
    provisioningVariables: kind === 'reservation' ? ['Scope', 'SubscriptionId', 'Duration'] : [],
    dynamicAttributes: {},
    links: {
      availabilities: link(`/products/${productId}/skus/${skuId}/availabilities?country=US`),
      self: link(`/products/${productId}/skus/${skuId}?country=US`),
    },
  });
}

export function catalogItemId({ productId, skuId, availabilityId }: Ware): string {
  return `${productId}:${skuId}:${availabilityId}`;
}

function availability(ware: Ware, country: string): Fields {
  const { productId, skuId, availabilityId, terms } = ware;
  return typed('Availability', {
    id: availabilityId,
    productId,
    skuId,
    catalogItemId: catalogItemId(ware),
    defaultCurrency: { code: currencyOf(country), symbol: currencyOf(country) },
    segment: 'commercial',
    country,
    isPurchasable: true,
    isRenewable: true,
    terms: terms.map(({ duration, billingCycle }) => ({
      duration,
      description: duration === '' ? 'once' : duration,
      billingCycle,
    })),
    product: product(ware),
    sku: sku(ware),
    links: {
      self: link(`/products/${productId}/skus/${skuId}/availabilities/${availabilityId}?country=${country}`),
    },
  });
}

function offer({ id, name, category, isAddon, maximum }: Offer, country: string): Fields {
  return typed('Offer', {
    id,
    name,
    description: name,
    minimumQuantity: 1,
    maximumQuantity: maximum,
    rank: 1,
    uri: `/offers/${id}`,
    locale: 'en-us',
    country,
    category: typed('OfferCategory', { id: category, name: category, rank: 1, locale: 'en-us', country }),
    prerequisiteOffers: [],
    isAddOn: isAddon,
    isAvailableForPurchase: true,
    billing: id.startsWith('MS-') ? 'usage' : 'license',
    supportedBillingCycles: ['annual', 'monthly'],
    isAutoRenewable: true,
    isInternal: false,
    product: { id: '', name, unit: 'Licenses' },
    unitType: 'Licenses',
    links: { learnMore: link('https://www.microsoft.com'), self: link(`/offers/${id}?country=${country}`) },
  });
}
