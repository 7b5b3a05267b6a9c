import type { Fields } from '../reply.ts';
import type { Area, State } from '../state.ts';

/** Things of one kind, by customer and id: what a file of behaviours keeps beside the customers. */
export class Shelf<T extends Fields> implements Area {
  readonly #things = new Map<string, Map<string, T>>();

  /** The things of one customer, by id in lower case. */
  of(customerId: string): Map<string, T> {
    const key = customerId.toLowerCase();
    const things = this.#things.get(key) ?? new Map<string, T>();
    this.#things.set(key, things);
    return things;
  }

  /** Those of all customers, with the id of theirs in lower case. */
  *all(): Iterable<readonly [string, T]> {
    for (const [customerId, things] of this.#things)
      for (const thing of things.values()) yield [customerId, thing];
  }

  snapshot(): readonly Fields[] {
    return [...this.all()].map(([customerId, thing]) => ({ customerId, ...thing }));
  }
}

/** The shelf of a name; the snapshot shows it under that name. */
export function shelfOf<T extends Fields>(state: State, name: string): Shelf<T> {
  return state.area(name, () => new Shelf<T>());
}
