import { checkPlaybook } from '../../src/check/check-playbook.ts';
import type { Playbook } from '../../src/check/playbook.ts';
import { readDocument } from '../../src/load/document.ts';
import { loadOperations } from '../../src/operations/read.ts';
import type { Dice } from './dice.ts';
import { domainOf, type Service, type Tenant } from './service.ts';

export const operations = loadOperations();

export interface Row extends Readonly<Record<string, unknown>> {
  readonly key: string;
}

/** A playbook, the rows that go through it, and what the service must hold of a row at the end. */
export interface Scene {
  readonly name: string;
  readonly playbook: Playbook;
  /** Makes the rows, and what is there before the run. */
  prepare(service: Service, count: number, dice: Dice): readonly Row[];
  /** What is there too often, whatever became of the row. */
  tooMuch(service: Service, row: Row): readonly string[];
  /** What is missing, or not as the row wants it, once it has succeeded. */
  missing(service: Service, row: Row): readonly string[];
  /** What a person who looks finds that the step in doubt made, if it happened. */
  made?(service: Service, row: Row): { readonly id: string } | undefined;
}

function playbookOf(name: string, text: string, limits = ''): Playbook {
  const document = readDocument(`${name}.yaml`, `tenantry: 1\nname: ${name}\n${limits}${text}`);
  if (!document.ok) throw new Error(JSON.stringify(document.diagnostics));
  const checked = checkPlaybook(document.value, operations);
  if (!checked.ok) throw new Error(checked.diagnostics.map(({ message }) => message).join('\n'));
  return checked.value;
}

const customer = `
  - id: customer
    uses: customers.create
    with:
      companyProfile: { domain: "\${{ record.domain }}" }
      billingProfile:
        companyName: Contoso
        email: a@contoso.example
        defaultAddress: { country: US, city: Redmond, state: WA, postalCode: "98052", addressLine1: 1 Way, firstName: Ada, lastName: Miller }
`;

const domainRow = `
input:
  key: \${{ record.key }}
  record: { type: object, required: [key, domain], properties: { key: { type: string }, domain: { type: string } } }
`;

const people = ['ana', 'ben'];

const onboard: Scene = {
  name: 'onboard',
  playbook: playbookOf(
    'onboard',
    `${domainRow}
steps:${customer}
  - id: agreement
    uses: agreements.confirm
    with:
      customerId: \${{ steps.customer.id }}
      templateId: template-1
      dateAgreed: 2026-01-01T00:00:00Z
      type: MicrosoftCustomerAgreement
      primaryContact: { firstName: Ada, lastName: Miller, email: ada@contoso.example }
  - id: people
    forEach: \${{ ["ana", "ben"] }}
    as: person
    key: \${{ person }}
    steps:
      - id: account
        uses: users.create
        with:
          customerId: \${{ steps.customer.id }}
          userPrincipalName: \${{ person }}@\${{ record.domain }}
          displayName: \${{ person }}
          usageLocation: US
          passwordProfile: { password: "Pass-word-1", forceChangePassword: true }
      - id: licence
        uses: users.assignLicenses
        with: { customerId: "\${{ steps.customer.id }}", userId: "\${{ steps.account.id }}", skuIds: [sku-a] }
  - id: cart
    uses: carts.create
    with: { customerId: "\${{ steps.customer.id }}", lineItems: [{ catalogItemId: item-a, quantity: 2, billingCycle: monthly }] }
  - id: order
    uses: carts.checkout
    with: { customerId: "\${{ steps.customer.id }}", cartId: "\${{ steps.cart.id }}" }
  - id: register
    uses: subscriptions.register
    with: { customerId: "\${{ steps.customer.id }}", subscriptionId: "\${{ steps.order.orders[0].lineItems[0].subscriptionId }}" }
outputs:
  customerId: \${{ steps.customer.id }}
`,
    'limits: { concurrency: 2, perCustomer: 1 }\n',
  ),
  prepare: (_service, count) => newRows(count),
  tooMuch: (service, row) => {
    const tenants = tenantsOf(service, row);
    return [
      ...more(tenants.length, 1, 'customers'),
      ...tenants.flatMap((tenant) => [
        ...more(tenant.agreements.length, 1, 'agreements'),
        ...people.flatMap((person) => more(usersOf(tenant, row, person).length, 1, `users ${person}`)),
        ...more(ordersOf(tenant), 1, 'orders'),
        ...[...tenant.carts.values()].flatMap(({ checkouts }) => more(checkouts, 1, 'checkouts of a cart')),
        ...more(checkedOut(tenant), 1, 'carts checked out'),
        // A registration that is asked for again while it is under way does nothing more.
      ]),
    ];
  },
  missing: (service, row) => {
    const [tenant] = tenantsOf(service, row);
    if (tenant === undefined) return ['the customer'];
    return [
      ...less(tenant.agreements.length, 1, 'the agreement'),
      ...people.flatMap((person) => {
        const [user] = usersOf(tenant, row, person);
        if (user === undefined) return [`the user ${person}`];
        return less((tenant.licences.get(user.id) ?? []).length, 1, `the licence of ${person}`);
      }),
      ...less(ordersOf(tenant), 1, 'the order'),
      ...less(
        [...tenant.subscriptions.values()].filter(({ registrations }) => registrations > 0).length,
        1,
        'the registration',
      ),
    ];
  },
};

