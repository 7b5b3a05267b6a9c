import { createHash } from 'node:crypto';
import type { Cloud, PartnerType } from '../operations/operation.ts';
import type { Fields } from './reply.ts';

/** Everything that one customer has. */
export interface Tenant {
  readonly customer: Fields & { readonly id: string };
  billingVersion: number;
  readonly users: Map<string, Fields & { readonly id: string }>;
  readonly deletedUsers: Map<string, Fields & { readonly id: string }>;
  /** User id → ids of subscribed SKUs. */
  readonly licences: Map<string, Set<string>>;
  readonly roleMembers: Map<string, Map<string, Fields>>;
  readonly agreements: Fields[];
  /** The customer accepted the Microsoft Customer Agreement itself, in its own admin center. */
  signedDirectly: boolean;
  readonly qualifications: Fields[];
  readonly carts: Map<string, Cart>;
  readonly orders: Map<string, Order>;
  readonly subscriptions: Map<string, Subscription>;
}

export interface Cart {
  readonly id: string;
  status: 'Active' | 'Ordered';
  lineItems: Fields[];
  readonly createdAt: number;
  changedAt: number;
}

export interface Order {
  readonly id: string;
  readonly fields: Fields;
  readonly createdAt: number;
  /** Tenant of the partner whose it is, where partners are told apart: after a transfer. */
  readonly seller?: string;
}

export interface Subscription {
  readonly id: string;
  fields: Fields;
  version: number;
  /** Reads of the provisioning status until it is provisioned. */
  pollsLeft: number;
  registration: 'NotRegistered' | 'Registering' | 'Registered';
  registrationPollsLeft: number;
  /** The subscribed SKU whose licences it gives; undefined for what has none. */
  licenceSku: string | undefined;
  /** Tenant of the partner whose it is, where partners are told apart: after a transfer. */
  seller?: string;
}

/** What one file of behaviours keeps beside the customers, and shows in the snapshot under its own name. */
export interface Area {
  snapshot(): readonly Fields[];
}

/** Who and where the caller is, choices that the documentation leaves open, and sizes of delays. */
export interface Behaviour {
  profile: PartnerType;
  cloud: Cloud;
  orderLagSeconds: number;
  provisioningPolls: number;
  registrationPolls: number;
  requireAgreement: boolean;
  /** Whether the account is an integration sandbox, where customers can be deleted. */
  sandbox: boolean;
  pageLimit: number;
  /** How far the service's clock is ahead, for what happens after days or years. */
  aheadSeconds: number;
  /** Looks at a billing export until it is done. */
  exportPolls: number;
}

/** What the emulated service holds. Ids come from the seed, so that a run can be repeated to the letter. */
export class State {
  readonly tenants = new Map<string, Tenant>();
  /** Domain, lower case → customer id. */
  readonly domains = new Map<string, string>();
  /** Collection path → id → object, for operations without a behaviour of their own. */
  readonly others = new Map<string, Map<string, Fields>>();
  readonly #areas = new Map<string, Area>();
  readonly behaviour: Behaviour;
  readonly now: () => number;
  readonly #seed: number;
  #made = 0;

  constructor(behaviour: Behaviour, seed: number, now: () => number) {
    this.behaviour = behaviour;
    this.#seed = seed;
    this.now = () => now() + this.behaviour.aheadSeconds * 1000;
  }

  /** A GUID that depends on the seed and on how many were made before. */
  newId(): string {
    this.#made += 1;
    const hex = createHash('sha256').update(`${this.#seed} ${this.#made}`).digest('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  }

  /** What a file of behaviours keeps under a name; made when it is first asked for, and again after `clear`. */
  area<T extends Area>(name: string, make: () => T): T {
    const area = this.#areas.get(name) ?? make();
    this.#areas.set(name, area);
    return area as T;
  }

  tenant(customerId: string | undefined): Tenant | undefined {
    return customerId === undefined ? undefined : this.tenants.get(customerId.toLowerCase());
  }

  clear(): void {
    this.tenants.clear();
    this.domains.clear();
    this.others.clear();
    this.#areas.clear();
  }

  /** The state as `GET /_emulator/state` shows it: flat lists, without passwords. */
  snapshot(): Readonly<Record<string, readonly Fields[]>> {
    const all = [...this.tenants.values()];
    const each = (pick: (tenant: Tenant) => Iterable<Fields>) =>
      all.flatMap((tenant) =>
        [...pick(tenant)].map((fields) => ({ customerId: tenant.customer.id, ...fields })),
      );
    return {
      customers: all.map(({ customer }) => customer),
      users: each(({ users }) => users.values()),
      deletedUsers: each(({ deletedUsers }) => deletedUsers.values()),
      licences: each(({ licences }) =>
        [...licences].flatMap(([userId, skus]) => [...skus].map((skuId) => ({ userId, skuId }))),
      ),
      agreements: each(({ agreements }) => agreements),
      qualifications: each(({ qualifications }) => qualifications),
      roles: each(({ roleMembers }) =>
        [...roleMembers].flatMap(([roleId, members]) =>
          [...members.values()].map((member) => ({ roleId, ...member })),
        ),
      ),
      carts: each(({ carts }) =>
        [...carts.values()].map(({ id, status, lineItems }) => ({ id, status, lineItems })),
      ),
      orders: each(({ orders }) => [...orders.values()].map(({ fields }) => fields)),
      subscriptions: each(({ subscriptions }) =>
        [...subscriptions.values()].map(({ fields, registration }) => ({ ...fields, registration })),
      ),
      ...Object.fromEntries([...this.#areas].map(([name, area]) => [name, area.snapshot()])),
      others: [...this.others].flatMap(([path, things]) =>
        [...things.values()].map((thing) => ({ path, ...thing })),
      ),
    };
  }
}

/** A new, empty customer. */
export function newTenant(customer: Tenant['customer']): Tenant {
  return {
    customer,
    billingVersion: 1,
    users: new Map(),
    deletedUsers: new Map(),
    licences: new Map(),
    roleMembers: new Map(),
    agreements: [],
    signedDirectly: false,
    qualifications: [],
    carts: new Map(),
    orders: new Map(),
    subscriptions: new Map(),
  };
}
