import { partner, resellers } from '../partner.ts';
import { type Fields, ok, type Reply, refuse } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { Area, State } from '../state.ts';
import type { Behaviour } from './behaviour.ts';

/** The partner's profiles: pages get-an-organization-profile, get-partner-billing-profile, get-legal-business-profile, get-support-profile and their updates. */
export const profiles: Readonly<Record<string, Behaviour>> = {
  'profiles.getOrganization': (_call, state) => read(organization, state),
  'profiles.updateOrganization': (call, state) => replace(organization, call, state),
  'profiles.getBilling': (_call, state) => read(billing, state),
  // The page shows the echo in PascalCase.
  'profiles.updateBilling': (call, state) => {
    const reply = replace(billing, call, state);
    const { profileType: _, ...echo } = reply.body as Fields;
    return reply.status === 200 ? ok(pascalCased(echo)) : reply;
  },
  'profiles.getLegalBusiness': (_call, state) => read(legalBusiness, state),
  'profiles.updateLegalBusiness': (call, state) => replace(legalBusiness, call, state),
  'profiles.getSupport': (_call, state) => read(support, state),
  'profiles.updateSupport': (call, state) => replace(support, call, state),
  'profiles.getMpn': mpn,
  'profiles.verifyMpn': mpn,
};

/** One profile: what it begins as, what a PUT must hold, what a PUT cannot change. */
interface Kind {
  readonly name: string;
  readonly objectType: string;
  readonly uri: string;
  readonly profileType: string;
  readonly required: readonly string[];
  readonly readOnly: readonly string[];
  /** The etag that it begins with; profiles without one are replaced unseen. */
  readonly etag?: string;
  readonly fields: Fields;
}

const office = { country: 'US', city: 'Redmond', state: 'WA', addressLine2: '', postalCode: '98052' };

const organization: Kind = {
  name: 'organization',
  objectType: 'OrganizationProfile',
  uri: '/profiles/organization',
  profileType: 'OrganizationProfile',
  required: ['companyName', 'defaultAddress'],
  readOnly: ['id', 'tenantId', 'domain'],
  etag: '-2279334701316321663',
  fields: {
    id: '65726577-c208-40fd-9735-8c85ac9cac68',
    companyName: partner.name,
    defaultAddress: {
      ...office,
      addressLine1: 'Two Microsoft Way',
      firstName: 'Test',
      lastName: 'Account',
      phoneNumber: '',
    },
    tenantId: partner.tenantId,
    domain: 'testtestbugbash1.onmicrosoft.com',
    email: 'test-partner@microsoft.com',
    language: 'es',
    culture: 'es-US',
  },
};

const billing: Kind = {
  name: 'billing',
  objectType: 'BillingProfile',
  uri: '/profiles/billing',
  profileType: 'BillingProfile',
  required: ['companyName', 'address', 'primaryContact'],
  readOnly: ['billingCurrency', 'billingDay'],
  etag: '-2279334701316321663',
  fields: {
    companyName: partner.name,
    address: { ...office, addressLine1: '1 Microsoft Way' },
    primaryContact: { firstName: 'James', lastName: 'Burk', phoneNumber: '2066017143' },
    purchaseOrderNumber: '9888',
    taxId: '12-345678',
    billingCurrency: 'USD',
  },
};

const legalBusiness: Kind = {
  name: 'legalBusiness',
  objectType: 'LegalBusinessProfile',
  uri: '/profiles/legalbusiness',
  profileType: 'LegalBusinessProfile',
  required: ['companyName', 'address', 'primaryContact'],
  readOnly: ['vettingStatus', 'vettingSubStatus'],
  fields: {
    companyName: 'Lucerne Publishing',
    address: {
      country: 'US',
      city: 'Buffalo',
      state: 'NY',
      addressLine1: '123 Main Street',
      addressLine2: '',
      postalCode: '98052',
      firstName: 'Gena',
      lastName: 'Soto',
      phoneNumber: '4255550100',
    },
    primaryContact: {
      firstName: 'Gena',
      lastName: 'Soto',
      email: 'gena@lucernepublishing.com',
      phoneNumber: '4255550100',
    },
    companyApproverAddress: {
      country: 'US',
      city: 'Buffalo',
      state: 'NY',
      addressLine1: '123 Main Street',
      addressLine2: '',
      postalCode: '98052',
    },
    companyApproverEmail: 'gena@lucernepublishing.com',
    vettingStatus: 'authorized',
    vettingSubStatus: 'none',
  },
};

const support: Kind = {
  name: 'support',
  objectType: 'PartnerSupportProfile',
  uri: '/v1/profiles/support',
  profileType: 'support_profile',
  required: ['email', 'telephone', 'website'],
  readOnly: [],
  fields: { email: 'email@sample.com', telephone: '4255555555', website: 'www.microsoft.com' },
};

interface Kept {
  fields: Fields;
  etag: string | undefined;
}

interface Profiles extends Area {
  readonly kept: ReadonlyMap<string, Kept>;
}

function profilesOf(state: State): Profiles {
  return state.area<Profiles>('profiles', () => {
    const all = [organization, billing, legalBusiness, support];
    const kept = new Map(all.map(({ name, fields, etag }) => [name, { fields, etag }]));
    return { kept, snapshot: () => [...kept].map(([profile, { fields }]) => ({ profile, ...fields })) };
  });
}

function read({ name, uri, objectType, profileType }: Kind, state: State): Reply {
  const { fields, etag } = profilesOf(state).kept.get(name)!;
  return ok({
    ...fields,
    profileType,
    links: { self: { uri, method: 'GET', headers: [] } },
    attributes: { ...(etag === undefined ? {} : { etag }), objectType },
  });
}

/** The whole object comes back with the etag that was read; another etag is stale (page error-codes, 2055). */
function replace(kind: Kind, call: Call, state: State): Reply {
  const kept = profilesOf(state).kept.get(kind.name)!;
  const { links: _links, attributes, profileType: _type, ...body } = (call.body ?? {}) as Fields;
  const missing = kind.required.find((name) => body[name] === undefined);
  if (missing !== undefined) return refuse(400, '3000', `The property ${missing} is missing.`);
  if (kept.etag !== undefined && (attributes as Fields | undefined)?.etag !== kept.etag)
    return refuse(400, '2055', 'The etag is not that of the newest version: read the profile again.');
  const fixed = Object.fromEntries(kind.readOnly.map((name) => [name, kept.fields[name]]));
  kept.fields = { ...body, ...fixed };
  if (kept.etag !== undefined) kept.etag = state.newId();
  return read(kind, state);
}

/** Page get-partner-by-mpn-id: the caller's own without an id, else whether anybody has it. */
function mpn({ query }: Call, state: State): Reply {
  const mpnId = query.get('mpnId') ?? partner.mpnId;
  const known = [partner, ...(state.behaviour.profile === 'direct' ? [] : resellers)];
  if (!known.some((one) => one.mpnId === mpnId))
    return refuse(404, '3000', `Partner Organization with partner_id ${mpnId} could not be found`);
  return ok({
    mpnId,
    profileType: 'MpnProfile',
    links: { self: { uri: '/profiles/mpn', method: 'GET', headers: [] } },
    attributes: { objectType: 'MpnProfile' },
  });
}

/** Names as some answers, and the values in audit records, write them. */
export function pascalCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pascalCased);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name.charAt(0).toUpperCase() + name.slice(1),
      pascalCased(inner),
    ]),
  );
}
