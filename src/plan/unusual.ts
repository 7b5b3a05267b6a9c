import type { Operations } from '../operations/operation.ts';
import type { Action, PlannedAction, PlannedRecord, Unusual, UnusualExample } from './plan.ts';
import { Quantities } from './quantities.ts';

/** Actions that set something to what the input says. */
const setting: ReadonlySet<Action> = new Set(['create', 'update', 'act', 'conditional']);

/** Records named of each kind. */
const examplesMax = 10;

interface Counted {
  records: number;
  readonly examples: UnusualExample[];
}

/**
 * What a reviewer should look at first although nothing is wrong with it: quantities that stand out among those of the
 * same step, countries that are new or rare, customers that exist already. Fed record by record; memory grows with the
 * number of different quantities and countries, not with the records.
 */
export class UnusualThings {
  readonly #operations: Operations;
  readonly #earlier: ReadonlySet<string> | undefined;
  readonly #quantities = new Quantities();
  readonly #countries = new Map<string, Counted>();
  readonly #existing = new Map<string, Counted>();
  #recordsWithCountry = 0;

  /** @param earlier countries that earlier runs were for; undefined where that is not known */
  constructor(operations: Operations, earlier?: ReadonlySet<string>) {
    this.#operations = operations;
    this.#earlier = earlier;
  }

  add(record: PlannedRecord): void {
    const countries = new Set<string>();
    for (const action of record.actions) {
      for (const country of countriesIn(action.with)) countries.add(country);
      if (setting.has(action.action)) this.#quantities.add(record, action);
      if (existsAlready(action, this.#operations)) count(this.#existing, action.uses, record, action.found);
    }
    if (countries.size > 0) this.#recordsWithCountry += 1;
    for (const country of countries) count(this.#countries, country, record);
  }

  /** Country → records that name it, the most frequent first. */
  countries(): Readonly<Record<string, number>> {
    const entries = [...this.#countries].map(([country, { records }]) => [country, records] as const);
    return Object.fromEntries(entries.sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
  }

  finish(): readonly Unusual[] {
    return [
      ...this.#quantities.unusual(),
      ...this.#newCountries(),
      ...this.#rareCountries(),
      ...[...this.#existing].map(([operation, { records, examples }]) => ({
        kind: 'exists' as const,
        message: `${records === 1 ? 'a customer exists' : `${records} customers exist`} already: taken over as ${records === 1 ? 'it is' : 'they are'}, or changed, and not created (${operation})`,
        records,
        examples,
      })),
    ];
  }

  #newCountries(): readonly Unusual[] {
    const earlier = this.#earlier;
    if (earlier === undefined || earlier.size === 0) return [];
    return [...this.#countries]
      .filter(([country]) => !earlier.has(country))
      .map(([country, { records, examples }]) => ({
        kind: 'country',
        message: `${country} is new: no earlier run of this state file was for it`,
        records,
        examples,
      }));
  }

  /** A country of one row in two hundred may be a slip of the pen; where many are rare, none of them stands out. */
  #rareCountries(): readonly Unusual[] {
    const all = this.#recordsWithCountry;
    const isNew = (country: string) =>
      this.#earlier !== undefined && this.#earlier.size > 0 && !this.#earlier.has(country);
    const rare = [...this.#countries].filter(([, { records }]) => records <= Math.max(1, all / 200));
    const together = rare.reduce((sum, [, { records }]) => sum + records, 0);
    if (all < rareAmong || together > all / 20) return [];
    return rare
      .filter(([country]) => !isNew(country))
      .map(([country, { records, examples }]) => ({
        kind: 'country',
        message: `${country} is rare here: ${records} of ${all} records`,
        records,
        examples,
      }));
  }
}

/** Among fewer records nothing is rare. */
const rareAmong = 20;

function count(
  counted: Map<string, Counted>,
  name: string,
  { key, row }: PlannedRecord,
  note?: string,
): void {
  const known = counted.get(name) ?? { records: 0, examples: [] };
  known.records += 1;
  if (known.examples.length < examplesMax)
    known.examples.push({ key, row, ...(note === undefined ? {} : { note }) });
  counted.set(name, known);
}

function existsAlready({ uses, action }: PlannedAction, operations: Operations): boolean {
  if (action !== 'unchanged' && action !== 'update') return false;
  const operation = operations.get(uses);
  return operation?.kind === 'create' && operation.resource === 'customers';
}

/** Two-letter countries named by inputs, however deep. */
export function* countriesIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (name === 'country' && typeof inner === 'string' && /^[A-Za-z]{2}$/u.test(inner))
      yield inner.toUpperCase();
    else yield* countriesIn(inner);
  }
}
