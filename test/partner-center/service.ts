import type { Operation } from '../../src/operations/operation.ts';
import { TransportError, type WireAnswer, type WireRequest, type World } from '../../src/world/world.ts';

/** An operation with nothing special about it, but for what a test says. */
export function operation(parts: Partial<Operation> = {}): Operation {
  return {
    name: 'things.get',
    resource: 'things',
    summary: 'A thing.',
    kind: 'read',
    method: 'GET',
    host: 'partnerCenter',
    path: '/v1/customers/{customerId}/things',
    pathInputs: ['customerId'],
    query: {},
    input: { type: 'object' },
    ifMatch: false,
    headers: {},
    result: { type: 'object' },
    answers: {},
    success: [200],
    paging: 'none',
    repeatable: true,
    doubt: 'resend',
    throttle: { group: 'things', perCustomer: false },
    auth: ['app'],
    clouds: ['global'],
    partners: ['direct', 'provider'],
    errors: [],
    sandboxOnly: false,
    page: 'get-a-thing',
    example: { with: {}, answer: {} },
    ...parts,
  };
}

export function wire(status: number, body: unknown = '', headers: Record<string, string> = {}): WireAnswer {
  return { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

type Step = WireAnswer | TransportError | ((request: WireRequest) => WireAnswer);

/** A world whose transport answers from a script, in order, and keeps what was sent. */
export function scriptedWorld(script: readonly Step[]): World & { sent: WireRequest[]; now: number } {
  const steps = [...script];
  const sent: WireRequest[] = [];
  let ids = 0;
  const world = {
    sent,
    now: Date.UTC(2026, 10, 23),
    clock: { now: () => world.now, monotonic: () => world.now, sleep: async () => {} },
    random: {
      next: () => 0.5,
      uuid: () => {
        ids += 1;
        return `00000000-0000-4000-8000-${String(ids).padStart(12, '0')}`;
      },
    },
    transport: {
      send: async (request: WireRequest) => {
        sent.push(request);
        const step = steps.shift();
        if (step === undefined) throw new Error(`nobody expected ${request.method} ${request.url}`);
        if (step instanceof TransportError) throw step;
        return typeof step === 'function' ? step(request) : step;
      },
      close: async () => {},
    },
    files: { write: async () => {}, changedAt: async () => undefined },
  };
  return world;
}
