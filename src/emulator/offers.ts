/** Classic offers: named by a GUID alone. Ids of the documentation's samples. */
export interface Offer {
  readonly id: string;
  readonly name: string;
  readonly category: string;
  readonly addons: readonly string[];
  readonly isAddon: boolean;
  readonly maximum: number;
  readonly licenceSku?: string;
  readonly isTrial?: true;
  /** What a trial becomes once it is paid for, and what a paid subscription can be upgraded to. */
  readonly convertsTo?: readonly string[];
  readonly upgradesTo?: readonly string[];
}

const many = 10_000_000;
const businessPremium = '031C9E47-4802-4248-838E-778FB1D2CC05';
const enterpriseE3 = '796B6B5F-613C-4E24-A17C-EBA730D49C02';
const licencesOfE3 = '6fd2c87f-b296-42f0-b197-1e91e994b900';
const archiving = '2828BE95-46BA-4F91-B2FD-0BEF192ECF60';
const analytics = '45320EC9-9B8E-49D0-B900-F14141A0ABD1';
const fileStorage = 'C94271D8-B431-4A25-A3C5-A57737A1C909';
const conferencing = '43FCE491-76D1-4BCC-B709-8A288786DBAE';

export const offers: readonly Offer[] = [
  {
    ...base('195416C1-3447-423A-B37B-EE59A99A19C4', 'Office 365 Enterprise E3', 'Enterprise'),
    addons: [archiving, analytics],
    licenceSku: licencesOfE3,
  },
  {
    ...base(enterpriseE3, 'Office 365 Enterprise E3', 'Enterprise'),
    addons: [analytics],
    licenceSku: licencesOfE3,
  },
  {
    ...base('91FD106F-4B2C-4938-95AC-F54F74E9A239', 'Office 365 Enterprise E1', 'Enterprise'),
    addons: [archiving, analytics, fileStorage, conferencing],
    licenceSku: '18181a46-0d4e-45cd-891e-60aabd171b4e',
    upgradesTo: [enterpriseE3],
  },
  {
    ...base(businessPremium, 'Office 365 Business Premium', 'SmallBusiness'),
    maximum: 300,
    addons: [archiving],
    licenceSku: 'f245ecc8-75af-4f8e-b61f-27d8114de5f3',
  },
  {
    ...base('C0BD2E08-11AC-4836-BDC7-3712E744922F', 'Office 365 Business Premium Trial', 'SmallBusiness'),
    maximum: 25,
    licenceSku: 'f245ecc8-75af-4f8e-b61f-27d8114de5f3',
    isTrial: true,
    convertsTo: [businessPremium],
  },
  base('DB2E705F-B82A-4024-A3D5-D88E12F2DB35', 'Intune Device', 'Enterprise'),
  { ...base('MS-AZR-0145P', 'Microsoft Azure', 'Enterprise'), maximum: 1 },
  { ...base(archiving, 'Exchange Online Archiving for Exchange Online', 'Enterprise'), isAddon: true },
  { ...base(analytics, 'Microsoft MyAnalytics', 'Enterprise'), isAddon: true },
  { ...base(fileStorage, 'Office 365 Extra File Storage', 'Enterprise'), isAddon: true },
  { ...base(conferencing, 'Audio Conferencing', 'Enterprise'), isAddon: true },
];

function base(id: string, name: string, category: string): Offer {
  return { id, name, category, addons: [], isAddon: false, maximum: many };
}

export function offerOf(item: unknown): Offer | undefined {
  const wanted = String(item).toLowerCase();
  return offers.find(({ id }) => id.toLowerCase() === wanted);
}

/** Categories with their rank (page get-a-list-of-offer-categories-by-country-and-locale). */
export const categories: ReadonlyMap<string, number> = new Map([
  ['Enterprise', 20],
  ['SmallBusiness', 30],
  ['Government', 40],
  ['Internal', 100],
]);
