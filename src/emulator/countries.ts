import { postalCodes } from './seed.ts';

/** What a country asks for, as far as the emulator knows it. US as the page get-market-specific-validation-data has it. */
export interface Country {
  readonly code: string;
  readonly cultures: readonly string[];
  readonly callingCode: string;
  readonly region: string;
  readonly states?: readonly string[];
  readonly vat?: string;
}

const usStates =
  'AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY OH OK OR PA RI SC SD TN TX UT VA VT WA WI WV WY';
const caStates = 'AB BC MB NB NL NS NT NU ON PE QC SK YT';

const europe = 'WesternEurope';

export const countries: readonly Country[] = [
  {
    code: 'US',
    cultures: ['en-US', 'es-US'],
    callingCode: '1',
    region: 'NorthAndLatinAmerica',
    states: usStates.split(' '),
  },
  {
    code: 'CA',
    cultures: ['en-CA', 'fr-CA'],
    callingCode: '1',
    region: 'NorthAndLatinAmerica',
    states: caStates.split(' '),
  },
  { code: 'GB', cultures: ['en-GB'], callingCode: '44', region: europe, vat: '^GB(\\d{9}|\\d{12})$' },
  { code: 'DE', cultures: ['de-DE'], callingCode: '49', region: europe, vat: '^DE\\d{9}$' },
  { code: 'FR', cultures: ['fr-FR'], callingCode: '33', region: europe, vat: '^FR[A-Z\\d]{2}\\d{9}$' },
  {
    code: 'ES',
    cultures: ['es-ES', 'ca-ES'],
    callingCode: '34',
    region: europe,
    vat: '^ES[A-Z\\d]\\d{7}[A-Z\\d]$',
  },
  { code: 'IT', cultures: ['it-IT'], callingCode: '39', region: europe, vat: '^IT\\d{11}$' },
  { code: 'NL', cultures: ['nl-NL'], callingCode: '31', region: europe, vat: '^NL\\d{9}B\\d{2}$' },
  { code: 'CH', cultures: ['de-CH', 'fr-CH', 'it-CH'], callingCode: '41', region: europe },
  { code: 'AT', cultures: ['de-AT'], callingCode: '43', region: europe, vat: '^ATU\\d{8}$' },
  { code: 'JP', cultures: ['ja-JP'], callingCode: '81', region: 'AsiaPacific' },
  { code: 'AU', cultures: ['en-AU'], callingCode: '61', region: 'AsiaPacific' },
  { code: 'BR', cultures: ['pt-BR'], callingCode: '55', region: 'NorthAndLatinAmerica' },
];

const usPhone = '^(1[\\-\\/\\.]?)?(\\((\\d{3})\\)|(\\d{3}))[\\-\\/\\.]?(\\d{3})[\\-\\/\\.]?(\\d{4})$';

/** A country as the service describes it. */
export function rulesOf(country: Country): Readonly<Record<string, unknown>> {
  const { code, cultures, callingCode, region, states, vat } = country;
  const postal = postalCodes[code];
  const us = code === 'US';
  const supportedCultures = [...new Set([...cultures, ...(us ? [] : ['en-US'])])];
  return {
    iso2Code: code,
    defaultCulture: cultures[0],
    isStateRequired: states !== undefined,
    ...(states === undefined ? {} : { supportedStatesList: states }),
    supportedLanguagesList: [...new Set(supportedCultures.map((culture) => culture.slice(0, 2)))],
    supportedCulturesList: supportedCultures,
    isPostalCodeRequired: postal !== undefined,
    ...(us ? { postalCodeRegex: '^\\d{5}(-\\d{4})?$' } : postal && { postalCodeRegex: postal.source }),
    isCityRequired: true,
    isVatIdSupported: vat !== undefined,
    ...(vat === undefined ? {} : { vatIdRegex: vat }),
    ...(us ? { taxIdFormat: 'US######', taxIdSample: 'US999965' } : {}),
    phoneNumberRegex: us ? usPhone : '^[\\d\\-\\/\\. ]{5,20}$',
    isRegistrationNumberSupported: false,
    isTaxIdSupported: us,
    resellerAgreementRegion: us ? 'AOC' : 'EOC',
    geographicRegion: region,
    countryCallingCodesList: [callingCode],
    attributes: { objectType: 'CountryInformation' },
  };
}
