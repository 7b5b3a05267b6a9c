import type { Lookup, Operation, Operations } from '../operations/operation.ts';
import { fill, pathOf } from '../operations/template.ts';
import type { Reader } from '../partner-center/reader.ts';
import type { Finding } from './finding.ts';
import { look } from './look.ts';

/** From so few records on, a look-up for each is no worse than the list that holds all. */
const recordsForList = 20;

/**
 * Finds what creates would collide with: by a look-up for each, or by one list that holds every candidate where
 * that is fewer calls. The list is given up once it has cost as many pages as there are records, since a partner
 * with a hundred thousand customers may be planning for thirty.
 */
export class Existing {
  readonly #reader: Reader;
  readonly #operations: Operations;
  readonly #recordsExpected: number;
  readonly #lists = new Map<string, Promise<ReadonlyMap<string, unknown> | undefined>>();

  constructor(reader: Reader, operations: Operations, recordsExpected: number) {
    this.#reader = reader;
    this.#operations = operations;
    this.#recordsExpected = recordsExpected;
  }

  /** What the look-up of an operation finds for one input. */
  async find(
    operation: Operation,
    lookup: Lookup,
    input: Readonly<Record<string, unknown>>,
    signal?: AbortSignal,
  ): Promise<Finding> {
    const parts = {
      reader: this.#reader,
      operations: this.#operations,
      ...(signal === undefined ? {} : { signal }),
    };
    if (lookup.all === undefined || this.#recordsExpected < recordsForList)
      return look(parts, { lookup, input });
    let listed = this.#lists.get(operation.name);
    if (listed === undefined) {
      listed = this.#list(lookup, lookup.all, signal);
      this.#lists.set(operation.name, listed);
    }
    const index = await listed;
    if (index === undefined) return look(parts, { lookup, input });
    const key = keyOf(Object.values(lookup.equal).map((template) => fill(template, { input })));
    return index.has(key) ? look(parts, { lookup, input }) : { type: 'absent' };
  }

  /** Natural keys of everything listed; undefined where the list is too long or cannot be had. */
  async #list(
    lookup: Lookup,
    all: NonNullable<Lookup['all']>,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, unknown> | undefined> {
    const operation = this.#operations.get(all.operation);
    if (operation === undefined)
      throw new Error(`the catalogue names ${all.operation} in a look-up and has no such operation`);
    const answer = await this.#reader.read(operation, all.with, {
      pagesMax: this.#recordsExpected,
      ...(signal === undefined ? {} : { signal }),
    });
    if (answer.type !== 'ok' || pathOf(answer.result, 'incomplete') === true) return undefined;
    const items = pathOf(answer.result, 'items') as readonly unknown[];
    const paths = Object.keys(lookup.equal);
    return new Map(items.map((item) => [keyOf(paths.map((path) => pathOf(item, path))), true]));
  }
}

function keyOf(values: readonly unknown[]): string {
  return JSON.stringify(values.map((value) => (typeof value === 'string' ? value.toLowerCase() : value)));
}
