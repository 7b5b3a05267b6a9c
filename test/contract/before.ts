import { partner, resellers } from '../../src/emulator/partner.ts';
import type { Sample } from '../../tools/reference-data.ts';
import { analyticsBefore } from './analytics.ts';
import { azureBefore } from './azure.ts';
import { beforeOrders } from './before-orders.ts';
import { customersBefore, withAddon } from './customers.ts';
import { makeCustomer, makeUser, order, seats, software } from './makers.ts';
import type { Fields, Scene } from './rig.ts';

type Before = (scene: Scene, sample: Sample) => Promise<unknown>;

const customer = ({ ids }: Scene): Fields => ({ customerId: ids.customerId });
const user = ({ ids }: Scene): Fields => ({ customerId: ids.customerId, userId: ids.userId });
const body = ({ request }: Sample): Fields => request.body as Fields;

/** The scene's user as a member of a role, by the name that the sample has for it. */
async function addMember(scene: Scene, userId: string, roleId: string): Promise<void> {
  const { displayName, userPrincipalName } = await scene.send('users.get', { ...customer(scene), userId });
  const member = { userId, id: userId, displayName, userPrincipalName };
  const { properties = {} } = scene.operations.get('roles.addMember')!.input;
  const known = Object.entries(member).filter(([name]) => properties[name] !== undefined);
  await scene.send('roles.addMember', { ...customer(scene), roleId, ...Object.fromEntries(known) });
}

/** A referral with all that the documented one has; not every sample shows its name. */
async function makeReferral(scene: Scene, documented: Fields): Promise<void> {
  const { properties = {} } = scene.operations.get('referrals.create')!.input;
  const known = Object.entries(documented).filter(([name]) => properties[name] !== undefined);
  const { id } = await scene.send('referrals.create', { name: 'A referral', ...Object.fromEntries(known) });
  scene.ids.referralId = String(id);
}

/** The registration that the webhook pages begin with. */
const register = (scene: Scene) =>
  scene.send('webhooks.register', scene.operations.get('webhooks.register')!.example.with);

async function firstRole(scene: Scene): Promise<string> {
  const { items } = await scene.send('roles.list', customer(scene));
  return String((items as readonly Fields[])[0]?.id);
}

/** An export that is as far as the sample shows it; one of an invoice that is not there fails. */
async function exportTo(scene: Scene, { response }: Sample): Promise<void> {
  const { status } = response.body as Fields;
  const invoiceId = status === 'failed' ? 'G0' : 'G016907411';
  const { operationId } = await scene.send('reconciliation.exportBilled', { invoiceId });
  scene.ids.operationId = String(operationId);
  if (status === 'running') return;
  for (let looks = 0; looks < 2; looks += 1) await scene.send('reconciliation.getOperation', { operationId });
}

/**
 * What must have happened before a sample's request, beside that the things in its path exist; and the sample's
 * names in its body that are to be exchanged for the emulator's. By operation.
 */
export const before: Readonly<Record<string, Before>> = {
  'serviceCosts.listLineItems': async ({ ids }) => {
    ids.customerId = '65726577-c208-40fd-9735-8c85ac9cac68'; // of the time before, with costs of its own
  },
  'reconciliation.getOperation': exportTo,
  ...beforeOrders,
  'customers.list': makeCustomer,
  'customers.findByName': makeCustomer,
  'customers.findByDomain': makeCustomer,
  'domains.check': async (scene, { response }) => {
    // The documented domain is taken in one sample (200) and free in the other (404).
    if (response.status === 200) await makeCustomer(scene, 'contoso.onmicrosoft.com');
  },
  'users.list': makeUser,
  'users.listDeleted': async (scene) => {
    const userId = await makeUser(scene);
    await scene.send('users.delete', { ...customer(scene), userId });
  },
  'users.restore': (scene) => scene.send('users.delete', user(scene)),
  'users.assignLicenses': async (scene, sample) => {
    await order(scene, seats);
    const { items } = await scene.send('licenses.listSubscribedSkus', customer(scene));
    const [sku] = items as readonly { readonly productSku: Fields }[];
    const [wanted] = body(sample).LicensesToAssign as readonly Fields[];
    scene.exchanged.set(String(wanted?.SkuId), String(sku?.productSku.id));
  },
  'users.listLicenses': async (scene) => {
    await order(scene, seats);
    const { items } = await scene.send('licenses.listSubscribedSkus', customer(scene));
    const [sku] = items as readonly { readonly productSku: Fields }[];
    await scene.send('users.assignLicenses', { ...user(scene), skuIds: [sku?.productSku.id] });
  },
  'roles.addMember': async (scene, sample) => {
    scene.exchanged.set(String(body(sample).Id), await makeUser(scene));
  },
  'roles.listForUser': async (scene) => addMember(scene, scene.ids.userId!, await firstRole(scene)),
  'roles.listMembers': async (scene) => addMember(scene, await makeUser(scene), scene.ids.roleId!),
  'roles.removeMember': (scene) => addMember(scene, scene.ids.userId!, scene.ids.roleId!),
  'orders.list': (scene) => order(scene, seats),
  'orders.listByBillingCycle': (scene) => order(scene, software),
  'subscriptions.list': (scene) => order(scene, seats),
  'subscriptions.listByOrder': async (scene, { request }) => {
    const { id } = await order(scene, seats);
    scene.exchanged.set(new URL(request.path, 'http://host').searchParams.get('order_id') ?? '', String(id));
  },
  'subscriptions.listAddons': async (scene) => {
    scene.ids.subscriptionId = await withAddon(scene);
  },
  'referrals.list': (scene, { response }) =>
    makeReferral(scene, (response.body as { readonly value: readonly Fields[] }).value[0]!),
  'referrals.get': (scene, { response }) => makeReferral(scene, response.body as Fields),
  'webhooks.getRegistration': register,
  'webhooks.updateRegistration': register,
  'webhooks.sendTestEvent': register,
  'webhooks.getTestEvent': async (scene) => {
    await register(scene);
    const { correlationId } = await scene.send('webhooks.sendTestEvent', {});
    scene.ids.correlationId = String(correlationId);
  },
  'licenses.listSubscribedSkus': (scene) => order(scene, seats),
  // Both show what was asked before them.
  'security.listApiRequests': makeCustomer,
  'security.getApiRequestSummary': makeCustomer,
  'compliance.getAgreementStatus': async (scene, { request, response }) => {
    const { code } = response.body as Fields;
    const asked = new URL(request.path, 'http://host').searchParams;
    const unsigned = resellers.find(({ signed }) => !signed)!;
    const meant: Readonly<Record<string, string>> = {
      2203: unsigned.mpnId,
      2204: partner.mpnId,
      2206: unsigned.id,
    };
    const ours = meant[String(code)];
    if (ours !== undefined) scene.exchanged.set(asked.get('mpnId') ?? asked.get('tenantId') ?? '', ours);
  },
  ...azureBefore,
  ...customersBefore,
  ...analyticsBefore,
};
