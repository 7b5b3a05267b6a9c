/** Who calls the emulated service: a partner of the documentation's samples. */
export const partner = {
  id: '3b33e682-00c3-41ee-9dd2-a548adf56438',
  tenantId: '4d3cf487-70f4-4e1e-9ff1-b2bfce8d9f04',
  mpnId: '4391507',
  name: 'TEST_TEST_BugBash1',
  user: {
    upn: 'admin@testtestbugbash1.onmicrosoft.com',
    objectId: 'c69854fe-5fb4-4527-a28f-f24f1acaffd6',
  },
  application: { id: '60a00bf2-0644-4279-83b3-87ddf96f2509', name: 'Partner Center Native App' },
} as const;

/** An indirect reseller of the partner, where the partner is a provider. */
export interface Reseller {
  readonly id: string;
  readonly name: string;
  readonly mpnId: string;
  readonly location: string;
  readonly state: 'Active';
  /** Whether it has signed the Microsoft Partner Agreement. */
  readonly signed: boolean;
}

/** The first two are those of the page retrieve-a-list-of-indirect-resellers; the last has not signed yet. */
export const resellers: readonly Reseller[] = [
  {
    id: '484e548c-f5f3-4528-93a9-c16c6373cb59',
    name: 'First Up Consultants',
    mpnId: '4847383',
    location: 'US',
    state: 'Active',
    signed: true,
  },
  {
    id: 'b01b1487-b36e-4e6d-9b5e-0b58974c4b28',
    name: 'ReleCloud',
    mpnId: '4847433',
    location: 'BR',
    state: 'Active',
    signed: true,
  },
  {
    id: 'c20f15a2-6a4f-4d3e-8f0d-1c2b7f6f2e31',
    name: 'Fourth Coffee Services',
    mpnId: '4847501',
    location: 'DE',
    state: 'Active',
    signed: false,
  },
];
