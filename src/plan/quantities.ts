import type { PlannedAction, PlannedRecord, Unusual, UnusualExample } from './plan.ts';

/** Input names that say how many of something; other numbers (ids, months) are no quantities. */
const quantityNames: ReadonlySet<string> = new Set([
  'quantity',
  'seats',
  'licenses',
  'amount',
  'usageBudget',
]);

/** Among fewer values nothing stands out. */
const valuesMin = 8;
const examplesMax = 10;
/** Different values that are told apart in one place; what is more is counted with the nearest power of two. */
const differentMax = 20_000;

interface Place {
  /** Value → how often. */
  readonly counts: Map<number, number>;
  total: number;
  /** The largest, largest first. */
  readonly largest: (UnusualExample & { readonly value: number })[];
}

/** The quantities of a plan by the step and the input that they stand in, and those that stand out among their likes. */
export class Quantities {
  readonly #places = new Map<string, Place>();

  add(record: PlannedRecord, action: PlannedAction): void {
    const step = action.path.replaceAll(/\[[^\]]*\]/gu, '');
    for (const [path, value] of quantitiesIn(action.with, '')) {
      const name = `${step}: ${path}`;
      const place = this.#places.get(name) ?? { counts: new Map(), total: 0, largest: [] };
      this.#places.set(name, place);
      const kept =
        place.counts.size < differentMax || place.counts.has(value)
          ? value
          : 2 ** Math.round(Math.log2(value));
      place.counts.set(kept, (place.counts.get(kept) ?? 0) + 1);
      place.total += 1;
      keepLargest(place, record, value);
    }
  }

  unusual(): readonly Unusual[] {
    return [...this.#places].flatMap(([name, place]): readonly Unusual[] => {
      if (place.total < valuesMin) return [];
      const { median, fence } = fenceOf(place);
      const beyond = [...place.counts].reduce((sum, [value, times]) => sum + (value > fence ? times : 0), 0);
      if (beyond === 0) return [];
      const examples = place.largest.filter(({ value }) => value > fence);
      return [
        {
          kind: 'quantity',
          message: `${name}: ${beyond === 1 ? 'one value stands' : `${beyond} values stand`} out, up to ${place.largest[0]?.value} where half of all are ${median} or less`,
          records: beyond,
          examples: examples.map(({ key, row, value }) => ({ key, row, note: String(value) })),
        },
      ];
    });
  }
}

function keepLargest({ largest }: Place, { key, row }: PlannedRecord, value: number): void {
  const smallest = largest.at(-1);
  if (largest.length === examplesMax && smallest !== undefined && value <= smallest.value) return;
  const after = largest.findIndex((other) => other.value < value);
  largest.splice(after === -1 ? largest.length : after, 0, { key, row, value });
  if (largest.length > examplesMax) largest.pop();
}

/**
 * Tukey's fence on a logarithmic scale, since seats are spread by factors: one and a half times the middle half's width
 * above it, and at least four times the median, so that files of nearly equal rows flag no small step.
 */
function fenceOf({ counts, total }: Place): { readonly median: number; readonly fence: number } {
  const values = [...counts].sort(([a], [b]) => a - b);
  const at = (share: number): number => {
    let seen = 0;
    for (const [value, times] of values) {
      seen += times;
      if (seen >= share * total) return value;
    }
    return values.at(-1)![0];
  };
  const [low, median, high] = [at(0.25), at(0.5), at(0.75)] as const;
  return { median, fence: Math.max(high * (high / low) ** 1.5, 4 * median) };
}

/** Paths and values of the quantities of an input; the items of a list are alike. */
function* quantitiesIn(value: unknown, path: string): Generator<readonly [string, number]> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    const here = Array.isArray(value) ? path : path === '' ? name : `${path}.${name}`;
    if (typeof inner === 'number' && inner > 0 && quantityNames.has(name)) yield [here, inner];
    else yield* quantitiesIn(inner, here);
  }
}