/** Money without a cart: only a person can settle it. */
const orderNow: Scene = {
  name: 'order-now',
  playbook: playbookOf(
    'order-now',
    `${existingRow()}
steps:
  - id: order
    uses: orders.create
    with: { customerId: "\${{ record.customer }}", lineItems: [{ lineItemNumber: 0, offerId: item-a, quantity: 1 }] }
outputs: { order: "\${{ steps.order.id }}" }
`,
    'limits: { concurrency: 3 }\n',
  ),
  prepare: existingRows,
  tooMuch: (service, row) => more(ordersOf(tenantOf(service, row)), 1, 'orders'),
  missing: (service, row) => less(ordersOf(tenantOf(service, row)), 1, 'the order'),
  made: (service, row) => tenantOf(service, row)?.orders.find(({ id }) => id !== 'order-before'),
};

/** Updates of what is there, and a step that may fail without harm. */
const seats: Scene = {
  name: 'seats',
  playbook: playbookOf(
    'seats',
    `${existingRow()}
steps:
  - id: quantity
    uses: subscriptions.updateQuantity
    with: { customerId: "\${{ record.customer }}", subscriptionId: "\${{ record.subscription }}", quantity: 7 }
  - id: register
    uses: subscriptions.register
    with: { customerId: "\${{ record.customer }}", subscriptionId: "\${{ record.subscription }}" }
    onError: continue
  - id: suspended
    uses: subscriptions.suspend
    with: { customerId: "\${{ record.customer }}", subscriptionId: "\${{ record.subscription }}" }
`,
    'limits: { concurrency: 4, perCustomer: 2 }\n',
  ),
  prepare: existingRows,
  tooMuch: (service, row) => more(subscriptionOf(service, row).changes, 2, 'changes of the subscription'),
  missing: (service, row) => {
    const { quantity, status } = subscriptionOf(service, row);
    return [
      ...(quantity === 7 ? [] : [`the quantity, which is ${String(quantity)}`]),
      ...(status === 'suspended' ? [] : [`the suspension: it is ${String(status)}`]),
    ];
  },
};

/** An add-on, which its list shows only after a while: to look and find nothing proves nothing. */
const addOns: Scene = {
  name: 'add-ons',
  playbook: playbookOf(
    'add-ons',
    `${existingRow()}
steps:
  - id: addon
    uses: orders.addAddon
    with: { customerId: "\${{ record.customer }}", orderId: order-before, offerId: addon-a, quantity: 3, parentSubscriptionId: "\${{ record.subscription }}" }
`,
    'limits: { concurrency: 3 }\n',
  ),
  prepare: existingRows,
  tooMuch: (service, row) => more(addOnsOf(service, row).length, 1, 'add-ons'),
  missing: (service, row) => less(addOnsOf(service, row).length, 1, 'the add-on'),
};

