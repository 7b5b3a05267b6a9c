import { categories, type Offer, offerOf, offers } from '../offers.ts';
import { collection, type Fields, ok, refuse, typed } from '../reply.ts';
import { wares } from '../wares.ts';
import type { Behaviour } from './behaviour.ts';
import { inCountry, link, selfOf } from './market.ts';

/** The older catalogue: pages get-a-list-of-offers-for-a-market, get-an-offer-by-id, get-addon-offers-by-offer-id. */
export const classicOffers: Readonly<Record<string, Behaviour>> = {
  'offers.list': (call) =>
    inCountry(call, (country) =>
      ok(
        collection(
          offers.map((found) => offerBody(found, country)),
          selfOf(call),
        ),
      ),
    ),
  'offers.get': (call) =>
    inCountry(call, (country) => {
      const found = offerOf(call.params.offerId);
      return found === undefined ? noOffer(String(call.params.offerId)) : ok(offerBody(found, country));
    }),
  'offers.listAddons': (call) =>
    inCountry(call, (country) => {
      const found = offerOf(call.params.offerId);
      if (found === undefined) return noOffer(String(call.params.offerId));
      const addons = offers.filter(({ id }) => found.addons.includes(id));
      return ok(
        collection(
          addons.map((addon) => offerBody(addon, country)),
          selfOf(call),
        ),
      );
    }),
  'offerCategories.list': (call) =>
    inCountry(call, (country) =>
      ok(
        collection(
          [...categories.keys()].map((name) => category(name, country)),
          selfOf(call),
        ),
      ),
    ),
};

/** What new commerce sells is no offer (page error-codes, 2100). */
function noOffer(id: string) {
  return wares.some(({ productId }) => id.toLowerCase().startsWith(productId.toLowerCase()))
    ? refuse(400, '2100', `The Offers API does not support item with id ${id}. Try the Products API.`)
    : refuse(404, '1000', `The offer ${id} could not be found.`);
}

function category(name: string, country: string): Fields {
  const rank = categories.get(name) ?? 0;
  return typed('OfferCategory', { id: `${name}_Key`, name, rank, locale: 'en-us', country });
}

export function offerBody(found: Offer, country: string): Fields {
  const { id, name, maximum } = found;
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
    category: category(found.category, country),
    prerequisiteOffers: offers.filter(({ addons }) => addons.includes(id)).map((base) => base.id),
    isAddOn: found.isAddon,
    hasAddOns: found.addons.length > 0,
    isAvailableForPurchase: true,
    isTrial: found.isTrial ?? false,
    billing: id.startsWith('MS-') ? 'usage' : 'license',
    supportedBillingCycles: found.isTrial === true ? ['none'] : ['annual', 'monthly'],
    isAutoRenewable: found.isTrial !== true,
    upgradeTargetOffers: found.upgradesTo ?? [],
    conversionTargetOffers: found.convertsTo ?? [],
    salesGroupId: '1',
    product: { id: found.licenceSku ?? '', name, unit: 'Licenses' },
    unitType: id.startsWith('MS-') ? 'Usage-based' : 'Licenses',
    links: { learnMore: link('https://www.microsoft.com'), self: link(`/offers/${id}?country=${country}`) },
  });
}
