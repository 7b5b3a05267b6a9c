export interface ServicePlan {
  readonly id: string;
  readonly displayName: string;
  readonly serviceName: string;
}

const exchange = {
  id: '9aaf7827-d63c-4b61-89c3-182f06f82e5c',
  displayName: 'Exchange Online (Plan 1)',
  serviceName: 'EXCHANGE_S_STANDARD',
};
const teams = {
  id: '57ff2da0-773e-42df-b2af-ffb7a2317929',
  displayName: 'Microsoft Teams',
  serviceName: 'TEAMS1',
};

/** Subscribed SKUs by id. Group 1 is what the directory manages, group 2 Minecraft (page get-a-list-of-available-licenses-by-license-group). */
export const skus: ReadonlyMap<
  string,
  {
    readonly name: string;
    readonly part: string;
    readonly group: string;
    readonly plans?: readonly ServicePlan[];
  }
> = new Map([
  [
    'cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46',
    { name: 'Microsoft 365 Business Premium', part: 'SPB', group: 'group1', plans: [exchange, teams] },
  ],
  [
    '984df360-9a74-4647-8cf8-696749f6247a',
    { name: 'Minecraft Education Edition Faculty', part: 'CFQ7TTC0K5DR/0002', group: 'group2' },
  ],
  [
    '3b555118-da6a-4418-894f-7df1e2096870',
    { name: 'Microsoft 365 Business Basic', part: 'O365_BUSINESS_ESSENTIALS', group: 'group1' },
  ],
  [
    '6fd2c87f-b296-42f0-b197-1e91e994b900',
    { name: 'Office 365 E3', part: 'ENTERPRISEPACK', group: 'group1' },
  ],
  ['18181a46-0d4e-45cd-891e-60aabd171b4e', { name: 'Office 365 E1', part: 'STANDARDPACK', group: 'group1' }],
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

const symbols: Readonly<Record<string, string>> = { USD: '$', CAD: '$', EUR: '€', GBP: '£', JPY: '¥' };

export function symbolOf(currency: string): string {
  return symbols[currency] ?? currency;
}
