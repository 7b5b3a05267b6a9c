import type { Sample } from '../../tools/reference-data.ts';
import { azurePlan, makeCustomer, order, seats } from './makers.ts';
import type { Fields, Scene } from './rig.ts';

/** A customer that has bought something; the sample's filter by customer is for this one. */
async function sell(scene: Scene, { request }: Sample, line: Fields): Promise<void> {
  scene.ids.customerId ??= await makeCustomer(scene);
  const named = /customerTenantId%20eq%20%27([\w-]+)%27/iu.exec(request.path)?.[1];
  if (named !== undefined) scene.exchanged.set(named, scene.ids.customerId);
  await order(scene, line);
}

const ofLicences = [
  'getLicensesDeployment',
  'getLicensesUsage',
  'getPartnerLicensesDeployment',
  'getPartnerLicensesUsage',
  'getCustomerLicensesDeployment',
  'getCustomerLicensesUsage',
  'getSubscriptions',
  'findSubscriptions',
  'groupSubscriptions',
];

/** Rows of analytics come from what is there: somebody bought, a provider has resellers, a lead came in. */
export const analyticsBefore: Readonly<Record<string, (scene: Scene, sample: Sample) => Promise<unknown>>> = {
  ...Object.fromEntries(
    ofLicences.map((name) => [
      `analytics.${name}`,
      (scene: Scene, sample: Sample) => sell(scene, sample, seats),
    ]),
  ),
  'analytics.getAzureUsage': (scene, sample) => sell(scene, sample, azurePlan),
  'analytics.getIndirectResellers': async ({ emulator }) => {
    emulator.state.behaviour.profile = 'provider';
  },
  'analytics.getReferrals': (scene) =>
    scene.send('referrals.create', scene.operations.get('referrals.create')!.example.with),
};
