import { epoch } from './process.ts';

/**
 * Partner Center as the simulation has it: from the documentation, and written apart from the emulator, so that one
 * mistake is not made twice. It knows nothing of the code under test, only requests and answers as they go on the wire.
 */

export type Thing = Record<string, unknown> & { id: string };

export interface Wire {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

export interface Temper {
  /** Whether a request id that was answered gets the same answer again, and nothing is done twice. */
  readonly honoursRequestIds: boolean;
  /** Whether it refuses what would be there twice by its natural key. */
  readonly refusesTaken: boolean;
  /** Milliseconds until a new order shows in lists. */
  readonly lagMs: number;
  /** Reads until a registration is done. */
  readonly registrationReads: number;
}

/** One customer and all that belongs to it. */
export interface Tenant {
  readonly customer: Thing;
  readonly users: Thing[];
  /** User id → what was assigned, once an assignment: a second one shows. */
  readonly licences: Map<string, string[]>;
  readonly agreements: Thing[];
  readonly carts: Map<string, Thing & { checkouts: number }>;
  readonly orders: (Thing & { madeAt: number })[];
  readonly subscriptions: Map<string, Thing & { registrations: number; reads: number; changes: number }>;
}

type Body = Readonly<Record<string, unknown>>;

const refused = (status: number, code: number, description: string): Reply => ({
  status,
  body: { code, description, data: [], source: 'PartnerFD' },
});
const collection = (items: readonly unknown[]): Reply => ({
  status: 200,
  body: { totalCount: items.length, items, attributes: { objectType: 'Collection' } },
});

export class Service {
  readonly tenants = new Map<string, Tenant>();
  /** Requests that changed something, by what they did: `POST carts`. */
  readonly effects: string[] = [];
  readonly #temper: Temper;
  readonly #now: () => number;
  readonly #answered = new Map<string, Reply>();
  #made = 0;

  /** @param now milliseconds of virtual time: the service's own clock is right */
  constructor(temper: Temper, now: () => number) {
    this.#temper = temper;
    this.#now = now;
  }

  get tenantsMade(): readonly Tenant[] {
    return [...this.tenants.values()];
  }

  /** A customer that is there before the run, with one order and its subscription. */
  seedTenant(domain: string): Tenant {
    const tenant = this.#tenant({ companyProfile: { domain } });
    const creationDate = new Date(epoch - 86_400_000).toISOString();
    tenant.orders.push({ id: 'order-before', lineItems: [], creationDate, madeAt: -86_400_000 });
    this.#subscription(tenant, { offerId: 'offer-seats', quantity: 5, orderId: 'order-before' });
    return tenant;
  }

  handle(wire: Wire): Reply {
    const id = wire.headers['ms-requestid'] ?? '';
    const write = wire.method !== 'GET' && wire.method !== 'HEAD';
    const known = write && this.#temper.honoursRequestIds ? this.#answered.get(id) : undefined;
    if (known !== undefined) return known;
    const reply = structuredClone(this.#route(wire));
    if (write) {
      this.#answered.set(id, reply);
      if (reply.status < 300) this.effects.push(`${wire.method} ${wire.target}`);
    }
    return reply;
  }

  #route({ method, target, body }: Wire): Reply {
    const [path = '', search = ''] = target.split('?');
    const query = new URLSearchParams(search);
    const parts = path.split('/').slice(2).map(decodeURIComponent); // without '' and v1
    const given = body === undefined ? {} : (JSON.parse(body) as Body);
    if (parts[0] !== 'customers') return refused(404, 1000, `nothing at ${path}`);
    if (parts.length === 1)
      return method === 'POST' ? this.#createCustomer(given) : this.#findCustomers(query);
    const tenant = this.tenants.get(parts[1]!);
    if (tenant === undefined) return refused(404, 60003, 'there is no such customer');
    if (parts.length === 2) return { status: 200, body: withoutSecret(tenant.customer) };
    return this.#inside(tenant, method, parts.slice(2), given);
  }

