import { emulatorCredentials } from '../authority/identities.ts';
import { type Fields, typed } from '../reply.ts';
import type { Charge } from './charges.ts';

/** The forms of a charge on an invoice: pages get-invoiceline-items, get-invoice-billed-consumption-lineitems and their kin. */

const partnerId = emulatorCredentials.tenantId;
const mpnId = 4_391_507;

/** `2017-05-12T00:00:00`: classic lines have no zone. */
function zoneless(time: string): string {
  return time.slice(0, 10).concat('T00:00:00');
}

export function licenceLine(charge: Charge): Fields {
  const { customer, title } = charge;
  return typed('LicenseBasedLineItem', {
    partnerId,
    customerId: customer.id,
    customerName: customer.name,
    mpnId,
    tier2MpnId: -1,
    orderId: charge.orderId,
    subscriptionId: charge.subscriptionId ?? '',
    syndicationPartnerSubscriptionNumber: charge.subscriptionId ?? '',
    offerId: charge.offerId,
    durableOfferId: charge.offerId,
    offerName: title,
    domainName: customer.domain,
    billingCycleType: 'MONTHLY',
    subscriptionName: title,
    subscriptionDescription: title,
    subscriptionStartDate: zoneless(charge.orderDate),
    subscriptionEndDate: zoneless(charge.end),
    chargeStartDate: zoneless(charge.start),
    chargeEndDate: zoneless(charge.end),
    chargeType: 'New',
    unitPrice: charge.unitPrice,
    quantity: charge.quantity,
    amount: charge.subtotal,
    totalOtherDiscount: 0,
    subtotal: charge.subtotal,
    tax: charge.tax,
    totalForCustomer: charge.total,
    currency: charge.currency,
    invoiceLineItemType: 'billing_line_items',
    billingProvider: 'office',
  });
}

/** What charge and use of classic Azure have in common. */
function classicAzure(charge: Charge, invoiceId: string): Fields {
  const { customer, title } = charge;
  return {
    partnerId,
    partnerName: 'Emulated Partner',
    partnerBillableAccountId: '1010578050',
    customerId: customer.id,
    domainName: customer.domain,
    customerCompanyName: customer.name,
    mpnId,
    tier2MpnId: -1,
    invoiceNumber: invoiceId,
    subscriptionId: charge.subscriptionId ?? '',
    subscriptionName: title,
    subscriptionDescription: title,
    billingCycleType: 'Monthly',
    orderId: charge.orderId,
    serviceName: 'Azure App Service',
    serviceType: 'Standard Plan',
    resourceGuid: '505db374-df8a-44df-9d8c-13c14b61dee1',
    resourceName: 'S1',
    region: '',
    consumedQuantity: charge.quantity,
    chargeStartDate: zoneless(charge.start),
    chargeEndDate: zoneless(charge.end),
    unit: '1 Hour',
    billingProvider: 'azure',
  };
}

export function azureLine(charge: Charge, invoiceId: string): Fields {
  const { quantity, unitPrice, subtotal, tax, total } = charge;
  return typed('UsageBasedLineItem', {
    detailLineItemId: 1,
    sku: '7UD-00001',
    includedQuantity: 0,
    overageQuantity: quantity,
    listPrice: unitPrice,
    currency: charge.currency,
    pretaxCharges: subtotal,
    taxAmount: tax,
    postTaxTotal: total,
    pretaxEffectiveRate: unitPrice,
    postTaxEffectiveRate: total / quantity,
    chargeType: 'Assess usage fee for current cycle',
    invoiceLineItemType: 'billing_line_items',
    ...classicAzure(charge, invoiceId),
  });
}

export function azureDay(charge: Charge, invoiceId: string): Fields {
  return typed('DailyUsageLineItem', {
    customerBillableAccount: '1439508127',
    usageDate: zoneless(charge.orderDate),
    invoiceLineItemType: 'usage_line_items',
    ...classicAzure(charge, invoiceId),
  });
}

/** Product, SKU and availability of what was bought; a classic offer is all three in one. */
function itemOf({ offerId, title }: Charge): Fields {
  const [productId = '', skuId = '', availabilityId = ''] = offerId.split(':');
  return { productId, skuId, availabilityId, productName: title, skuName: title };
}

