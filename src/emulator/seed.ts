/** What the emulated marketplace sells. Facts of real products where the documentation's samples have them. */
export interface Ware {
  readonly productId: string;
  readonly skuId: string;
  readonly availabilityId: string;
  readonly title: string;
  readonly productType: string;
  readonly kind: 'licence' | 'azurePlan' | 'reservation' | 'software';
  readonly terms: readonly { readonly duration: string; readonly billingCycle: string }[];
  readonly minimum: number;
  readonly maximum: number;
  /** The subscribed SKU whose licences it gives. */
  readonly licenceSku?: string;
}

const seats = [
  { duration: 'P1M', billingCycle: 'monthly' },
  { duration: 'P1Y', billingCycle: 'monthly' },
  { duration: 'P1Y', billingCycle: 'annual' },
];

export const wares: readonly Ware[] = [
  {
    productId: 'CFQ7TTC0LCHC',
    skuId: '0002',
    availabilityId: 'CFQ7TTC0SG7B',
    title: 'Microsoft 365 Business Premium',
    productType: 'OnlineServicesNCE',
    kind: 'licence',
    terms: seats,
    minimum: 1,
    maximum: 300,
    licenceSku: 'cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46',
  },
  {
    productId: 'CFQ7TTC0LH18',
    skuId: '0001',
    availabilityId: 'CFQ7TTC0SVCQ',
    title: 'Microsoft 365 Business Basic',
    productType: 'OnlineServicesNCE',
    kind: 'licence',
    terms: seats,
    minimum: 1,
    maximum: 300,
    licenceSku: '3b555118-da6a-4418-894f-7df1e2096870',
  },
  {
    productId: 'DZH318Z0BPS6',
    skuId: '0001',
    availabilityId: 'DZH318Z0BP7J',
    title: 'Microsoft Azure plan',
    productType: 'Azure',
    kind: 'azurePlan',
    terms: [{ duration: '', billingCycle: 'one_time' }],
    minimum: 1,
    maximum: 1,
  },
  {
    productId: 'DZH318Z0BQ4B',
    skuId: '0047',
    availabilityId: 'DZH318Z0DSM8',
    title: 'Reserved VM Instance, Standard_B1s',
    productType: 'Azure',
    kind: 'reservation',
    terms: [{ duration: 'P1Y', billingCycle: 'one_time' }],
    minimum: 1,
    maximum: 100,
  },
  {
    productId: 'DG7GMGF0DWTL',
    skuId: '0001',
    availabilityId: 'DG7GMGF0DSJB',
    title: 'SQL Server 2019 Standard - 2 Core License Pack',
    productType: 'Software',
    kind: 'software',
    terms: [{ duration: '', billingCycle: 'one_time' }],
    minimum: 1,
    maximum: 100,
  },
];

/** Classic offers: named by a GUID alone. */
export interface Offer {
  readonly id: string;
  readonly name: string;
  readonly category: string;
  readonly addons: readonly string[];
  readonly isAddon: boolean;
  readonly maximum: number;
  readonly licenceSku?: string;
}

export const offers: readonly Offer[] = [
  {
    id: '195416C1-3447-423A-B37B-EE59A99A19C4',
    name: 'Office 365 Enterprise E3',
    category: 'Enterprise',
    addons: ['2828BE95-46BA-4F91-B2FD-0BEF192ECF60', '45320EC9-9B8E-49D0-B900-F14141A0ABD1'],
    isAddon: false,
    maximum: 10_000_000,
    licenceSku: '6fd2c87f-b296-42f0-b197-1e91e994b900',
  },
  {
    id: '031C9E47-4802-4248-838E-778FB1D2CC05',
    name: 'Office 365 Business Premium',
    category: 'SmallBusiness',
    addons: [],
    isAddon: false,
    maximum: 300,
    licenceSku: 'f245ecc8-75af-4f8e-b61f-27d8114de5f3',
  },
  { id: 'MS-AZR-0145P', name: 'Microsoft Azure', category: 'Azure', addons: [], isAddon: false, maximum: 1 },
  {
    id: '2828BE95-46BA-4F91-B2FD-0BEF192ECF60',
    name: 'Exchange Online Archiving',
    category: 'Enterprise',
    addons: [],
    isAddon: true,
    maximum: 10_000_000,
  },
  {
    id: '45320EC9-9B8E-49D0-B900-F14141A0ABD1',
    name: 'Microsoft MyAnalytics',
    category: 'Enterprise',
    addons: [],
    isAddon: true,
    maximum: 10_000_000,
  },
];

/** Subscribed SKUs by id. */
export const skus: ReadonlyMap<
  string,
  { readonly name: string; readonly part: string; readonly group: string }
> = new Map([
  [
    'cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46',
    { name: 'Microsoft 365 Business Premium', part: 'SPB', group: 'group1' },
  ],
  [
    '3b555118-da6a-4418-894f-7df1e2096870',
    { name: 'Microsoft 365 Business Basic', part: 'O365_BUSINESS_ESSENTIALS', group: 'group1' },
  ],
  [
    '6fd2c87f-b296-42f0-b197-1e91e994b900',
    { name: 'Office 365 E3', part: 'ENTERPRISEPACK', group: 'group1' },
  ],
  [
    'f245ecc8-75af-4f8e-b61f-27d8114de5f3',
    { name: 'Office 365 Business Premium', part: 'O365_BUSINESS_PREMIUM', group: 'group1' },
  ],
]);

/** Template id of the Microsoft Customer Agreement, as in the documentation's sample. */
export const agreementTemplates = [
  {
    templateId: '117a77b0-9360-443b-8795-c6dedc750cf9',
    agreementType: 'MicrosoftCustomerAgreement',
    agreementLink: 'https://aka.ms/customeragreement',
    versionRank: 0,
  },
  {
    templateId: '998b88de-aa99-4388-a42c-1b3517d49490',
    agreementType: 'MicrosoftCloudAgreement',
    agreementLink: 'https://docs.microsoft.com/partner-center/agreements',
    versionRank: 0,
  },
];

/** Postal codes by country, as far as the address check knows them. */
export const postalCodes: Readonly<Record<string, RegExp>> = {
  US: /^\d{5}(?:-\d{4})?$/u,
  CA: /^[A-Z]\d[A-Z] ?\d[A-Z]\d$/iu,
  GB: /^[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$/iu,
  DE: /^\d{5}$/u,
  FR: /^\d{5}$/u,
  ES: /^\d{5}$/u,
  IT: /^\d{5}$/u,
  NL: /^\d{4} ?[A-Z]{2}$/iu,
  JP: /^\d{3}-?\d{4}$/u,
  CH: /^\d{4}$/u,
};

const currencies: Readonly<Record<string, string>> = {
  US: 'USD',
  GB: 'GBP',
  CA: 'CAD',
  JP: 'JPY',
  CH: 'CHF',
  DE: 'EUR',
  FR: 'EUR',
  ES: 'EUR',
  IT: 'EUR',
  NL: 'EUR',
};

export function currencyOf(country: string): string {
  return currencies[country.toUpperCase()] ?? 'USD';
}
