import { type Gate, makeGate, type Release } from './gate.ts';

/** A gate for each customer tenant, as long as it has requests: gates must not pile up over a long run. */
export interface TenantGates {
  enter(tenant: string, signal?: AbortSignal): Promise<Release>;
  readonly size: number;
}

/** @param slots requests at once about one customer */
export function makeTenantGates(slots: number): TenantGates {
  const gates = new Map<string, Gate>();
  return {
    enter: async (tenant, signal) => {
      let gate = gates.get(tenant);
      if (gate === undefined) {
        gate = makeGate(slots);
        gates.set(tenant, gate);
      }
      const own = gate;
      const forget = () => {
        if (own.active + own.waiting === 0 && gates.get(tenant) === own) gates.delete(tenant);
      };
      try {
        const release = await own.acquire(signal);
        return () => {
          release();
          forget();
        };
      } catch (error) {
        forget();
        throw error;
      }
    },
    get size() {
      return gates.size;
    },
  };
}
