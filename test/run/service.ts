import type { Operation } from '../../src/operations/operation.ts';
import type { Answer } from '../../src/partner-center/answer.ts';
import type { Client } from '../../src/partner-center/client.ts';
import type { Clock } from '../../src/world/world.ts';
import type { Fuse } from './memory-journal.ts';

type Input = Readonly<Record<string, unknown>>;
type Thing = Record<string, unknown>;

export interface Customer extends Thing {
  readonly id: string;
  readonly companyProfile: { readonly domain: string };
}

/** A small Partner Center: enough state to see what happened twice, or never. */
export interface Service {
  readonly client: Client;
  readonly customers: Customer[];
  readonly users: Thing[];
  readonly carts: Map<string, Thing>;
  readonly orders: Thing[];
  readonly subscriptions: Map<string, Thing>;
  /** Batches of devices. */
  readonly batches: Thing[];
  /** What updates were merged into. */
  readonly bases: unknown[];
  /** `operation requestId` of every request that arrived, in order. */
  readonly seen: string[];
  /** What the next requests of an operation are answered with instead; `lost`: it happens, and the answer is lost. */
  fail(operation: string, ...answers: readonly (Answer | 'lost')[]): void;
  /** Forgets the failures that are still to come. */
  mend(): void;
  mostInFlight: number;
}

export interface ServiceOptions {
  readonly clock: Clock;
  /** Whether a request id that was seen gets the answer that it got. */
  readonly replays: boolean;
  /** Milliseconds until an order shows in the list. */
  readonly orderLagMs?: number;
  readonly latencyMs?: number;
  /** Times that a registration is asked for until it is registered. */
  readonly registrationPolls?: number;
  /** Product keys of devices that belong to somebody else. */
  readonly refusedDevices?: readonly string[];
  readonly trace?: string[];
}

const ok = (result: unknown, status = 200): Answer => ({ type: 'ok', status, result, headers: {} });

export function refusal(
  status: number,
  code: string,
  description: string,
): Extract<Answer, { type: 'refused' }> {
  return {
    type: 'refused',
    again: false,
    error: { status, code, description, requestId: 'r', correlationId: 'c' },
  };
}

export function throttled(retryAfterMs: number | undefined): Answer {
  return {
    type: 'throttled',
    retryAfterMs,
    error: { status: 429, code: '', description: 'too many requests', requestId: 'r', correlationId: 'c' },
  };
}

export function unknown(sent: 'no' | 'maybe'): Answer {
  return { type: 'unknown', reason: 'the connection was reset', sent };
}

