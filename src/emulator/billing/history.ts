import { type Charge, charge, type Provider } from './charges.ts';

/** What one invoice of the time before the emulator was started charges. */
export interface PastInvoice {
  readonly id: string;
  readonly type: 'Recurring' | 'OneTime';
  readonly date: string;
  readonly currency: string;
  readonly paid: number;
  readonly charges: readonly Charge[];
  /** Id of the invoice that corrects this one, and what it charges. */
  readonly amendedBy?: { readonly id: string; readonly total: number };
}

const customers = [
  ['74221236-D09C-4870-AC1D-33E155E9AEBE', 'Wingtip Toys', 'wingtiptoys', 'US'],
  ['65726577-c208-40fd-9735-8c85ac9cac68', 'Fabrikam Residences', 'fabrikamresidences', 'GB'],
  ['d7f565f5-5367-492f-a465-9e2057c5e3c3', 'Kaffeerösterei Nordwind', 'nordwindkaffee', 'DE'],
  ['9060d13d-c5ed-482e-b059-a15a38cbb28e', 'Alpine Ski House', 'alpineskihouse', 'CH'],
  ['ae1d5b32-f9ff-4252-b2bf-40e21937a51a', 'Tailspin Traders', 'tailspintraders', 'NL'],
] as const;

interface Good {
  readonly provider: Provider;
  readonly offerId: string;
  readonly title: string;
  readonly unitPrice: number;
  readonly term: string;
}

const licence: Good = {
  provider: 'office',
  offerId: '195416C1-3447-423A-B37B-EE59A99A19C4',
  title: 'Office 365 Enterprise E3',
  unitPrice: 23.5,
  term: 'P1Y',
};
const mail: Good = {
  provider: 'office',
  offerId: 'AAA5B3F0-0EE2-431B-A42F-3F18F3C6D540',
  title: 'EXCHANGE ONLINE (PLAN 2)',
  unitPrice: 8,
  term: 'P1M',
};
const classicAzure: Good = {
  provider: 'azure',
  offerId: 'MS-AZR-0145P',
  title: 'Microsoft Azure',
  unitPrice: 0.085,
  term: '',
};
const azurePlan: Good = {
  provider: 'one_time',
  offerId: 'DZH318Z0BPS6:0001:DZH318Z0BP7J',
  title: 'Microsoft Azure plan',
  unitPrice: 0.0992,
  term: '',
};
const reservation: Good = {
  provider: 'one_time',
  offerId: 'DZH318Z0BQ4B:0047:DZH318Z0DSM8',
  title: 'Reserved VM Instance, Standard_B1s',
  unitPrice: 87.36,
  term: 'P1Y',
};
const software: Good = {
  provider: 'one_time',
  offerId: 'DG7GMGF0DWTL:0001:DG7GMGF0DSJB',
  title: 'SQL Server 2019 Standard - 2 Core License Pack',
  unitPrice: 3945,
  term: '',
};

function past(
  date: string,
  currency: string,
  customer: number,
  good: Good,
  quantity: number,
  order: number,
): Charge {
  const [id, name, prefix, country] = customers[customer % customers.length]!;
  const domain = `${prefix}.onmicrosoft.com`;
  const { provider, offerId, title, unitPrice, term } = good;
  return charge({
    provider,
    customer: { id, name, domain, country },
    orderId: `5672977355${String(order).padStart(8, '0')}`,
    orderDate: `${date}T08:00:00.000Z`,
    offerId,
    title,
    subscriptionId: `f9ba6da0-6dac-4f88-b623-${String(order).padStart(12, '0')}`,
    quantity,
    unitPrice,
    currency,
    term,
  });
}