  #inside(tenant: Tenant, method: string, [area, id, ...rest]: readonly string[], given: Body): Reply {
    switch (
      `${method} ${area}${id === undefined ? '' : ' one'}${rest.length === 0 ? '' : ` ${rest.join('/')}`}`
    ) {
      case 'GET agreements':
        return collection(tenant.agreements);
      case 'POST agreements':
        return this.#confirm(tenant, given);
      case 'GET users':
        return collection(tenant.users);
      case 'POST users':
        return this.#createUser(tenant, given);
      case 'GET users one licenses':
        return collection((tenant.licences.get(id!) ?? []).map((sku) => ({ productSku: { id: sku } })));
      case 'POST users one licenseupdates':
        return this.#assign(tenant, id!, given);
      case 'POST carts':
        return this.#createCart(tenant, given);
      case 'GET carts one':
        return found(tenant.carts.get(id!), 800008);
      case 'POST carts one checkout':
        return this.#checkout(tenant, id!);
      case 'POST orders':
        return { status: 201, body: this.#order(tenant, given.lineItems as readonly Body[]) };
      case 'GET orders':
        return collection(tenant.orders.filter(({ madeAt }) => this.#now() - madeAt >= this.#temper.lagMs));
      case 'GET orders one':
        return found(
          tenant.orders.find((order) => order.id === id),
          20000,
        );
      case 'PATCH orders one':
        return this.#addAddon(tenant, id!, given);
      default:
        return area === 'subscriptions' && id !== undefined
          ? this.#subscriptionCall(tenant, method, id, rest, given)
          : refused(404, 1000, `nothing at ${method} ${area}`);
    }
  }

  #tenant(fields: Body): Tenant {
    const customer = { ...fields, id: this.#newId('customer'), relationshipToPartner: 'reseller' } as Thing;
    const tenant: Tenant = {
      customer,
      users: [],
      licences: new Map(),
      agreements: [],
      carts: new Map(),
      orders: [],
      subscriptions: new Map(),
    };
    this.tenants.set(customer.id, tenant);
    return tenant;
  }

  #createCustomer(given: Body): Reply {
    const { domain } = given.companyProfile as { domain: string };
    if (this.#temper.refusesTaken && this.tenantsMade.some((tenant) => domainOf(tenant) === domain))
      return refused(409, 600009, 'the domain is taken');
    const { customer } = this.#tenant(given);
    return {
      status: 201,
      body: { ...customer, userCredentials: { userName: 'admin', password: 'hunter2' } },
    };
  }

  #findCustomers(query: URLSearchParams): Reply {
    const filter = query.get('filter');
    const value = filter === null ? '' : (JSON.parse(filter) as { Value: string }).Value;
    return collection(
      this.tenantsMade
        .filter((tenant) => domainOf(tenant).startsWith(value))
        .map(({ customer }) => withoutSecret(customer)),
    );
  }

  #confirm(tenant: Tenant, given: Body): Reply {
    const made = { ...given, id: this.#newId('agreement') };
    tenant.agreements.push(made);
    return { status: 201, body: made };
  }

  #createUser(tenant: Tenant, given: Body): Reply {
    const taken = tenant.users.some(({ userPrincipalName }) => userPrincipalName === given.userPrincipalName);
    if (taken && this.#temper.refusesTaken) return refused(409, 60004, 'the name is taken');
    const { passwordProfile: _, ...fields } = given;
    const made = { ...fields, id: this.#newId('user'), state: 'active' };
    tenant.users.push(made);
    return { status: 201, body: made };
  }

  #assign(tenant: Tenant, user: string, given: Body): Reply {
    const held = tenant.licences.get(user) ?? [];
    for (const { skuId } of given.licensesToAssign as readonly { skuId: string }[])
      if (!held.includes(skuId)) held.push(skuId);
    tenant.licences.set(user, held);
    return { status: 201, body: { ...given, licenseWarnings: [] } };
  }

  #createCart(tenant: Tenant, given: Body): Reply {
    const lineItems = (given.lineItems as readonly Body[]).map((line, id) => ({
      id,
      ...line,
      orderGroup: '0',
    }));
    const made = { id: this.#newId('cart'), status: 'Active', lineItems, checkouts: 0 };
    tenant.carts.set(made.id, made);
    return { status: 201, body: made };
  }

  #checkout(tenant: Tenant, id: string): Reply {
    const cart = tenant.carts.get(id);
    if (cart === undefined) return refused(404, 800008, 'there is no such cart');
    if (tenant.agreements.length === 0) return refused(403, 13605, 'the agreement is missing');
    if (cart.status === 'Ordered') return refused(400, 800065, 'the cart was submitted already');
    cart.status = 'Ordered';
    cart.checkouts += 1;
    const lines = (cart.lineItems as readonly Body[]).map(({ catalogItemId, quantity, friendlyName }) => ({
      offerId: catalogItemId,
      quantity,
      friendlyName,
    }));
    return { status: 201, body: { orders: [this.#order(tenant, lines)] } };
  }

  #order(tenant: Tenant, lines: readonly Body[]): Thing {
    const id = this.#newId('order');
    const lineItems = lines.map((line, lineItemNumber) => ({
      lineItemNumber,
      ...line,
      subscriptionId: this.#subscription(tenant, { ...line, orderId: id }).id,
    }));
    const creationDate = new Date(epoch + this.#now()).toISOString();
    const made = { id, lineItems, creationDate, status: 'completed', madeAt: this.#now() };
    tenant.orders.push(made);
    return made;
  }

  #addAddon(tenant: Tenant, id: string, given: Body): Reply {
    const order = tenant.orders.find((one) => one.id === id);
    if (order === undefined) return refused(404, 20000, 'there is no such order');
    for (const line of given.lineItems as readonly Body[])
      this.#subscription(tenant, { ...line, orderId: id, madeAt: this.#now() });
    return { status: 200, body: order };
  }

  #subscription(tenant: Tenant, fields: Body): Thing {
    const made = {
      creationDate: new Date(epoch + this.#now()).toISOString(),
      status: 'active',
      ...fields,
      id: this.#newId('subscription'),
      attributes: { etag: '1', objectType: 'Subscription' },
      registrations: 0,
      reads: 0,
      changes: 0,
    };
    tenant.subscriptions.set(made.id, made);
    return made;
  }

  #subscriptionCall(tenant: Tenant, method: string, id: string, rest: readonly string[], given: Body): Reply {
    const subscription = tenant.subscriptions.get(id);
    if (subscription === undefined) return refused(404, 20003, 'there is no such subscription');
    switch (`${method} ${rest.join('/')}`) {
      case 'GET addons':
        return collection(
          [...tenant.subscriptions.values()].filter(
            ({ parentSubscriptionId, madeAt }) =>
              parentSubscriptionId === id && this.#now() - Number(madeAt) >= this.#temper.lagMs,
          ),
        );
      case 'POST registrations':
        subscription.registrations += 1;
        return { status: 202, body: undefined };
      case 'GET registrationstatus': {
        if (subscription.registrations > 0) subscription.reads += 1;
        const done = subscription.reads > this.#temper.registrationReads;
        const status =
          subscription.registrations === 0 ? 'NotRegistered' : done ? 'Registered' : 'Registering';
        return { status: 200, body: { subscriptionId: id, status } };
      }
      case 'PATCH ':
        if (subscription.quantity !== given.quantity || subscription.status !== given.status)
          subscription.changes += 1;
        Object.assign(subscription, { quantity: given.quantity, status: given.status });
        return { status: 200, body: subscription };
      default:
        return { status: 200, body: subscription };
    }
  }

  #newId(kind: string): string {
    this.#made += 1;
    return `${kind}-${this.#made}`;
  }
}

export function domainOf({ customer }: Tenant): string {
  return (customer.companyProfile as { domain: string }).domain;
}

function withoutSecret({ userCredentials: _, ...customer }: Thing): Body {
  return customer;
}

function found(thing: Thing | undefined, code: number): Reply {
  return thing === undefined ? refused(404, code, 'there is no such thing') : { status: 200, body: thing };
}
