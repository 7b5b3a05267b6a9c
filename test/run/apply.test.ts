import { describe, expect, it } from 'vitest';
import { makeRig, playbookOf } from './rig.ts';

const onboard = playbookOf(`
input:
  key: \${{ record.key }}
  record: { type: object, required: [key, domain], properties: { key: { type: string }, domain: { type: string } } }
steps:
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
  - id: cart
    uses: carts.create
    with: { customerId: "\${{ steps.customer.id }}", lineItems: [{ catalogItemId: A, quantity: 2, billingCycle: monthly }] }
  - id: order
    uses: carts.checkout
    with: { customerId: "\${{ steps.customer.id }}", cartId: "\${{ steps.cart.id }}" }
outputs:
  customerId: \${{ steps.customer.id }}
  adminPassword: { value: "\${{ steps.customer.userCredentials.password }}", secret: true }
`);

describe('a run', () => {
  it('journals the intent before it sends, and the answer before anything else', async () => {
    const rig = await makeRig(onboard, [{ key: 'a', domain: 'a.onmicrosoft.com' }]);
    const totals = await rig.run();
    expect(rig.trace).toEqual([]);
    expect(totals).toEqual({});
  });
});
