import { offers } from '../../src/emulator/offers.ts';
import type { Sample } from '../../tools/reference-data.ts';
import { order, seats, subscriptionOf } from './makers.ts';
import type { Fields, Scene } from './rig.ts';

/** A new subscription with an add-on, of the scene's customer. */
export async function withAddon(scene: Scene): Promise<string> {
  const [base] = offers;
  const placed = await order(scene, { catalogItemId: base!.id, quantity: 5, billingCycle: 'monthly' });
  const subscriptionId = subscriptionOf(placed);
  await scene.send('orders.addAddon', {
    customerId: scene.ids.customerId,
    orderId: placed.id,
    offerId: base!.addons[0],
    friendlyName: 'An add-on',
    parentSubscriptionId: subscriptionId,
    quantity: 1,
  });
  return subscriptionId;
}

/** A transfer of two subscriptions; by the time that it is accepted, the second is suspended. */
async function makeTransfer(scene: Scene): Promise<void> {
  const { customerId } = scene.ids;
  const first = await withAddon(scene);
  const second = subscriptionOf(await order(scene, seats));
  const { id } = await scene.send('transfers.create', {
    ...scene.operations.get('transfers.create')!.example.with,
    sourcePartnerName: 'Contoso',
    targetPartnerName: 'Fabrikam',
    customerId,
    lineItems: [
      { subscriptionId: first, partnerIdOnRecord: '517285' },
      { subscriptionId: second, partnerIdOnRecord: '517285' },
    ],
  });
  scene.ids.transferId = String(id);
  await scene.send('subscriptions.suspend', { customerId, subscriptionId: second });
}

/** A customer of the reseller that the samples name. */
async function makeCustomerOfReseller(scene: Scene): Promise<void> {
  const { example } = scene.operations.get('customers.createForReseller')!;
  const { id } = await scene.send('customers.createForReseller', example.with);
  scene.ids.customerId = String(id);
}

const body = ({ request }: Sample): Fields => request.body as Fields;

/** What must have happened before the samples of transfers, self-serve policies and resellers' customers. */
export const customersBefore: Readonly<Record<string, (scene: Scene, sample: Sample) => Promise<unknown>>> = {
  'transfers.create': async (scene, sample) => {
    const [first, second] = body(sample).lineItems as readonly Fields[];
    scene.exchanged.set(String(first?.subscriptionId), await withAddon(scene));
    scene.exchanged.set(String(second?.subscriptionId), subscriptionOf(await order(scene, seats)));
  },
  'transfers.list': makeTransfer,
  'transfers.get': makeTransfer,
  'transfers.accept': makeTransfer,
  'transfers.reject': makeTransfer,
  'transfers.withdraw': makeTransfer,
  'transfers.listEligibility': async (scene) => {
    const subscriptionId = subscriptionOf(await order(scene, seats));
    await scene.send('subscriptions.suspend', { customerId: scene.ids.customerId, subscriptionId });
  },
  'selfServePolicies.update': async (scene, sample) => {
    const { attributes } = await scene.send(
      'selfServePolicies.create',
      scene.operations.get('selfServePolicies.create')!.example.with,
    );
    const guid = (etag: unknown) => String(etag).replaceAll(/[\\"]/gu, '');
    const { etag } = attributes as Fields;
    scene.exchanged.set(guid((body(sample).attributes as Fields).etag), guid(etag));
  },
  'relationships.listForCustomer': makeCustomerOfReseller,
  'relationships.listCustomersOfReseller': makeCustomerOfReseller,
};
