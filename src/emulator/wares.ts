/** What the emulated marketplace sells of new commerce. Ids and titles of the documentation's samples where it has them. */
export interface Ware {
  readonly productId: string;
  readonly skuId: string;
  readonly availabilityId: string;
  readonly title: string;
  readonly productType: string;
  readonly kind:
    | 'licence'
    | 'azurePlan'
    | 'reservation'
    | 'software'
    | 'softwareSubscription'
    | 'marketplace';
  readonly terms: readonly Term[];
  readonly minimum: number;
  readonly maximum: number;
  /** The subscribed SKU whose licences it gives. */
  readonly licenceSku?: string;
  readonly publisher?: string;
  readonly isTrial?: true;
  /** Pieces that can be sold in all; without it there is no end to them. */
  readonly stock?: number;
  /** Why a reservation is not for sale (page check-inventory). */
  readonly restriction?: { readonly type: string; readonly values: string };
  readonly attributes?: Readonly<Record<string, string>>;
  /** Products that are used in its place, as `product:sku` (page get-a-collection-of-entitlements). */
  readonly includes?: readonly string[];
  /** Catalogue items that seats can be moved to. */
  readonly becomes?: readonly string[];
}

export interface Term {
  /** ISO 8601; empty where it is bought for good. */
  readonly duration: string;
  readonly billingCycle: string;
}

const seats: readonly Term[] = [
  { duration: 'P1M', billingCycle: 'monthly' },
  { duration: 'P1Y', billingCycle: 'monthly' },
  { duration: 'P1Y', billingCycle: 'annual' },
  { duration: 'P3Y', billingCycle: 'annual' },
];
const threeYears: readonly Term[] = [
  { duration: 'P3Y', billingCycle: 'one_time' },
  { duration: 'P3Y', billingCycle: 'triennial' },
  { duration: 'P3Y', billingCycle: 'annual' },
];
const forGood: readonly Term[] = [{ duration: '', billingCycle: 'one_time' }];

function licence(ids: string, title: string, more: Partial<Ware> = {}): Ware {
  return {
    ...of(ids, title),
    productType: 'OnlineServicesNCE',
    kind: 'licence',
    terms: seats,
    maximum: 300,
    ...more,
  };
}

function software(ids: string, title: string, more: Partial<Ware> = {}): Ware {
  return {
    ...of(ids, title),
    productType: 'Software',
    kind: 'software',
    terms: forGood,
    maximum: 100,
    ...more,
  };
}

function marketplace(ids: string, title: string): Ware {
  const terms = [{ duration: 'P1M', billingCycle: 'monthly' }];
  return {
    ...of(ids, title),
    productType: 'SaaS',
    kind: 'marketplace',
    terms,
    maximum: 100,
    publisher: 'Barracuda',
  };
}

function reservation(
  ids: string,
  [size, region, years]: readonly [string, string, 1 | 3],
  more: Partial<Ware> = {},
): Ware {
  const duration = years === 1 ? '1Year' : '3Years';
  return {
    ...of(ids, `Reserved VM Instance, ${size}, ${region}, ${years === 1 ? '1 Year' : '3 Years'}`),
    productType: 'Azure',
    kind: 'reservation',
    terms: [{ duration: `P${years}Y`, billingCycle: 'one_time' }],
    maximum: 100,
    stock: 500,
    attributes: {
      armSkuName: size,
      armRegionName: region.toLowerCase().replaceAll(' ', ''),
      region,
      duration,
      reservationType: 'virtualmachines',
    },
    ...more,
  };
}

function of(
  ids: string,
  title: string,
): Pick<Ware, 'productId' | 'skuId' | 'availabilityId' | 'title' | 'minimum'> {
  const [productId = '', skuId = '', availabilityId = ''] = ids.split(':');
  return { productId, skuId, availabilityId, title, minimum: 1 };
}

const premium = 'CFQ7TTC0LCHC:0002:CFQ7TTC0SG7B';

