import { partner, type Reseller, resellers } from '../partner.ts';
import { collection, type Fields, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { State, Tenant } from '../state.ts';
import { type Behaviour, within } from './behaviour.ts';

/**
 * Ties among partners: pages retrieve-a-list-of-indirect-resellers, get-indirect-resellers-of-a-customer,
 * request-reseller-relationship, verify-indirect-reseller-mpa-status, get-a-partner-s-validation-codes.
 */
export const relationships: Readonly<Record<string, Behaviour>> = {
  'relationships.list': list,
  'relationships.listForCustomer': within((tenant, { path }) =>
    ok(
      collection(
        resellersOf(tenant).map((reseller) => {
          const { state: _, location: __, ...short } = providerOf(reseller);
          return short;
        }),
        path,
      ),
    ),
  ),
  'relationshipRequests.get': () =>
    ok(
      typed('RelationshipRequest', {
        url: `https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship&partnerId=${partner.id}&msppId=0&DAP=false#/BillingAccounts/partner-invitation`,
      }),
    ),
  'compliance.getAgreementStatus': agreementStatus,
  'validationCodes.list': () => ok(validationCodes),
};

/** The indirect reseller whom a customer belongs to: the one that its creation named. */
function resellersOf({ customer }: Tenant): readonly Reseller[] {
  return resellers.filter(({ id }) => id === customer.associatedPartnerId);
}

function providerOf({ signed: _, ...reseller }: Reseller): Fields {
  return typed('PartnerRelationship', {
    ...reseller,
    relationshipType: 'is_indirect_cloud_solution_provider_of',
  });
}

/** A provider sees its resellers, a reseller its provider. */
function list({ query, path }: Call, state: State): Reply {
  const asked = (query.get('relationship_type') ?? '').toLowerCase();
  const asks = { isindirectcloudsolutionproviderof: 'provider', isindirectresellerof: 'reseller' }[asked];
  if (asks === undefined)
    return refuse(400, '900127', `relationship_type ${query.get('relationship_type')} is not known.`);
  const all =
    asks !== state.behaviour.profile
      ? []
      : asks === 'provider'
        ? resellers.map(providerOf)
        : [
            typed('PartnerRelationship', {
              id: partner.tenantId,
              name: partner.name,
              relationshipType: 'is_indirect_reseller_of',
              state: 'Active',
              mpnId: partner.mpnId,
              location: 'US',
            }),
          ];
  const name = nameFilter(query.get('filter'));
  if (name === undefined) return refuse(400, '800002', 'The filter is not valid.');
  return ok(
    collection(
      all.filter((one) => String(one.name).toLowerCase().includes(name)),
      path,
    ),
  );
}

/** `{"Field":"Name","Value":"x","Operator":"substring"}`; undefined where it is none. */
function nameFilter(text: string | null): string | undefined {
  if (text === null || text === '') return '';
  try {
    const { Field = '', Value = '' } = JSON.parse(text) as Readonly<Record<string, string>>;
    return Field.toLowerCase() === 'name' ? Value.toLowerCase() : undefined;
  } catch {
    return undefined;
  }
}

const guid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/iu;
const faq = ['https://docs.microsoft.com/partner-center/mpa-indirect-provider-faq'];

/** An account that is no reseller of the seed: the tenant of the page's sample, which has signed. */
const signedTenants = ['a2898e3a-06ca-454e-a0d0-c73b0ee36bba'];

function agreementStatus({ query }: Call): Reply {
  const mpnId = query.get('mpnId');
  const tenantId = query.get('tenantId');
  if (mpnId !== null && tenantId !== null)
    return no('2000', 'Both MPN Id and Tenant Id should not be passed.', [], 'ComplianceController');
  if (mpnId !== null) return byMpnId(mpnId);
  if (tenantId === null)
    return no('2001', 'Both MPN Id and Tenant Id cannot be empty.', [], 'ComplianceController');
  if (!guid.test(tenantId))
    return no('2000', 'Tenant Id must be a GUID.', [], 'PartnerApiServiceControllers');
  if (signedTenants.includes(tenantId.toLowerCase())) return ok({ isAgreementSigned: true });
  const reseller = resellers.find(({ id }) => id === tenantId.toLowerCase());
  if (reseller === undefined)
    return no('2205', `Partner Center doesn't find any account associated to the Tenant ID ${tenantId}`);
  return reseller.signed
    ? ok({ isAgreementSigned: true })
    : no('2206', `The account of the Tenant Id ${tenantId} hasn't signed the agreement`, faq);
}

function byMpnId(mpnId: string): Reply {
  if (!/^\d+$/u.test(mpnId)) return no('2000', 'MPN Id must be numeric.', [], 'PartnerApiServiceControllers');
  const reseller = resellers.find((one) => one.mpnId === mpnId);
  if (reseller === undefined)
    return mpnId === partner.mpnId
      ? no('2204', `MPN Id ${mpnId} is not associated with a CSP Indirect Reseller account.`, faq)
      : no('2200', `MPN Id ${mpnId} is either invalid or not yet migrated to Partner Center.`, [
          'https://partner.microsoft.com/resources/detail/migrate-pmc-pc-mpa-guide-pptx',
        ]);
  return reseller.signed
    ? ok({ isAgreementSigned: true })
    : no('2203', `MPN Id ${mpnId} has not signed Microsoft Partner Agreement (MPA) for this region.`, faq);
}

function no(code: string, description: string, data: readonly string[] = [], source = 'PartnerFD'): Reply {
  return { status: 400, body: { code: Number(code), description, data, source } };
}

const validationCodes: readonly Fields[] = [
  {
    partnerId: '9daaeb1c-4195-4db5-9f1d-509eb70c8c2d',
    organizationName: 'Contoso, Inc.',
    validationId: '12345',
    maxCreates: 5,
    remainingCreates: 4,
    eTag: 'W/"datetime\'2018-10-10T18%3A49%3A58.727348Z\'"',
  },
  {
    partnerId: '9daaeb1c-4195-4db5-9f1d-509eb70c8c2d',
    organizationName: 'Contoso, Inc. Finance Department',
    validationId: '987654',
    maxCreates: 5,
    remainingCreates: 5,
    eTag: 'W/"datetime\'2018-10-19T17%3A51%3A45.6584512Z\'"',
  },
];