export function oneTimeLine(charge: Charge, invoiceId: string): Fields {
  const { customer } = charge;
  return typed('OneTimeInvoiceLineItem', {
    partnerId,
    customerId: `org:${customer.id}`,
    customerName: customer.name,
    customerDomainName: customer.domain,
    customerCountry: customer.country,
    invoiceNumber: invoiceId,
    mpnId: String(mpnId),
    resellerMpnId: 0,
    orderId: charge.orderId,
    orderDate: charge.orderDate,
    ...itemOf(charge),
    chargeType: 'New',
    unitPrice: charge.unitPrice,
    effectiveUnitPrice: charge.unitPrice,
    unitType: isMetered(charge) ? '1 Hour' : 'Seats',
    quantity: charge.quantity,
    subtotal: charge.subtotal,
    taxTotal: charge.tax,
    totalForCustomer: charge.total,
    currency: charge.currency,
    publisherName: 'Microsoft',
    publisherId: '01323244',
    subscriptionDescription: charge.title,
    subscriptionId: charge.subscriptionId ?? '',
    subscriptionStartDate: charge.orderDate,
    subscriptionEndDate: charge.end,
    chargeStartDate: charge.start,
    chargeEndDate: charge.end,
    termAndBillingCycle: charge.term,
    alternateId: charge.orderId,
    priceAdjustmentDescription: '',
    discountDetails: '',
    pricingCurrency: charge.currency,
    pcToBCExchangeRate: 1,
    pcToBCExchangeRateDate: charge.end,
    billableQuantity: charge.quantity,
    meterDescription: isMetered(charge) ? 'Virtual Machines - B1s' : '',
    billingFrequency: 'Monthly',
    reservationOrderId: '',
    invoiceLineItemType: 'billing_line_items',
    billingProvider: 'one_time',
  });
}

/** Azure plans and classic Azure are charged by use. */
export function isMetered({ title }: Charge): boolean {
  return title === 'Microsoft Azure plan' || title === 'Microsoft Azure';
}

/** The whole use of a charge as that of its first day. */
export function dailyRatedLine(charge: Charge, invoiceId: string): Fields {
  const { customer, subscriptionId = '', currency } = charge;
  return typed('DailyRatedUsageLineItem', {
    partnerId,
    partnerName: 'Emulated Partner',
    customerId: customer.id,
    customerName: customer.name,
    customerDomainName: customer.domain,
    invoiceNumber: invoiceId,
    ...itemOf(charge),
    publisherName: 'Microsoft',
    publisherId: '01323244',
    subscriptionId,
    subscriptionDescription: charge.title,
    chargeStartDate: charge.start,
    chargeEndDate: charge.end,
    usageDate: `${charge.orderDate.slice(0, 10)}T00:00:00Z`,
    meterType: '1 Compute Hour',
    meterCategory: 'Virtual Machines',
    meterId: '1core',
    meterSubCategory: 'BS Series',
    meterName: 'B1s',
    meterRegion: '',
    unitOfMeasure: '1 Hour',
    resourceLocation: 'WESTEUROPE',
    consumedService: 'Microsoft.Compute',
    resourceGroup: 'Front',
    resourceUri: `/subscriptions/${subscriptionId}/resourceGroups/Front/providers/Microsoft.Compute/virtualMachines/web`,
    tags: '',
    additionalInfo: '{  "ServiceType": "Standard_B1s"}',
    serviceInfo1: '',
    serviceInfo2: '',
    customerCountry: customer.country,
    mpnId: String(mpnId),
    resellerMpnId: '',
    chargeType: 'new',
    unitPrice: charge.unitPrice,
    quantity: charge.quantity,
    unitType: '1 Hour',
    billingPreTaxTotal: charge.subtotal,
    billingCurrency: currency,
    pricingPreTaxTotal: charge.subtotal,
    pricingCurrency: currency,
    entitlementId: subscriptionId,
    entitlementDescription: charge.title,
    pcToBCExchangeRate: 1,
    pcToBCExchangeRateDate: charge.end,
    effectiveUnitPrice: charge.unitPrice,
    rateOfPartnerEarnedCredit: 0,
    hasPartnerEarnedCredit: false,
    invoiceLineItemType: 'usage_line_items',
    billingProvider: 'marketplace',
  });
}