export const wares: readonly Ware[] = [
  licence(premium, 'Microsoft 365 Business Premium', { licenceSku: 'cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46' }),
  licence('CFQ7TTC0LH18:0001:CFQ7TTC0SVCQ', 'Microsoft 365 Business Basic', {
    licenceSku: '3b555118-da6a-4418-894f-7df1e2096870',
    becomes: [premium],
  }),
  licence('CFQ7TTC0LCHC:0003:CFQ7TTC0STRL', 'Microsoft 365 Business Premium Trial', {
    licenceSku: 'cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46',
    terms: [{ duration: 'P1M', billingCycle: 'none' }],
    maximum: 25,
    isTrial: true,
    becomes: [premium],
  }),
  licence('CFQ7TTC0HD33:0003:CFQ7TTC0K59M', 'Visio Plan 1', { maximum: 10_000_000 }),
  licence('CFQ7TTC0K5DR:0002:CFQ7TTC0K9F7', 'Minecraft Education Edition Faculty', {
    licenceSku: '984df360-9a74-4647-8cf8-696749f6247a',
  }),
  {
    ...of('DZH318Z0BPS6:0001:DZH318Z0BP7J', 'Microsoft Azure plan'),
    productType: 'Azure',
    kind: 'azurePlan',
    terms: forGood,
    maximum: 1,
  },
  reservation('DZH318Z0BQ4B:0047:DZH318Z0DSM8', ['Standard_B1s', 'US East', 1]),
  reservation('DZH318Z0BQ4B:000Z:DZH318Z0DSPL', ['Standard_D1', 'AP East', 1], { stock: 3 }),
  reservation('DZH318Z0BQ3V:00G1:DZH318Z0CM5B', ['Standard_D32s_v3', 'US West 2', 3]),
  reservation('DZH318Z0BQ36:004G:DZH318Z08C0S', ['Standard_NV12', 'US East 2', 1]),
  reservation('DZH318Z0BQ36:004J:DZH318Z08B8X', ['Standard_NV12', 'US East 2', 3]),
  reservation('DZH318Z0BQ3P:0039:DZH318Z0BR39', ['Standard_F4', 'Japan West', 1], {
    restriction: { type: 'Location', values: 'japanwest' },
  }),
  reservation('DZH318Z0BQ3P:000S:DZH318Z0BR0S', ['Standard_F4', 'Japan East', 1]),
  software('DG7GMGF0DWTL:0001:DG7GMGF0DSJB', 'SQL Server 2019 Standard - 2 Core License Pack'),
  software('DG7GMGF0DWT0:0001:DG7GMGF0DSQR', 'Microsoft Identity Manager 2016 - 1 User CAL'),
  software('DG7GMGF0DWM3:0002:DG7GMGF0DT1M', 'BizTalk Server 2016 Branch', {
    includes: ['DG7GMGF0DWM2:0001', 'DG7GMGF0DWMK:0001'],
  }),
  software('DG7GMGF0FKZV:0003:DG7GMGF0DWMS', 'SQL Server Enterprise - 2 Core License Pack - 3 year', {
    kind: 'softwareSubscription',
    terms: threeYears,
  }),
  software('DG7GMGF0DVT7:000C:DG7GMGF0FVZM', 'Windows Server CAL - 1 Device CAL - 3 year', {
    kind: 'softwareSubscription',
    terms: threeYears,
  }),
  software(
    'DG7GMGF0DVSV:000P:DG7GMGF0F3Q9',
    'Windows Server Remote Desktop Services CAL - 1 User CAL – 3 year',
    {
      kind: 'softwareSubscription',
      terms: threeYears,
    },
  ),
  marketplace('DZH318Z0BXWC:0001:DZH318Z0BMJX', 'Barracuda WaaS - Small Plan'),
  marketplace('DZH318Z0BXWC:0002:DZH318Z0BMRV', 'Barracuda WaaS - Medium Plan'),
];

/** What carts, orders and subscriptions call a ware. */
export function catalogItemId({ productId, skuId, availabilityId }: Ware): string {
  return `${productId}:${skuId}:${availabilityId}`;
}

export function wareOf(item: unknown): Ware | undefined {
  const wanted = String(item).toLowerCase();
  return wares.find((ware) => catalogItemId(ware).toLowerCase() === wanted);
}

/** The Azure plan's catalogue item. */
export const azurePlanItem = 'DZH318Z0BPS6:0001:DZH318Z0BP7J';