/** Those that the documentation's samples name, so that its requests find what they ask for. */
const documented: readonly PastInvoice[] = [
  {
    id: 'D02005YFHI',
    type: 'Recurring',
    date: '2017-01-21',
    currency: 'GBP',
    paid: 1000,
    charges: [
      past('2016-12-21', 'GBP', 1, licence, 820, 1),
      past('2016-12-21', 'GBP', 4, mail, 164, 2),
      past('2016-12-22', 'GBP', 1, mail, 12, 3),
    ],
  },
  {
    id: 'G000024130',
    type: 'OneTime',
    date: '2018-02-08',
    currency: 'CHF',
    paid: 0,
    charges: [
      past('2018-01-12', 'CHF', 3, software, 12, 4),
      past('2018-01-15', 'CHF', 3, reservation, 40, 5),
    ],
    amendedBy: { id: 'G000024131', total: 107_661.12 },
  },
  {
    id: 'G000024135',
    type: 'OneTime',
    date: '2018-02-08',
    currency: 'USD',
    paid: 0,
    charges: [
      past('2018-01-08', 'USD', 0, reservation, 20, 6),
      past('2018-01-08', 'USD', 4, azurePlan, 744, 7),
      past('2018-01-09', 'USD', 0, reservation, 3, 8),
    ],
  },
  {
    id: 'T000001234',
    type: 'OneTime',
    date: '2018-12-08',
    currency: 'USD',
    paid: 0,
    charges: [
      past('2018-11-13', 'USD', 0, azurePlan, 720, 9),
      past('2018-11-13', 'USD', 4, azurePlan, 240, 10),
    ],
  },
  {
    id: '1234000000',
    type: 'Recurring',
    date: '2019-09-08',
    currency: 'USD',
    paid: 0,
    charges: [
      past('2019-08-02', 'USD', 0, mail, 3, 11),
      past('2019-08-02', 'USD', 0, licence, 14, 12),
      past('2019-08-05', 'USD', 4, classicAzure, 745, 13),
      past('2019-08-05', 'USD', 0, classicAzure, 124, 14),
    ],
  },
  {
    id: 'G016907411',
    type: 'OneTime',
    date: '2023-03-08',
    currency: 'USD',
    paid: 0,
    charges: [
      past('2023-02-03', 'USD', 0, azurePlan, 672, 15),
      past('2023-02-09', 'USD', 4, software, 2, 16),
    ],
  },
];

/** A year of a partner that bills in four currencies: each month one or two invoices in each. */
function year(): readonly PastInvoice[] {
  const made: PastInvoice[] = [];
  for (let month = 1; month <= 10; month += 1) {
    const on = `2025-${String(month).padStart(2, '0')}`;
    for (const [index, [currency, customer]] of (
      [
        ['USD', 0],
        ['GBP', 1],
        ['EUR', 2],
        ['CHF', 3],
      ] as const
    ).entries()) {
      const order = 100 + month * 20 + index * 4;
      const number = `${String(month).padStart(2, '0')}${index}`;
      const at = (day: number) => `${on}-${String(day).padStart(2, '0')}`;
      const invoice = (type: PastInvoice['type'], id: string, charges: readonly Charge[]) =>
        made.push({ id, type, date: nextMonth(month), currency, paid: 0, charges });
      if (index < 2)
        invoice('Recurring', `D0302${number}FH`, [
          past(at(2), currency, customer, licence, 20 + month, order),
          past(at(3), currency, customer + 3, mail, 5 + index, order + 1),
        ]);
      invoice('OneTime', `G031${String(800_000 + Number(number))}`, [
        past(at(4), currency, customer, azurePlan, 600 + month, order + 2),
        ...(month % 3 === 0 ? [past(at(5), currency, customer, reservation, month, order + 3)] : []),
      ]);
    }
  }
  return made;
}

function nextMonth(month: number): string {
  return `2025-${String(month + 1).padStart(2, '0')}-08`;
}

export const pastInvoices: readonly PastInvoice[] = [...documented, ...year()];

/** What the period before the emulator was started left unbilled. */
export function openBefore(date: string): readonly Charge[] {
  return ['USD', 'EUR'].flatMap((currency, index) => [
    past(date, currency, index * 2, azurePlan, 700, 900 + index),
    past(date, currency, index * 2, reservation, 1, 910 + index),
  ]);
}
