import { wares } from '../../src/emulator/wares.ts';
import type { Operation } from '../../src/operations/operation.ts';
import type { Fields, Scene } from './rig.ts';

export type Maker = (scene: Scene, operation: Operation) => Promise<string | undefined>;

let made = 0;

export async function makeCustomer(scene: Scene, domain?: unknown): Promise<string> {
  made += 1;
  const { id } = await scene.send('customers.create', {
    companyProfile: { domain: typeof domain === 'string' ? domain : `scene${made}.onmicrosoft.com` },
    billingProfile: {
      culture: 'en-US',
      email: 'someone@example.com',
      language: 'en',
      companyName: 'Contoso',
      firstName: 'Gena',
      lastName: 'Soto',
      defaultAddress: {
        firstName: 'Gena',
        lastName: 'Soto',
        phoneNumber: '4255550101',
        addressLine1: 'One Microsoft Way',
        city: 'Redmond',
        region: 'WA',
        state: 'WA',
        postalCode: '98052',
        country: 'US',
      },
    },
  });
  await scene.send('agreements.confirm', {
    ...scene.operations.get('agreements.confirm')!.example.with,
    customerId: id,
  });
  return String(id);
}

export async function makeUser(scene: Scene): Promise<string> {
  made += 1;
  const { id } = await scene.send('users.create', {
    customerId: scene.ids.customerId,
    usageLocation: 'US',
    userPrincipalName: `ferdinand${made}@contoso.onmicrosoft.com`,
    firstName: 'Ferdinand',
    lastName: 'Filibuster',
    displayName: 'Ferdinand',
    passwordProfile: { password: 'Abcd1234!', forceChangePassword: true },
  });
  return String(id);
}

export async function makeTicket(scene: Scene): Promise<string> {
  const { id } = await scene.send('serviceRequests.create', {
    agentLocale: 'en-US',
    title: 'TrialSR',
    description: 'Ignore this SR',
    severity: 'critical',
    supportTopicId: '32444671',
    productId: '15960',
    primaryContact: { lastName: 'LastName', firstName: 'FirstName' },
    ...(scene.ids.customerId === undefined ? {} : { organization: { id: scene.ids.customerId } }),
  });
  await scene.send('serviceRequests.addNote', { serviceRequestId: id, text: 'A note' });
  return String(id);
}

/** What the emulator must hold for a place of a path; a place without a row is made by the catalogue's own create. */
export const makers: Readonly<Record<string, Maker>> = {
  customerId: (scene) => makeCustomer(scene),
  userId: (scene) => makeUser(scene),
  roleId: async (scene) => {
    const { items } = await scene.send('roles.list', { customerId: scene.ids.customerId });
    return String((items as readonly Fields[])[0]?.id);
  },
  cartId: async (scene) => String((await cart(scene, seats)).id),
  orderId: async (scene) => String((await order(scene, seats)).id),
  subscriptionId: async (scene, { name }) =>
    subscriptionOf(await order(scene, /egist|ntitlement|sage|tilization/u.test(name) ? azurePlan : seats)),
  planId: async (scene) => subscriptionOf(await order(scene, azurePlan)),
  deviceBatchId: async (scene) => {
    await upload(scene, scene.ids.customerId);
    return 'testbatch';
  },
  deviceId: async (scene) => {
    const { items } = await scene.send('devices.list', scene.ids);
    return String((items as readonly Fields[])[0]?.id);
  },
  batchTrackingId: async (scene) => {
    // As in the sample: the device belongs to another customer already.
    const other = await makeCustomer(scene);
    const { batchTrackingId: first } = await upload(scene, other);
    await scene.send('devices.getBatchStatus', { customerId: other, batchTrackingId: first });
    const { batchTrackingId } = await upload(scene, scene.ids.customerId);
    return String(batchTrackingId);
  },
  serviceRequestId: makeTicket,
  // Names of what is there already, or that name nothing that is made.
  domain: async () => undefined,
  productId: async () => wares[0]!.productId,
  skuId: async () => wares[0]!.skuId,
  availabilityId: async () => undefined,
  offerId: async () => undefined,
  countryCode: async () => undefined,
  invoiceId: async () => undefined,
  transferId: async () => undefined,
};

export const seats = {
  catalogItemId: 'CFQ7TTC0LCHC:0002:CFQ7TTC0SG7B',
  friendlyName: 'Seats',
  quantity: 5,
  billingCycle: 'monthly',
  termDuration: 'P1Y',
};
export const software = {
  catalogItemId: 'DG7GMGF0DWTL:0001:DG7GMGF0DSJB',
  friendlyName: 'Database servers',
  quantity: 2,
  billingCycle: 'one_time',
};
export const azurePlan = {
  catalogItemId: 'DZH318Z0BPS6:0001:DZH318Z0BP7J',
  quantity: 1,
  billingCycle: 'one_time',
};

/** A new cart of the scene's customer. */
export function cart(scene: Scene, line: Fields): Promise<Fields> {
  return scene.send('carts.create', { customerId: scene.ids.customerId, lineItems: [line] });
}

/** A new order of the scene's customer. */
export async function order(scene: Scene, line: Fields): Promise<Fields> {
  const { id } = await cart(scene, line);
  const { orders } = await scene.send('carts.checkout', { customerId: scene.ids.customerId, cartId: id });
  const [placed] = orders as readonly Fields[];
  if (placed === undefined) throw new Error('the cart gave no order');
  return placed;
}

export function subscriptionOf(placed: Fields): string {
  return String((placed.lineItems as readonly Fields[])[0]?.subscriptionId);
}

function upload(scene: Scene, customerId: string | undefined): Promise<Fields> {
  return scene.send('devices.createBatch', {
    customerId,
    batchId: 'testbatch',
    devices: [
      {
        serialNumber: '1234567890',
        productKey: '12345-67890-09876-54321-13579',
        hardwareHash: 'DummyHash123',
        modelName: 'Precision WorkStation T7500',
        oemManufacturerName: 'Dell Inc.',
      },
    ],
  });
}

/** By the example of the operation that creates things under this path, if there is one. */
export async function makeByEntry(scene: Scene, collection: string): Promise<string | undefined> {
  const name = scene.operations.names.find((candidate) => {
    const { kind, path, method } = scene.operations.get(candidate)!;
    return kind === 'create' && method === 'POST' && path.toLowerCase() === collection.toLowerCase();
  });
  if (name === undefined) return undefined;
  const { id } = await scene.send(name, { ...scene.operations.get(name)!.example.with, ...scene.ids });
  return id === undefined ? undefined : String(id);
}
