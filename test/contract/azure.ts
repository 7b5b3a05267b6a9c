import type { Sample } from '../../tools/reference-data.ts';
import { azurePlan, makeCustomer, makeTicket, order, seats, subscriptionOf } from './makers.ts';
import type { Fields, Scene } from './rig.ts';

/** The classic Azure offer, before there were plans. */
const classic = { catalogItemId: 'MS-AZR-0145P', quantity: 1, billingCycle: 'monthly' };

const customer = ({ ids }: Scene): Fields => ({ customerId: ids.customerId });

/** Samples of use are of a classic subscription or of a plan; what names a currency's code is of a plan. */
async function asInSample(scene: Scene, { response }: Sample): Promise<void> {
  const plan = JSON.stringify(response.body).includes('"currencyCode"');
  scene.ids.subscriptionId = subscriptionOf(await order(scene, plan ? azurePlan : classic));
}

async function classicOne(scene: Scene): Promise<void> {
  scene.ids.subscriptionId = subscriptionOf(await order(scene, classic));
}

async function withBudget(scene: Scene): Promise<void> {
  await scene.send('usageBudget.update', { ...customer(scene), amount: 97 });
}

/** What must have happened before the samples of Azure and of support; see before.ts. */
export const azureBefore: Readonly<Record<string, (scene: Scene, sample: Sample) => Promise<unknown>>> = {
  'usage.listCustomerRecords': async (scene) => {
    scene.ids.customerId = await makeCustomer(scene);
    await classicOne(scene);
    await withBudget(scene);
  },
  'usage.getCustomerSummary': async (scene, sample) => {
    await asInSample(scene, sample);
    await withBudget(scene);
  },
  'usage.listSubscriptionRecords': asInSample,
  'usage.getSubscriptionSummary': asInSample,
  'usage.listSubscriptionMonthlyRecords': classicOne,
  'usage.listMeterRecords': asInSample,
  'usageBudget.get': withBudget,
  'azureUtilization.list': classicOne,
  'managedServices.list': (scene) => order(scene, seats),
  'serviceRequests.listByCustomer': makeTicket,
};