/** Steps side by side, and a rescue. */
const sideBySide: Scene = {
  name: 'side-by-side',
  playbook: playbookOf(
    'side-by-side',
    `${existingRow()}
steps:
  - id: both
    parallel: true
    steps:
      - id: ana
        uses: users.create
        with: ${userOf('ana')}
      - id: ben
        needs: ana
        uses: users.create
        with: ${userOf('ben')}
      - id: cart
        uses: carts.create
        with: { customerId: "\${{ record.customer }}", lineItems: [{ catalogItemId: item-b, quantity: 1, billingCycle: monthly }] }
  - id: agreement
    uses: agreements.confirm
    with:
      customerId: \${{ record.customer }}
      templateId: template-1
      dateAgreed: 2026-01-01T00:00:00Z
      type: MicrosoftCustomerAgreement
      primaryContact: { firstName: Ada, lastName: Miller, email: ada@contoso.example }
  - id: order
    uses: carts.checkout
    with: { customerId: "\${{ record.customer }}", cartId: "\${{ steps.cart.id }}" }
`,
    'limits: { concurrency: 3, perCustomer: 1, requestsPerSecond: 40 }\n',
  ),
  prepare: existingRows,
  tooMuch: (service, row) => {
    const tenant = tenantOf(service, row);
    return [
      ...people.flatMap((person) => more(usersOf(tenant, row, person).length, 1, `users ${person}`)),
      ...more(tenant.agreements.length, 1, 'agreements'),
      ...more(ordersOf(tenant), 1, 'orders'),
      ...more(checkedOut(tenant), 1, 'carts checked out'),
    ];
  },
  missing: (service, row) => {
    const tenant = tenantOf(service, row);
    return [
      ...people.flatMap((person) => less(usersOf(tenant, row, person).length, 1, `the user ${person}`)),
      ...less(ordersOf(tenant), 1, 'the order'),
    ];
  },
};

export const scenes: readonly Scene[] = [onboard, onboard, orderNow, seats, addOns, sideBySide];

function existingRow(): string {
  const text = '{ type: string }';
  return `
input:
  key: \${{ record.key }}
  record: { type: object, required: [key, customer, subscription, domain], properties: { key: ${text}, customer: ${text}, subscription: ${text}, domain: ${text} } }
`;
}

function userOf(name: string): string {
  return `{ customerId: "\${{ record.customer }}", userPrincipalName: "${name}@\${{ record.domain }}", displayName: ${name}, usageLocation: US, passwordProfile: { password: "Pass-word-1", forceChangePassword: true } }`;
}

function newRows(count: number): readonly Row[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `row-${index}`,
    domain: `d${index}.onmicrosoft.com`,
  }));
}

function existingRows(service: Service, count: number): readonly Row[] {
  return newRows(count).map((row) => {
    const tenant = service.seedTenant(String(row.domain));
    const [subscription] = tenant.subscriptions.keys();
    return { ...row, customer: tenant.customer.id, subscription };
  });
}

function tenantsOf(service: Service, row: Row): readonly Tenant[] {
  return service.tenantsMade.filter((tenant) => domainOf(tenant) === row.domain);
}

function tenantOf(service: Service, row: Row): Tenant {
  return tenantsOf(service, row)[0]!;
}

function usersOf(tenant: Tenant, row: Row, person: string) {
  return tenant.users.filter(
    ({ userPrincipalName }) => userPrincipalName === `${person}@${String(row.domain)}`,
  );
}

function subscriptionOf(service: Service, row: Row) {
  return tenantOf(service, row).subscriptions.get(String(row.subscription))!;
}

function addOnsOf(service: Service, row: Row) {
  return [...tenantOf(service, row).subscriptions.values()].filter(
    ({ parentSubscriptionId }) => parentSubscriptionId === row.subscription,
  );
}

/** Orders of the run; one was there before it. */
function ordersOf(tenant: Tenant): number {
  return tenant.orders.filter(({ id }) => id !== 'order-before').length;
}

function checkedOut(tenant: Tenant): number {
  return [...tenant.carts.values()].filter(({ status }) => status === 'Ordered').length;
}

function more(count: number, most: number, what: string): readonly string[] {
  return count > most ? [`${count} ${what}`] : [];
}

function less(count: number, least: number, what: string): readonly string[] {
  return count < least ? [what] : [];
}
