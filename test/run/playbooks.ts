import { playbookOf } from './rig.ts';

/** One row: a key and a domain. */
export const input = `
input:
  key: \${{ record.key }}
  record: { type: object, required: [key, domain], properties: { key: { type: string }, domain: { type: string } } }
`;

const customer = `
  - id: customer
    uses: customers.create
    with:
      companyProfile: { domain: "\${{ record.domain }}" }
      billingProfile:
        companyName: Contoso
        email: a@contoso.example
        culture: en-US
        language: en
        defaultAddress: { country: US, city: Redmond, state: WA, postalCode: "98052", addressLine1: 1 Way, firstName: Ada, lastName: Miller }
`;

/** Every way to settle a doubt in one record: look-up, resend, and the cart's own state. */
export const onboard = playbookOf(`${input}
steps:${customer}
  - id: cart
    uses: carts.create
    with: { customerId: "\${{ steps.customer.id }}", lineItems: [{ catalogItemId: A, quantity: 2, billingCycle: monthly }] }
  - id: order
    uses: carts.checkout
    with: { customerId: "\${{ steps.customer.id }}", cartId: "\${{ steps.cart.id }}" }
outputs:
  customerId: \${{ steps.customer.id }}
  adminPassword: { value: "\${{ steps.customer.userCredentials.password }}", secret: true }
  orderId: \${{ steps.order.orders[0].id }}
`);

/** An order without a cart, which only a person can settle. */
export const buyAtOnce = playbookOf(`${input}
steps:
  - id: order
    uses: orders.create
    with: { customerId: customer-1, lineItems: [{ lineItemNumber: 0, offerId: A, quantity: 1 }] }
outputs:
  orderId: \${{ steps.order.id }}
`);

/** Steps below the input of one row. */
export function stepsOf(steps: string, more = ''): ReturnType<typeof playbookOf> {
  return playbookOf(`${input}${more}steps:\n${steps}`);
}

export const rows = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ key: `row-${index}`, domain: `d${index}.onmicrosoft.com` }));
