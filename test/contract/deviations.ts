/**
 * Where the catalogue or the emulator is known to differ from a documented sample, and why: sample (its page, with a
 * number where the page has several), the problem as the test words it, the reason. A row that is no longer needed
 * fails the test.
 */
export const deviations: readonly (readonly [sample: string, problem: string, reason: string])[] = [
  [
    'get-invoiceline-items 4',
    'answer: items.0.quoteId is missing, not string',
    'newer pages call it alternateId',
  ],
  [
    'get-invoiceline-items 4',
    'answer: items.0.providerName is missing, not string',
    'newer pages call it publisherName',
  ],
  [
    'get-invoiceline-items 4',
    'answer: items.0.providerId is missing, not string',
    'newer pages call it publisherId',
  ],
  [
    'get-invoiceline-items 6',
    'answer: items.0.quoteId is missing, not string',
    'newer pages call it alternateId',
  ],
  [
    'get-invoiceline-items 6',
    'answer: items.0.providerName is missing, not string',
    'newer pages call it publisherName',
  ],
  [
    'get-invoiceline-items 6',
    'answer: items.0.providerId is missing, not string',
    'newer pages call it publisherId',
  ],
  [
    'get-invoiceline-items 5',
    'answer: 400 instead of 200: 800002 The size or the continuation token is not valid.',
    'the token of the sample is none that the emulator gave',
  ],
  [
    'get-invoiceline-items 7',
    'answer: 400 instead of 200: 800002 The size or the continuation token is not valid.',
    'the token of the sample is none that the emulator gave',
  ],
  [
    'get-invoice-billed-consumption-lineitems 2',
    'answer: 400 instead of 200: 800002 The size or the continuation token is not valid.',
    'the token of the sample is none that the emulator gave',
  ],
  [
    'get-invoice-unbilled-consumption-lineitems 2',
    'answer: 400 instead of 200: 800002 The size or the continuation token is not valid.',
    'the token of the sample is none that the emulator gave',
  ],
  [
    'get-invoice-unbilled-recon-lineitems 2',
    'answer: 400 instead of 200: 800002 The size or the continuation token is not valid.',
    'the token of the sample is none that the emulator gave',
  ],
  [
    'create-a-cart-with-add-ons',
    'answer: lineItems.0.addonItems is missing, not list',
    'the answer shows add-ons that the request of the page does not have',
  ],
  [
    'create-a-customer-for-an-indirect-reseller',
    'request: body.RelationshipToPartner is not sent',
    'a new customer\'s relationship is the service\'s to say: "none" in every sample',
  ],
  [
    'get-a-list-of-availabilities-for-a-sku-by-customer',
    'answer: the sample shows no list',
    'the page shows a SKU where its text says a collection of availabilities',
  ],
  [
    'get-a-list-of-skus-for-a-product-by-customer',
    'no operation of the catalogue has this request',
    'the page shows the product, whose path ends before /skus',
  ],
  [
    'get-all-subscription-analytics',
    'answer: items.0.lastRenewalDate is missing, not string',
    'a new subscription was not renewed yet',
  ],
  [
    'get-subscription-analytics-by-search-query',
    'answer: the sample shows no list',
    'the page shows one row without its envelope',
  ],
  [
    'update-customer-qualification-synchronous',
    "input must have required property 'qualification'",
    "the page's example leaves out the body that its text asks for",
  ],
  [
    'update-customer-qualification-synchronous',
    'answer: 400 instead of 200: 800002 The qualification undefined cannot be set.',
    "the page's example leaves out the body that its text asks for",
  ],
  [
    'validate-an-address 2',
    'answer: 200 instead of 400: undefined undefined',
    'the page answers one and the same request with 200 and with 400',
  ],
  [
    'get-a-record-of-partner-center-activity-by-user',
    'answer: 400 instead of 200: 3000 The start date must not be more than 90 days back.',
    'the sample is of 2017; the page itself refuses what is more than 90 days back',
  ],
  [
    'get-partner-by-mpn-id',
    'answer: 404 instead of 200: 3000 Partner Organization with partner_id 9999999 could not be found',
    'the page asks for 9999999 and shows another id in the answer; its other sample is the refusal',
  ],
  [
    'get-partner-by-mpn-id 2',
    'answer: 404 instead of 200: 3000 Partner Organization with partner_id 9999999 could not be found',
    'the page asks for 9999999 and shows another id in the answer; its other sample is the refusal',
  ],
  [
    'create-a-cart-with-add-ons',
    'answer: lineItems.0.friendlyName is missing, not string',
    'the answer shows a name that the request of the page does not give',
  ],
  [
    'get-a-customer-subscription-meter-usage-records',
    'answer: objectType of items.0 is MeterUsageRecord, not SubscriptionMonthlyUsageRecord',
    "the page shows the answer of the customer's list of subscriptions for a classic one",
  ],
  [
    'get-a-customer-subscription-meter-usage-records',
    'answer: items.0.status is missing, not string',
    "the page shows the answer of the customer's list of subscriptions for a classic one",
  ],
  [
    'get-a-customer-subscription-meter-usage-records',
    'answer: items.0.offerId is missing, not string',
    "the page shows the answer of the customer's list of subscriptions for a classic one",
  ],
  [
    'get-a-customer-subscription-meter-usage-records',
    'answer: items.0.resourceId is missing, not string',
    "the page shows the answer of the customer's list of subscriptions for a classic one",
  ],
  [
    'get-a-customer-subscription-meter-usage-records',
    'answer: items.0.id is missing, not string',
    "the page shows the answer of the customer's list of subscriptions for a classic one",
  ],
  [
    'get-a-customer-subscription-meter-usage-records',
    'answer: items.0.resourceName is missing, not string',
    "the page shows the answer of the customer's list of subscriptions for a classic one",
  ],
  [
    'get-a-customer-subscription-meter-usage-records',
    'answer: items.0.name is missing, not string',
    "the page shows the answer of the customer's list of subscriptions for a classic one",
  ],
  [
    'verify-indirect-reseller-mpa-status 7',
    'answer: code 2200, not 2201',
    'the emulator compares no regions: none of its resellers is refused for where it is',
  ],
];
