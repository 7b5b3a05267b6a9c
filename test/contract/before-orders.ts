import type { Sample } from '../../tools/reference-data.ts';
import { azurePlan, makeCustomer, order, software, subscriptionOf } from './makers.ts';
import type { Fields, Scene } from './rig.ts';

interface Reserved {
  readonly entitledArtifacts: readonly { readonly link: { readonly uri: string } }[];
}

type Before = (scene: Scene, sample: Sample) => Promise<unknown>;

const customer = ({ ids }: Scene): Fields => ({ customerId: ids.customerId });

const classicAzure = { catalogItemId: 'MS-AZR-0145P', quantity: 1, billingCycle: 'monthly' };
const trial = {
  catalogItemId: 'C0BD2E08-11AC-4836-BDC7-3712E744922F',
  quantity: 25,
  billingCycle: 'none',
};
const marketplace = {
  catalogItemId: 'DZH318Z0BXWC:0002:DZH318Z0BMRV',
  friendlyName: 'friendly Name',
  quantity: 1,
  billingCycle: 'monthly',
};
const reservation = {
  catalogItemId: 'DZH318Z0BQ4B:0047:DZH318Z0DSM8',
  quantity: 1,
  billingCycle: 'one_time',
  termDuration: 'P1Y',
};

/** The subscription of the path is one of this line's. */
const ofLine =
  (line: Fields): Before =>
  async (scene) => {
    scene.ids.subscriptionId = subscriptionOf(await order(scene, line));
  };

/** An Azure subscription that reservations can be bought for. */
async function registered(scene: Scene): Promise<string> {
  const subscriptionId = subscriptionOf(await order(scene, azurePlan));
  await scene.send('subscriptions.register', { ...customer(scene), subscriptionId });
  for (let looks = 0; looks < 2; looks += 1)
    await scene.send('subscriptions.getRegistrationStatus', { ...customer(scene), subscriptionId });
  return subscriptionId;
}

async function reserved(scene: Scene): Promise<void> {
  const subscriptionId = await registered(scene);
  await order(scene, { ...reservation, provisioningContext: { subscriptionId, scope: 'shared' } });
}

/** The order of the path is a classic one, whose subscription the sample's line names. */
async function classicOrder(scene: Scene, { request }: Sample, name: string): Promise<void> {
  const base = {
    catalogItemId: '195416C1-3447-423A-B37B-EE59A99A19C4',
    quantity: 5,
    billingCycle: 'monthly',
  };
  const placed = await order(scene, base);
  const { LineItems: lines } = request.body as { readonly LineItems: readonly Fields[] };
  scene.ids.orderId = String(placed.id);
  scene.exchanged.set(String(lines[0]?.[name]), subscriptionOf(placed));
}

/** A customer named in the body has classic Azure, which can be upgraded. */
async function upgradable(scene: Scene, { request }: Sample): Promise<void> {
  scene.ids.customerId = await makeCustomer(scene);
  scene.exchanged.set(String((request.body as Fields).customerId), scene.ids.customerId);
  await order(scene, classicAzure);
}

/** What must have happened before the samples of orders and subscriptions. */
export const beforeOrders: Readonly<Record<string, Before>> = {
  'subscriptions.listConversions': ofLine(trial),
  'subscriptions.convertTrial': ofLine(trial),
  'subscriptions.activateSandbox': ofLine(marketplace),
  'subscriptions.cancel': ofLine(marketplace),
  'subscriptions.setAutoRenew': ofLine(marketplace),
  'subscriptions.listByPartner': (scene, { request }) => {
    const partnerIdOnRecord = new URL(request.path, 'http://host').searchParams.get('mpn_id');
    return scene.send('orders.create', {
      ...customer(scene),
      billingCycle: 'monthly',
      lineItems: [
        {
          lineItemNumber: 0,
          offerId: 'DB2E705F-B82A-4024-A3D5-D88E12F2DB35',
          quantity: 5,
          partnerIdOnRecord,
        },
      ],
    });
  },
  'orders.create': async (scene, { request }) => {
    const { LineItems: lines } = request.body as { readonly LineItems: readonly Fields[] };
    const context = lines[0]?.ProvisioningContext as Fields | undefined;
    if (context !== undefined) scene.exchanged.set(String(context.subscriptionId), await registered(scene));
  },
  'entitlements.list': async (scene, { request }) => {
    if (!request.path.includes('software')) await reserved(scene);
    await order(scene, { ...software, catalogItemId: 'DG7GMGF0DWM3:0002:DG7GMGF0DT1M' });
  },
  'entitlements.getReservations': async (scene) => {
    await reserved(scene);
    const { items } = await scene.send('entitlements.list', customer(scene));
    const { uri } = (items as readonly Reserved[])[0]!.entitledArtifacts[0]!.link;
    const [, group, line, resource] = /groups\/([^/]+)\/lineitems\/([^/]+)\/resource\/(.+)$/u.exec(uri) ?? [];
    Object.assign(scene.ids, { groupId: group, lineItemId: line, resourceId: resource });
  },
  'orders.cancelSoftwareLines': async (scene) => {
    const lines = ['DG7GMGF0FKZV:0003:DG7GMGF0DWMS', 'DG7GMGF0DVT7:000C:DG7GMGF0FVZM'].map((item) => ({
      catalogItemId: item,
      friendlyName: 'Licences for three years',
      quantity: 1,
      billingCycle: 'one_time',
    }));
    const { id } = await scene.send('carts.create', { ...customer(scene), lineItems: lines });
    const { orders } = await scene.send('carts.checkout', { ...customer(scene), cartId: id });
    scene.ids.orderId = String((orders as readonly Fields[])[0]?.id);
  },
  'orders.addAddon': (scene, sample) => classicOrder(scene, sample, 'ParentSubscriptionId'),
  'orders.changeBillingCycle': (scene, sample) => classicOrder(scene, sample, 'SubscriptionId'),
  'orders.cancelSandbox': async (scene) => {
    scene.ids.orderId = String((await order(scene, software)).id);
  },
  'productUpgrades.checkEligibility': upgradable,
  'productUpgrades.create': upgradable,
};
