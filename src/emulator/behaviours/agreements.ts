import { collection, type Fields, ok, type Reply, refuse } from '../reply.ts';
import type { Call } from '../routes.ts';
import { agreementTemplates } from '../seed.ts';
import type { State, Tenant } from '../state.ts';
import { type Behaviour, within } from './behaviour.ts';

/**
 * Agreements: pages get-agreement-metadata, get-customer-agreement-metadata, confirm-customer-consent(-customer-agreement),
 * get-confirmation-of-customer-agreement, get-direct-sign-status-of-…, download-customer-agreement-template.
 */
export const agreements: Readonly<Record<string, Behaviour>> = {
  'agreements.listTemplates': ({ query, path }) =>
    ok(
      collection(
        agreementTemplates
          .filter(({ agreementType }) => isAsked(query, agreementType))
          .map((template) => ({ ...template })),
        path.replace(/^\/v1/u, ''),
      ),
    ),
  'agreements.confirm': within(confirm),
  'agreements.list': within((tenant, { path, query }) =>
    ok(
      collection(
        tenant.agreements
          .filter(({ type }) => isAsked(query, String(type)))
          .map(({ userId: _, ...agreement }) => ({ ...agreement, agreementLink: linkOf(agreement) })),
        path.replace(/^\/v1/u, ''),
      ),
    ),
  ),
  'agreements.getDirectSignStatus': within(({ signedDirectly }) => ok({ isSigned: signedDirectly })),
  'agreements.getTemplateDocument': document,
};

/** Without a type the service means the older agreement: its programs were there first. */
function isAsked(query: URLSearchParams, type: string): boolean {
  const asked = query.get('agreementType') ?? 'MicrosoftCloudAgreement';
  return asked === '*' || asked.toLowerCase() === type.toLowerCase();
}

function linkOf({ templateId }: Fields): string | undefined {
  return agreementTemplates.find((template) => template.templateId === templateId)?.agreementLink;
}

function confirm(tenant: Tenant, call: Call, state: State): Reply {
  const body = (call.body ?? {}) as Fields;
  for (const name of ['primaryContact', 'templateId', 'dateAgreed', 'type'])
    if (body[name] === undefined) return refuse(400, '800002', `${name} is missing.`);
  const known = agreementTemplates.some(
    ({ templateId, agreementType }) =>
      templateId === body.templateId && agreementType.toLowerCase() === String(body.type).toLowerCase(),
  );
  if (!known) return refuse(400, '800002', 'TemplateId is not one of an agreement of this type.');
  const { primaryContact, templateId, dateAgreed, type } = body;
  const agreement = { userId: state.newId(), primaryContact, templateId, dateAgreed, type };
  tenant.agreements.push(agreement);
  return ok(agreement, 201);
}

/** Whether the customer may be sold to: it accepted the agreement, or a partner confirmed that it did (error 13605). */
export function hasAccepted({ agreements: confirmed, signedDirectly }: Tenant): boolean {
  return (
    signedDirectly ||
    confirmed.some(({ type }) => String(type).toLowerCase() === 'microsoftcustomeragreement')
  );
}

/** `POST /_emulator/sign`: a customer accepts the agreement in its own admin center, outside of this API. */
export function signDirectly(state: State, body: unknown): Reply {
  const tenant = state.tenant(String((body as Fields | undefined)?.customerId));
  if (tenant === undefined) return { status: 404, body: {} };
  tenant.signedDirectly = true;
  return { status: 200, body: {} };
}

/** A different link each time; it would be good for five minutes. Templates are named with their letter case. */
function document({ params, query }: Call, state: State): Reply {
  const template = agreementTemplates.find(
    ({ templateId, agreementType }) =>
      templateId === params.templateId && agreementType === 'MicrosoftCustomerAgreement',
  );
  if (template === undefined) return refuse(404, '1000', 'The agreement template could not be found.');
  const language = query.get('language') ?? 'en-US';
  const country = query.get('country') ?? 'US';
  const place = `${template.templateId}/${country}/${language}/${state.newId()}`;
  return ok({
    displayUri: `https://agreements.example/preview/${place}`,
    downloadUri: `https://agreements.example/files/${place}`,
    language,
    country,
  });
}