export function makeService({
  clock,
  replays,
  orderLagMs = 0,
  latencyMs = 1,
  registrationPolls = 0,
  refusedDevices = [],
  trace = [],
}: ServiceOptions): Service & { withFuse(fuse: Fuse): Client } {
  const customers: Customer[] = [];
  const users: Thing[] = [];
  const carts = new Map<string, Thing>();
  const orders: Thing[] = [];
  const subscriptions = new Map<string, Thing>();
  const batches: Thing[] = [];
  let devicesStatus: readonly Thing[] = [];
  const answered = new Map<string, Answer>();
  const failures = new Map<string, (Answer | 'lost')[]>();
  const seen: string[] = [];
  const bases: unknown[] = [];
  let polls = -1;
  let inFlight = 0;
  let id = 0;
  const newId = (kind: string) => {
    id += 1;
    return `${kind}-${id}`;
  };

  const order = (customerId: unknown, lineItems: readonly Thing[]): Thing => {
    const made = {
      id: newId('order'),
      referenceCustomerId: customerId,
      creationDate: new Date(clock.now()).toISOString(),
      lineItems,
    };
    orders.push(made);
    return made;
  };
  const handlers: Readonly<Record<string, (input: Input) => Answer>> = {
    'customers.create': (input) => {
      const made = {
        ...structuredClone(input),
        id: newId('customer'),
        userCredentials: { userName: 'admin', password: 'hunter2' },
      } as unknown as Customer;
      customers.push(made);
      return ok(made, 201);
    },
    'customers.findByDomain': ({ domain }) => {
      const items = customers.filter((customer) => customer.companyProfile.domain.startsWith(String(domain)));
      return ok({ items, totalCount: items.length });
    },
    'customers.get': ({ customerId }) => {
      const found = customers.find((customer) => customer.id === customerId);
      return found === undefined
        ? refusal(404, '20002', 'there is no such customer')
        : ok({ ...found, userCredentials: undefined });
    },
    'users.list': ({ customerId }) => {
      const items = users.filter((user) => user.customerId === customerId);
      return ok({ items, totalCount: items.length });
    },
    'users.create': (input) => {
      const made = { ...structuredClone(input), id: newId('user') };
      users.push(made);
      return ok(made, 201);
    },
    'users.update': ({ customerId: _, userId, ...fields }) => {
      const found = users.find((user) => user.id === userId)!;
      return ok(structuredClone(Object.assign(found, fields)));
    },
    'carts.create': ({ lineItems }) => {
      const cart = { id: newId('cart'), status: 'Active', lineItems: structuredClone(lineItems) };
      carts.set(cart.id, cart);
      return ok(structuredClone(cart), 201);
    },
    'carts.get': ({ cartId }) => {
      const cart = carts.get(String(cartId));
      return cart === undefined ? refusal(404, '800008', 'there is no such cart') : ok(structuredClone(cart));
    },
    'carts.checkout': ({ customerId, cartId }) => {
      const cart = carts.get(String(cartId));
      if (cart === undefined) return refusal(404, '800008', 'there is no such cart');
      if (cart.status === 'Ordered') return refusal(400, '800065', 'the cart was checked out before');
      cart.status = 'Ordered';
      const lines = (cart.lineItems as readonly Thing[]).map(({ catalogItemId, quantity }) => ({
        offerId: catalogItemId,
        quantity,
      }));
      return ok({ orders: [order(customerId, lines)] }, 201);
    },
    'orders.create': ({ customerId, lineItems }) => ok(order(customerId, lineItems as readonly Thing[]), 201),
    'orders.list': ({ customerId }) => {
      const items = orders.filter(
        (one) =>
          one.referenceCustomerId === customerId &&
          Date.parse(String(one.creationDate)) + orderLagMs <= clock.now(),
      );
      return ok({ items: structuredClone(items), totalCount: items.length });
    },
    'subscriptions.get': ({ subscriptionId }) =>
      ok(structuredClone(subscriptions.get(String(subscriptionId)))),
    'subscriptions.register': () => {
      polls = 0;
      return ok({}, 202);
    },
    'subscriptions.getRegistrationStatus': () => {
      if (polls < 0) return ok({ status: 'NotRegistered' });
      polls += 1;
      return ok({ status: polls >= registrationPolls ? 'Registered' : 'Registering' });
    },
    'devices.listBatches': () => ok({ items: structuredClone(batches), totalCount: batches.length }),
    'devices.createBatch': ({ batchId, devices }) => {
      batches.push({ id: batchId });
      devicesStatus = (devices as readonly Thing[]).map(({ productKey }) =>
        refusedDevices.includes(String(productKey))
          ? {
              productKey,
              status: 'finished_with_errors',
              errorCode: '808',
              errorDescription: 'of another tenant',
            }
          : { productKey, status: 'finished' },
      );
      return ok({ batchTrackingId: 'job' }, 202);
    },
    'devices.getBatchStatus': () => ok({ status: 'finished', devicesStatus }),
    'invoices.getStatement': ({ invoiceId }) => ok(new TextEncoder().encode(`%PDF ${String(invoiceId)}`)),
    'subscriptions.suspend': ({ subscriptionId }) => {
      const found = subscriptions.get(String(subscriptionId))!;
      found.status = 'suspended';
      return ok(structuredClone(found));
    },
  };
  const happen = (operation: Operation, input: Input, requestId: string): Answer => {
    const before = replays ? answered.get(requestId) : undefined;
    if (before !== undefined) return before;
    const handler = handlers[operation.name];
    if (handler === undefined) throw new Error(`the service of the test knows no ${operation.name}`);
    const answer = handler(input);
    answered.set(requestId, answer);
    return answer;
  };
  const service = { customers, users, carts, orders, subscriptions, batches, seen, bases, mostInFlight: 0 };
  const call = async (
    operation: Operation,
    input: Input,
    requestId: string,
    fuse?: Fuse,
  ): Promise<Answer> => {
    fuse?.step(`before ${operation.name}`);
    trace.push(`send ${operation.name}`);
    seen.push(`${operation.name} ${requestId}`);
    inFlight += 1;
    service.mostInFlight = Math.max(service.mostInFlight, inFlight);
    try {
      const failure = failures.get(operation.name)?.shift();
      const answer =
        failure === undefined || failure === 'lost' ? happen(operation, input, requestId) : failure;
      fuse?.step(`after ${operation.name}`);
      await clock.sleep(latencyMs);
      fuse?.step(`answer of ${operation.name}`);
      trace.push(`answer ${operation.name}`);
      return failure === 'lost' ? unknown('maybe') : answer;
    } finally {
      inFlight -= 1;
    }
  };
  const withFuse = (fuse?: Fuse): Client => ({
    now: clock.now,
    call: async (operation, input, { requestId, base, leaving }) => {
      leaving?.();
      if (base !== undefined) bases.push(base);
      return call(operation, input, requestId, fuse);
    },
  });
  return Object.assign(service, {
    client: withFuse(),
    withFuse,
    mend: () => failures.clear(),
    fail: (operation: string, ...answers: readonly (Answer | 'lost')[]) => {
      failures.set(operation, [...(failures.get(operation) ?? []), ...answers]);
    },
  });
}
