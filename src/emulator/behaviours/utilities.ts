import { countries, rulesOf } from '../countries.ts';
import { type Fields, ok, type Reply, refuse } from '../reply.ts';
import { postalCodes } from '../seed.ts';
import type { Behaviour } from './behaviour.ts';

/** Pages validate-an-address, get-market-specific-validation-data, verify-domain-availability. */
export const utilities: Readonly<Record<string, Behaviour>> = {
  'addresses.validate': ({ body }) => validate((body ?? {}) as Readonly<Record<string, string | undefined>>),
  'countryValidationRules.get': ({ params }) => {
    const country = countries.find(({ code }) => code === params.countryCode?.toUpperCase());
    return country === undefined
      ? refuse(404, '1000', `There are no rules for ${params.countryCode}.`)
      : ok(rulesOf(country));
  },
  'domains.check': ({ params }, state) => ({
    status: state.domains.has(params.domain!.toLowerCase()) ? 200 : 404,
  }),
};

/** States are checked in a few countries only; the one wrong address that the page shows is proposed its correction. */
function validate({
  country = '',
  city,
  state,
  postalCode = '',
  addressLine1,
}: Readonly<Record<string, string | undefined>>): Reply {
  const code = country.toUpperCase();
  const { states } = countries.find((one) => one.code === code) ?? {};
  if (city === undefined || addressLine1 === undefined)
    return invalid('City and AddressLine1 are needed.', { country, city, postal_code: '' });
  if (states !== undefined && state !== undefined && !states.includes(state.toUpperCase()))
    return invalid(`StateInvalid: the state ${state} is not one of ${country}.`, { country, city });
  if (postalCodes[code]?.test(postalCode) === false)
    return invalid(`ZipCityInvalid: the postal code ${postalCode} is not one of ${country}.`, {
      country,
      city,
      postal_code: '',
    });
  if (code === 'US' && postalCode === '98007' && city.toLowerCase() === 'redmond')
    return invalid(
      `ZipCityInvalid - Details: Field - 'City' is corrected from OldValue: '${city}' to NewValue: 'BELLEVUE'.`,
      { country, region: 'WA', city: 'BELLEVUE', address_line1: addressLine1, postal_code: '98007' },
    );
  return ok(undefined);
}

function invalid(reason: string, proposal: Fields): Reply {
  const inner = {
    code: '60071',
    reason,
    corrected_address: proposal,
    object_type: 'AddressValidation',
    resource_status: 'Active',
  };
  return refuse(400, '2007', JSON.stringify(inner));
}
