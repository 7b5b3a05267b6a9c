import type { Lookup, Operation, Operations } from '../operations/operation.ts';
import { fill, pathOf } from '../operations/template.ts';
import type { Reader } from '../partner-center/reader.ts';
import type { Finding } from './finding.ts';
import { look } from './look.ts';
import { type StepReads, shows } from './step-reads.ts';

/** From so few records on, a look-up for each is no worse than the list that holds all. */
const recordsForList = 20;

/**
 * Finds what creates would collide with: by a look-up for each, or by one list that holds every candidate where
 * that is fewer calls. What the list shows of a thing is enough where nobody reads more of it. The list is given up once it has cost as many pages as there are records, since a partner
 * with a hundred thousand customers may be planning for thirty.
 */
export class Existing {
  readonly #reader: Reader;
  readonly #operations: Operations;
  readonly #recordsExpected: number;
  readonly #lists = new Map<string, Promise<Listed | undefined>>();

  constructor(reader: Reader, operations: Operations, recordsExpected: number) {
    this.#reader = reader;
    this.#operations = operations;
    this.#recordsExpected = recordsExpected;
  }

  /**
   * What the look-up of an operation finds for one input.
   * @param reads what is read of a thing that is found; without it, the whole
   */
  async find(
    operation: Operation,
    lookup: Lookup,
    input: Readonly<Record<string, unknown>>,
    { signal, reads = [[]] }: { readonly signal?: AbortSignal; readonly reads?: ReturnType<StepReads> } = {},
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
    const item = index.get(key);
    if (item === undefined) return { type: 'absent' };
    return lookup.result === undefined && shows(item, reads)
      ? { type: 'found', thing: item, result: item }
      : look(parts, { lookup, input });
  }

  /** Everything listed by its natural key, the first of each; undefined where the list is too long or cannot be had. */
  async #list(
    lookup: Lookup,
    all: NonNullable<Lookup['all']>,
    signal: AbortSignal | undefined,
  ): Promise<Listed | undefined> {
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
    return new Map(items.toReversed().map((item) => [keyOf(paths.map((path) => pathOf(item, path))), item]));
  }
}

type Listed = ReadonlyMap<string, unknown>;

function keyOf(values: readonly unknown[]): string {
  return JSON.stringify(values.map((value) => (typeof value === 'string' ? value.toLowerCase() : value)));
}
