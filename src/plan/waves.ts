import type { Portion, Rollout } from '../check/playbook.ts';

/** How many of so many records a portion is; of a share always whole records, rounded up. */
export function recordsIn(portion: Portion, records: number): number {
  // 7% of 100 must not be 8 because of how a computer writes 0.07.
  return 'count' in portion ? portion.count : Math.ceil(portion.share * records - 1e-9);
}

/** The sizes of the waves of so many records; what the last one leaves is a wave of its own. */
export function waveSizes({ waves }: Pick<Rollout, 'waves'>, records: number): readonly number[] {
  const sizes: number[] = [];
  let left = records;
  for (const wave of waves) {
    if (left === 0) break;
    const size = Math.min(left, Math.max(1, recordsIn(wave, records)));
    sizes.push(size);
    left -= size;
  }
  return left > 0 ? [...sizes, left] : sizes;
}

/**
 * The index of the last record of each wave, in the order of the input. Of what is written down when a run begins a
 * resume makes the same waves, whatever became of their records.
 */
export async function waveEnds(
  sizes: readonly number[],
  indexes: AsyncIterable<number>,
): Promise<readonly number[]> {
  const ends: number[] = [];
  let left = sizes[0] ?? 0;
  for await (const index of indexes) {
    left -= 1;
    if (left > 0) continue;
    ends.push(index);
    left = sizes[ends.length] ?? Number.POSITIVE_INFINITY;
  }
  return ends;
}
